// One watch of a program that runs already: starts the companion beside it, observes, and takes everything back when the
// watch is over. Runs in the program's thread, which never waits here but at its own exit.

import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { revealGarbageCollector, showToCompanion, type GarbageCollect } from './garbage-collector.ts';
import { createHeapSnapshots } from './heap-snapshot.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { ObserveContext } from './observe-context.ts';
import { superviseWatchedExit } from './observe-exit.ts';
import { observeCollectionsWhenIdle, observeMarks } from './performance-entries.ts';
import type { CompanionData, CompanionMessage, ProbeMessage } from './probe-message.ts';
import { createRowWriter } from './row-writer.ts';
import { Cell, Clock, createSharedColumns, State } from './shared-columns.ts';
import { createSiteRecorder } from './site-recorder.ts';
import { threadHasInspector } from './thread-inspector.ts';

const LOOK_INTERVAL_MS = 20;
/** A program that somebody uses rather loses rows, which is said, than wait longer than this for its observer. */
const MAXIMUM_WAIT_MS = 50;
/** A companion that is not ready by then is given up. */
const COMPANION_START_LIMIT_MS = 15_000;

/** A watch that has begun. It ends by itself: when Heapline leaves, or dies, or the process ends. */
export interface Watch {
  readonly startedAtMs: number;
}

type StartWatch = (optionsJson: string, onEnd: (message: string) => void) => Watch;

/** Makes what starts watches; one at a time. `onEnd` is called once everything is taken back, with the reason. */
export function createWatcher(context: ObserveContext): StartWatch {
  const { now, timers, registries } = context;
  // One for all watches: revealing it makes a realm.
  let garbageCollect: GarbageCollect | undefined;

  return (optionsJson, onEnd) => {
    garbageCollect ??= revealGarbageCollector();
    const startedAtMs = now();
    const columns = createSharedColumns();
    const { control, clock } = columns;
    clock[Clock.hrtimeOffset] = context.monotonicMs() - startedAtMs;
    const state = () => Atomics.load(control, Cell.state);
    const giveUp = () => {
      Atomics.store(control, Cell.state, State.unavailable);
      Atomics.notify(control, Cell.state);
    };

    const { port1: port, port2: companionPort } = new MessageChannel();
    const tell = (message: ProbeMessage) => port.postMessage(message);
    const hide = showToCompanion(garbageCollect, createHeapSnapshots(columns, now).writeWanted);
    const companionData: CompanionData = {
      columns: columns.buffer,
      optionsJson,
      port: companionPort,
      shownIn: threadHasInspector() ? 'process' : 'nowhere',
    };
    let companion: Worker | undefined;
    /** Ends observing, and tells what is still pending. */
    let stopObserving: (() => void) | undefined;
    let hasEnded = false;

    const exit = superviseWatchedExit({
      control,
      now,
      isOwnWorker: (worker) => worker === companion,
      tellUncaught: (error, origin) => tell({ type: 'uncaught', atMs: now(), origin, error }),
      tellLast() {
        stopObserving?.();
        tell({ type: 'exiting' });
      },
    });

    function begin(): void {
      const rows = createRowWriter(columns, now, { maximumWaitMs: MAXIMUM_WAIT_MS });
      const sites = createSiteRecorder((site) => tell({ type: 'site', site }));
      clock[Clock.programStart] = now();
      clock[Clock.heartbeat] = now();
      clock[Clock.firstRecord] = registries.observe(rows, sites, (warning) =>
        tell({ type: 'warning', atMs: now(), ...warning }),
      );
      const entries = [observeMarks(tell), observeCollectionsWhenIdle(tell)];
      const heartbeat = startHeartbeat(columns, rows, now, timers);
      stopObserving = () => {
        stopObserving = undefined;
        registries.pause();
        heartbeat.stop();
        clock[Clock.heartbeat] = now();
        rows.settleTimes();
        for (let index = 0; index < entries.length; index++) {
          entries[index]!.tellPending();
          entries[index]!.stop();
        }
      };
      // Last: from here on the companion sends what it finds.
      Atomics.store(control, Cell.state, State.started);
      Atomics.notify(control, Cell.state);
    }

    function end(message: string): void {
      if (hasEnded) return;
      hasEnded = true;
      timers.clearInterval(timer);
      stopObserving?.();
      exit.restore();
      hide();
      port.close();
      if (companion === undefined) return onEnd(message);
      void companion.terminate().then(() => onEnd(message));
    }

    const look = () => {
      switch (state()) {
        case State.ready:
          hide();
          begin();
          break;
        case State.flushed:
          end('It is not watched any more.');
          break;
        case State.unavailable:
          end('Its observer could not be started.');
          break;
        case State.starting:
        case State.connected:
          if (now() - startedAtMs > COMPANION_START_LIMIT_MS) giveUp();
          break;
        default:
          break;
      }
    };
    const timer = timers.setInterval(look, LOOK_INTERVAL_MS);
    timer.unref();

    port.on('message', ({ type }: CompanionMessage) => {
      if (type !== 'leave' || hasEnded) return;
      registries.pause();
      // Collections are told a turn after they happened.
      setImmediate(() => setImmediate(() => exit.leave()));
    });
    port.unref();

    try {
      companion = new Worker(join(context.partsFolder, 'companion.cjs'), {
        execArgv: [],
        // Nothing in it may concern the companion: it would load what NODE_OPTIONS names.
        env: {},
        workerData: companionData,
        transferList: [companionPort],
        name: 'heapline-companion',
        // Otherwise Node would open the program's own streams for it.
        stdout: true,
        stderr: true,
        trackUnmanagedFds: false,
      });
      companion.unref();
      // Without a listener an error inside the companion would be thrown in the program.
      companion.on('error', giveUp);
      companion.on('exit', () => {
        if (state() < State.flushed) giveUp();
      });
    } catch (error) {
      context.debug(`The companion could not be started: ${String(error)}`);
      giveUp();
    }
    return { startedAtMs };
  };
}
