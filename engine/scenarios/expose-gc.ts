// The collector for a program that needs a collection at one certain place: what the flag --expose-gc puts on the global
// object, for a process that was started without it. Runs in the observed process.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** @returns a function that collects before it returns, each time it is called */
export function exposeGc(): (options: { type: 'minor' | 'major' }) => void {
  setFlagsFromString('--expose-gc');
  const gc: (options?: { type: 'minor' }) => void = runInNewContext('gc');
  // The V8 of Node 20 knows no { type: 'major' }: to it, any other argument asks for a minor collection.
  return ({ type }) => (type === 'minor' ? gc({ type }) : gc());
}
