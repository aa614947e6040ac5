// Scenario 3: the same registrations under four kinds of load. When the callbacks come depends on the load alone.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../protocol/vocabulary.ts';
import { clearsRegistrations } from '../protocol/clearing-collections.ts';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { expectedCollections, isLeftAlone } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'timing',
  fileName: 'timing.ts',
  title: 'Timing is not guaranteed',
  category: 'Considerations',
  stage: 'not-guaranteed',
  summary: 'The same registrations while the program idles, makes garbage, promotes objects, or uses large buffers.',
  theory: `When an object is collected is the engine's decision, and the language promises nothing. V8 has two collectors. The minor one (scavenge) runs often and cleans up young objects; registered ones it spares up to Node 24, and not from Node 26 on. The major one (mark-compact) finds all that are gone, and it runs only when the old generation, or memory outside the heap, has grown enough.

So the callbacks follow the load. While a program idles there are none. Short-lived garbage causes many scavenges: up to Node 24 still none, on Node 26 nearly all. Objects that live long enough to be promoted fill the old generation, major GCs follow, and the callbacks come within a second or so. With large buffers it depends on the version of V8.

Code that relies on a callback by a certain time is wrong even where it happens to work.`,
  references: [
    {
      title: 'MDN: FinalizationRegistry, “Notes on cleanup callbacks”',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry#notes_on_cleanup_callbacks',
    },
    { title: 'V8: Trash talk, the Orinoco garbage collector', url: 'https://v8.dev/blog/trash-talk' },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'Four phases between marks, each with the same registrations at its start. Compare which GCs a phase causes, and in which phase the callbacks come: those of “idle”, and up to Node 24 those of “garbage”, wait for a GC that another phase causes.',
  prediction:
    'With the policies “none” and “minor”, during their own phase: idle, no callback; short-lived garbage, no callback up to Node 24, at least half from Node 26 on; promoting load, at least half of the callbacks; large buffers, any number, by version of V8. (With more than 2,000 objects a phase, any number in each.) With forced major GCs or memory pressure: at least 90 % of all by the end.',
  question: {
    text: 'What becomes of the objects that are dropped while the program idles?',
    about: ({ label }) => label?.startsWith('idle #') === true,
    expected: ({ gcPolicy: { kind } }) => (kind === 'major' || kind === 'pressure' ? 'finalized' : 'late'),
  },
  parameters: [
    {
      kind: 'integer',
      name: 'objects',
      title: 'Objects per phase',
      help: 'How many objects each of the four phases registers and drops. More than 2,000 are a load of their own.',
      unit: '',
      default: 200,
      minimum: 1,
      maximum: 250_000,
    },
    {
      kind: 'integer',
      name: 'phaseMs',
      title: 'Length of a phase',
      help: 'How long each phase goes on after its registrations. After about eight idle seconds some versions of V8 collect on their own account.',
      unit: 'ms',
      default: 1_000,
      minimum: 1_000,
      maximum: 3_000,
    },
  ],
  defaultGcPolicy: { kind: 'none', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 120_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

let callbacks = 0;
const registry = new FinalizationRegistry<string>(() => {
  callbacks++;
});

function registerObjects(phase: string, count: number) {
  for (let number = 1; number <= count; number++) registry.register({ number }, `${phase} #${number}`);
}

/** Receives each piece of garbage, so that no compiler can leave the allocation out. */
const sink: { latest?: unknown } = {};

/** Dead long before the next scavenge, which costs nothing for what is dead. */
function makeGarbage() {
  for (let count = 0; count < 20_000; count++) sink.latest = { count, half: count / 2 };
}

/** Newest last. Each slice is used for many turns, longer than the young generation keeps anything. */
const slices: { record: number; text: string }[][] = [];

function promoteObjects() {
  slices.push(Array.from({ length: 20_000 }, (_, record) => ({ record, text: `record ${record}` })));
  if (slices.length > 20) slices.shift();
}

/** Memory outside the heap: V8 sees only the small object that stands for it, and a count of bytes. */
function useLargeBuffer() {
  sink.latest = new Uint8Array(2 * 1024 * 1024).fill(1);
}

const PHASES: readonly (readonly [name: string, turn: () => void])[] = [
  ['idle', () => {}],
  ['garbage', makeGarbage],
  ['promoting', promoteObjects],
  ['buffers', useLargeBuffer],
];

/** On a machine that is busy with something else, a phase takes longer rather than doing next to nothing. */
const MINIMUM_TURNS = 60;

async function run({ parameters }: ScenarioContext) {
  for (const [phase, turn] of PHASES) {
    performance.mark(`phase: ${phase}`);
    const before = callbacks;
    registerObjects(phase, Number(parameters['objects']));
    const endsAt = performance.now() + Number(parameters['phaseMs']);
    for (let turns = 0; performance.now() < endsAt || turns < MINIMUM_TURNS; turns++) {
      turn();
      await sleep(10); // Callbacks need a task of their own: a loop without a pause would hold them up.
    }
    console.log(`${phase}: ${callbacks - before} callbacks ran`);
  }
  performance.mark('phase: end');
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What becomes of an object that no major GC has found, or too late for its callback. */
const WAITING: readonly Verdict[] = ['alive', 'callback-pending', 'exited-first'];

/** Registering more than this in one phase shapes the heap by itself: GCs come sooner or, in a larger heap, later. */
const SMALL_PHASE = 2_000;

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const startOf = (phase: string) =>
    facts.marks.find(({ kind, name }) => kind === 'user-mark' && name === `phase: ${phase}`)?.atMs ?? Number.NaN;
  const tallies = new Map(
    PHASES.map(([phase], index) => [
      phase,
      {
        startMs: startOf(phase),
        endMs: startOf(PHASES[index + 1]?.[0] ?? 'end'),
        registered: 0,
        calledBackDuring: 0,
        finalized: 0,
        waiting: 0,
      },
    ]),
  );
  const all = [...tallies.values()];
  // By time and not by label: labels are the first thing to be lost when a million registrations come at once.
  for (const { verdict, registeredAtMs, callbackStartedAtMs } of facts.objects) {
    const tally = all.findLast(({ startMs }) => (registeredAtMs ?? NaN) >= startMs);
    if (tally === undefined) continue;
    tally.registered++;
    if (verdict === 'finalized') tally.finalized++;
    if (WAITING.includes(verdict)) tally.waiting++;
    if (callbackStartedAtMs !== undefined && callbackStartedAtMs < tally.endMs) tally.calledBackDuring++;
  }
  const registered = all.reduce((sum, tally) => sum + tally.registered, 0);
  const checks: PredictionCheck[] = [
    {
      expectation: `Each of the four phases registers ${count} objects and comes to its end`,
      observed: `${registered} registered, ${all.filter(({ endMs }) => !Number.isNaN(endMs)).length} phases ended`,
      held: all.every((tally) => tally.registered === count && !Number.isNaN(tally.endMs)),
    },
  ];
  const collections = expectedCollections(facts);
  if (collections === 'certain') {
    const finalized = all.reduce((sum, tally) => sum + tally.finalized, 0);
    checks.push({
      expectation: 'At least 90 % of all callbacks have run by the end',
      observed: `${finalized} of ${registered} called back`,
      held: finalized >= 0.9 * registered,
    });
    return checks;
  }
  const calledBack = all.reduce((sum, tally) => sum + tally.finalized, 0);
  const waiting = all.reduce((sum, tally) => sum + tally.waiting, 0);
  checks.push({
    expectation: 'Each object is called back, or still waits for a major GC at the end',
    observed: `${calledBack} called back, ${waiting} waiting, of ${registered}`,
    held: calledBack + waiting === registered,
  });
  /** A range of callbacks, in percent of the registrations, within the phase itself. */
  const expectDuring = (phase: string, title: string, minimum: number, maximum: number, reason: string) => {
    const during = tallies.get(phase)?.calledBackDuring ?? 0;
    const share = count === 0 ? 0 : (100 * during) / count;
    const range = minimum === maximum ? `${minimum} %` : `${minimum} to ${maximum} %`;
    checks.push({
      expectation: `${title}: ${range} of the callbacks run during the phase (${reason})`,
      observed: `${title}: ${during} of ${count} (${share.toFixed(0)} %)`,
      held: share >= minimum && share <= maximum,
    });
  };
  if (count > SMALL_PHASE) {
    for (const [phase] of PHASES) expectDuring(phase, phase, 0, 100, 'so many registrations are a load of their own');
    return checks;
  }
  const minorsClear = clearsRegistrations('minor', facts.report.runtime.v8);
  const areMinorsForced = facts.gcPolicy.kind === 'minor' || facts.marks.some(({ kind }) => kind === 'gc-requested');
  const isQuiet = isLeftAlone(facts) && !(minorsClear && areMinorsForced);
  const quietMaximum = isQuiet ? 0 : 100;
  const noReason = isQuiet ? undefined : 'somebody else may have collected';
  expectDuring('idle', 'Idle', 0, quietMaximum, noReason ?? 'no GC comes');
  if (minorsClear) expectDuring('garbage', 'Short-lived garbage', 50, 100, 'scavenges of this V8 clear registrations');
  else expectDuring('garbage', 'Short-lived garbage', 0, quietMaximum, noReason ?? 'scavenges clear no registration');
  expectDuring('promoting', 'Promoting load', 50, 100, 'the old generation fills');
  expectDuring('buffers', 'Large buffers', 0, 100, 'the version of V8 decides');
  return checks;
}
