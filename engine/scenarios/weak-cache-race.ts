// Scenario 14: the callback of an entry that is gone deletes the entry that has taken its place.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { expectCause } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';
import { exposeGc } from './expose-gc.ts';

export const scenario = defineScenario({
  id: 'weak-cache-race',
  fileName: 'weak-cache-race.ts',
  title: 'The old callback deletes the new entry',
  category: 'Weak references',
  stage: 'hard-cases',
  summary: 'A weak cache in which a key gets a new object before the old one’s callback has run.',
  theory: `A weak cache finds that the object under a key is gone, makes a new one and stores it under the same key. Only then does the callback of the old object run. It knows nothing but the key, so it deletes the key, and with it the new object, which is alive and in use.

From then on the program has two truths: somebody holds the object, and the cache says that there is none and makes another. The bug needs a collection at the right moment, so it comes up rarely, under load, and never in a test.

The remedy: before deleting, look whether the entry is still the dead one. Compare the WeakRef, or ask deref(): what still answers is not yours to delete.`,
  references: [
    { title: 'nodejs/node #59910', url: 'https://github.com/nodejs/node/issues/59910' },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'Two generations of lifelines under the same keys: the first is collected at the major GC, the second begins before the callbacks. The console tells how many of the second the cache still knows after them.',
  prediction:
    'The first generation’s callbacks run, the second stays alive. Broken: after the callbacks the cache knows none of the living. Fixed: it knows them all.',
  question: {
    text: 'What becomes of the first generation, whose callbacks delete their keys?',
    about: ({ label }) => label?.endsWith('(first)') === true,
    expected: () => 'finalized',
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'What the callback does before it deletes a key.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: deletes whatever is there' },
        { value: 'fixed', title: 'Fixed: looks whether it is still the dead one' },
      ],
    },
    {
      kind: 'integer',
      name: 'keys',
      title: 'Keys',
      help: 'How many keys the cache has.',
      unit: '',
      default: 5,
      minimum: 1,
      maximum: 500,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'none', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Session {
  readonly key: string;
}

class WeakCache {
  readonly #entries = new Map<string, WeakRef<Session>>();
  readonly #isFixed: boolean;
  readonly #registry = new FinalizationRegistry<string>((label) => this.#onGone(keyOf(label)));

  constructor(isFixed: boolean) {
    this.#isFixed = isFixed;
  }

  /** The session under `key`, made anew if there is none any more. */
  get(key: string, generation: string): Session {
    const known = this.#entries.get(key)?.deref();
    if (known !== undefined) return known;
    const made: Session = { key };
    this.#entries.set(key, new WeakRef(made));
    this.#registry.register(made, `${key} (${generation})`);
    return made;
  }

  knows(key: string): boolean {
    return this.#entries.get(key)?.deref() !== undefined;
  }

  #onGone(key: string) {
    // The entry under this key may be a successor by now.
    if (this.#isFixed && this.knows(key)) return;
    this.#entries.delete(key);
  }
}

/** `session 3 (first)` → `session 3`: held values are texts here, so that lifelines have names. */
const keyOf = (label: string) => label.slice(0, label.lastIndexOf(' ('));

/** In use to the end of the program. */
const inUse: Session[] = [];
/** A cache lives as long as the program. With it would go its registry, and every callback. */
const caches: WeakCache[] = [];

async function run(context: ScenarioContext) {
  const { parameters } = context;
  const keys = Array.from({ length: Number(parameters['keys']) }, (_, index) => `session ${index + 1}`);
  const sessions = new WeakCache(parameters['variant'] === 'fixed');
  caches.push(sessions);
  const gc = exposeGc();

  for (const key of keys) {
    sessions.get(key, 'first');
    context.release(`${key} (first)`);
  }
  // A WeakRef keeps its object until the task that made it has ended.
  await sleep(1);

  // One task, as one request of a busy server is: the first are collected, and the second made before any callback.
  gc({ type: 'major' });
  for (const key of keys) inUse.push(sessions.get(key, 'second'));

  await sleep(100);
  console.log(`The cache knows ${keys.filter((key) => sessions.knows(key)).length} of ${inUse.length} living sessions`);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['keys']);
  const isFixed = facts.parameters['variant'] === 'fixed';
  const objects = [...facts.objects];
  const generation = (name: string) => objects.filter(({ label }) => label?.endsWith(`(${name})`) === true);
  const first = generation('first');
  const second = generation('second');
  const gone = first.filter(({ verdict }) => verdict === 'finalized').length;
  const alive = second.filter(({ verdict }) => verdict === 'alive').length;
  const line =
    facts.standardOutput.split(/\r?\n/).find((text) => text.startsWith('The cache knows')) ?? 'nothing printed';
  const checks: PredictionCheck[] = [
    {
      expectation: `First generation: all ${count} callbacks run`,
      observed: `${first.length} registered, ${gone} called back`,
      held: first.length === count && gone === count,
    },
    {
      expectation: `Second generation: all ${count} stay alive, since they are in use`,
      observed: `${second.length} registered, ${alive} alive`,
      held: second.length === count && alive === count,
    },
    ...expectCause(facts, 'array-element', { name: 'Second generation', count, objects: second }),
  ];
  // Another collector may have brought the old callbacks in time.
  if (isFixed || expectedCollections(facts) === 'none') {
    const known = isFixed ? count : 0;
    checks.push({
      expectation: isFixed ? 'The cache still knows all of the living' : 'The cache knows none of the living any more',
      observed: line,
      held: line === `The cache knows ${known} of ${count} living sessions`,
    });
  }
  return checks;
}
