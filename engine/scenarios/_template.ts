// Template of a scenario: copy it to a file named like the scenario's id and add that to SCENARIOS in index.ts.
// It is type-checked and tested with the others, but it is not part of the catalogue.
//
// A scenario file is shown to the user as the source, so it should teach: the description above, the program below, the
// prediction last. The program runs in the observed process, on Node 22 and later; description and prediction are used in
// the session, which imports the same file. So a module does nothing at import beyond declaring. Types are stripped, not
// compiled: only erasable TypeScript. `using` is not there yet on Node 22: write try … finally. Apart from Node's own
// modules, import only what is in `dependencies`.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks } from './expectations.ts';

export const scenario = defineScenario({
  // In lists, addresses and on the command line; the file is named like it.
  id: 'template',
  fileName: '_template.ts',
  title: 'Template',
  // Scenarios of one category stand together. In use: Basics, In practice, Considerations, Pitfalls, Weak references, Leaks.
  category: 'Basics',
  // Its station on the learning path.
  stage: 'first-steps',
  summary: 'One line: what happens here, without the outcome.',
  // At most 150 words, for somebody who has never met the subject. Paragraphs are separated by an empty line.
  theory: `What is the rule, and why is it so?

What does it mean for somebody’s own program?`,
  // Only what you have read: the specification, the documentation, the issue where it was reported.
  references: [{ title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' }],
  lookFor: 'What to look at on the timeline.',
  // In words what predict() checks. Say for which policies it is meant, and give timings as ranges.
  prediction:
    'With forced major GCs or memory pressure all callbacks run; with natural or forced minor GCs only none does.',
  // What the user may guess before the run, and the answer: finalized, never, late (long after they were collected or let
  // go of) or dies. `about` picks the objects where it is not about all.
  question: { text: 'What becomes of the objects?', expected: endingByCollections },
  // An integer, a choice or a boolean each. The session refuses what is out of bounds before run() can see it.
  parameters: [
    {
      kind: 'integer',
      name: 'objects',
      title: 'Objects',
      help: 'How many objects are registered and dropped.',
      unit: '',
      default: 3,
      minimum: 1,
      maximum: 1_000,
    },
  ],
  // The policy under which the scenario shows its point. The settle time should be 1.5 intervals or more.
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

// In module scope, so that it outlives run(): a registry that is itself collected never calls back.
const registry = new FinalizationRegistry<string>((heldValue) => {
  console.log(`Clean up: ${heldValue}`);
});

function createObject(label: string) {
  // A held value that is a string or a number becomes the label of the object's lifeline.
  registry.register({ label }, label);
}

/** Objects live in functions of their own: a local of a function that still waits for something stays alive. */
function run(context: ScenarioContext) {
  for (let number = 1; number <= Number(context.parameters['objects']); number++) {
    createObject(`Object ${number}`);
    context.release(`Object ${number}`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * One check per sentence of the prediction, without a full stop, since checks are also listed in one line. Each must hold
 * every time, also on a machine that is busy with other work.
 */
function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  return [expectCallbacks(facts, { name: 'Objects', count, objects: [...facts.objects] })];
}
