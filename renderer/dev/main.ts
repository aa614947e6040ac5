// Mounts the application against a stand-in engine in the state that the address names: `/dev/#finished`.
// States are those that a user can meet; each is brought about the way it comes about, through the protocol.

import { catalogue, pictures } from 'virtual:catalogue';
import type { RunListing } from '../../engine/protocol/event.ts';
import type { RunBatch } from '../../engine/protocol/run-batch.ts';
import type { RunDescription } from '../../engine/protocol/run-description.ts';
import type { Outcome, PredictionResult, ReportedObject, RunReport } from '../../engine/protocol/run-report.ts';
import { VERDICTS, VERDICT_REASONS } from '../../engine/protocol/vocabulary.ts';
import { syntheticRun, type SyntheticRunOptions } from '../../tests/fixtures/synthetic-run.ts';
import { syntheticExplanation } from '../../tests/fixtures/synthetic-explanation.ts';
import { mountApplication } from '../src/mount-application.ts';
import { createStandInEngine } from './stand-in-engine.ts';

const [state = 'first-launch', theme = 'system'] = window.location.hash.slice(1).split(',');
localStorage.setItem('heapline.settings.1', JSON.stringify({ theme }));

const MISSED: PredictionResult = {
  held: false,
  details: 'Two images are still alive.',
  checks: [
    {
      expectation: 'Every decoded image that was released is finalized.',
      observed: '46 of 48 finalized; 2 alive',
      held: false,
    },
    {
      expectation: 'External memory falls by at least half after the last release.',
      observed: 'fell by 87 %',
      held: true,
    },
    { expectation: 'The used heap stays within 10 MB.', observed: 'between 8.9 and 14.6 MB', held: true },
  ],
};
const HELD: PredictionResult = {
  held: true,
  details: 'Everything as predicted.',
  checks: MISSED.checks.map((check) => ({ ...check, observed: '48 of 48 finalized', held: true })),
};

const OUTCOMES: Record<string, Outcome> = {
  threw: {
    status: 'threw',
    exitCode: 1,
    message: 'The program ended with an uncaught TypeError.',
    error: {
      name: 'TypeError',
      message: 'FinalizationRegistry.prototype.register: target and holdings must not be same',
      origin: 'uncaughtException',
      stack:
        'TypeError: FinalizationRegistry.prototype.register: target and holdings must not be same\n    at FinalizationRegistry.register (<anonymous>)\n    at decode (/home/somebody/project/scenarios/image-pipeline.ts:61:12)\n    at async run (/home/somebody/project/scenarios/image-pipeline.ts:88:5)',
    },
    stderrTail: ['(node:4711) Warning: Setting the NODE_TLS_REJECT_UNAUTHORIZED', 'Node.js v24.21.0'],
  },
  'out-of-memory': {
    status: 'out-of-memory',
    signal: 'SIGABRT',
    message: 'JavaScript heap out of memory at 64 MB.',
    stderrTail: [
      '<--- Last few GCs --->',
      '[4711:0x5e2] 2114 ms: Mark-Compact 62.4 (66.0) -> 62.1 (66.2) MB, pooled: 0 MB, 14.20 / 0.00 ms',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    ],
  },
  'timed-out': { status: 'timed-out', signal: 'SIGKILL', message: 'The run was ended after its limit of 60 s.' },
  crashed: { status: 'crashed', signal: 'SIGSEGV', message: 'The process was ended by SIGSEGV.' },
  exited: {
    status: 'exited',
    exitCode: 3,
    message: 'The program called process.exit(3).',
    stderrTail: ['cannot open the configuration: ENOENT'],
  },
};

const SYNTAX_ERROR: Outcome = {
  status: 'threw',
  exitCode: 1,
  message: 'The script has a syntax error, so nothing of it ran.',
  error: {
    name: 'SyntaxError',
    message: "Unexpected token '}'",
    stack: "SyntaxError: Unexpected token '}'\n    at compileSourceTextModule (node:internal/modules/esm/utils:318:16)",
    place: { file: '/home/somebody/shop/src/sessions.js', line: 14, column: 22 },
    frame: [
      '  12 | const sessions = new Map();',
      '  13 |',
      "  14 | sessions.set('a', { id: 1 )};",
      '     |                           ^',
      '  15 |',
    ].join('\n'),
  },
};
const SESSIONS_SOURCE = Array.from({ length: 60 }, (_, index) =>
  index === 11
    ? 'const sessions = new Map();'
    : index % 4 === 0
      ? `// line ${index + 1}`
      : `  track(${index + 1}, 'x');`,
).join('\n');

