// Whether the program's thread has an inspector. Runs in the program's thread, before the companion is started: a companion
// that connects to a thread without one ends the process with a failed assertion.

const TEST_RUNNER = /^--test$/;
const TESTS_IN_THIS_PROCESS = /^--(experimental-)?test-isolation=none$/;
const WATCH_MODE = /^--watch(-path\b.*)?$/;

/**
 * Node makes none for a test runner that runs each file in a process of its own, and none in watch mode
 * (`should_create_inspector` in Node's src/env-inl.h); the permission model forbids it unless it is allowed.
 */
export function threadHasInspector(): boolean {
  const has = (option: RegExp) => process.execArgv.some((word) => option.test(word));
  if (has(WATCH_MODE) || (has(TEST_RUNNER) && !has(TESTS_IN_THIS_PROCESS))) return false;
  return process.permission?.has('inspector') ?? true;
}
