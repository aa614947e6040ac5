// The desktop application as a person and the system drive it, for tests: Electron's own where its program is here, and
// otherwise the built application against a stand-in for Electron. What ran is always said.

import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { findElectronBinary } from '../../scripts/electron-binary.ts';
import { processesWithEnvironment } from '../processes-with-environment.ts';
import type { Driver } from './driver.ts';
import { launchElectron } from './electron-driver.ts';
import { ownLines } from './own-lines.ts';
import type { Bounds, DesktopState, DialogState, MenuEntry, Order } from './orders.ts';
import { launchStandIn } from './stand-in-driver.ts';
import { originForApplication, toApplication } from './stand-in/addresses.ts';

/** Whatever shall happen has happened long before. */
const TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 15_000;
/** A socket's path may have 104 bytes on macOS, of which its own folder for temporary files takes more than half. */
const TEMPORARY = process.platform === 'darwin' ? '/tmp' : tmpdir();

const binary = findElectronBinary();
export const isElectron = binary !== undefined;
const { version } = createRequire(import.meta.url)('electron/package.json') as { version: string };
/** Which of the two runs here. Part of every result. */
export const whatRuns = isElectron ? `Electron ${version}` : 'the built application against a stand-in for Electron';

/** @throws Error with one line if Electron itself is demanded and is not here */
export function checkDemand(environment: NodeJS.ProcessEnv = process.env): void {
  if (environment['HEAPLINE_REQUIRE_ELECTRON'] !== '1' || isElectron) return;
  throw new Error(
    "HEAPLINE_REQUIRE_ELECTRON=1, but Electron's program is not installed (node node_modules/electron/install.js).",
  );
}

export interface DesktopOptions {
  /** Words of the command line, such as a script's path. */
  readonly words?: readonly string[];
  readonly workingDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Complaints of the page or the application that the test provokes. */
  readonly expected?: readonly RegExp[];
  readonly mainPath?: string;
  /** A folder that outlives the launch, for what the application keeps. Without it each launch is the first. */
  readonly userData?: string;
}

export interface DesktopApplication extends AsyncDisposable {
  readonly pid: number;
  readonly startedAtMs: number;
  /** A folder of the test's own, removed with the application. */
  readonly folder: string;
  readonly exited: Promise<number | null>;
  output(): string;
  /** The page of the first window, as soon as it knows the catalogue. */
  firstWindow(): Promise<Page>;
  /** Crashes its process, and waits for the page that comes back in the same window. */
  crashRenderer(page: Page): Promise<Page>;
  /** As the application sees it, such as `app://heapline/index.html`. */
  addressOf(page: Page): string;
  originOf(page: Page): Promise<string>;
  state(): Promise<DesktopState>;
  /** Waits until one is open. */
  dialog(kind: DialogState['kind']): Promise<DialogState>;
  answer(dialog: DialogState, answer: unknown): Promise<void>;
  menu(...path: string[]): Promise<MenuEntry | undefined>;
  clickMenu(...path: string[]): Promise<void>;
  clickNotification(index: number): Promise<void>;
  /** Drops files on the page as a file manager does. */
  dropFiles(page: Page, paths: readonly string[]): Promise<void>;
  /** Shows another address in the first window, past everything that keeps the page where it is. */
  load(address: string): Promise<void>;
  /** Sends to the application from a frame within the page, as a page could that had broken out of its sandbox. */
  sendFromFrameWithin(channel: string, ...words: unknown[]): Promise<void>;
  setBounds(bounds: Partial<Bounds>): Promise<void>;
  minimize(): Promise<void>;
  blur(): Promise<void>;
  closeWindow(): Promise<void>;
  becomeDark(isDark: boolean): Promise<void>;
  /** As the menu's item does. */
  quit(): Promise<void>;
  launchAgain(words: readonly string[], workingDirectory: string): Promise<{ exitCode: number | null; output: string }>;
  /** Processes of the application beside itself and its pages: those that are observed. */
  observedProcesses(): { pid: number; command: string }[];
  /**
   * Quits it, if it has not ended, and asks nobody.
   * @throws Error if the page or the application complained, or a process or a file was left behind
   */
  close(): Promise<void>;
}

