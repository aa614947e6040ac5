// Electron's app: one instance, its start and its end, in the order of events that Electron documents.

import type * as Electron from 'electron';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { StandInWindow, windowHooks } from './browser-window.ts';
import { complain, LoudEmitter, preventableEvent } from './loud.ts';
import { settings } from './settings.ts';

type Shape = Pick<
  Electron.App,
  | 'isPackaged'
  | 'requestSingleInstanceLock'
  | 'hasSingleInstanceLock'
  | 'releaseSingleInstanceLock'
  | 'enableSandbox'
  | 'whenReady'
  | 'isReady'
  | 'quit'
  | 'exit'
  | 'getVersion'
  | 'getName'
  | 'setName'
  | 'getLocale'
  | 'getAppPath'
  | 'setAppUserModelId'
  | 'addRecentDocument'
  | 'clearRecentDocuments'
  | 'setAboutPanelOptions'
  | 'showAboutPanel'
  | 'focus'
  | 'setBadgeCount'
  | 'disableHardwareAcceleration'
>;

const { projectFolder } = settings;
const projectPackage = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly version: string;
};

class StandInApp extends LoudEmitter implements Shape {
  readonly isPackaged = false;
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  #isQuitting = false;
  #hasLock = false;
  #name = projectPackage.name;
  readonly #paths = new Map<string, string>();
  /** For the test. */
  readonly recentDocuments: string[] = [];
  aboutPanel: Electron.AboutPanelOptionsOptions = {};
  aboutPanelsShown = 0;
  badgeCount = 0;
  isSandboxed = false;
  readonly switches = new Map<string, string>();
  readonly commandLine = {
    appendSwitch: (name: string, value = '') => void this.switches.set(name, value),
    hasSwitch: (name: string) => this.switches.has(name),
    getSwitchValue: (name: string) => this.switches.get(name) ?? '',
  } satisfies Pick<Electron.CommandLine, 'appendSwitch' | 'hasSwitch' | 'getSwitchValue'>;

  constructor() {
    super('app');
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Electron quits by itself only where the application does not listen.
      process.on(name, () => {
        if (process.listenerCount(name) === 1) this.quit();
      });
    }
    // The application has set itself up by the end of its first turn, and Electron takes a while to be ready.
    setTimeout(() => this.#becomeReady(), 0);
    windowHooks.created = (window) => this.emit('browser-window-created', {}, window);
    windowHooks.contentsCreated = (contents) => this.emit('web-contents-created', {}, contents);
    windowHooks.contentsGone = (contents, details) => this.emit('render-process-gone', {}, contents, details);
    windowHooks.focused = (window, isFocused) =>
      this.emit(isFocused ? 'browser-window-focus' : 'browser-window-blur', {}, window);
    windowHooks.closed = () => this.#windowClosed();
  }

  #becomeReady(): void {
    if (this.#isQuitting) return;
    this.#isReady = true;
    this.emit('will-finish-launching');
    this.emit('ready', {}, {});
    this.#ready.resolve();
  }

  // One instance for each folder of user data. The first holds a file there; a later one leaves word in a folder beside
  // it, which the first watches.

