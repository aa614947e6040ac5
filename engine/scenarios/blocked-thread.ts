// Scenario 10: collected long ago, and still waiting for the thread.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'blocked-thread',
  fileName: 'blocked-thread.ts',
  title: 'A thread that never turns',
  category: 'Considerations',
  stage: 'not-guaranteed',
  summary: 'Objects come and go inside one long task, or in many short ones.',
  theory: `A cleanup callback is a task of its own. It waits, like a timer, until the thread has finished what it does. So a loop that runs for seconds holds up every callback, though the objects were collected long before, and their native memory is still not freed.

An async function is no remedy by itself. Code after an await runs in a microtask when the promise is settled already, and process.nextTick() likewise: both chains end before the next task begins. A program full of await can starve its callbacks all the same.

What lets them in is a turn of the event loop: setImmediate(), a timer, or waiting for real input.`,
  references: [
    { title: 'wasm-bindgen #3917', url: 'https://github.com/wasm-bindgen/wasm-bindgen/issues/3917' },
    { title: 'mdn/content #26486', url: 'https://github.com/mdn/content/issues/26486' },
    {
      title: 'Node.js: The event loop',
      url: 'https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick',
    },
  ],
  lookFor:
    'The row of the thread: one blocked stretch. Major GCs fall into it, the backlog of collected and waiting objects grows, and all callbacks come at its end. With setImmediate they come all along.',
  prediction:
    'Loop, microtasks and nextTick: no callback runs during the work, whatever is collected; nearly all have run by the end of the run where major GCs are forced. With turns of the event loop and forced major GCs: callbacks run during the work.',
  question: {
    text: 'What becomes of the objects that are dropped while the work goes on?',
    about: ({ label }) => label?.startsWith('item ') === true,
    expected: ({ parameters, gcPolicy: { kind, intervalMs } }) => {
      if (kind === 'none' || kind === 'minor') return 'never';
      if (parameters['how'] === 'turns') return 'finalized';
      const workMs = Number(parameters['workMs']);
      // Only a collection during the work leaves callbacks waiting, and memory pressure needs the thread for its own.
      const isCollectedDuringWork = kind === 'major' && workMs >= 1.5 * intervalMs;
      return isCollectedDuringWork || workMs > 5_000 ? 'late' : 'finalized';
    },
  },
  parameters: [
    {
      kind: 'choice',
      name: 'how',
      title: 'The work',
      help: 'How its steps follow on each other.',
      default: 'loop',
      options: [
        { value: 'loop', title: 'One synchronous loop' },
        { value: 'microtasks', title: 'await of settled promises' },
        { value: 'next-tick', title: 'process.nextTick()' },
        { value: 'turns', title: 'setImmediate(): turns of the event loop' },
      ],
    },
    {
      kind: 'integer',
      name: 'workMs',
      title: 'Length of the work',
      help: 'How long it goes on.',
      unit: 'ms',
      // Ends midway between two collections, so that the last one before the end leaves the callbacks waiting.
      default: 1_750,
      minimum: 750,
      maximum: 10_000,
    },
  ],
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 40_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

const registry = new FinalizationRegistry<string>(() => {
  if (isWorking) duringWork++;
});
let isWorking = false;
let duringWork = 0;
let items = 0;

function dropItem() {
  items++;
  registry.register({ number: items }, `item ${items}`);
}

/** A step of about 2 ms: parsing, hashing, whatever keeps a thread busy. */
function step(endsAt: number): boolean {
  dropItem();
  for (const until = performance.now() + 2; performance.now() < until;);
  return performance.now() < endsAt;
}

function loop(endsAt: number) {
  while (step(endsAt));
}

async function chainMicrotasks(endsAt: number) {
  while (step(endsAt)) await Promise.resolve(); // What follows is a microtask of the same task.
}

function chainTicks(endsAt: number) {
  return new Promise<void>((resolve) => {
    const next = () => (step(endsAt) ? process.nextTick(next) : resolve());
    next();
  });
}

async function takeTurns(endsAt: number) {
  while (step(endsAt)) await new Promise((resolve) => setImmediate(resolve));
}

const WAYS = { loop, microtasks: chainMicrotasks, 'next-tick': chainTicks, turns: takeTurns };

async function run({ parameters }: ScenarioContext) {
  const work = WAYS[parameters['how'] as keyof typeof WAYS];
  isWorking = true;
  performance.mark('work: start');
  await work(performance.now() + Number(parameters['workMs']));
  performance.mark('work: end');
  isWorking = false;
  console.log(`${items} items dropped, ${duringWork} callbacks ran during the work`);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const { marks, parameters, gcPolicy } = facts;
  const atMs = (name: string) => marks.find((mark) => mark.name === name)?.atMs ?? Number.NaN;
  const startMs = atMs('work: start');
  const endMs = atMs('work: end');
  const items = [...facts.objects].filter(({ label }) => label?.startsWith('item ') === true);
  const calledBack = items.filter(({ verdict }) => verdict === 'finalized').length;
  const during = items.filter(({ callbackStartedAtMs = Infinity }) => callbackStartedAtMs < endMs).length;
  // Memory pressure shares the thread with the work, so V8 may take longer than the run for a whole collection.
  const isCertain = gcPolicy.kind === 'major' && expectedCollections(facts) === 'certain';
  const told = Number(/^(\d+) items dropped/m.exec(facts.standardOutput)?.[1] ?? 0);
  const checks: PredictionCheck[] = [
    {
      expectation: 'The work comes to its end, and each item that it drops is registered',
      observed: `${told} dropped in ${(endMs - startMs).toFixed(0)} ms, ${items.length} registered`,
      held: told > 0 && items.length === told && endMs - startMs >= 0.9 * Number(parameters['workMs']),
    },
  ];
  if (parameters['how'] !== 'turns') {
    checks.push({
      expectation: 'No callback runs before the work is done',
      observed: `${during} ran before its end`,
      held: during === 0 && !Number.isNaN(endMs),
    });
  } else if (isCertain && Number(parameters['workMs']) >= 3 * gcPolicy.intervalMs) {
    checks.push({
      expectation: 'Callbacks run during the work, since the event loop turns',
      observed: `${during} ran before its end`,
      held: during > 0,
    });
  }
  if (isCertain) {
    checks.push({
      expectation: 'At least 90 % of the callbacks have run by the end of the run',
      observed: `${calledBack} of ${items.length}`,
      held: calledBack >= 0.9 * items.length,
    });
  }
  return checks;
}
