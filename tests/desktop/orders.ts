// What a test may ask of the desktop application, whichever way it runs, and what it is told.

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly role?: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly visible: boolean;
  readonly checked: boolean;
  readonly accelerator?: string;
  readonly items?: readonly MenuEntry[];
}

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState {
  readonly address: string;
  readonly title: string;
  readonly bounds: Bounds;
  readonly isVisible: boolean;
  readonly isFocused: boolean;
  readonly isMinimized: boolean;
  readonly isMaximized: boolean;
  readonly isFlashing: boolean;
  readonly isCrashed: boolean;
  readonly zoomLevel: number;
  /** From 0 to 1; below 0: there is none. */
  readonly progress: number;
}

/** A dialog of the system that waits for an answer. */
export interface DialogState {
  readonly number: number;
  readonly kind: 'open' | 'save' | 'message' | 'error';
  readonly title: string;
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
  readonly defaultPath: string;
  readonly extensions: readonly string[];
}

export interface DesktopState {
  readonly windows: readonly WindowState[];
  readonly dialogs: readonly DialogState[];
  readonly menu: readonly MenuEntry[];
  /** What was asked of the system, and never done. */
  readonly outside: readonly { readonly what: string; readonly target: string }[];
  readonly notifications: readonly { readonly title: string; readonly body: string }[];
  readonly recentDocuments: readonly string[];
  readonly themeSource: string;
  /** What windows may cover of the first screen. */
  readonly workArea: Bounds;
  readonly utilityPids: readonly number[];
  /** What the application used that the stand-in lacks. */
  readonly problems: readonly string[];
}

export type Order =
  | { readonly type: 'state' }
  | { readonly type: 'answer-dialog'; readonly number: number; readonly answer: unknown }
  | { readonly type: 'click-menu'; readonly path: readonly string[] }
  | { readonly type: 'click-notification'; readonly index: number }
  | { readonly type: 'load'; readonly address: string }
  | { readonly type: 'send-from-frame-within'; readonly channel: string; readonly words: readonly unknown[] }
  | { readonly type: 'know-files'; readonly paths: Readonly<Record<string, string>> }
  | { readonly type: 'set-bounds'; readonly bounds: Partial<Bounds> }
  | { readonly type: 'minimize' }
  | { readonly type: 'blur' }
  | { readonly type: 'close-window' }
  | { readonly type: 'become-dark'; readonly isDark: boolean }
  | { readonly type: 'quit' };
