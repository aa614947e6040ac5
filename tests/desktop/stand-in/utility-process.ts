// Electron's utility processes: real processes, on the Node that runs the stand-in.

import type * as Electron from 'electron';
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import { complain, loud, LoudEmitter } from './loud.ts';
import { settings } from './settings.ts';
import type { Shaped } from './shape.ts';

/** How V8 says on standard error that it gives up. */
const FATAL_ERROR = /^(?:#\n)?(?:<--- Last few GCs --->[\s\S]*)?FATAL ERROR: (.*)$/m;

const living = new Set<ChildProcess>();
/** As Electron's end with the application: so do these when their parent ends, but not before the test is told. */
export const utilityPids = (): number[] => [...living].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));

class StandInUtilityProcess extends LoudEmitter implements Pick<Electron.UtilityProcess, 'kill' | 'pid'> {
  readonly stdout: PassThrough | null;
  readonly stderr: PassThrough | null;
  pid: number | undefined = undefined;
  readonly #child: ChildProcess;
  #fatalError: string | undefined;
  #isKilled = false;

  constructor(path: string, words: readonly string[], options: Electron.ForkOptions) {
    super('UtilityProcess');
    const { execArgv = [], env, cwd, stdio = 'inherit', serviceName: _serviceName, ...others } = options;
    for (const name of Object.keys(others))
      throw complain(`The stand-in knows no option ${name} of a utility process.`);
    const [, stdout, stderr] = typeof stdio === 'string' ? [stdio, stdio, stdio] : stdio;
    // The last one keeps its event loop alive, and tells it when its parent is gone.
    const start = ['--unhandled-rejections=warn-with-error-code', '--require', settings.utilityStart];
    this.#child = spawn(process.execPath, [...start, ...execArgv, path, ...words], {
      ...(env !== undefined && { env: env as NodeJS.ProcessEnv }),
      ...(cwd !== undefined && { cwd }),
      stdio: ['ignore', stdout as 'pipe', stderr as 'pipe', 'pipe'],
    });
    const child = this.#child;
    living.add(child);
    this.stdout = child.stdout && child.stdout.pipe(new PassThrough());
    this.stderr = child.stderr && child.stderr.pipe(new PassThrough());
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#fatalError ??= FATAL_ERROR.exec(text)?.[1];
    });
    child.once('error', (error) => complain(`A utility process did not start: ${error.message}`));
    child.once('spawn', () => {
      this.pid = child.pid;
      this.emit('spawn');
    });
    child.once('exit', (code, signal) => {
      living.delete(child);
      this.pid = undefined;
      if (signal === 'SIGABRT' && this.#fatalError !== undefined) {
        // V8 prints `location message`; Electron hands them over apart.
        const [, location = '', report = ''] = /^(.*?) (Allocation failed.*|.*)$/.exec(this.#fatalError) ?? [];
        const diagnosis = { header: { event: report, trigger: location }, environmentVariables: { ...env } };
        this.emit('error', 'FatalError', location, JSON.stringify(diagnosis));
      }
      // One number for both. A process that was killed from here has ended in order for Electron.
      const isInOrder = this.#isKilled && (signal === 'SIGTERM' || signal === 'SIGKILL');
      this.emit('exit', isInOrder ? 0 : (code ?? (signal === null ? 1 : constants.signals[signal])));
    });
  }
  kill(): boolean {
    this.#isKilled = true;
    return this.#child.kill();
  }
  postMessage(): void {
    throw complain('The stand-in sends no message to a utility process.');
  }
}

export const utilityProcess = loud('utilityProcess', {
  fork: (path: string, words: string[] = [], options: Electron.ForkOptions = {}) =>
    new StandInUtilityProcess(path, words, options),
});
utilityProcess satisfies Shaped<Pick<typeof Electron.utilityProcess, 'fork'>>;
