// `node --import heapline/observe app.js` (or --require): lets a Heapline that listens watch this program. Loaded before
// the program, in its thread; until a Heapline is found, all it does is to look for one now and then.

import { mapForEach } from './intrinsics.ts';
import { hasSubscribers } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { debuglog } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import type { ObserveContext } from './observe-context.ts';
import { createRendezvousFinder, type Rendezvous } from './observe-rendezvous.ts';
import type { Target } from './observe-target.ts';
import { createRegistryObserver } from './observed-registry.ts';

const LOOK_INTERVAL_MS = 1_000;
/** One that did not answer, or closed the connection, is tried again after so many looks. */
const LOOKS_BEFORE_RETRY = 30;

function observe(load: NodeJS.Require): void {
  const debug = debuglog('heapline');
  const finder = createRendezvousFinder((message) => debug('%s', message));
  const context: ObserveContext = {
    registries: createRegistryObserver(globalThis),
    timers: { setInterval, clearInterval },
    now: performance.now.bind(performance),
    monotonicMs: (
      (hrtime) => () =>
        Number(hrtime()) / 1e6
    )(process.hrtime.bigint),
    partsFolder: __dirname,
    debug: (message) => debug('%s', message),
  };
  /** Of each one that is known, the look in which it may be tried again; Infinity while it is connected. */
  const retryAt = new Map<string, number>();
  let looks = 0;
  let target: Target | undefined;

  const meet = (rendezvous: Rendezvous) => {
    // Loaded for the first Heapline there is: sockets, threads and the inspector are nothing to a program without one.
    target ??= (load(join(__dirname, 'observe-target.cjs')) as typeof import('./observe-target.ts')).createTarget(
      context,
    );
    retryAt.set(rendezvous.key, Infinity);
    target.meet(rendezvous, () => retryAt.set(rendezvous.key, looks + LOOKS_BEFORE_RETRY));
  };
  const look = () => {
    looks++;
    // Nothing here asks for an iterator: the program may have replaced them.
    mapForEach(retryAt, (at: number, key: string) => {
      if (at <= looks) retryAt.delete(key);
    });
    const found = finder.find((key) => retryAt.has(key));
    for (let index = 0; index < found.length; index++) meet(found[index]!);
  };
  setInterval(look, LOOK_INTERVAL_MS).unref();
}

// A program that Heapline itself has started is observed already: the probe listens here, and leaves no other trace. The
// program's own workers are not observed.
if (isMainThread && !hasSubscribers('heapline:picture')) observe(createRequire(__filename));
