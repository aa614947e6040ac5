// Stands in for the `electron` module where its program cannot be had: the same shapes, held to Electron's own types,
// with records of what the application asked for and handles to play the system's part.

import type * as Electron from 'electron';
import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort as NodeMessagePort } from 'node:worker_threads';
import { PassThrough } from 'node:stream';
import { fork } from 'node:child_process';

type Handler<Name extends keyof Electron.Session> = Parameters<
  Extract<Electron.Session[Name], (handler: never) => void>
>[0];

/** A frame of a page; `received` is what was posted to it. */
export class StandInFrame implements Pick<Electron.WebFrameMain, 'origin' | 'postMessage'> {
  readonly origin: string;
  readonly received: { channel: string; message: unknown; ports: readonly StandInPort[] }[] = [];
  constructor(origin: string) {
    this.origin = origin;
  }
  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    this.received.push({ channel, message, ports: transfer.filter((port) => port instanceof StandInPort) });
  }
}

/** Electron's ports wrap each message in an event; Node's, which it is made of, hand it over bare. */
class StandInPort extends EventEmitter {
  readonly node: NodeMessagePort;
  constructor(node: NodeMessagePort) {
    super();
    this.node = node;
  }
  postMessage(message: unknown): void {
    this.node.postMessage(message);
  }
  start(): void {
    this.node.on('message', (data) => this.emit('message', { data, ports: [] }));
    this.node.on('close', () => this.emit('close'));
  }
  close(): void {
    this.node.close();
  }
}

class StandInMessageChannel {
  readonly port1: StandInPort;
  readonly port2: StandInPort;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new StandInPort(port1);
    this.port2 = new StandInPort(port2);
  }
}

/** What a window shows; events of Electron's are emitted on it by tests. */
export class StandInContents extends EventEmitter {
  readonly mainFrame: StandInFrame;
  windowOpenHandler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0] | undefined;
  #address = '';
  constructor(origin: string) {
    super();
    this.mainFrame = new StandInFrame(origin);
  }
  setWindowOpenHandler(handler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0]): void {
    this.windowOpenHandler = handler;
  }
  getURL(): string {
    return this.#address;
  }
  show(address: string): void {
    this.#address = address;
  }
  reloads = 0;
  reload(): void {
    this.reloads += 1;
  }
  isDestroyed(): boolean {
    return false;
  }
}

