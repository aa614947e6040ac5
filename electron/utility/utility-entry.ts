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
// Electron only warns of a rejection that nobody handles, and the process would go on without its program. Everywhere else it
// ends the process, unless the program listens for it: so it does here.
process.on('unhandledRejection', (reason) => {
  if (process.listenerCount('unhandledRejection') > 1) return;
  const emit = process.emit.bind(process) as (event: string | symbol, ...words: unknown[]) => boolean;
  // Thrown from here, it would be told as an exception like any other.
  const tell: typeof emit = (event, ...words) =>
    words[0] === reason && (event === 'uncaughtExceptionMonitor' || event === 'uncaughtException')
      ? emit(event, reason, 'unhandledRejection')
      : emit(event, ...words);
  process.emit = tell as typeof process.emit;
  throw reason;
});
// The module outlives this statement; an error in it is an unhandled rejection, as for every program.
void import(pathToFileURL(entryPath).href);
