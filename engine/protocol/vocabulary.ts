// The words that the observer, the session, the interface and the JSON document share.
// Columns carry an index into these lists, so their order is part of the protocol.

/** What became of one registration. The order is the code used in `verdicts` columns. */
export const VERDICTS = [
  'unknown',
  'finalized',
  'unregistered',
  'alive',
  'callback-pending',
  'registry-collected',
  'exited-first',
  'callback-threw',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * Why a registration has its verdict. The order is the code used in `verdicts` columns.
 * `no-major-gc` and `survived-major-gc` tell the two kinds of `alive` apart: only mark-compact clears all
 * registrations, so an object that no major GC has visited may well be unreachable.
 */
export const VERDICT_REASONS = [
  'none',
  'callback-ran',
  'callback-threw-error',
  'token-unregistered',
  'no-major-gc',
  'survived-major-gc',
  'thread-blocked-after-gc',
  'process-ended-before-settling',
  'registry-was-collected',
  'rows-were-dropped',
  /** A heap snapshot found a path from a root to it. */
  'reachable-in-snapshot',
  /** A heap snapshot found its weak cell cleared, and its callback had not been called. */
  'cleared-in-snapshot',
  /** What was recorded and what a heap snapshot shows cannot both be right. */
  'facts-contradict',
  /** Its callback was entered and had not returned by the end: it exits the process, or loops, or was ended. */
  'callback-not-returned',
  /** The observer was gone before the process was. */
  'observation-ended',
] as const;
export type VerdictReason = (typeof VERDICT_REASONS)[number];

/**
 * What keeps an object alive. `not-collected-yet`: nothing reaches it, and no mark-compact has run since it
 * was let go. The others name the edge whose removal would let it go. `closure`: a variable in a function's context.
 */
export const CAUSES = [
  'unknown',
  'not-collected-yet',
  'held-value',
  'cleanup-callback',
  'closure',
  'module-variable',
  'global-variable',
  'map-entry',
  'set-entry',
  'array-element',
  'object-property',
  'private-field',
  'event-listener',
  'timer',
  'abort-signal-listener',
  'pending-promise',
  'suspended-function',
  'weak-map-key',
  /** Node's own machinery, which a public API controls. */
  'node-api',
] as const;
export type Cause = (typeof CAUSES)[number];

/**
 * What may be guessed of a scenario's objects before its run. `late`: their callbacks run, but long after they were
 * collected or let go of. `dies`: the process ends on an error before that.
 */
export const ENDINGS = ['finalized', 'never', 'late', 'dies'] as const;
export type Ending = (typeof ENDINGS)[number];

/** How a run came to its end. */
export const OUTCOME_STATUSES = [
  'completed',
  'stopped',
  'timed-out',
  'out-of-memory',
  'exited',
  'threw',
  'crashed',
] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];

/**
 * Who collects garbage during a run: nobody but V8 (`none`), forced scavenges (`minor`), forced mark-compacts
 * (`major`), or allocations in the program's thread that make V8 collect by itself (`pressure`).
 */
export const GC_POLICY_KINDS = ['none', 'minor', 'major', 'pressure'] as const;
export type GcPolicyKind = (typeof GC_POLICY_KINDS)[number];

/** Kinds of collection. The order is the code used in `collections` columns. */
export const COLLECTION_KINDS = ['minor', 'major'] as const;
export type CollectionKind = (typeof COLLECTION_KINDS)[number];

/** Fails to compile where a switch over a tagged union misses a member; throws where the data lied. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
