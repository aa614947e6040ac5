// What becomes of recordings that are being read or written when the application ends or the user has enough.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RecordingProgress } from '../../engine/protocol/recording-progress.ts';
import { createListeningPages, type ListeningPages } from './listening-pages.ts';
import { createRecordings, type Recordings, type RecordingsOptions } from './recordings.ts';

const filePath = vi.hoisted(() => ({ value: '' }));
vi.mock('electron', () => ({
  dialog: { showSaveDialog: async () => ({ canceled: false, filePath: filePath.value }) },
  shell: {},
  BrowserWindow: { getAllWindows: () => [], getFocusedWindow: () => null },
}));

const contents = { isDestroyed: () => false } as Electron.WebContents;
const window = { webContents: contents, isDestroyed: () => false } as Electron.BrowserWindow;
let folder: string;
let told: RecordingProgress[];
let isPageGone: boolean;
let recordings: Recordings;
let pages: ListeningPages;
/** The writing goes on, and the reading has its answer, when this is resolved. */
let gate: PromiseWithResolvers<void>;
const openRecording = vi.fn<RecordingsOptions['engine']['openRecording']>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapline-recordings-'));
  told = [];
  isPageGone = false;
  gate = Promise.withResolvers();
  filePath.value = join(folder, 'saved.heapline');
  openRecording.mockReset().mockImplementation(async (_chunks, { signal }) => {
    await Promise.race([
      gate.promise,
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    ]);
    return 'opened';
  });
  pages = createListeningPages();
  recordings = createRecordings({
    pages,
    engine: {
      openRecording,
      saveRecording: async () => ({
        fileName: 'a.heapline',
        isRunGoingOn: false,
        batches: 1,
        async *chunks() {
          yield new TextEncoder().encode('HEAP');
          await gate.promise;
          yield new TextEncoder().encode('LINE');
        },
      }),
    },
    tell: (_contents, progress) => {
      if (isPageGone) throw new Error('Render frame was disposed');
      told.push(progress);
    },
    onFile: () => {},
    onShown: () => {},
  });
  pages.listens(contents);
});
afterEach(() => rmSync(folder, { recursive: true }));

const recording = (name: string): string => {
  writeFileSync(join(folder, name), 'x');
  return join(folder, name);
};
const isSaving = () => vi.waitFor(() => expect(readdirSync(folder).some((name) => name.endsWith('.part'))).toBe(true));

it('a file that is being saved is saved to its end before the application ends, and none is opened any more', async () => {
  recordings.save(window, 'run-1');
  await isSaving();
  recordings.open(recording('next.heapline'), contents);
  let hasFinished = false;
  const finished = recordings.finish().then(() => (hasFinished = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect({ hasFinished, isThere: existsSync(filePath.value) }).toEqual({ hasFinished: false, isThere: false });
  gate.resolve();
  await finished;
  expect(readFileSync(filePath.value, 'utf8')).toBe('HEAPLINE');
  expect(openRecording).not.toHaveBeenCalled();
});

it('a file that is being opened is given up when the application ends', async () => {
  recordings.open(recording('large.heapline'), contents);
  await vi.waitFor(() => expect(openRecording).toHaveBeenCalledOnce());
  await recordings.finish();
  expect(told.at(-1)).toEqual({ kind: 'canceled' });
});

it('what is given up leaves nothing, and what was asked for after it is done', async () => {
  recordings.save(window, 'run-1');
  await isSaving();
  recordings.open(recording('next.heapline'), contents);
  recordings.cancel();
  gate.resolve();
  await vi.waitFor(() => expect(told.at(-1)).toEqual({ kind: 'opened', runId: 'opened' }));
  expect(told.map(({ kind }) => kind)).toEqual(['saving', 'canceled', 'opening', 'opened']);
  expect(readdirSync(folder)).toEqual(['next.heapline']);
});

it('a drive that does not answer any more keeps nobody from giving up or from ending the application', async () => {
  openRecording.mockImplementation(() => new Promise(() => {}));
  recordings.open(recording('far-away.heapline'), contents);
  recordings.open(recording('further.heapline'), contents);
  await vi.waitFor(() => expect(openRecording).toHaveBeenCalledTimes(1));
  recordings.cancel();
  await vi.waitFor(() => expect(openRecording).toHaveBeenCalledTimes(2));
  await recordings.finish();
  expect(told.filter(({ kind }) => kind === 'canceled')).toHaveLength(2);
});

it('a page that is gone breaks off no saving, nor what comes after it', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
  recordings.save(window, 'run-1');
  await isSaving();
  isPageGone = true;
  gate.resolve();
  recordings.open(recording('next.heapline'), contents);
  await vi.waitFor(() => expect(openRecording).toHaveBeenCalledOnce());
  await recordings.finish();
  expect(readFileSync(filePath.value, 'utf8')).toBe('HEAPLINE');
  expect(complaints).toHaveBeenCalled();
  complaints.mockRestore();
});

it('a file that is named before there is a page waits for it', async () => {
  const another = { isDestroyed: () => false } as Electron.WebContents;
  recordings.open(recording('first.heapline'), undefined);
  expect(openRecording).not.toHaveBeenCalled();
  gate.resolve();
  pages.listens(another);
  await vi.waitFor(() => expect(told.at(-1)).toEqual({ kind: 'opened', runId: 'opened' }));
});
