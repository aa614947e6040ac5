// Scenario 4: a file handle that only a finalizer closes, beside one that the program closes itself.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { expectCause } from './expectations.ts';

export const scenario = defineScenario({
  id: 'critical-resource',
  fileName: 'critical-resource.ts',
  title: 'Not for critical resources',
  category: 'Considerations',
  stage: 'not-guaranteed',
  summary: 'A file handle that only a finalizer closes, against one that is disposed of explicitly.',
  theory: `Cleanup callbacks are best effort. They run late, or never: not for an object that something still refers to, and not after process.exit() or the end of the program. A file handle, a lock or a connection that waits for its finalizer can therefore stay open for the life of the process.

Whatever must be released needs a method that releases it, called in a finally block or by “using”, which calls [Symbol.dispose]() at the end of the scope. That happens at a known moment.

The registry can stay as a safety net for the handle that somebody forgot. The dispose method then unregisters its object: otherwise the callback might later close a descriptor that belongs to somebody else by then.`,
  references: [
    {
      title: 'MDN: FinalizationRegistry, “Avoid where possible”',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry#avoid_where_possible',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
    {
      title: 'TC39: Explicit Resource Management',
      url: 'https://github.com/tc39/proposal-explicit-resource-management',
    },
  ],
  lookFor:
    '“disposed.log” ends as unregistered a moment after it began. “forgotten.log” has no callback: its lifeline runs to the end of the process. The console shows which descriptors are open.',
  prediction:
    'The disposed handle is closed at once and unregistered. The forgotten one is never closed by its finalizer, however many GCs come, and is still open when the process exits.',
  question: {
    text: 'What becomes of the log file that is left to its finalizer?',
    about: ({ label }) => label === 'forgotten.log',
    expected: () => 'never',
  },
  parameters: [
    {
      kind: 'choice',
      name: 'ending',
      title: 'Ending',
      help: 'Why the finalizer of the forgotten handle never runs.',
      default: 'alive',
      options: [
        { value: 'alive', title: 'Still referenced when the program ends' },
        { value: 'process.exit', title: 'Let go of, then process.exit()' },
      ],
    },
  ],
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_500, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the finalizer needs, by file name. The held value is only that name, so it cannot reach the LogFile. */
const openFiles = new Map<string, { descriptor: number; inode: number }>();

const registry = new FinalizationRegistry<string>((fileName) => {
  console.log(`${fileName}: closed by its finalizer`);
  close(fileName);
});

function close(fileName: string) {
  closeSync(openFiles.get(fileName)?.descriptor ?? -1);
}

class LogFile {
  readonly fileName: string;
  readonly #descriptor: number;

  constructor(folder: string, fileName: string) {
    this.fileName = fileName;
    this.#descriptor = openSync(join(folder, fileName), 'w');
    openFiles.set(fileName, { descriptor: this.#descriptor, inode: fstatSync(this.#descriptor).ino });
    registry.register(this, fileName, this);
  }

  write(line: string) {
    writeSync(this.#descriptor, `${line}\n`);
  }

  /** What `using log = new LogFile(…)` calls at the end of its scope. Unregistered first: closed once, never twice. */
  [Symbol.dispose]() {
    registry.unregister(this);
    close(this.fileName);
  }
}

function writeAndDispose(folder: string) {
  const log = new LogFile(folder, 'disposed.log');
  try {
    log.write('written and closed');
  } finally {
    log[Symbol.dispose]();
  }
}

/** Returns the open file, and whoever receives it never closes it. */
function writeAndForget(folder: string): LogFile {
  const log = new LogFile(folder, 'forgotten.log');
  log.write('written, and left to the finalizer');
  return log;
}

/** Asks the operating system. The inode is compared because a closed descriptor's number is soon given to another file. */
function isOpen(fileName: string): boolean {
  const file = openFiles.get(fileName);
  if (file === undefined) return false;
  try {
    return fstatSync(file.descriptor).ino === file.inode;
  } catch {
    return false; // EBADF: nothing is open under this number.
  }
}

const report = (moment: string, fileName: string) =>
  console.log(`${moment}: ${fileName} is ${isOpen(fileName) ? 'open' : 'closed'}`);

/** Stands for the cache, queue or global that goes on referring to what nobody needs any more. */
let lastLog: LogFile | undefined;

function run(context: ScenarioContext) {
  const folder = mkdtempSync(join(tmpdir(), 'heapline-'));
  process.once('exit', () => {
    report('At exit', 'forgotten.log');
    // Only now, so that the folder can be removed on every platform; the finalizer had its chance.
    if (isOpen('forgotten.log')) close('forgotten.log');
    rmSync(folder, { recursive: true, force: true });
  });

  writeAndDispose(folder);
  report('After dispose', 'disposed.log');

  lastLog = writeAndForget(folder);
  report('After its last use', lastLog.fileName);

  if (context.parameters['ending'] === 'process.exit') {
    lastLog = undefined;
    context.release('forgotten.log');
    process.exit(0);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const { report, parameters, objects, standardOutput } = facts;
  const { outcome } = report;
  const all = [...objects];
  const disposed = all.find(({ label }) => label === 'disposed.log');
  const forgotten = all.find(({ label }) => label === 'forgotten.log');
  const lines = standardOutput.split(/\r?\n/);
  const lineAbout = (moment: string) => lines.find((line) => line.startsWith(moment)) ?? 'nothing printed about it';
  const exits = parameters['ending'] === 'process.exit';
  const checks: PredictionCheck[] = [
    {
      expectation: 'Explicit dispose closes the descriptor at once and removes the registration',
      observed: `disposed.log: ${disposed?.verdict ?? 'not registered'}; ${lineAbout('After dispose')}`,
      held: disposed?.verdict === 'unregistered' && lineAbout('After dispose').endsWith('is closed'),
    },
    {
      expectation: exits
        ? 'process.exit() comes before the finalizer of the forgotten handle'
        : 'The forgotten handle is still referenced, so its finalizer never runs',
      observed: `forgotten.log: ${forgotten?.verdict ?? 'not registered'}`,
      held: forgotten?.verdict === (exits ? 'exited-first' : 'alive'),
    },
    {
      expectation: 'The forgotten descriptor is still open when the process exits',
      observed: lineAbout('At exit'),
      held: lineAbout('At exit').endsWith('is open'),
    },
  ];
  if (exits) {
    checks.push({
      expectation: 'The process ends by process.exit(0)',
      observed: `${outcome.status}, exit code ${outcome.exitCode ?? 'unknown'}`,
      held: outcome.status === 'exited' && outcome.exitCode === 0,
    });
  }
  if (forgotten?.verdict === 'alive') {
    const group = { name: 'The forgotten handle', count: 1, objects: [forgotten] };
    checks.push(...expectCause(facts, 'module-variable', group));
  }
  return checks;
}
