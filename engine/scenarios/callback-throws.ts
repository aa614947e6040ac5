// Scenario 22: one of several cleanup callbacks throws, and nobody stands around it to catch that.
// The program runs in the observed process; the session reads the description and judges the prediction.

import type { Verdict } from '../protocol/vocabulary.ts';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { countOf, endingByCollections, expectCallbacks, expectVerdict } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'callback-throws',
  fileName: 'callback-throws.ts',
  title: 'A callback that throws',
  category: 'Considerations',
  stage: 'not-guaranteed',
  summary: 'One of several cleanup callbacks throws, without and with a handler for uncaught exceptions.',
  theory: `Nobody calls a cleanup callback but the engine, in a task of its own. There is no caller who could catch what it throws, so the error is an uncaught exception, and Node ends the process. That happens at a moment that nobody chose, far from the code at fault, and takes the callbacks that were still due with it.

With a handler for “uncaughtException” the process goes on, and so do the remaining callbacks. But the one that threw is not called again: what it had to clean up stays.

The remedy: catch inside the callback, and let it do little enough that it cannot fail. The bug below is a common one: dispose() cleans up but does not unregister, so the callback comes as well and finds nothing left.`,
  references: [
    {
      title: 'Node.js: event “uncaughtException”',
      url: 'https://nodejs.org/api/process.html#event-uncaughtexception',
    },
    {
      title: 'MDN: FinalizationRegistry',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'The callback of “Texture 2”. Without a handler the run ends there, and other lifelines end with the process; with one, the callbacks after it still come.',
  prediction:
    'With forced major GCs or memory pressure: Texture 2’s callback throws. Without a handler the process ends on its error, and no other callback throws; with one it completes, and all others have run. With natural or forced minor GCs only: no callback runs, and the process completes.',
  question: {
    text: 'What becomes of the textures, and of the process?',
    expected: (facts) => {
      const ending = endingByCollections(facts);
      return ending === 'finalized' && facts.parameters['variant'] !== 'fixed' ? 'dies' : ending;
    },
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Whether the program handles uncaught exceptions.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: no handler' },
        { value: 'fixed', title: 'Fixed: a handler for uncaughtException' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Textures',
      help: 'How many textures are created and let go of. The second is disposed of before that.',
      unit: '',
      default: 5,
      minimum: 2,
      maximum: 1_000,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the graphics driver gave out, by the texture's name. */
const handles = new Map<string, number>();

function freeHandle(name: string) {
  if (!handles.delete(name)) throw new Error(`${name} is freed a second time`);
  console.log(`${name}: freed`);
}

const registry = new FinalizationRegistry<string>(freeHandle);

class Texture {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    handles.set(name, handles.size + 1);
    registry.register(this, name);
  }

  dispose() {
    freeHandle(this.name);
    // The bug: registry.unregister(this) is missing, for which register() would need a token.
  }
}

function drawWith(name: string) {
  const texture = new Texture(name);
  if (name === 'Texture 2') texture.dispose();
}

function run(context: ScenarioContext) {
  if (context.parameters['variant'] === 'fixed') {
    process.on('uncaughtException', (error) => console.log(`Uncaught, and going on: ${error.message}`));
  }
  for (let number = 1; number <= Number(context.parameters['objects']); number++) {
    drawWith(`Texture ${number}`);
    context.release(`Texture ${number}`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

const NOT_CALLED_BACK: readonly Verdict[] = ['alive', 'callback-pending', 'exited-first'];

function predict(facts: PredictionFacts): PredictionCheck[] {
  const { outcome } = facts.report;
  const count = Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  const second = objects.filter(({ label }) => label === 'Texture 2');
  const others = {
    name: 'Other textures',
    count: count - 1,
    objects: objects.filter((each) => !second.includes(each)),
  };
  const threw = { name: 'Texture 2', count: 1, objects: second };
  const isFixed = facts.parameters['variant'] === 'fixed';
  const collections = expectedCollections(facts);
  const dies = outcome.status === 'threw';
  const observed = `${outcome.status}, ${outcome.error?.message ?? 'no error'}`;
  const completes = { expectation: 'The process completes', observed, held: outcome.status === 'completed' };

  // The process does not live to settle when it dies, so its death itself shows that there was a collection.
  if (!isFixed && (dies || collections === 'certain')) {
    // With a heap snapshot it can be told that they were collected already, without one it cannot.
    const left = others.objects.filter(({ verdict }) => NOT_CALLED_BACK.includes(verdict)).length;
    const finalized = countOf(others.objects, 'finalized');
    const freed = [...facts.standardOutput.matchAll(/^Texture (?!2:)\d+: freed\r?$/gm)].length;
    return [
      expectVerdict('callback-threw', 'its callback throws', threw),
      {
        expectation: 'The process ends on that error, since nobody catches it',
        observed,
        held: dies && collections !== 'none' && outcome.error?.message.includes('freed a second time') === true,
      },
      {
        expectation: `Other textures: each of the ${count - 1} is called back before that, or never`,
        observed: `Other textures: ${others.objects.length} registered, ${finalized} called back (${freed} on the console), ${left} not`,
        // A process that dies may lose lines of the console, but never prints one too many.
        held: others.objects.length === count - 1 && finalized + left === count - 1 && freed <= finalized,
      },
    ];
  }
  switch (collections) {
    case 'certain':
      return [expectVerdict('callback-threw', 'its callback throws', threw), expectCallbacks(facts, others), completes];
    case 'none':
      return [expectVerdict('alive', 'its callback does not run', threw), expectCallbacks(facts, others), completes];
    case 'possible':
      return [expectCallbacks(facts, others), completes];
  }
}
