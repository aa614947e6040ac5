// First module of a utility process that runs a built-in scenario: loads the observer before the program, as
// `node --require` does elsewhere, and hands over. Utility processes do not take that option.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [observerPath, entryPath] = process.argv.slice(2);
if (observerPath === undefined || entryPath === undefined) {
  throw new Error('A utility process is started with the paths of the observer and of the program.');
}
// The program finds its own path and arguments where every program of Node does.
process.argv.splice(1, 2);
createRequire(entryPath)(observerPath);
// The module outlives this statement; an error in it is an unhandled rejection, as for every program.
void import(pathToFileURL(entryPath).href);
