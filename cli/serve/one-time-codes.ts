// Codes that stand in for the served host's token where other users can read along, such as in a list of arguments: each
// works once and for a short time. Runs in the served host.

import { createHash, randomBytes } from 'node:crypto';

/** A browser that has to start first may take this long on a busy machine. */
const CODE_LIFETIME_MS = 60_000;
const CODE_BYTES = 24;

export interface OneTimeCodes {
  /** @returns a code, safe in an address, that can be exchanged once for `destination` */
  issue(destination: string): string;
  /** True while `code` can be exchanged. */
  isValid(code: string | null): boolean;
  /** @returns what the code was issued for; undefined if it is unknown, has expired or was exchanged before */
  redeem(code: string | null): string | undefined;
}

/** @param clock in ms */
export function createOneTimeCodes(clock: () => number = () => performance.now()): OneTimeCodes {
  // Looked up by their digest, so that how long a wrong code takes says nothing about the right one.
  const digest = (code: string): string => createHash('sha256').update(code).digest('base64url');
  const issued = new Map<string, { readonly destination: string; readonly expiresAtMs: number }>();
  const find = (code: string | null): string | undefined => {
    const entry = code === null ? undefined : issued.get(digest(code));
    return entry !== undefined && clock() < entry.expiresAtMs ? entry.destination : undefined;
  };
  return {
    issue(destination) {
      const code = randomBytes(CODE_BYTES).toString('base64url');
      issued.set(digest(code), { destination, expiresAtMs: clock() + CODE_LIFETIME_MS });
      return code;
    },
    isValid: (code) => find(code) !== undefined,
    redeem(code) {
      const destination = find(code);
      if (code !== null) issued.delete(digest(code));
      return destination;
    },
  };
}
