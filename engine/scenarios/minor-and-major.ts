// Scenario 9: up to V8 13, twenty minor collections clear no registration; from V8 14 on the first clears those of young
// objects. One major collection clears them all, whatever their age.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { clearsRegistrations } from '../protocol/clearing-collections.ts';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { isLeftAlone } from './expected-collections.ts';
import { exposeGc } from './expose-gc.ts';

export const scenario = defineScenario({
  id: 'minor-and-major',
  fileName: 'minor-and-major.ts',
  title: 'Minor and major collections',
  category: 'Basics',
  stage: 'first-steps',
  summary: 'Drop young and old objects, force twenty minor collections, then one major collection.',
  theory: `V8 keeps young and old objects apart. A minor collection (scavenge) looks at the young ones only. It is quick, and runs many times a second in a busy program. A major collection (mark-compact) looks at the whole heap, and runs when the old part has grown.

Only the major one finds every registered object that is gone. Until Node 24, to a scavenge a registration counts like any reference: even a young object survives, though nobody needs it, and the question is left for later. From V8 14 on, which Node 26 has, a scavenge lets go of registered objects that die young, and their callbacks follow. One that has grown old still waits for a major collection.

So a program may collect garbage all day and call back nobody. What counts is which kind ran, in which version, and how old the object was.`,
  references: [
    { title: 'V8: Trash talk, the Orinoco garbage collector', url: 'https://v8.dev/blog/trash-talk' },
    { title: 'V8: Weak references and finalizers', url: 'https://v8.dev/features/weak-references' },
  ],
  lookFor:
    'The row of collections: twenty short minor ones in the second phase. The lifelines of the old objects run on below them, and on Node 24 and older those of the young ones, too. Then one major GC, and all callbacks that are left in the task after it.',
  prediction:
    'With the policies “none” and “minor”: during the minor collections no callback for an old object; for young ones none up to Node 24, and all from Node 26 on. All callbacks have run after the major one. With forced major GCs or memory pressure the policy may collect earlier; all callbacks have run by the end.',
  question: {
    text: 'What becomes of the objects, over many minor collections and then a major one?',
    expected: () => 'finalized',
  },
  parameters: [
    {
      kind: 'integer',
      name: 'objects',
      title: 'Objects',
      help: 'How many young and how many old objects are registered and dropped.',
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

const elders: { label: string }[] = [];

function createObject(label: string) {
  const object = { label };
  registry.register(object, label);
  return object;
}

// In functions of their own: a suspended function keeps what its registers still have.
function createElders(count: number) {
  for (let number = 1; number <= count; number++) elders.push(createObject(`Old object ${number}`));
}

function dropAll(context: ScenarioContext, count: number) {
  for (const { label } of elders) context.release(label);
  elders.length = 0;
  for (let number = 1; number <= count; number++) {
    createObject(`Young object ${number}`);
    context.release(`Young object ${number}`);
  }
}

async function run(context: ScenarioContext) {
  const gc = exposeGc();
  const objects = Number(context.parameters['objects']);
  performance.mark('phase: growing old');
  createElders(objects);
  // A major collection makes all that survives it old.
  gc({ type: 'major' });
  await sleep(20);

  performance.mark('phase: minor');
  dropAll(context, objects);
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
  const count = 2 * Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  const finalized = objects.filter(({ verdict }) => verdict === 'finalized').length;
  const majorAtMs = facts.marks.find(({ name }) => name === 'phase: major')?.atMs ?? Number.NaN;
  const minorsClear = clearsRegistrations('minor', facts.report.runtime.v8);
  const early = (age: string) =>
    objects.filter(
      ({ label, callbackStartedAtMs = Infinity }) => label?.startsWith(age) === true && callbackStartedAtMs < majorAtMs,
    ).length;
  const checks = [
    {
      expectation: `All ${count} callbacks have run by the end`,
      observed: `${objects.length} registered, ${finalized} called back`,
      held: objects.length === count && finalized === count,
    },
  ];
  // Otherwise another collector may have come before the program's own major collection.
  if (isLeftAlone(facts)) {
    const [old, young] = [early('Old'), early('Young')];
    checks.push(
      {
        expectation: 'No callback of an old object runs before the major collection',
        observed: `${old} ran before it`,
        held: old === 0 && !Number.isNaN(majorAtMs),
      },
      minorsClear
        ? {
            expectation:
              'All callbacks of young objects run before the major collection, since minor ones of this V8 clear',
            observed: `${young} of ${count / 2} ran before it`,
            held: young === count / 2,
          }
        : {
            expectation: 'No callback of a young object runs before the major collection',
            observed: `${young} ran before it`,
            held: young === 0,
          },
    );
  }
  return checks;
}
