// Scenario 19: a local variable of an async function that waits, though it is never used again.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectCause, expectCompletion, expectVerdict } from './expectations.ts';

export const scenario = defineScenario({
  id: 'suspended-function',
  fileName: 'suspended-function.ts',
  title: 'A local of a suspended function',
  category: 'Pitfalls',
  stage: 'hard-cases',
  summary: 'A daily report loads its rows, adds them up, and waits for the next day.',
  theory: `When an async function waits, V8 stores its local variables with it on the heap. It stores all of them as they are, whether the rest of the function still uses them or not. As long as something real is pending, such as a timer or a socket, that keeps the function, and the function keeps its variables.

The language does not ask for this. Another engine, or V8 once it has optimized a function, may let go sooner, so rely on neither.

A function that works for a moment and then waits for hours, such as a job in an endless loop, holds on to its last piece of work all that time. The remedy: do the work in a function of its own, which returns before the wait. Its variables go with it.`,
  references: [
    { title: 'oven-sh/bun#35213', url: 'https://github.com/oven-sh/bun/pull/35213' },
    {
      title: 'MDN: async function',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Statements/async_function',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'The rows of round 1. In the broken half they outlive every major GC until “phase: round 2”, when the function goes on and the next rows take their place; those of the last round stay to the end.',
  prediction:
    'Broken: no rows are collected before the function goes on, and those of the last round stay alive. Rows of earlier rounds, and all in the fixed half: with forced major GCs or memory pressure every callback runs; with natural or forced minor GCs only none does. In both the program comes to its end.',
  question: {
    text: 'What becomes of the rows of the last round, once they are added up and the function waits?',
    about: ({ label }, { rounds }) => label === `rows of round ${String(rounds)}`,
    expected: (facts) => (facts.parameters['variant'] === 'fixed' ? endingByCollections(facts) : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Which function has the rows as a local variable.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: the function that waits' },
        { value: 'fixed', title: 'Fixed: a function that returns before the wait' },
      ],
    },
    {
      kind: 'integer',
      name: 'rounds',
      title: 'Rounds',
      help: 'How often the report is made. After the last time, the function waits past the end of the program.',
      unit: '',
      default: 2,
      minimum: 1,
      maximum: 10,
    },
    {
      kind: 'integer',
      name: 'waitMs',
      title: 'Wait',
      help: 'How long the function waits between two rounds.',
      unit: 'ms',
      default: 800,
      minimum: 10,
      maximum: 2_000,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 40_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

const registry = new FinalizationRegistry<string>((label) => {
  console.log(`${label}: collected`);
});

interface Row {
  readonly product: string;
  readonly sold: number;
}

async function loadRows(round: number): Promise<Row[]> {
  await sleep(5); // The database.
  const rows = Array.from({ length: 1_000 }, (_, at) => ({ product: `product ${at}`, sold: at % 7 }));
  registry.register(rows, `rows of round ${round}`);
  return rows;
}

const soldIn = (rows: readonly Row[]) => rows.reduce((sum, { sold }) => sum + sold, 0);

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Waits for the next round. After the last, a wait of a day: it is pending, but does not keep the process. */
function nextRound(context: ScenarioContext, round: number) {
  const isLast = round >= Number(context.parameters['rounds']);
  return sleep(isLast ? DAY_MS : Number(context.parameters['waitMs']), undefined, { ref: !isLast });
}

async function reportForever(context: ScenarioContext) {
  for (let round = 1; ; round++) {
    performance.mark(`phase: round ${round}`);
    const rows = await loadRows(round);
    console.log(`Round ${round}: ${soldIn(rows)} sold`);
    context.release(`rows of round ${round}`); // The last use, but `rows` is still a variable of this function.
    await nextRound(context, round);
  }
}

async function reportForeverInTwoFunctions(context: ScenarioContext) {
  for (let round = 1; ; round++) {
    performance.mark(`phase: round ${round}`);
    await report(context, round);
    await nextRound(context, round);
  }
}

async function report(context: ScenarioContext, round: number) {
  const rows = await loadRows(round);
  console.log(`Round ${round}: ${soldIn(rows)} sold`);
  context.release(`rows of round ${round}`);
}

function run(context: ScenarioContext) {
  // Not awaited: they never return.
  if (context.parameters['variant'] === 'fixed') void reportForeverInTwoFunctions(context);
  else void reportForever(context);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const rounds = Number(facts.parameters['rounds']);
  const objects = [...facts.objects];
  if (facts.parameters['variant'] === 'fixed')
    return [expectCallbacks(facts, { name: 'Rows', count: rounds, objects }), expectCompletion(facts)];
  const lastLabel = `rows of round ${rounds}`;
  const last = { name: 'Last rows', count: 1, objects: objects.filter(({ label }) => label === lastLabel) };
  const earlier = objects.filter(({ label }) => label !== lastLabel);
  const checks = [
    expectVerdict('alive', 'they stay alive while the function waits, whoever collects', last),
    ...expectCause(facts, 'suspended-function', last),
    expectCompletion(facts),
  ];
  if (rounds === 1) return checks;
  const resumedAtMs = (round: number) =>
    facts.marks.find(({ kind, name }) => kind === 'user-mark' && name === `phase: round ${round + 1}`)?.atMs ??
    Infinity;
  const tooEarly = earlier.filter(({ label, callbackStartedAtMs }) => {
    const round = Number(/\d+$/.exec(label ?? '')?.[0]);
    return callbackStartedAtMs !== undefined && !(callbackStartedAtMs >= resumedAtMs(round));
  }).length;
  return [
    ...checks,
    {
      expectation: 'Earlier rows: none is collected before the function goes on',
      observed: `Earlier rows: ${tooEarly} of ${earlier.length} collected before`,
      held: tooEarly === 0,
    },
    expectCallbacks(facts, { name: 'Earlier rows', count: rounds - 1, objects: earlier }),
  ];
}
