// Recording files by way of the host that shows this page: the system's dialogs in the desktop application, uploads and
// downloads in a browser. Runs in the page; the recording store listens to it.

import * as v from 'valibot';
import { parseJson } from '../../../engine/protocol/parse.ts';
import { RECORDING_EXTENSION } from '../../../engine/protocol/recording-origin.ts';
import type { RecordingProgress } from '../../../engine/protocol/recording-progress.ts';
import { onDesktopRecording, type DesktopBridge } from './desktop-bridge.ts';
import { servedAddress } from './served-address.ts';

export interface RecordingHost {
  /** Lets the user choose a file, and opens it. */
  choose(): void;
  /** Opens a file that was dropped on the page. */
  open(file: File): void;
  save(runId: string): void;
  /** Gives up what goes on. */
  cancel(): void;
  /** Tells which run is shown. */
  showsRun(runId: string | undefined): void;
  /** Shows the file of the shown run where it lies; absent: the host has no file manager. */
  readonly showInFolder?: () => void;
}

/** @param tell is told how opening or saving goes, always with an end */
export function createDesktopRecordingHost(
  bridge: DesktopBridge,
  tell: (progress: RecordingProgress) => void,
): RecordingHost {
  onDesktopRecording(tell);
  return {
    choose: () => void bridge.chooseRecording(),
    open(file) {
      if (bridge.pathOfFile(file) !== '') return void bridge.openDroppedRecording(file);
      const message = 'The system does not say where it lies. Put it into a folder, and drop it from there.';
      tell({ kind: 'failed', title: `${file.name} was not opened`, message });
    },
    save: (runId) => void bridge.saveRecording(runId),
    cancel: () => void bridge.cancelRecording(),
    showsRun: (runId) => void bridge.showsRun(runId ?? ''),
    showInFolder: () => void bridge.showRecording(),
  };
}

const Opened = v.object({ runId: v.string() });
const MOST_ANSWER_CHARACTERS = 1_000;

export function createServedRecordingHost(tell: (progress: RecordingProgress) => void): RecordingHost {
  let upload: XMLHttpRequest | undefined;
  /** Nothing else holds on to it while its dialog is open: collected, it would never tell which file was chosen. */
  let chooser: HTMLInputElement | undefined;

  function open(file: File): void {
    upload?.abort();
    const request = new XMLHttpRequest();
    upload = request;
    const fail = (message: string): void => tell({ kind: 'failed', title: `${file.name} was not opened`, message });
    const tellShare = (share: number): void => tell({ kind: 'opening', fileName: file.name, share });
    tellShare(0);
    request.upload.addEventListener('progress', ({ loaded, total }) => tellShare(total === 0 ? 0 : loaded / total));
    request.addEventListener('abort', () => tell({ kind: 'canceled' }));
    request.addEventListener('error', () => fail('The connection was lost meanwhile. Try it again.'));
    request.addEventListener('load', () => {
      if (request.status !== 200) return fail(request.responseText.trim());
      const answer = parseJson(Opened, request.responseText, { mostCharacters: MOST_ANSWER_CHARACTERS });
      if (!answer.success) return fail(`The host's answer cannot be read. ${answer.problem}`);
      tell({ kind: 'opened', runId: answer.output.runId });
    });
    request.addEventListener('loadend', () => {
      if (upload === request) upload = undefined;
    });
    request.open('POST', servedAddress('/recordings', { name: file.name }));
    request.send(file);
  }

  return {
    choose() {
      chooser = document.createElement('input');
      chooser.type = 'file';
      chooser.accept = RECORDING_EXTENSION;
      chooser.addEventListener('change', ({ currentTarget }) => {
        const [file] = currentTarget instanceof HTMLInputElement ? (currentTarget.files ?? []) : [];
        if (file !== undefined) open(file);
      });
      chooser.click();
    },
    open,
    // The browser shows how a download goes, and where it lies.
    save(runId) {
      const link = document.createElement('a');
      link.href = servedAddress(`/recordings/${encodeURIComponent(runId)}${RECORDING_EXTENSION}`);
      link.download = '';
      link.click();
    },
    cancel: () => upload?.abort(),
    showsRun: () => {},
  };
}
