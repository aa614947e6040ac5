// Loads a scenario of the user's own, in a process of its own: `node --import scenario-loader.mjs --eval "import …"`. The
// code that is evaluated imports the file and hands it over, so that Node itself tells of a top-level await that never
// settles. Reports what the file declares, and asks its prediction if the session sends facts. Runs on Node 20 and later.

import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { describeError } from '../observer/describe-error.ts';
import type { ReportedObject } from '../protocol/run-report.ts';
import type { PredictionFacts } from '../scenarios/define-scenario.ts';
import {
  decodeCommand,
  LOADER_ENVIRONMENT_VARIABLE,
  LOADER_SYMBOL,
  type JudgedPart,
  type LoaderOptions,
} from './loader-message.ts';
import { isWatchdogData, runWatchdog, type WatchdogData, type WatchdogOrder } from './loop-watchdog.ts';
import { plainDeclaration } from './plain-declaration.ts';
import { writeReport } from './write-report.ts';

/** What it returns may be anything, and a promise of it. */
interface JudgedScenario {
  predict(facts: PredictionFacts): unknown;
  readonly question?: {
    expected(facts: PredictionFacts): unknown;
    about?(object: ReportedObject, parameters: PredictionFacts['parameters']): unknown;
  };
}

if (isMainThread) await prepare();
else if (isWatchdogData(workerData)) runWatchdog();

async function prepare(): Promise<void> {
  const options: LoaderOptions = JSON.parse(process.env[LOADER_ENVIRONMENT_VARIABLE] ?? '{}');
  delete process.env[LOADER_ENVIRONMENT_VARIABLE];
  // A scenario has no parent to talk to, here as little as in its run.
  delete process.send;

  const stage = new Int32Array(new SharedArrayBuffer(4));
  const data: WatchdogData = { kind: 'heapline-watchdog', stage };
  const watchdog = new Worker(new URL(import.meta.url), { workerData: data, execArgv: [], env: {} });
  await new Promise((resolve, reject) => watchdog.once('message', resolve).once('error', reject));
  watchdog.unref();

  let isLoading = true;
  let part: JudgedPart | undefined;
  const begin = (deadlineMs: number, isWaiting = false): void => {
    const order: WatchdogOrder = {
      stage: Atomics.add(stage, 0, 1) + 1,
      deadlineMs,
      isWaiting,
      ...(part && { part }),
    };
    watchdog.postMessage(order);
  };
  const end = (): void => void Atomics.add(stage, 0, 1);

  process.on('uncaughtExceptionMonitor', (error) => {
    writeReport({ type: 'failed', error: describeError(error), ...(part && { part }) });
  });
  const onExit = (exitCode: number): void => {
    // Handlers run within process.exit(), so the stack leads to whoever called it.
    const { stack = '' } = new Error('exit');
    if (isLoading || part !== undefined) writeReport({ type: 'exited', exitCode, stack, ...(part && { part }) });
  };
  process.on('exit', onExit);

  const take = (module: object): void => {
    end();
    isLoading = false;
    const scenario: unknown = Reflect.get(module, 'scenario');
    writeReport({ type: 'loaded', ...(scenario !== undefined && { declaration: plainDeclaration(scenario) }) });
    if (isJudged(scenario)) awaitFacts(scenario);
  };
  Reflect.defineProperty(globalThis, Symbol.for(LOADER_SYMBOL), { value: take, configurable: true });

  function awaitFacts(scenario: JudgedScenario): void {
    let facts: Omit<PredictionFacts, 'objects'> | undefined;
    const objects: ReportedObject[] = [];
    // What the file left to be done later may block the thread while facts are on their way.
    const wait = (): void => begin(options.deadlineMs, true);
    wait();
    // From here on the process stays until it is ended.
    process.on('message', (text: string) => {
      wait();
      const command = decodeCommand(text);
      switch (command.type) {
        case 'facts':
          facts = command.facts;
          return;
        case 'objects':
          for (const object of command.objects) objects.push(object);
          return;
        case 'judge':
          if (facts === undefined) throw new Error('The facts are missing.');
          void judge(scenario, { ...facts, objects }, command.deadlineMs);
      }
    });
  }

  async function judge(
    scenario: JudgedScenario,
    facts: PredictionFacts & { readonly objects: readonly ReportedObject[] },
    deadlineMs: number,
  ): Promise<void> {
    /** Each has the whole time for itself. */
    const ask = async <Value>(asked: JudgedPart, work: () => Value): Promise<Awaited<Value>> => {
      part = asked;
      begin(deadlineMs);
      const answer = await work();
      end();
      part = undefined;
      return answer;
    };
    try {
      const checks = await ask('predict', () => scenario.predict(facts));
      const { question } = scenario;
      const expected = question && (await ask('question.expected', () => question.expected(facts)));
      const isMeant = (object: ReportedObject) => question?.about?.(object, facts.parameters) !== false;
      const about = question && (await ask('question.about', () => bitsOf(facts.objects, isMeant)));
      writeReport({
        type: 'judged',
        checks: plainDeclaration(checks),
        ...(expected !== undefined && { expected: plainDeclaration(expected) }),
        ...(about && { about: Buffer.from(about).toString('base64') }),
      });
    } catch (error) {
      end();
      writeReport({ type: 'failed', error: describeError(error), ...(part && { part }) });
      part = undefined;
    }
  }

  begin(options.deadlineMs);
}

function isJudged(scenario: unknown): scenario is JudgedScenario {
  return typeof scenario === 'object' && scenario !== null && 'predict' in scenario;
}

function bitsOf<Item>(items: readonly Item[], isSet: (item: Item) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(items.length / 8));
  for (const [index, item] of items.entries()) {
    if (isSet(item)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits;
}
