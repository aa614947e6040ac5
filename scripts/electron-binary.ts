// Electron's program: whether it is here, whether it can be had, and getting it. Its package downloads it as soon as it
// is required from plain Node, so it is never required here; its files are looked at instead.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const packageFolder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
const requireAsElectron = createRequire(join(packageFolder, 'install.js'));

/** The path of Electron's program, as its package would find it; undefined if it is not there. */
export function findElectronBinary(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const pathFile = join(packageFolder, 'path.txt');
  const relativePath = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : '';
  const override = environment['ELECTRON_OVERRIDE_DIST_PATH'];
  if (!override && relativePath === '') return undefined;
  const path = override ? join(override, relativePath || 'electron') : join(packageFolder, 'dist', relativePath);
  return existsSync(path) ? path : undefined;
}

/**
 * Asks the server at `address` for what is there and hangs up when it begins to send, waiting at most `timeoutMs` for
 * everything together: name, connection, redirections, answer.
 * @returns undefined if it sends, else why not, as a clause
 */
export async function probeDownload(address: string, timeoutMs: number): Promise<string | undefined> {
  const { host } = new URL(address);
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.ok ? undefined : `${host} answered ${response.status}`;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      return `${host} did not answer within ${timeoutMs / 1000} s`;
    }
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `${host} cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}

/**
 * Whether Electron's installer would succeed: what it downloads is in its cache, or the server that it would ask
 * answers. The address, with all mirror variables that count, is computed by the downloader that the installer uses.
 * @returns undefined if so, else why not, as a clause
 */
export async function downloadProblem(timeoutMs: number): Promise<string | undefined> {
  const electronGet = (await import(
    pathToFileURL(requireAsElectron.resolve('@electron/get')).href
  )) as typeof import('@electron/get');
  const { version } = requireAsElectron('./package.json') as { version: string };
  /** Thrown in place of a download, so that nothing is written. */
  class Probed extends Error {}
  let problem: string | undefined;
  try {
    await electronGet.downloadArtifact({
      version,
      artifactName: 'electron',
      platform: process.env['npm_config_platform'] ?? process.platform,
      arch: process.env['npm_config_arch'] ?? electronGet.getHostArch(),
      checksums: requireAsElectron('./checksums.json') as Record<string, string>,
      downloader: {
        async download(address: string) {
          problem = await probeDownload(address, timeoutMs);
          throw new Probed();
        },
      },
    });
  } catch (error) {
    if (!(error instanceof Probed)) return error instanceof Error ? error.message : String(error);
  }
  return problem;
}

/** Runs the installer of Electron's package. @returns undefined if it succeeded, else why not, as a clause */
export function installElectron(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const installer = spawn(process.execPath, [join(packageFolder, 'install.js')], { stdio: 'inherit' });
    installer.once('error', (error) => resolve(error.message));
    installer.once('exit', (exitCode, signal) => {
      resolve(exitCode === 0 ? undefined : `its installer ended with ${signal ?? `status ${exitCode}`}`);
    });
  });
}
