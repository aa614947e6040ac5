// The application's menu, as each system has it. What the page can do is told to the page; its keys are the page's own,
// which knows when they are not to act, so the menu only shows them.

import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { basename, dirname } from 'node:path';
import { visibleText } from '../../engine/protocol/visible-text.ts';
import type { PageCommand } from './page-messages.ts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  /** Adds the developer tools. */
  readonly isDevelopment: boolean;
  /** Scripts and recordings, latest first. */
  readonly recentFiles: readonly string[];
  /** A run is shown that can be saved. */
  readonly canSaveRecording: boolean;
  /** The shown run has a file. */
  readonly canShowRecording: boolean;
  readonly theme: ThemeSource;
  openScript(): void;
  openRecent(path: string): void;
  clearRecent(): void;
  /** Asks the page in the window that is in front, or in a new one. */
  tell(command: PageCommand): void;
  showAbout(): void;
  openOutside(address: string): void;
}
export type ThemeSource = 'system' | 'light' | 'dark';

const THEMES: readonly (readonly [theme: ThemeSource, label: string, command: PageCommand])[] = [
  ['system', 'Like the System', 'theme-system'],
  ['light', 'Light', 'theme-light'],
  ['dark', 'Dark', 'theme-dark'],
];
/** By those who define what is observed here. */
export const LEARN_MORE: readonly (readonly [label: string, address: string])[] = [
  [
    'MDN: FinalizationRegistry',
    'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry',
  ],
  ['TC39: WeakRefs Proposal', 'https://github.com/tc39/proposal-weakrefs'],
  ['V8: Trash Talk, the Orinoco Collector', 'https://v8.dev/blog/trash-talk'],
];

/** Called again whenever what it lists has changed. */
export function setMenu(options: MenuOptions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(options)));
}

export function menuTemplate(options: MenuOptions): MenuItemConstructorOptions[] {
  const { isDevelopment, recentFiles, theme, canSaveRecording, canShowRecording } = options;
  const isMac = options.platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  /** With a key that the page listens to. A Mac always takes a menu's keys, so that a bare letter could not be typed. */
  const command = (label: string, name: PageCommand, key?: string): MenuItemConstructorOptions => ({
    id: name,
    label,
    ...(key !== undefined &&
      (!isMac || key.startsWith('CmdOrCtrl+')) && { accelerator: key, registerAccelerator: false }),
    click: () => options.tell(name),
  });
  const recent: MenuItemConstructorOptions[] = recentFiles.map((path) => ({
    label: visibleText(`${basename(path)} — ${dirname(path)}`),
    click: () => options.openRecent(path),
  }));
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      role: 'fileMenu',
      submenu: [
        {
          id: 'open-script',
          label: 'Open Script…',
          accelerator: 'CmdOrCtrl+O',
          registerAccelerator: false,
          click: options.openScript,
        },
        {
          id: 'open-recent',
          label: 'Open Recent',
          enabled: recent.length > 0,
          submenu: [...recent, separator, { label: 'Clear the List', click: options.clearRecent }],
        },
        separator,
        command('Open Recording…', 'open-recording', 'CmdOrCtrl+Shift+O'),
        { ...command('Save Recording As…', 'save-recording', 'CmdOrCtrl+S'), enabled: canSaveRecording },
        { ...command('Show Recording in Folder', 'show-recording'), enabled: canShowRecording },
        separator,
        command('New Scenario…', 'new-scenario'),
        separator,
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        command('Search', 'search', '/'),
        separator,
        {
          label: 'Theme',
          submenu: THEMES.map(([value, label, name]) => ({
            ...command(label, name),
            type: 'radio',
            checked: value === theme,
          })),
        },
        separator,
        { role: 'reload' },
        ...(isDevelopment ? [{ role: 'toggleDevTools' } as const] : []),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        // The key of the plus without Shift, by which browsers zoom as well; an item has one key.
        { role: 'zoomIn', accelerator: 'CmdOrCtrl+=', visible: false, acceleratorWorksWhenHidden: true },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
      ],
    },
    {
      label: 'Run',
      submenu: [
        command('Run', 'run', 'CmdOrCtrl+Enter'),
        command('Stop', 'stop', 'CmdOrCtrl+.'),
        separator,
        command('Collect Now: Major GC', 'collect-major', 'G'),
        command('Collect Now: Minor GC', 'collect-minor', 'Shift+G'),
        separator,
        command('Compare with Another Run', 'compare', 'C'),
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        command('Keyboard Shortcuts', 'shortcuts', '?'),
        separator,
        ...LEARN_MORE.map(([label, address]) => ({ label, click: () => options.openOutside(address) })),
        // On a Mac it is in the application's own menu.
        ...(isMac ? [] : [separator, { id: 'about', label: `About ${app.getName()}`, click: options.showAbout }]),
      ],
    },
  ];
}