class StandInWindow extends EventEmitter {
  static readonly all: StandInWindow[] = [];
  static getAllWindows(): StandInWindow[] {
    return StandInWindow.all;
  }
  static fromWebContents(contents: StandInContents): StandInWindow | null {
    return StandInWindow.all.find(({ webContents }) => webContents === contents) ?? null;
  }
  static getFocusedWindow(): StandInWindow | null {
    return StandInWindow.all.find(({ isFocused }) => isFocused) ?? null;
  }
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents = new StandInContents('app://heapline');
  isShown = false;
  isFocused = false;
  isMinimizedNow = false;
  isMaximizedNow = false;
  bounds: Electron.Rectangle = { x: 0, y: 0, width: 0, height: 0 };
  progress: number | undefined;
  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.options = options;
    StandInWindow.all.push(this);
    app.emit('browser-window-created', {}, this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(address: string): Promise<void> {
    this.webContents.show(address);
  }
  show(): void {
    this.isShown = true;
  }
  focus(): void {
    this.isFocused = true;
  }
  isMinimized(): boolean {
    return this.isMinimizedNow;
  }
  isMaximized(): boolean {
    return this.isMaximizedNow;
  }
  isFullScreen(): boolean {
    return false;
  }
  maximize(): void {
    this.isMaximizedNow = true;
  }
  setFullScreen(): void {}
  getNormalBounds(): Electron.Rectangle {
    return this.bounds;
  }
  setProgressBar(progress: number): void {
    this.progress = progress;
  }
  isDestroyed(): boolean {
    return !StandInWindow.all.includes(this);
  }
  /** As Electron does: asks, and stays open if a listener wants it to. */
  close(): void {
    let isPrevented = false;
    this.emit('close', { preventDefault: () => (isPrevented = true) });
    if (isPrevented) return;
    StandInWindow.all.splice(StandInWindow.all.indexOf(this), 1);
    if (StandInWindow.all.length === 0) app.emit('window-all-closed');
  }
  restore(): void {
    this.isMinimizedNow = false;
  }
}

class StandInApp extends EventEmitter {
  readonly isPackaged = false;
  hasLock = true;
  isReadyNow = false;
  isSandboxed = false;
  readonly ready = Promise.withResolvers<void>();
  readonly quitted = Promise.withResolvers<void>();
  readonly exits: number[] = [];
  readonly recentDocuments: string[] = [];
  aboutPanel: Electron.AboutPanelOptionsOptions | undefined;
  userData = '';
  getPath(): string {
    return this.userData;
  }
  getName(): string {
    return 'Heapline';
  }
  setAppUserModelId(): void {}
  addRecentDocument(path: string): void {
    this.recentDocuments.push(path);
  }
  clearRecentDocuments(): void {
    this.recentDocuments.length = 0;
  }
  setAboutPanelOptions(options: Electron.AboutPanelOptionsOptions): void {
    this.aboutPanel = options;
  }
  aboutPanelsShown = 0;
  showAboutPanel(): void {
    this.aboutPanelsShown += 1;
  }
  requestSingleInstanceLock(): boolean {
    return this.hasLock;
  }
  enableSandbox(): void {
    this.isSandboxed = true;
  }
  getVersion(): string {
    return '0.1.0';
  }
  isReady(): boolean {
    return this.isReadyNow;
  }
  whenReady(): Promise<void> {
    return this.ready.promise;
  }
  /** As Electron does: asks, and gives up the attempt if a listener wants it to. */
  quit(): void {
    let isPrevented = false;
    this.emit('before-quit', { preventDefault: () => (isPrevented = true) });
    if (isPrevented) return;
    this.emit('will-quit', { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.quitted.resolve();
  }
  exit(status: number): void {
    this.exits.push(status);
  }
}

/** A child process of Node's stands in for a utility process of Electron's. */
class StandInUtilityProcess extends EventEmitter {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  pid: number | undefined;
  readonly #child;
  constructor(path: string, args: readonly string[] = [], options: Electron.ForkOptions = {}) {
    super();
    this.#child = fork(path, args, {
      // Of a rejection that nobody handles, Electron only warns there.
      execArgv: ['--unhandled-rejections=warn-with-error-code', ...(options.execArgv ?? [])],
      env: options.env as NodeJS.ProcessEnv,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout?.pipe(this.stdout);
    this.#child.stderr?.pipe(this.stderr);
    this.#child.once('spawn', () => {
      this.pid = this.#child.pid;
      this.emit('spawn');
    });
    this.#child.once('exit', (code) => this.emit('exit', code ?? 1));
  }
  kill(): boolean {
    return this.#child.kill();
  }
}

export const app = new StandInApp();
app satisfies Pick<
  Electron.App,
  | 'requestSingleInstanceLock'
  | 'enableSandbox'
  | 'getVersion'
  | 'isReady'
  | 'whenReady'
  | 'quit'
  | 'exit'
  | 'isPackaged'
  | 'addRecentDocument'
  | 'clearRecentDocuments'
  | 'setAboutPanelOptions'
  | 'showAboutPanel'
  | 'setAppUserModelId'
  | 'getName'
>;

export const BrowserWindow = StandInWindow;
export const MessageChannelMain = StandInMessageChannel;
export const ipcMain = new EventEmitter();
export const nativeTheme = { shouldUseDarkColors: true, themeSource: 'system' } as Pick<
  Electron.NativeTheme,
  'shouldUseDarkColors' | 'themeSource'
>;
const workArea = { x: 0, y: 0, width: 1920, height: 1040 };
export const screen = {
  getPrimaryDisplay: () => ({ workArea }),
  getAllDisplays: () => [{ workArea }],
};
export const powerMonitor = new EventEmitter();

/** Those that were shown; `click` is emitted by tests. */
export class Notification extends EventEmitter {
  static readonly shown: Notification[] = [];
  static isSupported = () => true;
  readonly options: Electron.NotificationConstructorOptions;
  constructor(options: Electron.NotificationConstructorOptions) {
    super();
    this.options = options;
  }
  show(): void {
    Notification.shown.push(this);
  }
}
export const Menu = {
  template: undefined as readonly Electron.MenuItemConstructorOptions[] | undefined,
  buildFromTemplate(template: readonly Electron.MenuItemConstructorOptions[]) {
    Menu.template = template;
    return {};
  },
  setApplicationMenu: (_menu: object | null) => {},
};
export const shell = {
  opened: [] as string[],
  /** Files that were shown in their folders. */
  shown: [] as string[],
  async openExternal(address: string): Promise<void> {
    shell.opened.push(address);
  },
  showItemInFolder(path: string): void {
    shell.shown.push(path);
  },
} satisfies Pick<Electron.Shell, 'openExternal' | 'showItemInFolder'> & { opened: string[]; shown: string[] };

/** Answers with `answer`, and keeps what it was asked. */
export const dialog = {
  answer: { canceled: true, filePaths: [] } as Electron.OpenDialogReturnValue,
  asked: [] as Electron.OpenDialogOptions[],
  async showOpenDialog(_window: object, options: Electron.OpenDialogOptions): Promise<Electron.OpenDialogReturnValue> {
    dialog.asked.push(options);
    return dialog.answer;
  },
  saveAnswers: [] as Electron.SaveDialogReturnValue[],
  askedToSave: [] as Electron.SaveDialogOptions[],
  async showSaveDialog(_window: object, options: Electron.SaveDialogOptions): Promise<Electron.SaveDialogReturnValue> {
    dialog.askedToSave.push(options);
    return dialog.saveAnswers.shift() ?? { canceled: true, filePath: '' };
  },
  /** Questions that were asked; each stays open until a test answers it. */
  questions: [] as { options: Electron.MessageBoxOptions; answer(response: number): void }[],
  showMessageBox(
    ...words: [window: object, options: Electron.MessageBoxOptions] | [options: Electron.MessageBoxOptions]
  ): Promise<Electron.MessageBoxReturnValue> {
    const options = words.length === 2 ? words[1] : words[0];
    return new Promise((resolve) => {
      dialog.questions.push({ options, answer: (response) => resolve({ response, checkboxChecked: false }) });
    });
  },
};

export const protocol = {
  schemes: [] as Electron.CustomScheme[],
  handlers: new Map<string, (request: Request) => Response | Promise<Response>>(),
  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    protocol.schemes.push(...schemes);
  },
  handle(scheme: string, handler: (request: Request) => Response | Promise<Response>): void {
    protocol.handlers.set(scheme, handler);
  },
};
protocol satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged'>;

