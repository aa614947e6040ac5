// A scenario of your own. Save this file, and Heapline lists it under “Mine”; what is wrong with it is shown there too.
//
// It is plain JavaScript and needs nothing of Heapline's. run() is the program: it runs in a fresh process that Heapline
// observes. Everything else only describes it, and is read in another process: so do nothing here while the file loads
// beyond declaring. A file whose name begins with _ is not listed: put there what several scenarios import.

/**
 * @typedef {object} Context what run() is given
 * @property {Record<string, number | string | boolean>} parameters each that is described below, within its bounds
 * @property {(label: string) => void} release says on the timeline that the program let go of the object with this label
 *
 * @typedef {object} Facts what predict() may look at
 * @property {Record<string, number | string | boolean>} parameters those of the run
 * @property {{ kind: 'none' | 'minor' | 'major' | 'pressure', intervalMs: number }} gcPolicy who collected
 * @property {{ label: string | null, verdict: string }[]} objects every registration and what became of it: finalized,
 *   unregistered, alive, callback-pending, registry-collected, exited-first, callback-threw or unknown
 * @property {string} standardOutput what the program printed
 * @property {{ kind: string, name: string, atMs: number }[]} marks what happened meanwhile: releases, changes of policy
 *
 * @typedef {{ expectation: string, observed: string, held: boolean }} Check one sentence of a prediction, and the truth
 */

export const scenario = {
  // On the command line: heapline run my-scenario. Small letters, digits and hyphens; no other scenario may have it.
  id: 'my-scenario',
  title: 'My scenario',
  summary: 'One line: what happens here, without the outcome.',
  // Plain words. An empty line begins a new paragraph.
  theory: `What is the rule, and why is it so?

What does it mean for a program?`,
  // Where it is specified or was reported; the list may be empty.
  references: [{ title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' }],
  lookFor: 'What to look at on the timeline.',
  // In words what predict() checks below.
  prediction: 'With forced major GCs every object that was dropped is finalized; those that are kept stay alive.',
  // What may be guessed before a run: finalized, never, late or dies. Leave the question out if there is none;
  // about() picks the objects that it is about, and may be left out if it is about all.
  question: {
    text: 'What becomes of the objects that were dropped?',
    about: (object) => object.label?.startsWith('dropped') === true,
    expected: ({ gcPolicy }) => (comesMajorGc(gcPolicy) ? 'finalized' : 'never'),
  },
  // Each is an integer, a choice or a boolean, and stands in context.parameters by its name. The list may be empty.
  parameters: [
    {
      kind: 'integer',
      name: 'objects',
      title: 'Objects',
      help: 'How many objects are registered.',
      unit: '',
      default: 6,
      minimum: 1,
      maximum: 1_000,
    },
    { kind: 'boolean', name: 'keepHalf', title: 'Keep half', help: 'Every second object stays in use.', default: true },
    // { kind: 'choice', name: 'ending', title: 'Ending', help: 'How it ends.', default: 'calm',
    //   options: [{ value: 'calm', title: 'Calmly' }, { value: 'exit', title: 'By process.exit()' }] },
  ],
  // Who collects besides V8: none, minor, major or pressure; and how often.
  defaultGcPolicy: { kind: 'major', intervalMs: 300 },
  // How long late callbacks are waited for (two intervals or more), and when a run that does not end is ended.
  defaultLimits: { settleMs: 900, timeoutMs: 20_000 },
  run,
  predict,
};

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

// Outside of run(), so that it outlives it: a registry that is itself collected never calls back.
const registry = new FinalizationRegistry((heldValue) => console.log(`Clean up: ${heldValue}`));
/** What is in here stays alive. */
const kept = new Set();

/** In a function of its own: a local of a function that waits for something may keep its object alive. */
function createObject(label) {
  const object = { label };
  // A held value that is a text or a number becomes the object's label. It must not lead back to the object.
  registry.register(object, label);
  return object;
}

/** @param {Context} context */
function run(context) {
  for (let number = 1; number <= context.parameters.objects; number++) {
    const isKept = context.parameters.keepHalf && number % 2 === 0;
    const label = `${isKept ? 'kept' : 'dropped'} ${number}`;
    const object = createObject(label);
    if (isKept) kept.add(object);
    else context.release(label);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * One check for each sentence of the prediction. All must hold, every time, also on a machine that is busy.
 * @param {Facts} facts
 * @returns {Check[]}
 */
function predict({ objects, gcPolicy, marks, parameters }) {
  const dropped = objects.filter(({ label }) => label?.startsWith('dropped'));
  const others = objects.filter(({ label }) => label?.startsWith('kept'));
  const finalized = count(dropped, 'finalized');
  const expected = comesMajorGc(gcPolicy) ? dropped.length : 0;
  // Somebody collected by hand, or changed the policy meanwhile: then either may be.
  const isDisturbed = marks.some(({ kind }) => kind === 'gc-requested' || kind === 'gc-policy-changed');
  return [
    {
      expectation: `${parameters.objects} objects are registered`,
      observed: `${objects.length} are`,
      held: objects.length === parameters.objects,
    },
    {
      expectation: `${expected} of ${dropped.length} dropped objects are finalized`,
      observed: `${finalized} are`,
      held: finalized === expected || isDisturbed,
    },
    {
      expectation: 'Every object that is kept stays alive',
      observed: `${count(others, 'alive')} of ${others.length} are`,
      held: count(others, 'alive') === others.length,
    },
  ];
}

/** Only a major GC ends a registration, and without a policy that brings one so small a program has none. */
function comesMajorGc({ kind }) {
  return kind === 'major' || kind === 'pressure';
}

function count(objects, verdict) {
  return objects.filter((object) => object.verdict === verdict).length;
}
