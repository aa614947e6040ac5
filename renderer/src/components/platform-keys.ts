// How shortcuts are written on this machine, and which event is which. Used by the shortcuts and every hint.

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

export const KEYS = {
  run: isApple ? '⌘↵' : 'Ctrl ↵',
  stop: isApple ? '⌘.' : 'Ctrl .',
  collectMajor: 'G',
  collectMinor: isApple ? '⇧G' : 'Shift G',
  openScript: isApple ? '⌘O' : 'Ctrl O',
  openRecording: isApple ? '⇧⌘O' : 'Ctrl Shift O',
  saveRecording: isApple ? '⌘S' : 'Ctrl S',
  mark: 'M',
  compare: 'C',
  search: '/',
  shortcuts: '?',
} as const;

/** True if the platform's own command key is held: ⌘ on Apple's, Ctrl elsewhere. */
export const hasCommandKey = ({ ctrlKey, metaKey }: KeyboardEvent) => (isApple ? metaKey : ctrlKey);