/** Keeps the handlers, so that tests can ask as a page would. */
class StandInSession extends EventEmitter {
  permissionRequest: Handler<'setPermissionRequestHandler'> | undefined;
  permissionCheck: Handler<'setPermissionCheckHandler'> | undefined;
  devicePermission: Handler<'setDevicePermissionHandler'> | undefined;
  setPermissionRequestHandler(handler: Handler<'setPermissionRequestHandler'>): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: Handler<'setPermissionCheckHandler'>): void {
    this.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: Handler<'setDevicePermissionHandler'>): void {
    this.devicePermission = handler;
  }
}
export const session = { defaultSession: new StandInSession() };
session.defaultSession satisfies Pick<
  Electron.Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
>;

export const utilityProcess = {
  fork: (path: string, args?: string[], options?: Electron.ForkOptions) =>
    new StandInUtilityProcess(path, args, options),
};

/** The preload script's side. */
export const ipcRenderer = Object.assign(new EventEmitter(), {
  sent: [] as unknown[][],
  send(...words: unknown[]): void {
    ipcRenderer.sent.push(words);
  },
});
export const webUtils = {
  getPathForFile: (file: File) => `/dropped/${file.name}`,
} satisfies Pick<Electron.WebUtils, 'getPathForFile'>;
ipcRenderer satisfies Pick<Electron.IpcRenderer, 'send'>;
export const contextBridge = {
  exposed: new Map<string, unknown>(),
  exposeInMainWorld(name: string, api: unknown): void {
    contextBridge.exposed.set(name, api);
  },
} satisfies Pick<Electron.ContextBridge, 'exposeInMainWorld'> & { exposed: Map<string, unknown> };
