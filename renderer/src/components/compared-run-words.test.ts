import { describe, expect, it } from 'vitest';
import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import { endOf, ownParameters, policyOf, startTimeOf } from './compared-run-words.ts';

const description = (changes: Partial<RunDescription> = {}): RunDescription => ({
  runId: 'r',
  title: 'Pair',
  program: { kind: 'scenario', id: 'pair', parameters: { variant: 'fixed', objects: 5 } },
  gcPolicy: { kind: 'major', intervalMs: 500 },
  limits: { settleMs: 0, timeoutMs: 1 },
  startedAt: '2026-01-01T12:03:11.000Z',
  ...changes,
});

describe('words that tell a run from others', () => {
  it('name how it ended, or that it goes on', () => {
    expect(endOf({ description: description(), status: 'ended', outcome: 'timed-out' })).toBe('Timed out');
    expect(endOf({ description: description(), status: 'settling' })).toBe('Running');
    expect(endOf({ description: description(), status: 'ended' })).toBe('Ended');
  });

  it('name the GC policy, with its interval where it has one', () => {
    expect(policyOf(description())).toBe('Major · 500 ms');
    expect(policyOf(description({ gcPolicy: { kind: 'none', intervalMs: 500 } }))).toBe('Natural');
  });

  it('name what it was asked otherwise, of the same scenario only', () => {
    const broken = description({
      program: { kind: 'scenario', id: 'pair', parameters: { variant: 'broken', objects: 5 } },
    });
    expect(ownParameters(broken, description())).toEqual(['broken']);
    expect(ownParameters(description(), description())).toEqual([]);
    const many = description({
      program: { kind: 'scenario', id: 'pair', parameters: { variant: 'fixed', objects: 9 } },
    });
    expect(ownParameters(many, description())).toEqual(['objects 9']);
    const other = description({ program: { kind: 'scenario', id: 'other', parameters: { variant: 'x' } } });
    expect(ownParameters(other, description())).toEqual([]);
  });

  it('tell the time to the second, and nothing where there is none', () => {
    expect(startTimeOf(description())).toMatch(/\d\d:03:11/);
    expect(startTimeOf(description({ startedAt: 'long ago' }))).toBe('');
  });
});
