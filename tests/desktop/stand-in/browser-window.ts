// Electron's BrowserWindow. What it shows is a real page; what a window manager would do with its frame is kept as state.

import type * as Electron from 'electron';
import { complain, LoudEmitter, preventableEvent } from './loud.ts';
import { StandInContents } from './web-contents.ts';

type Shape = Pick<
  Electron.BrowserWindow,
  | 'loadURL'
  | 'show'
  | 'showInactive'
  | 'hide'
  | 'focus'
  | 'blur'
  | 'close'
  | 'destroy'
  | 'isDestroyed'
  | 'isVisible'
  | 'isFocused'
  | 'isMinimized'
  | 'minimize'
  | 'restore'
  | 'isMaximized'
  | 'maximize'
  | 'unmaximize'
  | 'isFullScreen'
  | 'setFullScreen'
  | 'getBounds'
  | 'setBounds'
  | 'getNormalBounds'
  | 'getSize'
  | 'setSize'
  | 'getPosition'
  | 'setPosition'
  | 'setTitle'
  | 'getTitle'
  | 'setProgressBar'
  | 'flashFrame'
  | 'setBackgroundColor'
  | 'setMenuBarVisibility'
  | 'setRepresentedFilename'
  | 'setDocumentEdited'
  | 'id'
>;

const SCREEN = { x: 0, y: 0, width: 1920, height: 1080 };
const windows: StandInWindow[] = [];
let focused: StandInWindow | undefined;
const setFocused = (window: StandInWindow): void => void (focused = window);
/** What Electron's application does when a window comes, goes, or has a page. */
export const windowHooks = {
  created: (_window: StandInWindow) => {},
  contentsCreated: (_contents: StandInContents) => {},
  contentsGone: (_contents: StandInContents, _details: Electron.RenderProcessGoneDetails) => {},
  focused: (_window: StandInWindow, _isFocused: boolean) => {},
  closed: () => {},
};

export class StandInWindow extends LoudEmitter implements Shape {
  static #lastId = 0;
  static getAllWindows(): StandInWindow[] {
    return [...windows];
  }
  static getFocusedWindow(): StandInWindow | null {
    return focused ?? null;
  }
  static fromWebContents(contents: unknown): StandInWindow | null {
    return windows.find(({ webContents }) => webContents === contents) ?? null;
  }
  static fromId(id: number): StandInWindow | null {
    return windows.find((window) => window.id === id) ?? null;
  }

  readonly id = (StandInWindow.#lastId += 1);
  readonly webContents: StandInContents;
  #bounds: Electron.Rectangle;
  #normalBounds: Electron.Rectangle;
  #title: string;
  #isVisible: boolean;
  #isMinimized = false;
  #isMaximized = false;
  #isFullScreen = false;
  #isDestroyed = false;
  /** For the test. */
  progress = -1;
  isFlashing = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super('BrowserWindow');
    const { width = 800, height = 600, title = '', show = true, webPreferences = {} } = options;
    const { x = Math.round((SCREEN.width - width) / 2), y = Math.round((SCREEN.height - height) / 2) } = options;
    this.#bounds = { x, y, width, height };
    this.#normalBounds = this.#bounds;
    this.#title = title;
    this.#isVisible = show;
    this.webContents = new StandInContents(webPreferences, { width, height });
    windows.push(this);
    this.webContents.once('first-paint', () => this.emit('ready-to-show'));
    this.webContents.on('gone', (details: Electron.RenderProcessGoneDetails) =>
      windowHooks.contentsGone(this.webContents, details),
    );
    windowHooks.contentsCreated(this.webContents);
    windowHooks.created(this);
  }

  loadURL(address: string): Promise<void> {
    return this.webContents.loadURL(address);
  }
  show(): void {
    const wasVisible = this.#isVisible;
    this.#isVisible = true;
    if (!wasVisible) this.emit('show');
    this.focus();
  }
  showInactive(): void {
    this.#isVisible = true;
    this.emit('show');
  }
  hide(): void {
    this.#isVisible = false;
    this.emit('hide');
    this.blur();
  }
  focus(): void {
    if (focused === this) return;
    focused?.blur();
    setFocused(this);
    this.emit('focus');
    windowHooks.focused(this, true);
  }
  blur(): void {
    if (focused !== this) return;
    focused = undefined;
    this.emit('blur');
    windowHooks.focused(this, false);
  }
  close(): void {
    if (this.#isDestroyed) return;
    const event = preventableEvent({});
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    if (focused === this) focused = undefined;
    windows.splice(windows.indexOf(this), 1);
    this.webContents.destroy();
    this.emit('closed');
    windowHooks.closed();
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  isVisible(): boolean {
    return this.#isVisible;
  }
  isFocused(): boolean {
    return focused === this;
  }
  isMinimized(): boolean {
    return this.#isMinimized;
  }
  minimize(): void {
    this.#isMinimized = true;
    this.blur();
    this.emit('minimize');
  }
  restore(): void {
    this.#isMinimized = false;
    this.emit('restore');
  }
  isMaximized(): boolean {
    return this.#isMaximized;
  }
  maximize(): void {
    if (this.#isMaximized) return;
    this.#isMaximized = true;
    this.#normalBounds = this.#bounds;
    this.#move(SCREEN);
    this.emit('maximize');
  }
  unmaximize(): void {
    if (!this.#isMaximized) return;
    this.#isMaximized = false;
    this.#move(this.#normalBounds);
    this.emit('unmaximize');
  }
  isFullScreen(): boolean {
    return this.#isFullScreen;
  }
  setFullScreen(isFullScreen: boolean): void {
    this.#isFullScreen = isFullScreen;
    this.emit(isFullScreen ? 'enter-full-screen' : 'leave-full-screen');
  }
  getBounds(): Electron.Rectangle {
    return { ...this.#bounds };
  }
  getNormalBounds(): Electron.Rectangle {
    return { ...(this.#isMaximized ? this.#normalBounds : this.#bounds) };
  }
  setBounds(bounds: Partial<Electron.Rectangle>): void {
    this.#move({ ...this.#bounds, ...bounds });
  }
  getSize(): number[] {
    return [this.#bounds.width, this.#bounds.height];
  }
  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }
  getPosition(): number[] {
    return [this.#bounds.x, this.#bounds.y];
  }
  setPosition(x: number, y: number): void {
    this.setBounds({ x, y });
  }
  setTitle(title: string): void {
    this.#title = title;
  }
  getTitle(): string {
    return this.#title;
  }
  setProgressBar(progress: number): void {
    this.progress = progress;
  }
  flashFrame(isFlashing: boolean): void {
    this.isFlashing = isFlashing;
  }
  // How the window's frame looks is the window manager's, and there is none.
  setBackgroundColor(_color: string): void {}
  setMenuBarVisibility(_isVisible: boolean): void {}
  setRepresentedFilename(_path: string): void {}
  setDocumentEdited(_isEdited: boolean): void {}

  #move(bounds: Electron.Rectangle): void {
    const { x, y, width, height } = this.#bounds;
    this.#bounds = bounds;
    if (bounds.width !== width || bounds.height !== height) {
      this.webContents.setPageSize({ width: bounds.width, height: bounds.height }).catch((error: unknown) => {
        if (!this.#isDestroyed) complain(`The page could not be given its size: ${String(error)}`);
      });
      this.emit('resize');
      this.emit('resized');
    }
    if (bounds.x !== x || bounds.y !== y) {
      this.emit('move');
      this.emit('moved');
    }
  }
}

export const screenBounds = SCREEN;
