// The file of one heap snapshot, in a private folder of its own: it holds everything that the program had in memory.
// Runs in the session; the observed process writes into it.

import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolderPrefix, removePrivateFolder } from './private-folders.ts';

export interface SnapshotFile extends Disposable {
  readonly path: string;
  /** 0 as long as there is none. */
  bytes(): number;
}

/** Disposing removes file and folder. @throws if the folder cannot be made */
export function createSnapshotFile(parentFolder: string): SnapshotFile {
  // mkdtemp makes the folder with mode 0700.
  const folder = mkdtempSync(privateFolderPrefix(parentFolder, 'snapshot'));
  const path = join(folder, 'program.heapsnapshot');
  return {
    path,
    bytes: () => statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    [Symbol.dispose]: () => removePrivateFolder(folder),
  };
}
