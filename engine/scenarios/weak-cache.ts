// Scenario 15: a cache of WeakRefs whose keys nobody deletes, and one with a registry that does.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { exposeGc } from './expose-gc.ts';

export const scenario = defineScenario({
  id: 'weak-cache',
  fileName: 'weak-cache.ts',
  title: 'A weak cache and its dead entries',
  category: 'Weak references',
  stage: 'everyday',
  summary: 'A cache that holds its values weakly, with and without a registry that removes what is gone.',
  theory: `A Map from keys to WeakRefs lets its values be collected, so it looks like a cache that cannot leak. But the Map still has every key, and a WeakRef for each, whether or not there is an object behind it. With a thousand values gone, a thousand dead entries stay: the leak is only smaller, and it grows for as long as new keys come.

A registry completes it: register each value with its key, and delete the key in the callback. Then the entries follow their values, if not at once.

The callback may come late, so reading must still ask deref(). And whoever has to bound memory needs a limit of entries; a collector does not know what a cache is for.`,
  references: [
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
    { title: 'V8: Weak references and finalizers', url: 'https://v8.dev/features/weak-references' },
    {
      title: 'MDN: WeakRef',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/WeakRef',
    },
  ],
  lookFor:
    'In both halves every lifeline ends at the major GC. The difference is in the console: how many entries the cache has afterwards, although not one value is left.',
  prediction:
    'Both halves: every value is collected, and its callback runs. Broken: all dead entries stay in the map. Fixed: none stays.',
  question: {
    text: 'What becomes of the thumbnails that only the cache refers to?',
    expected: () => 'finalized',
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Whether the cache removes the key of a value that is gone.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: nobody removes a key' },
        { value: 'fixed', title: 'Fixed: the callback removes it' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Thumbnails',
      help: 'How many values are cached and let go of.',
      unit: '',
      default: 1_000,
      minimum: 1,
      maximum: 5_000,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'none', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 30_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

class Thumbnail {
  readonly pixels = new Uint8Array(64);
}

const cache = new Map<string, WeakRef<Thumbnail>>();

/** Only to see when a value is gone: it does nothing about the entry. */
const watching = new FinalizationRegistry<string>(() => {});
const cleaning = new FinalizationRegistry<string>((key) => {
  if (cache.get(key)?.deref() === undefined) cache.delete(key);
});

function thumbnailOf(key: string, isFixed: boolean): Thumbnail {
  const known = cache.get(key)?.deref();
  if (known !== undefined) return known;
  const made = new Thumbnail();
  cache.set(key, new WeakRef(made));
  (isFixed ? cleaning : watching).register(made, key);
  return made;
}

async function run(context: ScenarioContext) {
  const { parameters } = context;
  const gc = exposeGc();
  for (let number = 1; number <= Number(parameters['objects']); number++) {
    thumbnailOf(`picture ${number}`, parameters['variant'] === 'fixed');
    context.release(`picture ${number}`);
  }
  console.log(`in use: ${cache.size} entries`);
  // A WeakRef keeps its object until the task that made it has ended.
  await sleep(1);
  gc({ type: 'major' });
  await sleep(200);
  const alive = [...cache.values()].filter((reference) => reference.deref() !== undefined).length;
  console.log(`afterwards: ${cache.size} entries, ${alive} values`);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  const finalized = objects.filter(({ verdict }) => verdict === 'finalized').length;
  const isFixed = facts.parameters['variant'] === 'fixed';
  const line = facts.standardOutput.split(/\r?\n/).find((text) => text.startsWith('afterwards:')) ?? 'nothing printed';
  return [
    {
      expectation: `All ${count} values are collected, and their callbacks run`,
      observed: `${objects.length} registered, ${finalized} called back`,
      held: objects.length === count && finalized === count,
    },
    {
      expectation: isFixed ? 'No dead entry stays in the map' : `All ${count} dead entries stay in the map`,
      observed: line,
      held: line === `afterwards: ${isFixed ? 0 : count} entries, 0 values`,
    },
  ];
}
