// Scenario 21: many callbacks of one registry run in one task, and everything else waits for its end.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCompletion } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'stall',
  fileName: 'stall.ts',
  title: 'A stall made of callbacks',
  category: 'Considerations',
  stage: 'not-guaranteed',
  summary: 'Twenty thousand callbacks of 20 µs each, in one registry or spread over four.',
  theory: `A cleanup callback of 20 µs looks harmless. But objects tend to die together, a major collection finds them together, and V8 calls back for all of one registry in a single task. Twenty thousand such callbacks are 400 ms in which no timer fires, no request is answered and no frame is drawn.

Registries take turns: between two of them other tasks can run. With the objects spread over four registries the same work makes four shorter stalls. That eases the pain and does not cure it; nothing in the language promises it either.

The remedy: let the callback do as little as possible, such as adding an id to a list, and work through the list in small pieces, each in a task of its own (setImmediate, or a timer).`,
  references: [
    {
      title: 'Node.js: perf_hooks.monitorEventLoopDelay()',
      url: 'https://nodejs.org/api/perf_hooks.html#perf_hooksmonitoreventloopdelayoptions',
    },
    {
      title: 'Node.js: Don’t block the event loop',
      url: 'https://nodejs.org/en/learn/asynchronous-work/dont-block-the-event-loop',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'The stretch of callbacks after the major GC: one block, in which the thread does nothing else, or several with gaps. The console tells the longest delay that the event loop saw.',
  prediction:
    'With forced major GCs or memory pressure every callback runs, and together they take at least their number times their length. With forced major GCs, one registry: the event loop is delayed by at least all of that time. Four registries: by at least a quarter, and at most three quarters of the time that the callbacks took. With natural or forced minor GCs only: any number of callbacks, as so many objects are a load of their own. In both the program comes to its end.',
  question: {
    text: 'What becomes of the objects that are all let go of at once?',
    // Most callbacks wait for those before them.
    expected: (facts) => (endingByCollections(facts) === 'finalized' ? 'late' : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'How the objects are spread over registries.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: all in one registry' },
        { value: 'fixed', title: 'Fixed: spread over four registries' },
      ],
    },
    {
      kind: 'integer',
      name: 'callbacks',
      title: 'Callbacks',
      help: 'How many objects are registered and let go of at once.',
      unit: '',
      default: 20_000,
      minimum: 15_000,
      maximum: 50_000,
    },
    {
      kind: 'integer',
      name: 'callbackMicroseconds',
      title: 'Length of a callback',
      help: 'How long each callback works at least.',
      unit: 'µs',
      default: 20,
      minimum: 20,
      maximum: 50,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 2_000, timeoutMs: 60_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

let callbackMs = 0;

/** Stands for the work of a callback: a look-up, a line in a log, a call into an addon. */
function cleanUp() {
  const endsAt = performance.now() + callbackMs;
  while (performance.now() < endsAt);
}

/** More than two are used only where the objects are spread. */
const registries = Array.from({ length: 4 }, () => new FinalizationRegistry<string>(cleanUp));

/** Everything that one user has open. */
let session: { number: number }[] = [];

function openSession(count: number, usedRegistries: number) {
  for (let number = 0; number < count; number++) {
    const object = { number };
    registries[number % usedRegistries]?.register(object, `object #${number + 1}`);
    session.push(object);
  }
}

function run({ parameters }: ScenarioContext) {
  callbackMs = Number(parameters['callbackMicroseconds']) / 1_000;
  openSession(Number(parameters['callbacks']), parameters['variant'] === 'fixed' ? 4 : 1);

  // How late the event loop gets to a timer. It shows what a server's clients would have to wait.
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  process.once('exit', () => {
    delays.disable();
    console.log(`Longest delay of the event loop: ${(delays.max / 1e6).toFixed(1)} ms`);
  });

  performance.mark('phase: session closed');
  session = [];
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

const milliseconds = (value: number) => (Number.isFinite(value) ? `${value.toFixed(1)} ms` : 'not known');

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['callbacks']);
  const leastMs = (count * Number(facts.parameters['callbackMicroseconds'])) / 1_000;
  let registered = 0;
  let finalized = 0;
  let totalMs = 0;
  for (const { verdict, callbackMs: ownMs } of facts.objects) {
    registered++;
    if (verdict !== 'finalized') continue;
    finalized++;
    totalMs += ownMs ?? 0;
  }
  const collections = expectedCollections(facts);
  const isCertain = collections === 'certain';
  const checks: PredictionCheck[] = [
    {
      expectation: isCertain ? `All ${count} callbacks run` : `Between 0 and ${count} callbacks run, as V8 decides`,
      observed: `${registered} registered, ${finalized} called back`,
      held: registered === count && (!isCertain || finalized === count),
    },
    expectCompletion(facts),
  ];
  if (!isCertain) return checks;
  checks.push({
    expectation: `Together the callbacks take ${leastMs} ms or more`,
    observed: milliseconds(totalMs),
    held: totalMs >= leastMs,
  });
  // V8’s own major GCs mark in small steps and may find some of the objects in one, and the rest in the next.
  if (facts.gcPolicy.kind !== 'major') return checks;

  const delayMs = Number(/^Longest delay of the event loop: ([\d.]+) ms\r?$/m.exec(facts.standardOutput)?.[1]);
  const observed = `Longest delay: ${milliseconds(delayMs)}, callbacks: ${milliseconds(totalMs)}`;
  if (facts.parameters['variant'] === 'fixed') {
    checks.push(
      {
        expectation: `Four registries: the event loop is delayed by ${leastMs / 4} ms or more at once`,
        observed,
        held: delayMs >= leastMs / 4,
      },
      {
        expectation: 'Four registries: the longest delay is at most three quarters of what the callbacks take',
        observed,
        held: delayMs <= 0.75 * totalMs,
      },
    );
  } else {
    checks.push({
      expectation: `One registry: the event loop is delayed by ${leastMs} ms or more at once`,
      observed,
      held: delayMs >= leastMs,
    });
  }
  return checks;
}
