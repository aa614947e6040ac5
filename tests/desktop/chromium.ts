// A real Chromium for the stand-in's windows, in a process of its own, which the application and the test both talk to
// over 127.0.0.1. Electron has its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findBrowser } from '../e2e/browser.ts';

const START_TIMEOUT_MS = 20_000;
const END_TIMEOUT_MS = 5_000;
const FLAGS = [
  '--headless',
  '--remote-debugging-port=0',
  '--no-sandbox',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-breakpad',
  '--mute-audio',
  '--hide-scrollbars',
  // Electron has no blocker of windows that a page opens: its application decides.
  '--disable-popup-blocking',
  // A test's page is never in front: its frames and timers must come all the same.
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  // Whatever a page does, nothing but this machine is reached.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

export interface Chromium {
  /** Of its developer tools, `ws://127.0.0.1:…`. */
  readonly address: string;
  end(): Promise<void>;
}

/** @param folder for its profile; the caller removes it */
export async function startChromium(folder: string, environment: NodeJS.ProcessEnv): Promise<Chromium> {
  const program = await findBrowser();
  const child = spawn(
    program.executablePath,
    [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`, '--window-size=1440,900', 'about:blank'],
    { env: { ...environment, ...program.environment }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  const end = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  let said = '';
  try {
    const address = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Chromium does not start. ${said}`)), START_TIMEOUT_MS);
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`Chromium ended (${signal ?? code}). ${said}`)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4_000);
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    });
    return { address, end };
  } catch (error) {
    await end();
    throw error;
  }
}
