// The application's keyboard shortcuts. Letters and digits never act while somebody types or a dialog is open.
// Runs in the page; called once by the workbench.

import { useEventListener } from '@vueuse/core';
import { isFloatingOpen, isTyping } from '../charts/free-keys.ts';
import { DRAWER_TABS, type DrawerTab } from '../stores/settings-store.ts';
import type { CollectionKind } from '../../../engine/protocol/vocabulary.ts';
import { hasCommandKey } from './platform-keys.ts';

export interface ShortcutActions {
  run(): void;
  stop(): void;
  collect(kind: CollectionKind): void;
  openScript(): void;
  openRecording(): void;
  saveRecording(): void;
  mark(): void;
  focusSearch(): void;
  showShortcuts(): void;
  openTab(tab: DrawerTab): void;
  /** Closes the comparison, or opens the list of runs to compare with. */
  toggleComparison(): void;
  /** Closes an experiment or a comparison. @returns false where none is open */
  closeOverlay(): boolean;
}

export function useShortcuts(actions: ShortcutActions): void {
  useEventListener(window, 'keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    if (hasCommandKey(event) && !event.altKey && event.shiftKey && event.key.toLowerCase() === 'o') {
      actions.openRecording();
      event.preventDefault();
      return;
    }
    if (hasCommandKey(event) && !event.altKey && !event.shiftKey) {
      if (event.key === 'Enter') actions.run();
      else if (event.key === '.') actions.stop();
      else if (event.key.toLowerCase() === 'o') actions.openScript();
      else if (event.key.toLowerCase() === 's') actions.saveRecording();
      else return;
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || isFloatingOpen()) return;
    const tab = /^[1-9]$/.test(event.key) ? DRAWER_TABS[Number(event.key) - 1] : undefined;
    if (tab !== undefined) actions.openTab(tab);
    else if (event.key === 'Escape') {
      // What is open over the timeline goes first: a run is not stopped by a key that was meant for that.
      if (!actions.closeOverlay()) actions.stop();
    } else if (event.key === 'c') actions.toggleComparison();
    else if (event.key === 'g') actions.collect('major');
    else if (event.key === 'G') actions.collect('minor');
    else if (event.key === 'm') actions.mark();
    else if (event.key === '/') actions.focusSearch();
    else if (event.key === '?') actions.showShortcuts();
    else return;
    event.preventDefault();
  });
}
