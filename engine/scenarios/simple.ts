// Scenario 1: the smallest program with a FinalizationRegistry.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'simple',
  fileName: 'simple.ts',
  title: 'Simple registration',
  category: 'Basics',
  stage: 'first-steps',
  summary: 'Register one object, let go of it, and see when its cleanup callback runs.',
  theory: `A FinalizationRegistry tells a program that an object is gone. The program registers the object together with a held value; after the object has been collected, the registry passes the held value to its cleanup callback. The object itself never comes back: by then it does not exist.

Letting go is not enough. The callback waits for a garbage collection that notices the loss, and only a major collection (mark-compact) is sure to. Even then it runs in a later task, never in the middle of other code.

So without memory pressure nothing happens, and a program may end without a single callback. Try it with natural GCs only.`,
  references: [
    {
      title: 'MDN: FinalizationRegistry',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'The lifeline of “Object 1”: thick while the program uses it, thin after it let go, then the major GC and, in a task of its own, the callback.',
  prediction:
    'With forced major GCs or memory pressure: exactly one callback, which prints “Clean up: Object 1”. With natural or forced minor GCs only: no callback.',
  question: {
    text: 'What becomes of the object that createObject() registers and drops?',
    expected: endingByCollections,
  },
  parameters: [],
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

// The registry must outlive its objects: a registry that is itself collected never calls back.
const registry = new FinalizationRegistry<string>((heldValue) => {
  console.log(`Clean up: ${heldValue}`);
});

function createObject() {
  const object = { id: 1 };
  registry.register(object, 'Object 1');
  // Nothing refers to the object once this function has returned.
}

function run(context: ScenarioContext) {
  createObject();
  context.release('Object 1');
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const objects = [...facts.objects];
  const callbacks = objects.filter(({ verdict }) => verdict === 'finalized').length;
  const lines = facts.standardOutput.split(/\r?\n/).filter((line) => line === 'Clean up: Object 1').length;
  const observed = `${objects.length} registered, ${callbacks} called back`;
  const printed = `“Clean up: Object 1” printed: ${lines}`;
  switch (expectedCollections(facts)) {
    case 'certain':
      return [
        {
          expectation: 'The object is collected and its callback runs exactly once',
          observed,
          held: objects.length === 1 && callbacks === 1,
        },
        { expectation: 'The callback prints “Clean up: Object 1”, once', observed: printed, held: lines === 1 },
      ];
    case 'none':
      return [
        {
          expectation: 'Without a major GC the object counts as alive and its callback does not run',
          observed,
          held: objects.length === 1 && objects[0]?.verdict === 'alive' && callbacks === 0,
        },
        { expectation: '“Clean up: Object 1” is not printed', observed: printed, held: lines === 0 },
      ];
    case 'possible':
      return [
        {
          expectation: 'The callback runs at most once, since nobody can say whether a major GC came in time',
          observed,
          held: objects.length === 1 && callbacks <= 1,
        },
        { expectation: 'Each callback prints “Clean up: Object 1”', observed: printed, held: lines === callbacks },
      ];
  }
}
