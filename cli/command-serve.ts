// `heapline serve`, and what `npm start` falls back to: the application in a browser, until it is interrupted.

import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isRecordingName } from '../engine/protocol/recording-origin.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { createEngine, type Engine } from '../engine/session/engine.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';
import { openRecordingFile } from '../engine/session/recording-on-disk.ts';
import { Refused } from '../engine/session/refused.ts';
import { checkScript } from '../engine/session/source-files.ts';
import { recordingUsageError } from './command-report.ts';
import { engineLocations, rendererFolder } from './engine-locations.ts';
import { describeHost } from './host-description.ts';
import { onInterrupts } from './interrupts.ts';
import { ownScenariosOptions } from './own-scenarios.ts';
import type { Output } from './output.ts';
import { createToken, isLoopback } from './serve/access.ts';
import { browserEntry, openBrowser } from './serve/open-browser.ts';
import { peerUserId } from './serve/peer-user.ts';
import { startServedHost, type ServedHost } from './serve/served-host.ts';
import { EXIT_STATUS, UsageError } from './usage-error.ts';

/** Taken when it is free and no other was asked for, so that the address stays the same from day to day. */
const USUAL_PORT = 7717;

export interface ServeOptions {
  readonly host: string;
  /** Absent: the usual port, or any free one if that is taken. */
  readonly port?: number;
  readonly open: boolean;
  /** A script or a recording, shown first; relative paths are seen from the working directory. */
  readonly file?: string;
  /** Why the application is served although the desktop was asked for; shown in the page and before the address. */
  readonly notice?: string;
}

/**
 * Serves until the first interrupt.
 * @returns the exit status
 * @throws UsageError if the port or the host cannot be had, the file is none to begin with, or the page is not built
 */
export async function serveApplication(
  options: ServeOptions,
  { stdout, stderr }: { stdout: Output; stderr: Output },
): Promise<number> {
  await access(join(rendererFolder, 'index.html')).catch(() => {
    throw new UsageError('The page is not built. Allowed after: npm run build.');
  });
  const { file } = options;
  const script = file === undefined || isRecordingName(file) ? undefined : await findScript(file);
  const interrupted = Promise.withResolvers<void>();
  using _interrupts = onInterrupts(interrupted.resolve, (exitStatus) => process.exit(exitStatus));

  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath }),
    host: describeHost('served', options.notice),
    scenarios: SCENARIOS,
    locations: engineLocations,
    ownScenarios: ownScenariosOptions(),
    rendezvous: { onProblem: (problem) => void stderr.write(`No other process can be watched. ${problem}\n`) },
  });
  try {
    const opened = file !== undefined && isRecordingName(file) ? await openRecording(engine, file) : undefined;
    const token = createToken();
    const start = (port: number) =>
      startServedHost({
        host: options.host,
        port,
        token,
        rendererFolder,
        recordings: engine,
        ...(process.platform === 'linux' && browserEntry() === 'argument' && { peerUserId }),
        onStranger: (problem) => void stderr.write(`${problem}\n`),
        onClient: (port) => engine.attach(port),
      });
    const served = await listen(options, start);
    if (!isLoopback(options.host)) {
      await stderr.write(
        `Warning: ${options.host} can be reached from other machines. Whoever reaches it and has the token can run ` +
          'any code as you.\n',
      );
    }
    const where = options.notice === undefined ? 'Heapline is at' : `${options.notice} Heapline is served instead at`;
    // The page reads what it begins with from the fragment, which no server and no log ever sees.
    const [name, value] = opened === undefined ? ['script', script] : ['recording', opened];
    const fragment = value === undefined ? undefined : `${name}=${encodeURIComponent(value)}`;
    const address = fragment === undefined ? served.address : `${served.address}#${fragment}`;
    await stdout.write(`${where} ${stdout.isReadableByOthers ? withoutToken(served.address) : address}\n`);
    if (stdout.isReadableByOthers) {
      await stderr.write(
        'The address lacks its token, because other users can read the file that it goes to. ' +
          'Make the file yours alone first (umask 077, or chmod 600), or print to a terminal.\n',
      );
    }
    using _browser = options.open
      ? openBrowser(served.oneTimeAddress(fragment), (problem) => void stderr.write(`${problem}\n`))
      : undefined;
    await interrupted.promise;
    await served.close();
  } finally {
    await engine.close();
  }
  return EXIT_STATUS.success;
}

const withoutToken = (address: string) => new URL('/', address).href;

/** @returns the id of its run. @throws UsageError */
async function openRecording(engine: Engine, path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    await using file = await openRecordingFile(absolute);
    return await engine.openRecording(file.chunks, { fileName: file.fileName });
  } catch (error) {
    throw recordingUsageError(error, absolute);
  }
}

/** The absolute path of a script that can be run, as far as can be told without running it. @throws UsageError */
async function findScript(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    await checkScript(absolute);
  } catch (error) {
    if (error instanceof Refused) {
      const { message } = error;
      throw new UsageError(/Allowed/.test(message) ? message : `${message} Allowed: the path of a script, or none.`);
    }
    throw error;
  }
  return absolute;
}

async function listen(options: ServeOptions, start: (port: number) => Promise<ServedHost>): Promise<ServedHost> {
  const { host, port } = options;
  try {
    return await start(port ?? USUAL_PORT);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    switch (code) {
      case 'EADDRINUSE':
      case 'EACCES':
        if (port === undefined) return start(0);
        throw new UsageError(
          code === 'EADDRINUSE'
            ? `Port ${port} is taken. Allowed: another with --port <n>, or any free one with --port 0.`
            : `Port ${port} may not be used by you. Allowed: another with --port <n>, or any free one with --port 0.`,
        );
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        throw new UsageError(`This machine has no interface ${host}. Allowed: one of its own addresses, or none.`);
      default:
        throw error;
    }
  }
}