  requestSingleInstanceLock(additionalData: Record<string, unknown> = {}): boolean {
    if (this.#hasLock) return true;
    mkdirSync(settings.userData, { recursive: true });
    const lockPath = join(settings.userData, 'SingletonLock');
    const wordsFolder = join(settings.userData, 'SingletonWords');
    for (;;) {
      try {
        writeFileSync(lockPath, String(process.pid), { flag: 'wx' });
        break;
      } catch {
        const owner = Number(readFileSync(lockPath, 'utf8'));
        if (isRunning(owner)) {
          const path = join(wordsFolder, `${process.pid}.json`);
          const words = { commandLine: process.argv, workingDirectory: process.cwd(), additionalData };
          writeFileSync(`${path}.part`, JSON.stringify(words));
          renameSync(`${path}.part`, path);
          return false;
        }
        rmSync(lockPath, { force: true });
      }
    }
    mkdirSync(wordsFolder, { recursive: true });
    const hear = () => {
      for (const name of existsSync(wordsFolder) ? readdirSync(wordsFolder) : []) {
        if (!name.endsWith('.json')) continue;
        const path = join(wordsFolder, name);
        const {
          commandLine,
          workingDirectory,
          additionalData: data,
        } = JSON.parse(readFileSync(path, 'utf8')) as {
          commandLine: string[];
          workingDirectory: string;
          additionalData: unknown;
        };
        rmSync(path);
        void this.#ready.promise.then(() => this.emit('second-instance', {}, commandLine, workingDirectory, data));
      }
    };
    watch(wordsFolder, hear).unref();
    this.#hasLock = true;
    return true;
  }
  hasSingleInstanceLock(): boolean {
    return this.#hasLock;
  }
  releaseSingleInstanceLock(): void {
    if (!this.#hasLock) return;
    this.#hasLock = false;
    rmSync(join(settings.userData, 'SingletonLock'), { force: true });
    rmSync(join(settings.userData, 'SingletonWords'), { recursive: true, force: true });
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }
  isReady(): boolean {
    return this.#isReady;
  }

  quit(): void {
    if (this.#isQuitting) return;
    const event = preventableEvent({});
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    this.#isQuitting = true;
    const open = StandInWindow.getAllWindows();
    if (open.length === 0) this.#end();
    else {
      // One that stays, stays with the application.
      for (const window of open) window.close();
      if (StandInWindow.getAllWindows().length > 0) this.#isQuitting = false;
    }
  }
  #windowClosed(): void {
    if (StandInWindow.getAllWindows().length > 0) return;
    setImmediate(() => {
      if (StandInWindow.getAllWindows().length > 0) return;
      if (this.#isQuitting) this.#end();
      else if (this.listenerCount('window-all-closed') === 0) this.quit();
      else this.emit('window-all-closed');
    });
  }
  #end(): void {
    const event = preventableEvent({});
    this.emit('will-quit', event);
    if (event.defaultPrevented) this.#isQuitting = false;
    else this.#leave(0);
  }
  exit(status = 0): void {
    this.#isQuitting = true;
    this.#leave(status);
  }
  #leave(status: number): void {
    this.emit('quit', {}, status);
    this.releaseSingleInstanceLock();
    process.exit(status);
  }
  relaunch(): void {
    throw complain('The stand-in does not start the application again.');
  }

  enableSandbox(): void {
    if (this.#isReady) throw complain('app.enableSandbox() was called after the application was ready.');
    this.isSandboxed = true;
  }
  disableHardwareAcceleration(): void {}
  getVersion(): string {
    return projectPackage.version;
  }
  getName(): string {
    return this.#name;
  }
  setName(name: string): void {
    this.#name = name;
  }
  get name(): string {
    return this.#name;
  }
  set name(name: string) {
    this.#name = name;
  }
  getLocale(): string {
    return 'en-US';
  }
  getAppPath(): string {
    return projectFolder;
  }
  getPath(name: Parameters<Electron.App['getPath']>[0]): string {
    const known = this.#paths.get(name);
    if (known !== undefined) return known;
    switch (name) {
      case 'userData':
      case 'sessionData':
        return settings.userData;
      case 'logs':
      case 'crashDumps':
        return join(settings.userData, name);
      case 'home':
        return homedir();
      case 'temp':
        return tmpdir();
      case 'documents':
        return join(homedir(), 'Documents');
      case 'downloads':
        return join(homedir(), 'Downloads');
      case 'desktop':
        return join(homedir(), 'Desktop');
      case 'appData':
        return join(settings.userData, '..');
      case 'exe':
        return process.execPath;
      default:
        throw complain(`The stand-in has no path '${name}'.`);
    }
  }
  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }
  setAppUserModelId(_id: string): void {}
  addRecentDocument(path: string): void {
    const { recentDocuments } = this;
    if (recentDocuments.includes(path)) recentDocuments.splice(recentDocuments.indexOf(path), 1);
    recentDocuments.unshift(path);
  }
  clearRecentDocuments(): void {
    this.recentDocuments.length = 0;
  }
  setAboutPanelOptions(options: Electron.AboutPanelOptionsOptions): void {
    this.aboutPanel = options;
  }
  showAboutPanel(): void {
    this.aboutPanelsShown += 1;
  }
  setBadgeCount(count = 0): boolean {
    this.badgeCount = count;
    return true;
  }
  focus(): void {
    StandInWindow.getAllWindows()[0]?.focus();
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export const app = new StandInApp();
