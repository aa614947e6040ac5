// Recording files: chosen, dropped or named by the user, opened into the engine and saved from it. Files are touched here
// alone. The page is told how it goes, and names a run, never a path to write to.

import { dialog, shell, type BrowserWindow, type WebContents } from 'electron';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { isRecordingName, RECORDING_EXTENSION } from '../../engine/protocol/recording-origin.ts';
import type { RecordingProgress } from '../../engine/protocol/recording-progress.ts';
import { RecordingFileError } from '../../engine/session/recording-file.ts';
import { openRecordingFile, writeRecordingFile } from '../../engine/session/recording-on-disk.ts';
import { Refused } from '../../engine/session/refused.ts';
import type { LateEngine } from './late-engine.ts';
import type { ListeningPages } from './listening-pages.ts';

const FILTERS = [{ name: 'Heapline recordings', extensions: [RECORDING_EXTENSION.slice(1)] }];
/** How often the page is told how far it is. */
const TELL_EVERY_MS = 100;

export interface RecordingsOptions {
  readonly engine: Pick<LateEngine, 'openRecording' | 'saveRecording'>;
  readonly pages: Pick<ListeningPages, 'whenListening'>;
  readonly tell: (contents: WebContents, progress: RecordingProgress) => void;
  /** A recording was opened from, or saved to, this file. */
  readonly onFile: (path: string) => void;
  /** Which run is shown, or whether it has a file, has changed. */
  readonly onShown: () => void;
}

export interface Recordings {
  /** Opens a file that the user named, for this page or the one in front. It waits until a page listens. */
  open(path: string, contents?: WebContents): void;
  choose(window: BrowserWindow): void;
  /** Asks where to, and writes there. */
  save(window: BrowserWindow, runId: string): void;
  /** Gives up what goes on. */
  cancel(): void;
  /** The page shows this run now; undefined: none. */
  showsRun(runId: string | undefined): void;
  readonly canSave: boolean;
  /** The shown run was opened from a file, or saved to one. */
  readonly hasFile: boolean;
  showInFolder(): void;
  /** What is being saved is saved to its end, and nothing else is begun. Resolves when nothing goes on any more. */
  finish(): Promise<void>;
}

