// Parts of the program that the observer does not follow: workers, child processes that run Node, `vm` contexts. They are
// counted, so that "0 registered" is not taken for "nothing there". Runs in the program's thread.

import type { ChildProcess } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { basename } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import type { ObserverWarning } from './observed-registry.ts';
import { createRepeatedWarnings } from './repeated-warnings.ts';

/** A single one is often made for its globals alone, such as `gc`. It is reported only of a program that registers nothing. */
const SINGLE_CONTEXT = 1;
/** How often contexts are counted, in heartbeats of 20 ms: they can only be counted while they live. */
const BEATS_PER_LOOK = 10;
const NODE_COMMAND = /(?:^|[\s/;&|])(?:node|npm|npx)(?:\.exe)?(?:[\s"']|$)/;

export interface UnobservedParts {
  /** Looks at what has come since; called at each heartbeat. */
  look(): void;
  /** The same at the end, and reports what is not reported yet. */
  tellPending(): void;
}

export function watchUnobservedParts(
  warn: (warning: ObserverWarning) => void,
  hasRegistrations: () => boolean,
): UnobservedParts {
  const warnings = createRepeatedWarnings<ObserverWarning>(warn);
  const ownContexts = getHeapStatistics().number_of_native_contexts;
  const { execPath } = process;
  let beats = 0;
  let mostContexts = 0;
  /** They have no command yet when they are announced. */
  let newChildren: ChildProcess[] = [];

  channel('worker_threads').subscribe(() => {
    warnings.note('workers', (count) => ({
      code: 'workers-are-not-observed',
      message:
        `The program started ${count === 1 ? 'a worker' : `${count} workers`}. ` +
        'Registries in its main thread are observed; those in its workers are not.',
    }));
  });
  channel('child_process').subscribe((message) => {
    const child = (message as { process?: ChildProcess }).process;
    if (child !== undefined) newChildren[newChildren.length] = child;
  });

  function isNode({ spawnfile, spawnargs }: Partial<ChildProcess>): boolean {
    if (typeof spawnfile !== 'string') return false;
    if (spawnfile === execPath || /^node(?:\.exe)?$/.test(basename(spawnfile))) return true;
    // `exec` runs a shell, with the command as its last argument.
    const command: unknown = Array.isArray(spawnargs) ? spawnargs[spawnargs.length - 1] : undefined;
    return (
      /^(?:\w*sh|cmd\.exe)$/.test(basename(spawnfile)) && typeof command === 'string' && NODE_COMMAND.test(command)
    );
  }

  function lookAtChildren(): void {
    if (newChildren.length === 0) return;
    const children = newChildren;
    newChildren = [];
    for (let index = 0; index < children.length; index++) {
      if (!isNode(children[index]!)) continue;
      warnings.note('child-processes', (count) => ({
        code: 'child-processes-are-not-observed',
        message:
          `The program started ${count === 1 ? 'a child process that runs' : `${count} child processes that run`} Node. ` +
          'Registries in its own process are observed; those in its child processes are not.',
      }));
    }
  }

  function lookAtContexts(isAtEnd: boolean): void {
    const contexts = getHeapStatistics().number_of_native_contexts - ownContexts;
    if (contexts <= SINGLE_CONTEXT && !(isAtEnd && !hasRegistrations())) return;
    for (; mostContexts < contexts; mostContexts++) {
      warnings.note('vm-contexts', (count) => ({
        code: 'contexts-are-not-observed',
        message:
          `The program runs code in ${count === 1 ? 'a vm context' : `at least ${count} vm contexts`} of its own. ` +
          'Registries made there (as by tests under jest or scripts under jsdom) are not observed.',
      }));
    }
  }

  return {
    look() {
      lookAtChildren();
      if (++beats % BEATS_PER_LOOK === 0) lookAtContexts(false);
    },
    tellPending() {
      lookAtChildren();
      lookAtContexts(true);
      warnings.tellPending();
    },
  };
}
