// Puts built files in place so that a reader at any moment sees the old ones or the new ones, never half of one:
// several processes (tests, a running host, a second build) may look at out/ while it is being built.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const temporaryName = (path: string) => `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;

/** Writes a file by way of a temporary one beside it. A file that already holds exactly this is left alone. */
export async function writeFileAtomically(path: string, content: string, mode = 0o644): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === content) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, content, { mode });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Puts the finished folder `source` in the place of `target`. Both are on one file system. */
export async function replaceFolder(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  // Another build may put its own folder there between our two renames; then ours, which is newer, tries again.
  for (let attempt = 1; ; attempt++) {
    const old = temporaryName(target);
    const hadOld = await rename(target, old).then(
      () => true,
      () => false,
    );
    try {
      await rename(source, target);
      if (hadOld) await rm(old, { recursive: true, force: true });
      return;
    } catch (error) {
      if (hadOld) await rm(old, { recursive: true, force: true });
      if (attempt === 5) throw error;
    }
  }
}
