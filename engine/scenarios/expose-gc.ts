// The collector for a program that needs a collection at one certain place: what the flag --expose-gc puts on the global
// object, for a process that was started without it. Runs in the observed process.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** @returns V8's `gc` function; each call collects before it returns */
export function exposeGc(): (options: { type: 'minor' | 'major' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
