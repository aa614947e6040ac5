// Runs the application in Electron itself, with Playwright. The system's part (dialogs, the browser, notifications) is
// taken over in its main process as soon as that can be reached, so that nothing is shown to whoever runs the tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, chromium, type Browser, type Page } from 'playwright-core';
import { projectFolder } from '../../scripts/built-parts.ts';
import { findElectronBinary } from '../../scripts/electron-binary.ts';
import type { Driver, LaunchOptions } from './driver.ts';
import type { DesktopState, DialogState, MenuEntry, Order } from './orders.ts';

const PAGE_TIMEOUT_MS = 20_000;
/** What is kept in Electron's main process for the test. */
interface Kept {
  readonly dialogs: (DialogState & { readonly answer: (answer: unknown) => void })[];
  readonly outside: { readonly what: string; readonly target: string }[];
  readonly notifications: { readonly title: string; readonly body: string; emit(event: string): boolean }[];
  readonly progress: Map<number, number>;
  readonly flashing: Set<number>;
  readonly recentDocuments: string[];
  lastDialog: number;
}

export async function launchElectron(options: LaunchOptions): Promise<Driver> {
  const executablePath = findElectronBinary();
  if (executablePath === undefined) throw new Error("Electron's program is not installed.");
  const environment = Object.fromEntries(
    Object.entries(options.environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const application = options.mainPath ?? projectFolder;
  // Chromium has no sandbox for root. Everybody else's tests run in it, as the application does.
  const isRoot = process.getuid?.() === 0;
  const words = (after: readonly string[]) => [
    ...(isRoot ? ['--no-sandbox'] : []),
    application,
    `--user-data-dir=${options.userData}`,
    ...after,
  ];
  const startedAtMs = performance.now();
  const electron = await _electron.launch({
    executablePath,
    args: words(options.words),
    chromiumSandbox: !isRoot,
    cwd: options.workingDirectory,
    env: environment,
    artifactsDir: join(options.folder, 'artifacts'),
  });
  const main = electron.process();
  let said = '';
  for (const stream of [main.stdout, main.stderr]) stream?.on('data', (text: Buffer) => (said += text.toString()));
  const exited = once(main, 'exit').then(([code]) => code as number | null);
  let hasExited = false;
  void exited.then(() => (hasExited = true));
  for (const page of electron.windows()) options.onPage(page);
  electron.on('window', options.onPage);
  const connections: Browser[] = [];

  await electron.evaluate(({ app, dialog, shell, BrowserWindow, Notification }) => {
    const kept: Kept = {
      dialogs: [],
      outside: [],
      notifications: [],
      progress: new Map(),
      flashing: new Set(),
      recentDocuments: [],
      lastDialog: 0,
    };
    Reflect.set(globalThis, 'heaplineKept', kept);
    const ask = (kind: DialogState['kind']) => (first: object, second?: object) =>
      new Promise<unknown>((resolve) => {
        const asked = (second ?? first) as Partial<DialogState> & { filters?: { extensions: string[] }[] };
        kept.lastDialog += 1;
        kept.dialogs.push({
          number: kept.lastDialog,
          kind,
          title: asked.title ?? '',
          message: asked.message ?? '',
          detail: asked.detail ?? '',
          buttons: asked.buttons ?? [],
          defaultPath: asked.defaultPath ?? '',
          extensions: (asked.filters ?? []).flatMap(({ extensions }) => extensions),
          answer: resolve,
        });
      });
    Object.assign(dialog, {
      showOpenDialog: ask('open'),
      showSaveDialog: ask('save'),
      showMessageBox: ask('message'),
      showErrorBox: (title: string, message: string) => void ask('error')({ title, message }),
    });
    const keep = (what: string) => async (target: string) => {
      kept.outside.push({ what, target });
      return '';
    };
    Object.assign(shell, {
      openExternal: keep('openExternal'),
      openPath: keep('openPath'),
      showItemInFolder: keep('showItemInFolder'),
    });
    Notification.prototype.show = function () {
      kept.notifications.push(this as unknown as Kept['notifications'][number]);
    };
    const { setProgressBar, flashFrame } = BrowserWindow.prototype;
    BrowserWindow.prototype.setProgressBar = function (progress, mode) {
      kept.progress.set(this.id, progress);
      setProgressBar.call(this, progress, mode);
    };
    BrowserWindow.prototype.flashFrame = function (isFlashing) {
      if (isFlashing) kept.flashing.add(this.id);
      else kept.flashing.delete(this.id);
      flashFrame.call(this, isFlashing);
    };
    app.addRecentDocument = (path) => void kept.recentDocuments.unshift(path);
  });

  const state = (): Promise<DesktopState> =>
    electron.evaluate(({ app, BrowserWindow, Menu, nativeTheme, screen }) => {
      const kept = Reflect.get(globalThis, 'heaplineKept') as Kept;
      const entryOf = (item: Electron.MenuItem): MenuEntry => ({
        id: item.id ?? '',
        label: item.label,
        type: item.type,
        enabled: item.enabled,
        visible: item.visible,
        checked: item.checked,
        ...(item.role !== undefined && { role: item.role }),
        ...(item.accelerator && { accelerator: item.accelerator as string }),
        ...(item.submenu && { items: item.submenu.items.map(entryOf) }),
      });
      return {
        windows: BrowserWindow.getAllWindows().map((window) => ({
          address: window.webContents.getURL(),
          title: window.getTitle(),
          bounds: window.getBounds(),
          isVisible: window.isVisible(),
          isFocused: window.isFocused(),
          isMinimized: window.isMinimized(),
          isMaximized: window.isMaximized(),
          isFlashing: kept.flashing.has(window.id),
          isCrashed: window.webContents.isCrashed(),
          zoomLevel: window.webContents.getZoomLevel(),
          progress: kept.progress.get(window.id) ?? -1,
        })),
        dialogs: kept.dialogs.map(({ answer: _answer, ...dialog }) => dialog),
        menu: Menu.getApplicationMenu()?.items.map(entryOf) ?? [],
        outside: kept.outside,
        notifications: kept.notifications.map(({ title, body }) => ({ title, body })),
        recentDocuments: kept.recentDocuments,
        themeSource: nativeTheme.themeSource,
        workArea: screen.getPrimaryDisplay().workArea,
        utilityPids: app
          .getAppMetrics()
          .filter(({ type, name }) => type === 'Utility' && name === 'Heapline run')
          .map(({ pid }) => pid),
        problems: [],
      };
    });

  const follow = (order: Exclude<Order, { type: 'state' }>): Promise<void> =>
    electron.evaluate(({ app, BrowserWindow, ipcMain, Menu, nativeTheme }, given) => {
      const kept = Reflect.get(globalThis, 'heaplineKept') as Kept;
      const [window] = BrowserWindow.getAllWindows();
      switch (given.type) {
        case 'answer-dialog': {
          const at = kept.dialogs.findIndex(({ number }) => number === given.number);
          const [dialog] = kept.dialogs.splice(at, 1);
          dialog?.answer(given.answer);
          return;
        }
        case 'click-menu': {
          let menu: Electron.Menu | null | undefined = Menu.getApplicationMenu();
          let item: Electron.MenuItem | undefined;
          for (const label of given.path) {
            item = menu?.items.find((one) => one.label === label);
            menu = item?.submenu;
          }
          if (item === undefined) throw new Error(`The menu has no ${given.path.join(' → ')}.`);
          item.click(undefined, window, window?.webContents);
          return;
        }
        case 'click-notification':
          kept.notifications[given.index]?.emit('click');
          return;
        case 'load':
          window?.loadURL(given.address).catch(() => {});
          return;
        case 'send-from-frame-within': {
          const contents = window?.webContents;
          const senderFrame = contents?.mainFrame.frames[0];
          ipcMain.emit(given.channel, { sender: contents, senderFrame, ports: [] }, ...given.words);
          return;
        }
        case 'know-files':
          // Electron knows them by itself.
          return;
        case 'set-bounds':
          window?.setBounds(given.bounds);
          return;
        case 'minimize':
          window?.minimize();
          return;
        case 'blur':
          window?.blur();
          return;
        case 'close-window':
          window?.close();
          return;
        case 'become-dark':
          nativeTheme.themeSource = given.isDark ? 'dark' : 'light';
          return;
        case 'quit':
          // After the answer, which would be lost with the process.
          setTimeout(() => app.quit(), 0);
      }
    }, order);

  const isOurs = (page: Page) => !page.isClosed() && page.url() !== '' && page.url() !== 'about:blank';
  const untilPage = async (pages: () => readonly Page[]): Promise<Page> => {
    const deadline = performance.now() + PAGE_TIMEOUT_MS;
    for (;;) {
      const page = pages().find(isOurs);
      if (page !== undefined) return page;
      if (performance.now() > deadline || hasExited) throw new Error(`The application shows no page. ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    startedAtMs,
    pid: main.pid ?? 0,
    exited,
    output: () => said,
    findPage: () => untilPage(() => electron.windows()),
    async findPageAfterCrash() {
      // A crashed page stays crashed for the connection that saw it. Electron keeps where it listens to others in a file:
      // what it printed of that was said before anybody but Playwright heard it.
      const [port, path] = readFileSync(join(options.userData, 'DevToolsActivePort'), 'utf8').split('\n');
      const connection = await chromium.connectOverCDP(`ws://127.0.0.1:${port}${path}`, { noDefaults: true });
      connections.push(connection);
      return untilPage(() => connection.contexts().flatMap((context) => context.pages()));
    },
    async order(order) {
      if (order.type === 'state') return state();
      try {
        return await follow(order);
      } catch (error) {
        // To quit is to be gone before the answer.
        if (order.type === 'quit' || order.type === 'close-window' || order.type === 'answer-dialog') return undefined;
        throw error;
      }
    },
    async launchAgain(after, workingDirectory) {
      const again = spawn(executablePath, words(after), { cwd: workingDirectory, env: environment, stdio: 'pipe' });
      let output = '';
      for (const stream of [again.stdout, again.stderr])
        stream.on('data', (text: Buffer) => (output += text.toString()));
      const timer = setTimeout(() => again.kill('SIGKILL'), PAGE_TIMEOUT_MS);
      const [exitCode] = (await once(again, 'exit')) as [number | null];
      clearTimeout(timer);
      return { exitCode, output };
    },
    async end() {
      for (const connection of connections) await connection.close().catch(() => {});
      if (!hasExited) main.kill('SIGKILL');
      await exited;
    },
  };
}
