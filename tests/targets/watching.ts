// What tests of targets share: an engine that can be found in a folder of its own, and real processes that look there.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EngineEvent, EngineEventOf, Target } from '../../engine/protocol/event.ts';
import type { GcPolicy } from '../../engine/protocol/run-description.ts';
import type { RunBatch, RunBatchOf } from '../../engine/protocol/run-batch.ts';
import type { RunReport } from '../../engine/protocol/run-report.ts';
import { createEngine, type Engine } from '../../engine/session/engine.ts';
import { attachTestClient, type TestClient } from '../../engine/session/fake-observer.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import { engineLocations } from '../../cli/engine-locations.ts';

export const observePath = resolve(import.meta.dirname, '../../out/engine/observe.cjs');
export const targetScript = (name: string) => resolve(import.meta.dirname, '../fixtures/targets', name);

/** A folder that is removed at the end of its scope. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'heapline-targets-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Heapline extends AsyncDisposable {
  readonly engine: Engine;
  readonly client: TestClient;
  /** The targets as they were last told. */
  targets(): Target[];
  /** Resolves with the target once it is listed. */
  untilListed(pid: number): Promise<Target>;
  untilGone(pid: number): Promise<void>;
  /** Begins to watch and follows the run; `running` resolves once its observer has answered. */
  watch(target: Target, gcPolicy?: GcPolicy): Promise<WatchedRun>;
}

export interface WatchedRun {
  readonly runId: string;
  readonly running: Promise<void>;
  readonly report: Promise<RunReport>;
  of<Type extends RunBatch['type']>(type: Type): RunBatchOf<Type>[];
  /** Resolves when what was recorded satisfies this. */
  until(wanted: () => boolean): Promise<void>;
  collect(kind?: 'minor' | 'major'): Promise<void>;
  /** Resolves with what a snapshot of now tells. */
  askWhy(): Promise<RunBatchOf<'explanations'>['reasons']>;
  leave(): Promise<RunReport>;
}

export function openHeapline(folder: string): Heapline {
  const problems: string[] = [];
  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath }),
    host: { kind: 'headless', version: '0', node: '', v8: '', platform: process.platform },
    scenarios: [],
    locations: engineLocations,
    handshakeDeadlineMs: 1_000,
    rendezvous: { folders: [folder], onProblem: (problem) => problems.push(problem) },
  });
  const client = attachTestClient(engine);
  const targets = (): Target[] => {
    const last = client.events.findLast((event) => event.type === 'targets-listed' || event.type === 'welcome');
    return last === undefined ? [] : (last as EngineEventOf<'targets-listed'>).targets;
  };
  /** Looks at the targets now, and whenever they change. */
  const untilTargets = async (wanted: () => boolean): Promise<void> => {
    const seen = new Set<EngineEvent>();
    while (!wanted()) {
      for (const event of client.events) seen.add(event);
      await client.until((event) => event.type === 'targets-listed' && !seen.has(event));
    }
  };
  const ask = async (command: Parameters<TestClient['request']>[0]): Promise<EngineEventOf<'accepted'>> => {
    const answer = await client.request(command);
    if (answer.type !== 'accepted') throw new Error(JSON.stringify(answer));
    return answer;
  };
  return {
    engine,
    client,
    targets,
    async untilListed(pid) {
      const find = () => targets().find((target) => target.pid === pid);
      await untilTargets(() => find() !== undefined);
      return find()!;
    },
    untilGone: (pid) => untilTargets(() => !targets().some((target) => target.pid === pid)),
    async watch(target, gcPolicy) {
      const { runId = '' } = await ask({
        type: 'watch-target',
        targetId: target.targetId,
        ...(gcPolicy !== undefined && { gcPolicy }),
      });
      const report = client.follow(runId);
      const until = async (wanted: () => boolean): Promise<void> => {
        for (let seen = -1; !wanted();) {
          seen = client.batches(runId).length;
          await client.until((event) => event.type === 'run-events' && event.runId === runId && event.sequence >= seen);
        }
      };
      const of = <Type extends RunBatch['type']>(type: Type) =>
        client.batches(runId).filter((batch): batch is RunBatchOf<Type> => batch.type === type);
      return {
        runId,
        report,
        of,
        until,
        running: until(() => of('runtime').length > 0),
        async collect(kind = 'major') {
          const told = () =>
            of('collections').reduce((sum, { forced }) => sum + forced.filter((one) => one === 1).length, 0);
          const before = told();
          await ask({ type: 'collect-garbage', runId, kind });
          await until(() => told() > before);
        },
        async askWhy() {
          const told = of('explanations').length;
          const warned = of('warning').length;
          await ask({ type: 'ask-why', runId });
          await until(() => of('explanations').length > told || of('warning').length > warned);
          const explanations = of('explanations')[told];
          if (explanations === undefined) throw new Error(of('warning').at(-1)?.message);
          return explanations.reasons;
        },
        async leave() {
          await ask({ type: 'stop-run', runId });
          return report;
        },
      };
    },
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

export interface TargetProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly output: () => { stdout: string; stderr: string };
  /** The first match in what it has written to standard output, once there is one. */
  untilPrints(pattern: RegExp): Promise<RegExpExecArray>;
  /** Tells the program to do something, by a message; resolves with its answer. */
  ask(action: string, details?: object): Promise<unknown>;
  readonly exited: Promise<{ exitCode: number | null; signal: string | null }>;
}

/** Starts a program as its user would; `folder` is where it looks for a Heapline. */
export function startTarget(
  script: string,
  options: {
    folder: string;
    args?: readonly string[];
    nodePath?: string;
    environment?: Record<string, string>;
    preload?: readonly string[];
  },
): TargetProcess {
  const { folder, args = [], nodePath = process.execPath, preload = ['--require', observePath] } = options;
  const child = spawn(nodePath, [...preload, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env['PATH'], HEAPLINE_RENDEZVOUS: folder, ...options.environment },
  });
  let stdout = '';
  let stderr = '';
  let requests = 0;
  const watchers = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const watcher of watchers) watcher();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((ended) => {
    child.once('close', (exitCode, signal) => ended({ exitCode, signal }));
  });
  return {
    child,
    pid: child.pid ?? 0,
    output: () => ({ stdout, stderr }),
    untilPrints: (pattern) =>
      new Promise((found) => {
        const look = () => {
          const match = pattern.exec(stdout);
          if (match === null) return;
          watchers.delete(look);
          found(match);
        };
        watchers.add(look);
        look();
      }),
    ask: (action, details) =>
      new Promise((answered) => {
        const request = (requests += 1);
        const listen = (message: unknown) => {
          const { request: answeredRequest, answer } = message as { request: number; answer: unknown };
          if (answeredRequest !== request) return;
          child.off('message', listen);
          answered(answer);
        };
        child.on('message', listen);
        child.send({ action, request, ...details });
      }),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