export function createRecordings({ engine, pages, tell, onFile, onShown }: RecordingsOptions): Recordings {
  /** Where each run was opened from, or saved to last. */
  const files = new Map<string, string>();
  let shownRunId: string | undefined;
  let going = new AbortController();
  let isSaving = false;
  let isFinishing = false;
  /** One file at a time, in the order in which they were asked for. */
  let last: Promise<void> = Promise.resolve();

  const fileOfShown = (): string | undefined => (shownRunId === undefined ? undefined : files.get(shownRunId));

  function keepFile(runId: string, path: string): void {
    files.set(runId, path);
    onFile(path);
    onShown();
  }

  /** Does it when what was asked for before is done, and tells the page what comes of it. */
  function work(
    kind: 'opening' | 'saving',
    contents: WebContents,
    failureTitle: string,
    doIt: (signal: AbortSignal) => Promise<RecordingProgress>,
  ) {
    last = last.then(async () => {
      if (isFinishing && kind === 'opening') return;
      isSaving = kind === 'saving';
      going = new AbortController();
      const { signal } = going;
      let progress: RecordingProgress;
      try {
        const done = doIt(signal);
        // A drive that does not answer any more holds up nothing; what is given up in writing has to be cleared away first.
        progress = await (kind === 'opening' ? Promise.race([done, whenAborted(signal)]) : done);
      } catch (error) {
        progress = signal.aborted
          ? { kind: 'canceled' }
          : { kind: 'failed', title: failureTitle, message: wordsOf(error) };
      }
      tellIfThere(contents, progress);
    });
  }

  /** Whatever becomes of the page: a file is saved for its user, and the next one has its turn. */
  function tellIfThere(contents: WebContents, progress: RecordingProgress): void {
    if (contents.isDestroyed()) return;
    try {
      tell(contents, progress);
    } catch (error) {
      // The page has crashed, or is being loaded again.
      console.error('The page could not be told of a recording:', error);
    }
  }

  /** Tells how far it is, now and then. */
  function teller(contents: WebContents, kind: 'opening' | 'saving', fileName: string): (share: number) => void {
    let toldAtMs = -Infinity;
    return (share) => {
      if (performance.now() - toldAtMs < TELL_EVERY_MS) return;
      toldAtMs = performance.now();
      tellIfThere(contents, { kind, fileName, share });
    };
  }

  function openIn(contents: WebContents, path: string): void {
    const fileName = basename(path);
    work('opening', contents, `${fileName} was not opened`, async (signal) => {
      const tellShare = teller(contents, 'opening', fileName);
      tellShare(0);
      await using file = await openRecordingFile(path, tellShare);
      const runId = await engine.openRecording(file.chunks, { fileName, signal });
      signal.throwIfAborted();
      keepFile(runId, path);
      return { kind: 'opened', runId };
    });
  }

  function saveTo(contents: WebContents, runId: string, path: string): void {
    const fileName = basename(path);
    work('saving', contents, `${fileName} was not saved`, async (signal) => {
      const tellShare = teller(contents, 'saving', fileName);
      tellShare(0);
      const saved = await engine.saveRecording(runId);
      const chunks = saved.chunks((done) => tellShare(done / Math.max(1, saved.batches)));
      await writeRecordingFile(path, chunks, { signal });
      keepFile(runId, path);
      return { kind: 'saved', fileName, isRunGoingOn: saved.isRunGoingOn };
    });
  }

  async function askWhereTo(window: BrowserWindow, defaultPath: string): Promise<string | undefined> {
    const { canceled, filePath } = await dialog.showSaveDialog(window, {
      title: 'Save recording',
      defaultPath,
      filters: FILTERS,
    });
    if (canceled || filePath === '') return undefined;
    if (isRecordingName(filePath)) return filePath;
    // Not every system adds it. A file that is there already was not what the user was asked about: so they are.
    const path = `${filePath}${RECORDING_EXTENSION}`;
    return existsSync(path) ? askWhereTo(window, path) : path;
  }

  async function saveAs(window: BrowserWindow, runId: string): Promise<void> {
    const { webContents } = window;
    let defaultPath: string;
    try {
      defaultPath = files.get(runId) ?? (await engine.saveRecording(runId)).fileName;
    } catch (error) {
      return tellIfThere(webContents, { kind: 'failed', title: 'The run was not saved', message: wordsOf(error) });
    }
    const path = await askWhereTo(window, defaultPath);
    if (path !== undefined && !window.isDestroyed()) saveTo(webContents, runId, path);
  }

  const complain = (error: unknown): void => console.error('The dialog could not be opened:', error);

  return {
    open: (path, contents) => pages.whenListening((page) => openIn(page, path), contents),
    choose(window) {
      const { webContents } = window;
      dialog
        .showOpenDialog(window, { title: 'Open recording', properties: ['openFile'], filters: FILTERS })
        .then(({ canceled, filePaths: [path] }) => {
          if (!canceled && path !== undefined && !window.isDestroyed()) openIn(webContents, path);
        })
        .catch(complain);
    },
    save: (window, runId) => void saveAs(window, runId).catch(complain),
    cancel: () => going.abort(),
    showsRun(runId) {
      shownRunId = runId;
      onShown();
    },
    get canSave() {
      return shownRunId !== undefined;
    },
    get hasFile() {
      return fileOfShown() !== undefined;
    },
    showInFolder() {
      const path = fileOfShown();
      if (path !== undefined) shell.showItemInFolder(path);
    },
    finish() {
      isFinishing = true;
      if (!isSaving) going.abort();
      return last;
    },
  };
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** What is wrong and what to do, as far as that is known. */
function wordsOf(error: unknown): string {
  if (error instanceof RecordingFileError || error instanceof Refused) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
      return 'The disk is full. Make room, or choose another place.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'You may not write there. Choose another place.';
    case 'ENOENT':
      return 'The folder is not there any more. Choose another place.';
    default:
      return `${message}. Try it again, or choose another place.`;
  }
}
