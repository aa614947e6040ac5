// Opening a script, a recording, or a new scenario: which dialog is open, and what becomes of files that are dropped on the window.
// Runs in the page; the system's own dialog in the desktop application, the page's in a browser.

import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { isRecordingName, RECORDING_EXTENSION } from '../../../engine/protocol/recording-origin.ts';
import { SCRIPT_EXTENSIONS } from '../../../engine/protocol/run-description.ts';
import { scriptExtensionOf } from '../scripts/script-paths.ts';
import { desktopBridge } from '../transport/desktop-bridge.ts';
import { useMessageStore } from './message-store.ts';
import { useRecordingStore } from './recording-store.ts';
import { useRunStore } from './run-store.ts';
import { MAXIMUM_TEXT_CHARACTERS, useScriptsStore } from './scripts-store.ts';

/** What the page's own dialog is to find. */
export type BrowseRequest =
  | { readonly picks: 'script'; choose(path: string): void }
  /** `from`: the folder to begin in; absent: the user's home. */
  | { readonly picks: 'folder'; readonly from?: string; choose(path: string): void };

const ALLOWED = `Allowed: ${SCRIPT_EXTENSIONS.join(', ')}, and recordings (${RECORDING_EXTENSION}).`;

export const useOpeningStore = defineStore('opening', () => {
  const run = useRunStore();
  const scripts = useScriptsStore();
  const recordings = useRecordingStore();
  const messages = useMessageStore();
  const browse = shallowRef<BrowseRequest>();
  const isNamingScenario = ref(false);

  /** Lets the user choose a script, in the dialog that the host has. */
  function openScript(): void {
    const bridge = desktopBridge();
    if (bridge === undefined) browse.value = { picks: 'script', choose: run.openScript };
    else bridge.chooseScript();
  }

  function chooseFolder(from: string | undefined, choose: (path: string) => void): void {
    browse.value = { picks: 'folder', choose, ...(from === undefined ? {} : { from }) };
  }

  /** A file was dropped: a recording is opened; a script by its path where the host knows it, else its text goes into the scratch. */
  async function takeDropped(file: File, isFolder: boolean): Promise<void> {
    const refuse = (text: string) => messages.showProblem(`${file.name} was not opened`, text);
    if (isFolder) return refuse('It is a folder. Drop the script itself; its folder comes with it.');
    if (isRecordingName(file.name)) {
      browse.value = undefined;
      return recordings.open(file);
    }
    if (scriptExtensionOf(file.name) === undefined) {
      return refuse(`It is neither a recording nor a script that Node.js runs. ${ALLOWED}`);
    }
    browse.value = undefined;
    const path = desktopBridge()?.pathOfFile(file) ?? '';
    if (path !== '') return run.openScript(path);
    if (file.size > MAXIMUM_TEXT_CHARACTERS) {
      return refuse('A browser does not tell its path, and it is too large for the scratch. Open it by its path.');
    }
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    } catch (error) {
      return refuse(
        error instanceof TypeError ? 'It is not text in UTF-8, so it is no script.' : 'The browser could not read it.',
      );
    }
    if (text.includes('\0')) return refuse('It contains zero bytes, so it is no script.');
    scripts.takeIntoScratch(file.name, text);
    run.select({ kind: 'scratch' });
  }

  return { browse, isNamingScenario, openScript, chooseFolder, takeDropped };
});
