// Scenario 23: a cache that only grows, beside one that evicts what was not used for longest.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { countOf, expectCause, expectCompletion, expectVerdict } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'unbounded-cache',
  fileName: 'unbounded-cache.ts',
  title: 'A cache without a limit',
  category: 'Leaks',
  stage: 'everyday',
  summary: 'A server caches every page it renders, in a Map that only grows or in one with a limit.',
  theory: `A Map keeps its entries until somebody deletes them. A cache that adds and never deletes is therefore a leak with a good reputation: each request makes it a little larger, hits stay rare, and one day the heap is full. The garbage collector cannot help, since every page may still be asked for.

Weak references are no remedy for this kind. A page that only the cache refers to would be gone after the next major collection, however often it is needed.

The remedy is a limit, and a rule about who has to go. A Map remembers the order of insertion, so a small LRU cache (least recently used) is a few lines: on a hit, delete and insert again; when full, delete the first key.`,
  references: [
    {
      title: 'MDN: Map',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Map',
    },
    {
      title: 'MDN: Memory management',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Guide/Memory_management',
    },
    { title: 'lru-cache', url: 'https://github.com/isaacs/node-lru-cache' },
  ],
  lookFor:
    'Used heap. Without a limit it climbs with every request, and each major GC frees next to nothing. With one it climbs only until the cache is full, and callbacks come for what was evicted.',
  prediction:
    'Broken: no callback ever, all pages stay alive, and used heap ends above where it began by at least half the size of all pages. Fixed: the pages in the cache stay alive. With forced major GCs or memory pressure every evicted page is called back, and with forced major GCs used heap ends within the limit’s size and 12 MB of where it began; with others any number of callbacks, since such a load makes V8 collect by itself. In both the program comes to its end.',
  question: {
    text: 'What becomes of the pages that nobody has asked for lately?',
    about: ({ label }, { requests, limit }) => pageNumber(label) <= Number(requests) - Number(limit),
    // Also without a forced GC: such a load makes V8 collect by itself.
    expected: ({ parameters }) => (parameters['variant'] === 'fixed' ? 'finalized' : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Whether the cache has a limit.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: a Map without a limit' },
        { value: 'fixed', title: 'Fixed: an LRU cache' },
      ],
    },
    {
      kind: 'integer',
      name: 'requests',
      title: 'Requests',
      help: 'How many different pages are asked for, of about 100 KB each.',
      unit: '',
      default: 250,
      minimum: 100,
      maximum: 1_000,
    },
    {
      kind: 'integer',
      name: 'limit',
      title: 'Limit',
      help: 'How many pages the LRU cache keeps.',
      unit: '',
      default: 20,
      minimum: 1,
      maximum: 50,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 60_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

const registry = new FinalizationRegistry<string>((url) => {
  collected.push(url);
});
/** Addresses of pages that are gone. */
const collected: string[] = [];

const PAGE_BYTES = 100_000;

/** A rendered page: lines of numbers, which V8 stores as 8 bytes each. */
class Page {
  readonly points: number[];

  constructor(url: string) {
    this.points = Array.from({ length: PAGE_BYTES / 8 }, (_, at) => at / 3);
    registry.register(this, url);
  }
}

interface Cache {
  get(url: string): Page | undefined;
  set(url: string, page: Page): unknown;
}

class LruCache implements Cache {
  readonly #pages = new Map<string, Page>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(url: string): Page | undefined {
    const page = this.#pages.get(url);
    if (page === undefined) return undefined;
    // Inserted again, it is the youngest.
    this.#pages.delete(url);
    this.#pages.set(url, page);
    return page;
  }

  set(url: string, page: Page) {
    this.#pages.set(url, page);
    if (this.#pages.size <= this.#limit) return;
    const [oldest] = this.#pages.keys();
    if (oldest !== undefined) this.#pages.delete(oldest);
  }
}

let cache: Cache = new Map<string, Page>();

function handleRequest(url: string): number {
  let page = cache.get(url);
  if (page === undefined) {
    page = new Page(url);
    cache.set(url, page);
  }
  return page.points.length;
}

async function run({ parameters, release }: ScenarioContext) {
  const requests = Number(parameters['requests']);
  const limit = Number(parameters['limit']);
  if (parameters['variant'] === 'fixed') cache = new LruCache(limit);
  for (let number = 1; number <= requests; number++) {
    handleRequest(`/page/${number}`);
    if (parameters['variant'] === 'fixed' && number > limit) release(`/page/${number - limit}`);
    if (number % 5 === 0) await sleep(10); // Until the next requests come in.
  }
  console.log(`${requests} requests; ${collected.length} pages collected so far`);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function pageNumber(label: string | null): number {
  return Number(/^\/page\/(\d+)$/.exec(label ?? '')?.[1]);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
/** What Node, the code and the records of the pages need beside the pages themselves. */
const OTHER_BYTES = 12e6;

function predict(facts: PredictionFacts): PredictionCheck[] {
  const requests = Number(facts.parameters['requests']);
  const objects = [...facts.objects];
  const { finalUsedBytes } = facts.report.heap;
  const riseBytes = (finalUsedBytes ?? Number.NaN) - (facts.samples.usedBytes.find((bytes) => bytes > 0) ?? Number.NaN);
  const rise = Number.isNaN(riseBytes) ? 'not known' : megabytes(riseBytes);

  if (facts.parameters['variant'] !== 'fixed') {
    const pages = { name: 'Pages', count: requests, objects };
    return [
      expectVerdict('alive', `all ${requests} stay alive, whoever collects`, pages),
      ...expectCause(facts, 'map-entry', pages),
      {
        expectation: `Used heap ends at least ${megabytes((requests * PAGE_BYTES) / 2)} above where it began`,
        observed: `Rise of used heap: ${rise}`,
        held: Number.isNaN(riseBytes) || riseBytes >= (requests * PAGE_BYTES) / 2,
      },
      expectCompletion(facts),
    ];
  }

  const limit = Number(facts.parameters['limit']);
  const cached = objects.filter(({ label }) => pageNumber(label) > requests - limit);
  const evicted = objects.filter(({ label }) => pageNumber(label) <= requests - limit);
  const finalized = countOf(evicted, 'finalized');
  const isCertain = expectedCollections(facts) === 'certain';
  const group = { name: 'Cached pages', count: limit, objects: cached };
  const checks = [
    expectVerdict('alive', `the last ${limit} stay alive`, group),
    ...expectCause(facts, 'map-entry', group),
    {
      expectation: isCertain
        ? `Evicted pages: all ${requests - limit} callbacks run`
        : `Evicted pages: between 0 and ${requests - limit} callbacks run, as V8 decides`,
      observed: `Evicted pages: ${evicted.length} registered, ${finalized} called back`,
      held: evicted.length === requests - limit && (!isCertain || finalized === requests - limit),
    },
    expectCompletion(facts),
  ];
  // The observer makes memory pressure out of objects on the same heap.
  if (isCertain && facts.gcPolicy.kind === 'major') {
    const mostBytes = limit * PAGE_BYTES + OTHER_BYTES;
    checks.push({
      expectation: `Used heap ends at most ${megabytes(mostBytes)} above where it began`,
      observed: `Rise of used heap: ${rise}`,
      held: Number.isNaN(riseBytes) || riseBytes <= mostBytes,
    });
  }
  return checks;
}
