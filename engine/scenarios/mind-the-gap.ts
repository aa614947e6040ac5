// Scenario 13: between the clearing of a WeakRef and the callback there is a gap, in which a map holds dead entries.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { expectedCollections } from './expected-collections.ts';
import { exposeGc } from './expose-gc.ts';

export const scenario = defineScenario({
  id: 'mind-the-gap',
  fileName: 'mind-the-gap.ts',
  title: 'Mind the gap',
  category: 'Weak references',
  stage: 'hard-cases',
  summary: 'Look into a map of WeakRefs between the collection and the callbacks that clean it up.',
  theory: `A cache often pairs the two: a Map from keys to WeakRefs, and a registry whose callback deletes the key of what is gone. It seems that a key is there exactly as long as its object.

It is not. When the object is collected, its WeakRefs are cleared at once; the callback comes in a later task, perhaps much later. In between, has(key) says true and deref() returns undefined. And a program may end without any callback.

So never take a key for an answer. Ask deref(), keep what it returns in a variable, and treat undefined as not found: then the gap does no harm, and the callback is only housekeeping.`,
  references: [
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
    { title: 'V8: Weak references and finalizers', url: 'https://v8.dev/features/weak-references' },
    {
      title: 'MDN: WeakRef',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/WeakRef',
    },
  ],
  lookFor:
    'The mark “in the gap” between the major GC that the program forces and the callbacks, inside one blocked stretch. The console tells what the map said at that moment.',
  prediction:
    'In the gap every key is still there while every deref() returns undefined. Afterwards all callbacks run and the map is empty.',
  question: {
    text: 'What becomes of the cached documents, whose callbacks delete their keys?',
    expected: () => 'finalized',
  },
  parameters: [
    {
      kind: 'integer',
      name: 'objects',
      title: 'Documents',
      help: 'How many documents are cached and let go of.',
      unit: '',
      default: 10,
      minimum: 1,
      maximum: 1_000,
    },
  ],
  defaultGcPolicy: { kind: 'none', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Document {
  readonly text: string;
}

const cache = new Map<string, WeakRef<Document>>();
const registry = new FinalizationRegistry<string>((key) => {
  cache.delete(key);
});

function load(key: string): void {
  const document: Document = { text: `the text of ${key}` };
  cache.set(key, new WeakRef(document));
  registry.register(document, key);
}

function describeCache(moment: string) {
  let dead = 0;
  for (const reference of cache.values()) if (reference.deref() === undefined) dead++;
  console.log(`${moment}: ${cache.size} keys, ${dead} of them dead`);
}

async function run(context: ScenarioContext) {
  const gc = exposeGc();
  for (let number = 1; number <= Number(context.parameters['objects']); number++) {
    load(`document ${number}`);
    context.release(`document ${number}`);
  }
  // A WeakRef keeps its object until the task that made it has ended.
  await sleep(1);
  gc({ type: 'major' });
  performance.mark('in the gap');
  describeCache('in the gap');
  await sleep(100);
  describeCache('after the callbacks');
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  const finalized = objects.filter(({ verdict }) => verdict === 'finalized').length;
  const lines = facts.standardOutput.split(/\r?\n/);
  const lineOf = (moment: string) => lines.find((line) => line.startsWith(`${moment}:`)) ?? 'nothing printed';
  const checks: PredictionCheck[] = [
    {
      expectation: `All ${count} callbacks run`,
      observed: `${objects.length} registered, ${finalized} called back`,
      held: objects.length === count && finalized === count,
    },
    {
      expectation: 'After the callbacks the map is empty',
      observed: lineOf('after the callbacks'),
      held: lineOf('after the callbacks').endsWith(': 0 keys, 0 of them dead'),
    },
  ];
  // Another collector may have come before the program's own, and then the callbacks before the look.
  if (expectedCollections(facts) === 'none') {
    checks.unshift({
      expectation: 'In the gap every key is there, and every object behind it is gone',
      observed: lineOf('in the gap'),
      held: lineOf('in the gap').endsWith(`: ${count} keys, ${count} of them dead`),
    });
  }
  return checks;
}
