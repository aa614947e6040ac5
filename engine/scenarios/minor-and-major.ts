// Scenario 9: twenty minor collections clear no registration, one major collection clears them all.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { expectedCollections } from './expected-collections.ts';
import { exposeGc } from './expose-gc.ts';

export const scenario = defineScenario({
  id: 'minor-and-major',
  fileName: 'minor-and-major.ts',
  title: 'Minor and major collections',
  category: 'Basics',
  stage: 'first-steps',
  summary: 'Drop some objects, force twenty minor collections, then one major collection.',
  theory: `V8 keeps young and old objects apart. A minor collection (scavenge) looks at the young ones only. It is quick, and runs many times a second in a busy program. A major collection (mark-compact) looks at the whole heap, and runs when the old part has grown.

Only the major one finds out which registered objects are gone. To a scavenge, a registration counts like any reference: the object survives, though nobody needs it, and the question is left for later.

So a program may collect garbage all day and call back nobody. What counts is not that a collection ran, but which kind.`,
  references: [
    { title: 'V8: Trash talk, the Orinoco garbage collector', url: 'https://v8.dev/blog/trash-talk' },
    { title: 'V8: Weak references and finalizers', url: 'https://v8.dev/features/weak-references' },
  ],
  lookFor:
    'The row of collections: twenty short minor ones in the first phase, and the lifelines run on below them. Then one major GC, and all callbacks in the task after it.',
  prediction:
    'With the policies “none” and “minor”: no callback during the minor collections, all of them after the major one. With forced major GCs or memory pressure the policy may collect earlier; all callbacks have run by the end.',
  question: {
    text: 'What becomes of the objects, over many minor collections and then a major one?',
    expected: () => 'finalized',
  },
  parameters: [
    {
      kind: 'integer',
      name: 'objects',
      title: 'Objects',
      help: 'How many objects are registered and dropped.',
      unit: '',
      default: 10,
      minimum: 1,
      maximum: 1_000,
    },
    {
      kind: 'integer',
      name: 'minorCollections',
      title: 'Minor collections',
      help: 'How many are forced before the major one.',
      unit: '',
      default: 20,
      minimum: 1,
      maximum: 100,
    },
  ],
  defaultGcPolicy: { kind: 'none', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 30_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

let callbacks = 0;
const registry = new FinalizationRegistry<string>((label) => {
  callbacks++;
  console.log(`Clean up: ${label}`);
});

function createObject(label: string) {
  registry.register({ label }, label);
}

async function run(context: ScenarioContext) {
  const gc = exposeGc();
  for (let number = 1; number <= Number(context.parameters['objects']); number++) {
    createObject(`Object ${number}`);
    context.release(`Object ${number}`);
  }
  performance.mark('phase: minor');
  for (let count = 0; count < Number(context.parameters['minorCollections']); count++) {
    gc({ type: 'minor' });
    await sleep(20); // A turn of the event loop for each: a callback that could run would.
  }
  console.log(`after the minor collections: ${callbacks} callbacks`);

  performance.mark('phase: major');
  gc({ type: 'major' });
  await sleep(100);
  console.log(`after the major collection: ${callbacks} callbacks`);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  const finalized = objects.filter(({ verdict }) => verdict === 'finalized').length;
  const majorAtMs = facts.marks.find(({ name }) => name === 'phase: major')?.atMs ?? Number.NaN;
  const early = objects.filter(({ callbackStartedAtMs = Infinity }) => callbackStartedAtMs < majorAtMs).length;
  const checks = [
    {
      expectation: `All ${count} callbacks have run by the end`,
      observed: `${objects.length} registered, ${finalized} called back`,
      held: objects.length === count && finalized === count,
    },
  ];
  // Otherwise another collector may have come before the program's own major collection.
  if (expectedCollections(facts) === 'none') {
    checks.push({
      expectation: 'No callback runs before the major collection',
      observed: `${early} ran before it`,
      held: early === 0 && !Number.isNaN(majorAtMs),
    });
  }
  return checks;
}
