import { describe, expect, it } from 'vitest';
import { classifyOutcome, type OutcomeFacts } from './outcome.ts';

const facts: OutcomeFacts = {
  exit: { exitCode: 0, signal: null },
  killedBecause: undefined,
  timeoutMs: 60_000,
  observedUntilMs: undefined,
  uncaught: undefined,
  ending: { type: 'observer-ending', atMs: 100, exitCode: 0, settled: true },
  settled: true,
  saidOutOfMemory: false,
  stderrTail: [],
};
const exitCalled = { type: 'observer-ending', atMs: 1, exitCode: 0, settled: false } as const;
const uncaught = {
  type: 'observer-uncaught',
  atMs: 5,
  origin: 'unhandledRejection',
  error: { name: 'TypeError', message: 'not a function', stack: 'TypeError: not a function\n    at x.js:1:1' },
} as const;
const killed = { exit: { exitCode: null, signal: 'SIGKILL' }, ending: undefined };

describe('classifyOutcome', () => {
  it.each<[string, Partial<OutcomeFacts>, object]>([
    ['the loop ran dry', {}, { status: 'completed', exitCode: 0 }],
    ['process.exit(0)', { ending: exitCalled, settled: false }, { status: 'exited', exitCode: 0 }],
    ['process.exit(3)', { exit: { exitCode: 3, signal: null }, ending: exitCalled }, { status: 'exited', exitCode: 3 }],
    ['process.exitCode = 3', { exit: { exitCode: 3, signal: null } }, { status: 'exited', exitCode: 3 }],
    ['an end that was not observed', { ending: undefined, observedUntilMs: 2_000 }, { status: 'exited', exitCode: 0 }],
    ['an end that nobody observed', { ending: undefined }, { status: 'completed' }],
    [
      'a top-level await that never settled',
      { exit: { exitCode: 13, signal: null } },
      { status: 'exited', message: expect.stringContaining('await') },
    ],
    [
      'an uncaught error',
      { exit: { exitCode: 1, signal: null }, ending: exitCalled, uncaught },
      {
        status: 'threw',
        message: 'Uncaught TypeError: not a function',
        error: { ...uncaught.error, origin: 'unhandledRejection' },
      },
    ],
    ['an uncaught error that the program handled', { uncaught }, { status: 'completed' }],
    [
      'exit code 1 without an error',
      { exit: { exitCode: 1, signal: null }, ending: exitCalled },
      { status: 'exited', exitCode: 1 },
    ],
    ['a stop', { ...killed, killedBecause: 'stopped' }, { status: 'stopped' }],
    ['a stop that came too late', { killedBecause: 'stopped' }, { status: 'completed' }],
    [
      'a timeout',
      { ...killed, killedBecause: 'timed-out', settled: false },
      { status: 'timed-out', message: 'The program still ran after 60 s, and was ended.' },
    ],
    [
      'a timeout while settling',
      { ...killed, killedBecause: 'timed-out' },
      { status: 'timed-out', message: expect.stringContaining('settle') },
    ],
    ['somebody else’s signal', killed, { status: 'crashed', signal: 'SIGKILL' }],
    [
      'no memory left',
      { ...killed, exit: { exitCode: null, signal: 'SIGABRT' }, saidOutOfMemory: true },
      { status: 'out-of-memory' },
    ],
    [
      'no memory left, where signals do not exist',
      { exit: { exitCode: 134, signal: null }, ending: undefined, saidOutOfMemory: true },
      { status: 'out-of-memory' },
    ],
    [
      'no memory left, as the launcher heard',
      { exit: { exitCode: 5, signal: null, fatalError: 'V8 fatal error: OOM' }, ending: undefined },
      { status: 'out-of-memory' },
    ],
    [
      'a signal, where it comes as an exit code',
      { exit: { exitCode: 11, signal: null, possibleSignal: 'SIGSEGV' }, ending: undefined },
      { status: 'crashed', signal: 'SIGSEGV', message: 'Ended by SIGSEGV.' },
    ],
    [
      'an exit code that could be a signal’s, and is the program’s own',
      { exit: { exitCode: 11, signal: null, possibleSignal: 'SIGSEGV' }, ending: exitCalled },
      { status: 'exited', exitCode: 11 },
    ],
    [
      'a fatal error of V8, where signals do not exist',
      { exit: { exitCode: 5, signal: null, fatalError: 'v8::ToLocalChecked\nEmpty MaybeLocal' }, ending: undefined },
      { status: 'crashed', message: expect.stringContaining('Empty MaybeLocal') },
    ],
    [
      'a fatal error with a word that only looks like it',
      { exit: { exitCode: 5, signal: null, fatalError: 'no room' }, ending: undefined },
      { status: 'crashed', message: 'Ended by SIGABRT: no room.' },
    ],
    [
      'an orderly end of a program that only writes about memory',
      { exit: { exitCode: 1, signal: null }, ending: exitCalled, saidOutOfMemory: true },
      { status: 'exited' },
    ],
    [
      'an abort, where signals do not exist',
      { exit: { exitCode: 134, signal: null }, ending: undefined },
      { status: 'crashed', signal: 'SIGABRT' },
    ],
    [
      'a launch that failed',
      { exit: { exitCode: null, signal: null, launchProblem: 'No such node.' } },
      { status: 'crashed', message: 'No such node.' },
    ],
  ])('%s', (_end, known, expected) => {
    expect(classifyOutcome({ ...facts, ...known })).toMatchObject(expected);
  });

  it('finds the error that Node printed, among other lines', () => {
    const stderrTail = [
      'Error: only a log line',
      '/x.js:3',
      '  boom()',
      '  ^',
      '',
      'Foo.BarError [ERR_BAR]: it broke',
      '    at boom (/x.js:3:1) {',
      "  code: 'ERR_BAR'",
      '}',
      '',
      'Node.js v24.0.0',
    ];
    const outcome = classifyOutcome({ ...facts, exit: { exitCode: 1, signal: null }, ending: undefined, stderrTail });
    expect(outcome).toMatchObject({ status: 'threw', error: { name: 'Foo.BarError', message: 'it broke' } });
    expect(outcome.error?.stack.split('\n')[0]).toBe('Foo.BarError [ERR_BAR]: it broke');
  });
});
