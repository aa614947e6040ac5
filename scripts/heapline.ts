// `npm run heapline -- <arguments>`: the built command, from a checkout. Its arguments and its exit status are its own.

import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ensureBuilt, projectFolder } from './built-parts.ts';

const isServing = process.argv[2] === 'serve';
if (await ensureBuilt(isServing ? 'application' : 'engine')) {
  await import(pathToFileURL(join(projectFolder, 'out', 'cli', 'heapline.js')).href);
} else {
  process.exitCode = 2;
}
