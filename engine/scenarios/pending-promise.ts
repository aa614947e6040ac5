// Scenario 18: an async function that awaits what never comes is collected in the middle, without its finally.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { EventEmitter, once } from 'node:events';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectCompletion } from './expectations.ts';

export const scenario = defineScenario({
  id: 'pending-promise',
  fileName: 'pending-promise.ts',
  title: 'A promise that never settles',
  category: 'Pitfalls',
  stage: 'hard-cases',
  summary: 'Async functions await an answer that never comes, with their cleanup in a finally block.',
  theory: `A suspended async function is an object on the heap. What it awaits refers to it, so that it can be resumed; nothing else does. If nobody can settle the promise any more, nobody can reach the function either, and both are collected together with its local variables.

That is good for memory, and a trap for cleanup: the function is not resumed to be ended. Its finally block never runs, nor does anything after the await. A lock stays taken, a counter stays wrong, and there is no error to tell.

“finally” promises to run when control leaves the block, and here it never leaves. The remedy: let every promise settle, if only by a time limit or an AbortSignal that rejects it.`,
  references: [
    {
      title: 'MDN: await',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Operators/await',
    },
    {
      title: 'Node.js: events.once()',
      url: 'https://nodejs.org/api/events.html#eventsonceemitter-name-options',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'Without a time limit the calls are collected by the next major GC, and the console never says “hung up”. With one, every call is hung up first and collected after that.',
  prediction:
    'Broken: no finally block ever runs. Fixed: every one runs. In both, with forced major GCs or memory pressure every callback runs; with natural or forced minor GCs only none does. In both the program comes to its end.',
  question: {
    text: 'What becomes of the calls that are never answered, and of the functions that wait for them?',
    expected: endingByCollections,
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Whether the wait has an end.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: waits for ever' },
        { value: 'fixed', title: 'Fixed: waits for a limited time' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Calls',
      help: 'How many calls are made and never answered.',
      unit: '',
      default: 5,
      minimum: 1,
      maximum: 1_000,
    },
    {
      kind: 'integer',
      name: 'limitMs',
      title: 'Time limit',
      help: 'How long the fixed half waits for an answer.',
      unit: 'ms',
      default: 300,
      minimum: 10,
      maximum: 3_000,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

const registry = new FinalizationRegistry<string>((label) => {
  console.log(`${label}: collected`);
});

/** Emits “answer” when the other side picks up, and “error” when it cannot be reached. */
class Call extends EventEmitter {
  readonly label: string;

  constructor(label: string) {
    super();
    this.label = label;
    registry.register(this, label);
  }

  hangUp() {
    console.log(`${this.label}: hung up`);
  }
}

async function ask({ release }: ScenarioContext, label: string, limitMs?: number) {
  const call = new Call(label);
  const timer =
    limitMs === undefined ? undefined : setTimeout(() => call.emit('error', new Error('no answer')), limitMs);
  try {
    // Call → listener → promise → this function → call: a circle, and without a timer nothing leads into it.
    const answer: unknown[] = await once(call, 'answer');
    console.log(`${label}: ${answer.join()}`);
  } catch (error) {
    console.log(`${label}: ${String(error)}`);
  } finally {
    clearTimeout(timer);
    call.hangUp();
    release(label);
  }
}

function run(context: ScenarioContext) {
  const { parameters } = context;
  const limitMs = parameters['variant'] === 'fixed' ? Number(parameters['limitMs']) : undefined;
  for (let number = 1; number <= Number(parameters['objects']); number++) {
    void ask(context, `Call ${number}`, limitMs);
    // Without a timer, nothing in the program leads to the call from here on.
    if (limitMs === undefined) context.release(`Call ${number}`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const isFixed = facts.parameters['variant'] === 'fixed';
  const hungUp = [...facts.standardOutput.matchAll(/^Call \d+: hung up\r?$/gm)].length;
  return [
    expectCallbacks(facts, { name: 'Calls', count, objects: [...facts.objects] }),
    {
      expectation: isFixed ? `All ${count} finally blocks run` : 'No finally block ever runs',
      observed: `“hung up” printed: ${hungUp}`,
      held: hungUp === (isFixed ? count : 0),
    },
    expectCompletion(facts),
  ];
}
