// The real served host in a process of its own, and pages of it in a real browser, for end-to-end tests: `heapline serve`
// as a person starts it, stopped as Ctrl-C stops it. What a page complains about, and what the host leaves behind, fails.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { createEngineClient, type EngineClient } from '../../cli/engine-client.ts';
import { createWebSocketPort } from '../../cli/serve/web-socket-port.ts';
import type { Command } from '../../engine/protocol/command.ts';
import { EngineEvent } from '../../engine/protocol/event.ts';
import { validatedPort, type Port } from '../../engine/protocol/port.ts';
import { processesWithEnvironment } from '../processes-with-environment.ts';

const projectFolder = resolve(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 20_000;
const END_TIMEOUT_MS = 10_000;
/** Whatever a page shall show is there long before. */
const PAGE_TIMEOUT_MS = 10_000;

export interface OpenPageOptions {
  readonly context?: BrowserContextOptions;
  /** Complaints that the test provokes. */
  readonly expected?: readonly RegExp[];
  /** Called before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>;
  readonly address?: string;
}

export interface ServedApplication extends AsyncDisposable {
  readonly address: string;
  readonly serverPid: number;
  /** Opens a page with storage of its own, and waits until it knows the catalogue. */
  openPage(options?: OpenPageOptions): Promise<Page>;
  /** Another client of the engine, from outside the browser. */
  connect(): Promise<EngineClient>;
  /** Ends pages and host. @throws Error if a page complained, or a process, a file or a socket was left behind */
  close(): Promise<void>;
}

export interface ServeApplicationOptions {
  /** Words after `heapline serve`. */
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** @throws Error with what the host said if it does not print an address */
export async function serveApplication(
  browser: Browser,
  { words = [], environment = {} }: ServeApplicationOptions = {},
): Promise<ServedApplication> {
  // Every process of the host inherits this folder's name: that is how those it leaves behind are found.
  const folder = mkdtempSync(join(tmpdir(), 'hl-e2e-'));
  const server = spawn(process.execPath, ['out/cli/heapline.js', 'serve', '--no-open', '--port', '0', ...words], {
    cwd: projectFolder,
    env: {
      ...process.env,
      TMPDIR: folder,
      TMP: folder,
      TEMP: folder,
      // Whoever runs these tests may have scenarios of their own, which must not be among those that are expected.
      HEAPLINE_SCENARIOS: join(folder, 'no-scenarios'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(server, 'exit');
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const address = await printedAddress(server).catch((error: unknown) => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`${error instanceof Error ? error.message : String(error)} ${said}`);
  });
  const complaints: string[] = [];
  const disposals: (() => unknown)[] = [];

  let isClosed = false;
  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    for (const dispose of disposals.reverse()) await dispose();
    server.kill('SIGTERM');
    const [exitCode] = (await Promise.race([
      exited,
      new Promise((_resolve, reject) => {
        setTimeout(() => reject(new Error('The host does not end after SIGTERM.')), END_TIMEOUT_MS).unref();
      }),
    ]).catch((error: unknown) => {
      server.kill('SIGKILL');
      throw error;
    })) as [number | null];
    const left = processesWithEnvironment(folder);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    const files = readdirSync(folder);
    rmSync(folder, { recursive: true, force: true });
    if (left.length > 0) complaints.push(`Left running: ${left.map(({ command }) => command).join('; ')}`);
    if (files.length > 0) complaints.push(`Left in the folder for temporary files: ${files.join(', ')}`);
    if (exitCode !== 0) complaints.push(`The host ended with status ${exitCode}.`);
    if (said !== '') complaints.push(`The host said: ${said}`);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  }

  return {
    address,
    serverPid: server.pid ?? 0,
    async openPage({ context: contextOptions = {}, expected = [], prepare, address: other = address } = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...contextOptions });
      disposals.push(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(PAGE_TIMEOUT_MS);
      const complain = (complaint: string) => {
        if (!expected.some((pattern) => pattern.test(complaint))) complaints.push(complaint);
      };
      // A violation of the page's policy is printed as an error too, but a report-only one is not.
      await page.exposeFunction('reportViolation', complain);
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
          const report: unknown = Reflect.get(window, 'reportViolation');
          if (typeof report === 'function') report(`Policy: ${violatedDirective} ${blockedURI} ${sample}`);
        });
      });
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') {
          complain(`Console: ${message.text()} (${message.location().url.replace(/\?.*/, '')})`);
        }
      });
      page.on('pageerror', (error) => complain(`Uncaught: ${error.stack ?? error.message}`));
      page.on('crash', () => complain('The page crashed.'));
      await prepare?.(page);
      await page.goto(other);
      if (other === address)
        await page.getByRole('navigation', { name: 'Scenarios' }).getByRole('listitem').first().waitFor();
      return page;
    },
    async connect() {
      const socket = await openSocket(address);
      const port: Port<unknown, Command> = createWebSocketPort(socket);
      const client = createEngineClient(
        validatedPort(port, EngineEvent, (problem) => complaints.push(`The engine sent nonsense: ${problem}`)),
      );
      disposals.push(() => client[Symbol.dispose]());
      await client.hello();
      return client;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A WebSocket to the host, as its own page opens one. */
async function openSocket(address: string): Promise<WebSocket> {
  const url = new URL('/socket', address);
  const origin = url.origin;
  url.protocol = 'ws:';
  url.searchParams.set('token', new URL(address).searchParams.get('token') ?? '');
  const socket = new WebSocket(url, { origin, perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}

/** The address that `heapline serve` prints when it listens. */
function printedAddress(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const timer = setTimeout(() => reject(new Error('The host prints no address.')), START_TIMEOUT_MS);
    server.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The host ended with status ${code} before it printed its address.`));
    });
    server.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const found = /(http:\/\/\S+)\n/.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
}
