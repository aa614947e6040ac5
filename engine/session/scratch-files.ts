// Scripts that a client sent as text: each becomes a file in a private folder, so that Node runs it as it would any other and
// its source can be shown as long as the engine lives. Runs in the session; called when a program is prepared.

import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { SCRIPT_EXTENSIONS } from '../protocol/run-description.ts';
import { messageOf } from './message-of.ts';
import { privateFolderPrefix } from './private-folders.ts';
import { Refused } from './refused.ts';
import { isScriptName } from './source-files.ts';

const MAXIMUM_NAME_CHARACTERS = 100;
/** Of `node_modules` above a working directory; deeper trees are not met with. */
const MAXIMUM_PACKAGE_FOLDERS = 32;

export interface ScratchFiles extends AsyncDisposable {
  /**
   * Writes a file of its own for each call. Packages are found as from `workingDirectory`: there is a link to each
   * `node_modules` above it. Relative imports are not, for the file does not lie there.
   * @returns the file's real path
   * @throws Refused `bad-file`; `not-available` once it is disposed of
   */
  write(name: string, text: string, workingDirectory?: string): Promise<string>;
}

export function createScratchFiles(): ScratchFiles {
  let root: Promise<string> | undefined;
  let written = 0;
  let isDisposed = false;
  return {
    async write(name, text, workingDirectory) {
      checkName(name);
      if (isDisposed) throw new Refused('not-available', 'The engine is closing.');
      // The folder is this user's alone: mkdtemp makes it so.
      root ??= mkdtemp(privateFolderPrefix(tmpdir(), 'scratch')).then((path) => realpath(path));
      try {
        let folder = join(await root, String((written += 1)));
        await mkdir(folder);
        const packageFolders = workingDirectory === undefined ? [] : await packageFoldersAbove(workingDirectory);
        // The farthest outermost, so that Node meets them in the same order on its way up.
        for (const [depth, packages] of packageFolders.reverse().entries()) {
          if (depth > 0) {
            folder = join(folder, 'inner');
            await mkdir(folder);
          }
          await symlink(packages, join(folder, 'node_modules'), 'junction');
        }
        const path = join(folder, name);
        await writeFile(path, text, { mode: 0o600 });
        return path;
      } catch (error) {
        const problem = messageOf(error);
        throw new Refused('bad-file', `The script could not be written to a file: ${problem}.`);
      }
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      const path = await root?.catch(() => undefined);
      if (path !== undefined) await rm(path, { recursive: true, force: true }).catch(() => {});
    },
  };
}

function checkName(name: string): void {
  const isFileName = basename(name) === name && !/[\\/:*?"<>|\0-\x1f]/.test(name) && !name.startsWith('.');
  if (!isFileName || name.length > MAXIMUM_NAME_CHARACTERS || !isScriptName(name)) {
    throw new Refused(
      'bad-file',
      `${JSON.stringify(name)} is no name for a script. Allowed: a file name that ends in ${SCRIPT_EXTENSIONS.join(', ')}.`,
    );
  }
}

/** Every `node_modules` in which Node looks from a file in `folder`, nearest first. */
async function packageFoldersAbove(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (let at = await realpath(folder); found.length < MAXIMUM_PACKAGE_FOLDERS; at = dirname(at)) {
    const packages = join(at, 'node_modules');
    // Where there is none, Node looks further up, too.
    const isThere = await readdir(packages).then(
      () => true,
      () => false,
    );
    if (isThere && basename(at) !== 'node_modules') found.push(packages);
    if (dirname(at) === at) break;
  }
  return found;
}
