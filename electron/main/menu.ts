// The application's menu: opening, editing, zooming and windows, as the system words them.

import { Menu, type MenuItemConstructorOptions } from 'electron';

export interface MenuOptions {
  /** Adds the developer tools. */
  readonly isDevelopment: boolean;
  openScript(): void;
}

export function setMenu({ isDevelopment, openScript }: MenuOptions): void {
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      role: 'fileMenu',
      submenu: [
        // The page has this key, and knows when it is not to act on it.
        { label: 'Open Script…', accelerator: 'CmdOrCtrl+O', registerAccelerator: false, click: openScript },
        { type: 'separator' },
        { role: process.platform === 'darwin' ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { role: 'reload' },
        ...(isDevelopment ? [{ role: 'toggleDevTools' } as const] : []),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
