// `npm start [-- script]`: opens the application, in a window where Electron and a display are there, else in a browser.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { serveApplication } from '../cli/command-serve.ts';
import { createOutput } from '../cli/output.ts';
import { hasDisplay } from '../cli/serve/open-browser.ts';
import { UsageError } from '../cli/usage-error.ts';
import { ensureBuilt, projectFolder } from './built-parts.ts';
import { decideHost } from './decide-host.ts';
import { downloadProblem, findElectronBinary, installElectron } from './electron-binary.ts';

/** The whole decision takes at most 10 s, whatever a firewall does with packets; the rest of it takes far less than 4. */
const DOWNLOAD_PROBE_TIMEOUT_MS = 6_000;
/** An Electron that fails this early has not shown its window: a library or the display is not what it needs. */
const EARLY_END_MS = 10_000;

/** `npm start -- leak.mjs` begins with that script. npm changes the folder, and tells from which one it was called. */
const scriptWords = process.argv.slice(2, 3).map((word) => resolve(process.env['INIT_CWD'] ?? process.cwd(), word));

/** @returns the exit status, or why no window came, as a sentence */
function openWindow(binary: string): Promise<number | string> {
  const startedAtMs = performance.now();
  return new Promise((resolve) => {
    const electron = spawn(binary, [projectFolder, ...scriptWords], { stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals) => electron.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    const end = (result: number | string) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve(result);
    };
    electron.once('error', (error) => end(`Electron could not be started (${error.message}).`));
    electron.once('exit', (exitCode, signal) => {
      const isEarly = performance.now() - startedAtMs < EARLY_END_MS;
      if (exitCode === 0 || !isEarly || electron.killed) end(exitCode ?? 1);
      else end(`Electron ended at once (${signal ?? `status ${exitCode}`}), for the reason above.`);
    });
  });
}

async function serve(notice: string): Promise<number> {
  const [stdout, stderr] = [createOutput(process.stdout), createOutput(process.stderr)];
  try {
    const [file] = scriptWords;
    return await serveApplication(
      { host: '127.0.0.1', open: true, notice, ...(file !== undefined && { file }) },
      { stdout, stderr },
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await stderr.write(`${error.message}\n`);
    return 2;
  }
}

async function start(): Promise<number> {
  if (!(await ensureBuilt('application'))) return 1;
  const decision = await decideHost({
    hasDisplay: hasDisplay(process.platform, process.env),
    hasElectronBinary: () => findElectronBinary() !== undefined,
    downloadProblem: () => downloadProblem(DOWNLOAD_PROBE_TIMEOUT_MS),
    install: () => {
      console.log("Downloading Electron's program (about 120 MB, once).");
      return installElectron();
    },
  });
  if (decision.host === 'served') return serve(decision.notice);
  const binary = findElectronBinary();
  const end = binary === undefined ? "Electron's program is not where its package says." : await openWindow(binary);
  return typeof end === 'number' ? end : serve(end);
}

process.exit(await start());