const engine = createStandInEngine({
  onQuery(command) {
    const { requestId } = command;
    if (command.type === 'read-source' && command.path.endsWith('sessions.js')) {
      return {
        type: 'source',
        requestId,
        path: command.path,
        text: SESSIONS_SOURCE,
        changedAt: '2030-01-01T00:00:00Z',
      };
    }
    return { refusal: 'bad-path', message: 'There is no such file any more.' };
  },
  host: {
    kind: 'served',
    version: '0.1.0',
    node: '24.21.0',
    v8: '13.6.233.17-node.47',
    platform: 'linux',
    ...(state === 'notice'
      ? {
          notice:
            'Electron’s binary is not installed, so Heapline is served in your browser instead. Nothing else differs.',
        }
      : {}),
  },
  catalogue: state === 'no-catalogue' ? [] : catalogue,
  onCommand(command) {
    if (command.type !== 'start-run') return {};
    if (state === 'refused') {
      return {
        refusal: 'bad-node',
        message: 'There is no Node at /opt/node-18/bin/node. Choose another one under “Limits”.',
      };
    }
    const runId = `run-${Date.now()}`;
    if (command.program.kind === 'scenario') void play(command.program.id, runId, {}, Infinity, 1);
    return { runId };
  },
});

function describe(scenarioId: string, runId: string): RunDescription {
  const scenario = catalogue.find(({ id }) => id === scenarioId);
  if (scenario === undefined) throw new Error(`no scenario ${scenarioId}`);
  return {
    runId,
    title: scenario.title,
    program: {
      kind: 'scenario',
      id: scenarioId,
      parameters: Object.fromEntries(scenario.parameters.map((parameter) => [parameter.name, parameter.default])),
    },
    gcPolicy: { kind: 'major', intervalMs: 500 },
    limits: { settleMs: 1_000, timeoutMs: 60_000 },
    startedAt: new Date(2026, 0, 1, 12, 3, 11).toISOString(),
  };
}

interface Ending {
  readonly outcome?: Outcome;
  readonly prediction?: PredictionResult;
  readonly droppedRows?: number;
  /** Read a snapshot once the verdicts are fixed; `reading`: and stop while it is being read. */
  readonly explain?: true | 'reading';
  readonly warns?: boolean;
}

/** What the generator leaves out of its report, filled in so that every part of the page has something to show. */
function finish(report: RunReport, ending: Ending, verdicts: RunBatch | undefined): RunReport {
  const objects: ReportedObject[] = [];
  if (verdicts?.type === 'verdicts') {
    verdicts.verdict.forEach((code, row) => {
      const verdict = VERDICTS[code] ?? 'unknown';
      if (verdict === 'finalized') return;
      const reason = VERDICT_REASONS[verdicts.reason[row] ?? 0] ?? 'none';
      objects.push({ id: row + 1, label: null, site: null, verdict, reason, registeredAtMs: 0 });
    });
  }
  const { finalized, total } = report.registrations;
  return {
    ...report,
    objects: objects.slice(0, 1_000),
    registries: [
      {
        id: 1,
        site: 'image-pipeline.ts:34',
        registrations: total,
        finalized,
        callbackTotalMs: 0.61,
        longestStallMs: 1.9,
      },
    ],
    droppedRows: ending.droppedRows ?? 0,
    ...(ending.outcome === undefined ? {} : { outcome: ending.outcome }),
    ...(ending.prediction === undefined ? {} : { prediction: ending.prediction }),
  };
}

async function play(
  scenarioId: string,
  runId: string,
  options: Partial<SyntheticRunOptions>,
  untilMs: number,
  speed: number,
  ending: Ending = {},
): Promise<void> {
  const description = describe(scenarioId, runId);
  let listing: RunListing = { description, status: 'running' };
  const list = (changes: Partial<RunListing>) => {
    listing = { ...listing, ...changes };
    engine.list(listing);
  };
  list({});
  const startedAtMs = performance.now();
  let verdicts: RunBatch | undefined;
  for (const { dueMs, batch } of syntheticRun(options)) {
    if (dueMs > untilMs) break;
    const waitMs = startedAtMs + dueMs / speed - performance.now();
    if (waitMs > 4) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (batch.type === 'verdicts') {
      verdicts = batch;
      if (ending.warns === true) warn(runId);
      if (ending.explain !== undefined) {
        engine.record(runId, batch);
        const status = { type: 'status', status: 'explaining', atMs: dueMs } as const;
        engine.record(runId, { ...status, step: 'reading-snapshot', progress: 0.42 });
        if (ending.explain === 'reading') return list({ status: 'explaining' });
        const alive = Array.from(batch.verdict.keys()).filter((row) => VERDICTS[batch.verdict[row] ?? 0] === 'alive');
        engine.record(runId, {
          type: 'marks',
          items: [{ kind: 'heap-snapshot', name: '', atMs: dueMs - 350, durationMs: 300 }],
        });
        engine.record(
          runId,
          syntheticExplanation(
            alive.map((row) => row + 1),
            dueMs - 350,
          ),
        );
        continue;
      }
    }
    if (batch.type === 'started') engine.record(runId, { ...batch, description });
    else if (batch.type === 'ended') {
      const report = finish(batch.report, ending, verdicts);
      engine.record(runId, { ...batch, report });
      list({
        status: 'ended',
        outcome: report.outcome.status,
        ...(report.prediction === undefined ? {} : { predictionHeld: report.prediction.held }),
      });
    } else engine.record(runId, batch);
    if (batch.type === 'status') list({ status: batch.status });
    if (batch.type === 'runtime' && scenarioId === 'image-pipeline') showPictures(runId);
  }
}

