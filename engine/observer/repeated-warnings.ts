// Warnings about what happens again and again: one for each key, reported when its count has doubled, and at the end. Runs
// in the program's thread.

import { mapGet, mapSet } from './intrinsics.ts';

interface Repeated<Warning> {
  count: number;
  reported: number;
  describe: (count: number) => Warning;
}

export interface RepeatedWarnings<Warning> {
  /** Counts one more. `describe` makes the warning for a count; it must hold nothing of the program's. */
  note(key: string, describe: (count: number) => Warning): void;
  /** Reports the counts that are not reported yet. */
  tellPending(): void;
}

const MAXIMUM_KEYS = 256;

export function createRepeatedWarnings<Warning extends object>(
  warn: (warning: Warning & { key: string }) => void,
): RepeatedWarnings<Warning> {
  const byKey = new Map<string, Repeated<Warning>>();
  const all: [key: string, repeated: Repeated<Warning>][] = [];
  const report = (key: string, repeated: Repeated<Warning>) => {
    repeated.reported = repeated.count;
    warn({ ...repeated.describe(repeated.count), key });
  };
  return {
    note(key, describe) {
      let repeated = mapGet(byKey, key) as Repeated<Warning> | undefined;
      if (repeated === undefined) {
        if (all.length === MAXIMUM_KEYS) return;
        mapSet(byKey, key, (repeated = { count: 0, reported: 0, describe }));
        all[all.length] = [key, repeated];
      }
      repeated.describe = describe;
      repeated.count++;
      if (repeated.count >= 2 * repeated.reported) report(key, repeated);
    },
    tellPending() {
      for (let index = 0; index < all.length; index++) {
        const [key, repeated] = all[index]!;
        if (repeated.count > repeated.reported) report(key, repeated);
      }
    },
  };
}
