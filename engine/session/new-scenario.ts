// Writes a new scenario of the user's own from the template. Runs in the session, for `new-scenario` and `heapline new`.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { messageOf } from './message-of.ts';
import { MAXIMUM_ID_CHARACTERS } from './own-declaration.ts';
import { Refused } from './refused.ts';
import { isScriptName } from './source-files.ts';

/** What stands in the template for the new scenario's own. */
const TEMPLATE_ID = 'my-scenario';
const TEMPLATE_TITLE = 'My scenario';

export interface NewScenario {
  readonly path: string;
  readonly id: string;
}

/**
 * The folder is made if it is not there; a file that is there is never written over.
 * @param isTaken whether another scenario has this id
 * @throws Refused `bad-path`
 */
export async function writeNewScenario(
  name: string,
  options: { readonly folder: string; readonly templatePath: string; readonly isTaken: (id: string) => boolean },
): Promise<NewScenario> {
  const { id, title } = namesOf(name);
  if (options.isTaken(id)) {
    throw new Refused('bad-path', `There is a scenario ${id} already. Allowed: another name.`);
  }
  const path = join(options.folder, `${id}.mjs`);
  const template = await readFile(options.templatePath, 'utf8');
  const text = template.replaceAll(TEMPLATE_ID, id).replace(quoted(TEMPLATE_TITLE), () => quoted(title));
  try {
    await mkdir(options.folder, { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') throw new Refused('bad-path', `There is a file ${path} already. Allowed: another name.`);
    throw new Refused('bad-path', `The scenario could not be written: ${messageOf(error)}.`);
  }
  return { path, id };
}

/** `Leaky Cache` → `leaky-cache`. @throws Refused `bad-path` */
function namesOf(name: string): { id: string; title: string } {
  const trimmed = name.trim();
  const bare = isScriptName(trimmed) ? trimmed.slice(0, -extname(trimmed).length) : trimmed;
  const id = bare
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  if (id === '' || id.length > MAXIMUM_ID_CHARACTERS || /[\\/:*?"<>|\p{Cc}]/u.test(bare) || bare.startsWith('.')) {
    throw new Refused(
      'bad-path',
      `${JSON.stringify(name)} is no name for a scenario. Allowed: letters, digits, blanks and hyphens, at most ${MAXIMUM_ID_CHARACTERS} characters.`,
    );
  }
  const words = bare === id ? id.replaceAll('-', ' ') : bare;
  return { id, title: words.charAt(0).toUpperCase() + words.slice(1) };
}

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
