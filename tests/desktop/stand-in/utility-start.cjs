// Loaded first in a process that stands in for a utility process of Electron: what such a process is by itself. Its
// event loop is kept alive by what started it, so that `beforeExit` never comes, and nothing in it shows why. Of a rejection
// that nobody handles it only warns, by an option.

'use strict';
const { isMainThread } = process.getBuiltinModule('node:worker_threads');

if (isMainThread) {
  const { EventEmitter } = process.getBuiltinModule('node:events');
  const { Socket } = process.getBuiltinModule('node:net');
  // These are no options that the program was given.
  process.execArgv.splice(0, 3);
  Object.defineProperty(process, 'type', { value: 'utility', enumerable: true });
  Object.defineProperty(process, 'parentPort', { value: new EventEmitter(), enumerable: true });
  // Its other end is held by the application; with that, it ends.
  const kept = new Socket({ fd: 3 });
  kept.on('error', () => process.kill(process.pid, 'SIGKILL'));
  kept.on('close', () => process.kill(process.pid, 'SIGKILL'));
  kept.resume();
  const { getActiveResourcesInfo } = process;
  process.getActiveResourcesInfo = function () {
    const resources = getActiveResourcesInfo.call(this);
    const own = resources.indexOf('PipeWrap');
    return own === -1 ? resources : resources.toSpliced(own, 1);
  };
}
