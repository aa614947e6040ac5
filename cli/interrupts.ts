// Ctrl-C and SIGTERM: the first asks for an orderly end, the second wants one now.

import { disposable, type Disposable } from '../engine/protocol/port.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The status by which a shell tells that a signal ended a command: 128 + the signal's number. */
const STATUS_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** npm passes a Ctrl-C on to a command to which the terminal has already sent it: one key, two signals. */
const SAME_INTERRUPT_MS = 300;

/** @param second is given the exit status that tells of the signal */
export function onInterrupts(first: () => void, second: (exitStatus: number) => void): Disposable {
  let firstAtMs: number | undefined;
  const listeners = SIGNALS.map((signal) => {
    const listener = () => {
      if (firstAtMs === undefined) {
        firstAtMs = performance.now();
        first();
      } else if (performance.now() - firstAtMs > SAME_INTERRUPT_MS) second(STATUS_OF_SIGNAL[signal]);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return disposable(() => listeners.forEach((stopListening) => stopListening()));
}
