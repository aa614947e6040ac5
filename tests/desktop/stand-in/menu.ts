// Electron's menus, as data: built from templates, clicked by the test.

import type * as Electron from 'electron';
import { StandInWindow } from './browser-window.ts';
import { complain, Loud } from './loud.ts';
import { app } from './app.ts';
import type { Shaped } from './shape.ts';

type Options = Electron.MenuItemConstructorOptions;
const separator: Options = { type: 'separator' };
const roles = (...names: string[]): Options[] =>
  names.map((name) => (name === '-' ? separator : { role: name as NonNullable<Options['role']> }));

/** Titles and contents that Electron gives to roles, on systems other than macOS. */
const ROLES: Readonly<Record<string, { readonly label: string; readonly submenu?: readonly Options[] }>> = {
  filemenu: { label: 'File', submenu: roles('quit') },
  editmenu: { label: 'Edit', submenu: roles('undo', 'redo', '-', 'cut', 'copy', 'paste', 'delete', '-', 'selectAll') },
  viewmenu: {
    label: 'View',
    submenu: roles(
      'reload',
      'forceReload',
      'toggleDevTools',
      '-',
      'resetZoom',
      'zoomIn',
      'zoomOut',
      '-',
      'togglefullscreen',
    ),
  },
  windowmenu: { label: 'Window', submenu: roles('minimize', 'zoom', 'close') },
  help: { label: 'Help', submenu: [] },
  recentdocuments: { label: 'Open Recent', submenu: [] },
  clearrecentdocuments: { label: 'Clear Menu' },
  quit: { label: process.platform === 'win32' ? 'Exit' : 'Quit' },
  close: { label: 'Close Window' },
  about: { label: 'About' },
  reload: { label: 'Reload' },
  forcereload: { label: 'Force Reload' },
  toggledevtools: { label: 'Toggle Developer Tools' },
  resetzoom: { label: 'Actual Size' },
  zoomin: { label: 'Zoom In' },
  zoomout: { label: 'Zoom Out' },
  togglefullscreen: { label: 'Toggle Full Screen' },
  minimize: { label: 'Minimize' },
  zoom: { label: 'Zoom' },
  undo: { label: 'Undo' },
  redo: { label: 'Redo' },
  cut: { label: 'Cut' },
  copy: { label: 'Copy' },
  paste: { label: 'Paste' },
  pasteandmatchstyle: { label: 'Paste and Match Style' },
  delete: { label: 'Delete' },
  selectall: { label: 'Select All' },
};

function playRole(role: string): void {
  const window = StandInWindow.getFocusedWindow();
  const contents = window?.webContents;
  switch (role) {
    case 'quit':
      return app.quit();
    case 'close':
      return window?.close();
    case 'about':
      return app.showAboutPanel();
    case 'minimize':
      return window?.minimize();
    case 'reload':
    case 'forcereload':
      return contents?.reload();
    case 'toggledevtools':
      return contents?.toggleDevTools();
    case 'togglefullscreen':
      return window?.setFullScreen(!window.isFullScreen());
    case 'resetzoom':
      return contents?.setZoomLevel(0);
    case 'zoomin':
      return contents?.setZoomLevel(contents.getZoomLevel() + 0.5);
    case 'zoomout':
      return contents?.setZoomLevel(contents.getZoomLevel() - 0.5);
    default:
      throw complain(`The stand-in does not play the role ${role}.`);
  }
}

export class StandInMenuItem extends Loud {
  readonly id: string;
  readonly role: string | undefined;
  readonly type: NonNullable<Options['type']>;
  readonly accelerator: string | undefined;
  readonly submenu: StandInMenu | undefined;
  readonly #click: Options['click'];
  label: string;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  constructor(options: Options) {
    super('MenuItem');
    this.role = options.role?.toLowerCase();
    const known = this.role === undefined ? undefined : ROLES[this.role];
    if (this.role !== undefined && known === undefined) throw complain(`The stand-in knows no role ${options.role}.`);
    this.id = options.id ?? '';
    this.label = options.label ?? known?.label ?? '';
    const submenu = options.submenu ?? known?.submenu;
    this.submenu =
      submenu === undefined
        ? undefined
        : submenu instanceof StandInMenu
          ? submenu
          : StandInMenu.buildFromTemplate(submenu as Options[]);
    this.type = options.type ?? (this.submenu === undefined ? 'normal' : 'submenu');
    this.accelerator = options.accelerator as string | undefined;
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
    this.#click = options.click;
  }
  click(): void {
    if (!this.enabled) throw new Error(`The menu item ${this.label} is not enabled.`);
    if (this.type === 'checkbox') this.checked = !this.checked;
    if (this.type === 'radio') this.checked = true;
    if (this.role !== undefined && this.#click === undefined) playRole(this.role);
    else this.#click?.(this as never, (StandInWindow.getFocusedWindow() ?? undefined) as never, {} as never);
  }
}
({}) as unknown as StandInMenuItem satisfies Shaped<
  Pick<Electron.MenuItem, 'id' | 'label' | 'enabled' | 'checked' | 'visible' | 'click' | 'type'>
>;

export class StandInMenu extends Loud {
  static #application: StandInMenu | null = null;
  static buildFromTemplate(template: readonly Options[]): StandInMenu {
    const menu = new StandInMenu();
    for (const options of template) menu.append(new StandInMenuItem(options));
    return menu;
  }
  static setApplicationMenu(menu: StandInMenu | null): void {
    StandInMenu.#application = menu;
  }
  static getApplicationMenu(): StandInMenu | null {
    return StandInMenu.#application;
  }
  readonly items: StandInMenuItem[] = [];
  constructor() {
    super('Menu');
  }
  append(item: StandInMenuItem): void {
    this.items.push(item);
  }
  insert(position: number, item: StandInMenuItem): void {
    this.items.splice(position, 0, item);
  }
  getMenuItemById(id: string): StandInMenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }
  popup(): void {
    throw complain('The stand-in opens no menu of its own.');
  }
}
({}) as unknown as StandInMenu satisfies Shaped<Pick<Electron.Menu, 'items' | 'getMenuItemById' | 'popup'>> & {
  // They take an item, which here is the stand-in's.
  [Name in keyof Pick<Electron.Menu, 'append' | 'insert'>]: unknown;
};
