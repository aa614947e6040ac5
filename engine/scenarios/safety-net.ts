// Scenario 12: explicit closing, with a registry that reports what was forgotten.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectVerdict } from './expectations.ts';

export const scenario = defineScenario({
  id: 'safety-net',
  fileName: 'safety-net.ts',
  title: 'A safety net for forgotten closes',
  category: 'In practice',
  stage: 'everyday',
  summary: 'File streams that are closed by their users, and some that their users forget.',
  theory: `A finalizer is no way to close things: it comes late or never. But it is a good way to notice that somebody forgot to. The pattern has three parts.

Closing is explicit: close(), or a dispose method for “using”. It also unregisters, so that a stream which was closed reports nothing. And the registry’s callback closes what it still can and says loudly whose stream was forgotten.

The held value is what the report needs: the descriptor and the path, and not the stream. Node does the same for its own FileHandle, where it prints a warning and calls it deprecated to rely on it.

In a run, a callback is a bug report. In a good one there is none.`,
  references: [
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
    { title: 'nodejs/node #38769', url: 'https://github.com/nodejs/node/issues/38769' },
    {
      title: 'Node.js: Class FileHandle',
      url: 'https://nodejs.org/api/fs.html#class-filehandle',
    },
  ],
  lookFor:
    'Lifelines of closed streams end in “unregistered” at once. Only those of the forgotten ones wait for a major GC and have a callback, and the console names their files.',
  prediction:
    'Closed streams: unregistered, and never a callback. Forgotten streams: with forced major GCs or memory pressure each is closed by its callback, which names the file; with natural or forced minor GCs only none is.',
  question: {
    text: 'What becomes of the streams that somebody forgot to close?',
    about: ({ label }) => label?.startsWith('forgotten') === true,
    expected: endingByCollections,
  },
  parameters: [
    {
      kind: 'integer',
      name: 'closed',
      title: 'Closed',
      help: 'How many streams are closed by their users.',
      unit: '',
      default: 8,
      minimum: 1,
      maximum: 200,
    },
    {
      kind: 'integer',
      name: 'forgotten',
      title: 'Forgotten',
      help: 'How many are not.',
      unit: '',
      default: 2,
      minimum: 1,
      maximum: 50,
    },
  ],
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** By file name, so that the held value can be a text, which is also the name of the lifeline. */
const openDescriptors = new Map<string, number>();

class FileStream {
  /** The safety net: whoever comes here has been forgotten. */
  static readonly #forgotten = new FinalizationRegistry<string>((fileName) => {
    closeSync(openDescriptors.get(fileName) ?? -1);
    openDescriptors.delete(fileName);
    console.log(`${fileName} was never closed`);
  });

  readonly #fileName: string;
  readonly #descriptor: number;

  constructor(folder: string, fileName: string) {
    this.#fileName = fileName;
    this.#descriptor = openSync(join(folder, fileName), 'w');
    openDescriptors.set(fileName, this.#descriptor);
    FileStream.#forgotten.register(this, fileName, this);
  }

  write(line: string) {
    writeSync(this.#descriptor, `${line}\n`);
  }

  /** What “using stream = new FileStream(…)” calls at the end of its scope. */
  [Symbol.dispose]() {
    FileStream.#forgotten.unregister(this);
    closeSync(this.#descriptor);
    openDescriptors.delete(this.#fileName);
  }
}

function writeAndClose(folder: string, fileName: string) {
  const stream = new FileStream(folder, fileName);
  try {
    stream.write('written and closed');
  } finally {
    stream[Symbol.dispose]();
  }
}

function writeAndForget(folder: string, fileName: string) {
  new FileStream(folder, fileName).write('written and forgotten');
}

function run(context: ScenarioContext) {
  const { parameters } = context;
  const folder = mkdtempSync(join(tmpdir(), 'heapline-'));
  process.once('exit', () => {
    // Only so that the folder can be removed on every platform.
    for (const descriptor of openDescriptors.values()) closeSync(descriptor);
    rmSync(folder, { recursive: true, force: true });
  });
  for (let number = 1; number <= Number(parameters['closed']); number++) {
    writeAndClose(folder, `closed-${number}.log`);
  }
  for (let number = 1; number <= Number(parameters['forgotten']); number++) {
    writeAndForget(folder, `forgotten-${number}.log`);
    context.release(`forgotten-${number}.log`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const objects = [...facts.objects];
  const named = (prefix: string) => objects.filter(({ label }) => label?.startsWith(prefix) === true);
  const closed = { name: 'Closed', count: Number(facts.parameters['closed']), objects: named('closed-') };
  const forgotten = { name: 'Forgotten', count: Number(facts.parameters['forgotten']), objects: named('forgotten-') };
  const reports = facts.standardOutput.split(/\r?\n/).filter((line) => line.endsWith(' was never closed'));
  const called = forgotten.objects.filter(({ verdict }) => verdict === 'finalized').length;
  return [
    expectVerdict('unregistered', 'each is unregistered when it is closed, and never called back', closed),
    expectCallbacks(facts, forgotten),
    {
      expectation: 'The console names each stream that its callback closed, and no other',
      observed: `${reports.length} named, ${called} called back`,
      held: reports.length === called && reports.every((line) => line.startsWith('forgotten-')),
    },
  ];
}