export async function launchDesktop(options: DesktopOptions = {}): Promise<DesktopApplication> {
  const { words = [], environment = {}, expected = [] } = options;
  // Every process of the application inherits this folder's name: that is how those it leaves behind are found.
  const folder = realpathSync(mkdtempSync(join(TEMPORARY, 'hl-desk-')));
  const inside = (name: string) => {
    // As the rendezvous of processes demands it: nobody else's.
    mkdirSync(join(folder, name), { mode: 0o700 });
    return join(folder, name);
  };
  const temporary = inside('tmp');
  const rendezvous = inside('meet');
  const complaints: string[] = [];
  const complain = (complaint: string) => {
    if (!expected.some((pattern) => pattern.test(complaint))) complaints.push(complaint);
  };
  let isCrashExpected = false;
  const onPage = (page: Page) => {
    page.setDefaultTimeout(TIMEOUT_MS);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complain(`Console: ${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', (error) => complain(`Uncaught: ${error.stack ?? error.message}`));
    page.on('crash', () => {
      if (!isCrashExpected) complain('The page crashed.');
    });
  };
  let driver: Driver;
  try {
    driver = await (binary === undefined ? launchStandIn : launchElectron)({
      words,
      workingDirectory: options.workingDirectory ?? folder,
      environment: {
        ...process.env,
        NODE_OPTIONS: undefined,
        TMPDIR: temporary,
        TMP: temporary,
        TEMP: temporary,
        HEAPLINE_SCENARIOS: join(folder, 'no-scenarios'),
        HEAPLINE_RENDEZVOUS: rendezvous,
        ...environment,
      },
      userData: options.userData ?? inside('user-data'),
      folder: inside('browser'),
      ...(options.mainPath !== undefined && { mainPath: options.mainPath }),
      onPage,
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  let hasExited = false;
  void driver.exited.then(() => (hasExited = true));
  const order = (given: Order) => driver.order(given).then(() => {});
  const state = () => driver.order({ type: 'state' }) as Promise<DesktopState>;
  const untilCatalogue = async (page: Page): Promise<Page> => {
    await page.getByRole('navigation', { name: 'Scenarios' }).getByRole('listitem').first().waitFor();
    return page;
  };
  const observedProcesses = () =>
    processesWithEnvironment(folder).filter(
      ({ pid, command }) =>
        pid !== driver.pid && !command.includes(join(folder, 'browser')) && !/--type=/.test(command),
    );

  let isClosed = false;
  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    if (!hasExited) {
      const problems = await state().then(
        (last) => last.problems,
        (error: unknown) => [String(error)],
      );
      for (const problem of problems) complain(problem);
      await order({ type: 'quit' }).catch((error: unknown) => complain(String(error)));
      await stopWhatAsks();
    }
    const exitCode = await withinTime(driver.exited);
    if (exitCode === 'late') complain('The application does not quit.');
    else if (exitCode !== 0) complain(`The application ended with status ${exitCode}.`);
    const observed = observedProcesses();
    await driver.end();
    // Electron's own processes notice a moment later that their application has ended.
    for (let waitedMs = 0; waitedMs < 2_000 && processesWithEnvironment(folder).length > 0; waitedMs += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const left = [...observed, ...processesWithEnvironment(folder)];
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    const files = [...readdirSync(temporary), ...readdirSync(rendezvous)].filter((name) => !isBrowsersOwn(name));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    if (left.length > 0) complain(`Left running: ${left.map(({ command }) => command).join('; ')}`);
    if (files.length > 0) complain(`Left in the folder for temporary files: ${files.join(', ')}`);
    for (const line of ownLines(driver.output())) complain(`The application said: ${line}`);
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  }
  /** Answers what the application asks before it quits with the first button, which lets it. */
  async function stopWhatAsks(): Promise<void> {
    for (let waitedMs = 0; waitedMs < END_TIMEOUT_MS && !hasExited; waitedMs += 50) {
      const dialogs = await state().then(
        (now) => now.dialogs,
        () => [],
      );
      for (const { number, kind } of dialogs) {
        const answer = kind === 'message' ? { response: 0, checkboxChecked: false } : { canceled: true, filePaths: [] };
        await order({ type: 'answer-dialog', number, answer }).catch(() => {});
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const withinTime = (exited: Promise<number | null>) =>
    Promise.race([
      exited,
      new Promise<'late'>((resolve) => {
        setTimeout(() => resolve('late'), END_TIMEOUT_MS).unref();
      }),
    ]);

  return {
    pid: driver.pid,
    startedAtMs: driver.startedAtMs,
    folder,
    exited: driver.exited,
    output: () => driver.output(),
    firstWindow: async () => untilCatalogue(await driver.findPage()),
    async crashRenderer(page) {
      isCrashExpected = true;
      const tools = await page.context().newCDPSession(page);
      const crashed = page.waitForEvent('crash');
      // Its answer never comes.
      tools.send('Page.crash').catch(() => {});
      await crashed;
      return untilCatalogue(await driver.findPageAfterCrash());
    },
    addressOf: (page) => toApplication(page.url()),
    originOf: async (page) => originForApplication(await page.evaluate(() => window.location.origin)),
    state,
    async dialog(kind) {
      const deadline = performance.now() + TIMEOUT_MS;
      for (;;) {
        const { dialogs } = await state();
        const found = dialogs.find((dialog) => dialog.kind === kind);
        if (found !== undefined) return found;
        if (performance.now() > deadline) throw new Error(`No ${kind} dialog is open.`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    answer: (dialog, answer) => order({ type: 'answer-dialog', number: dialog.number, answer }),
    async menu(...path) {
      let items: readonly MenuEntry[] = (await state()).menu;
      let entry: MenuEntry | undefined;
      for (const label of path) {
        entry = items.find((item) => item.label === label);
        items = entry?.items ?? [];
      }
      return entry;
    },
    clickMenu: (...path) => order({ type: 'click-menu', path }),
    clickNotification: (index) => order({ type: 'click-notification', index }),
    async dropFiles(page, paths) {
      await order({ type: 'know-files', paths: Object.fromEntries(paths.map((path) => [nameOf(path), path])) });
      const tools = await page.context().newCDPSession(page);
      const data = { items: [], files: [...paths], dragOperationsMask: 1 };
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
        await tools.send('Input.dispatchDragEvent', { type, x: 700, y: 400, data });
      }
      await tools.detach();
    },
    load: (address) => order({ type: 'load', address }),
    sendFromFrameWithin: (channel, ...sent) => order({ type: 'send-from-frame-within', channel, words: sent }),
    setBounds: (bounds) => order({ type: 'set-bounds', bounds }),
    minimize: () => order({ type: 'minimize' }),
    blur: () => order({ type: 'blur' }),
    closeWindow: () => order({ type: 'close-window' }),
    becomeDark: (isDark) => order({ type: 'become-dark', isDark }),
    quit: () => order({ type: 'quit' }),
    async launchAgain(again, workingDirectory) {
      const { exitCode, output } = await driver.launchAgain(again, workingDirectory);
      return { exitCode, output: ownLines(output).join('\n') };
    },
    observedProcesses,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const nameOf = (path: string) => path.replace(/.*[/\\]/s, '');
/** Chromium removes its own where it ends by itself. */
const isBrowsersOwn = (name: string) => /^\.?(org\.chromium|com\.google|scoped_dir|playwright)/.test(name);