function warn(runId: string): void {
  const place = { file: '/home/somebody/shop/src/sessions.js', line: 23, column: 12 };
  engine.record(runId, {
    type: 'warning',
    code: 'held-value-reaches-target',
    message: 'The held value of this registration reaches its target by .owner, so the target can never be collected.',
    atMs: 300,
    place,
  });
  engine.record(runId, {
    type: 'warning',
    code: 'worker-not-observed',
    message: 'The program started a worker. Registries in it are not observed.',
    atMs: 900,
  });
}

function showPictures(runId: string): void {
  pictures.forEach((base64, index) => {
    const png = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const view = new DataView(png.buffer);
    const [width, height] = [view.getUint32(16), view.getUint32(20)];
    for (const step of ['decoded', 'grayscale', 'blur']) {
      engine.record(runId, {
        type: 'picture',
        subject: ['/harbor.png', '/dunes.png'][index] ?? '',
        step,
        atMs: 300 + 100 * index,
        width,
        height,
        png,
      });
    }
  });
}

const atOnce = Number.POSITIVE_INFINITY;
const played = (scenarioId: string, ending: Ending, options: Partial<SyntheticRunOptions> = {}, untilMs = Infinity) =>
  play(scenarioId, `run-${scenarioId}`, options, untilMs, atOnce, ending);

switch (state) {
  case 'connecting':
    engine.connect = () => new Promise(() => {});
    break;
  case 'unreachable':
    engine.refuseConnections = 'The server does not answer at this address, or it refuses this page’s token.';
    break;
  case 'running':
    await played('image-pipeline', {}, {}, 3_900);
    break;
  case 'settling':
    await played('image-pipeline', {}, { settleMs: 1_000 }, 6_200);
    break;
  case 'finished':
  case 'lost':
    await played('simple', { prediction: HELD }, { objects: 1, keptEvery: 0, durationMs: 900 });
    await played('timing', { outcome: OUTCOMES['threw']! }, { objects: 20, durationMs: 900 });
    await played('image-pipeline', { prediction: MISSED });
    break;
  case 'held':
    await played('image-pipeline', { prediction: HELD }, { keptEvery: 0 });
    break;
  case 'dropped':
    await played(
      'image-pipeline',
      { prediction: MISSED, droppedRows: 1_204 },
      { unregisteredEvery: 9, throwsEvery: 11 },
    );
    break;
  case 'alive':
    await played('image-pipeline', { prediction: MISSED, explain: true, warns: true }, { keptEvery: 5 });
    break;
  case 'explaining':
    await played('image-pipeline', { explain: 'reading' }, { keptEvery: 5 });
    break;
  case 'hundred-thousand':
    await played(
      'timing',
      { prediction: HELD, explain: true },
      {
        objects: 100_000,
        keptEvery: 50,
        objectBytes: 40,
        marksReleases: false,
        sites: Array.from({ length: 40 }, (_, index) => `module-${index}.js:${index * 7 + 3}`),
      },
    );
    break;
  case 'syntax-error':
    await played('image-pipeline', { outcome: SYNTAX_ERROR }, { objects: 0 });
    break;
  case 'million':
    await played(
      'timing',
      { prediction: HELD, explain: true },
      { objects: 1_000_000, keptEvery: 50, objectBytes: 40, marksReleases: false },
    );
    break;
  default: {
    const outcome = OUTCOMES[state];
    if (outcome !== undefined) await played('image-pipeline', { outcome });
  }
}
mountApplication('#app', { connect: () => engine.connect() });
if (state === 'lost') {
  setTimeout(() => {
    engine.refuseConnections = 'The server does not answer at this address, or it refuses this page’s token.';
    engine.cut();
  }, 600);
}
