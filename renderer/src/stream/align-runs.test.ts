import { describe, expect, it } from 'vitest';
import type { RunBatchOf } from '../../../engine/protocol/run-batch.ts';
import { offsetsFor, sharedMoments } from './align-runs.ts';
import { createRunStream } from './create-run-stream.ts';

type Mark = RunBatchOf<'marks'>['items'][number];

function streamWith(...items: Mark[]) {
  const stream = createRunStream();
  stream.apply(0, { type: 'marks', items });
  return stream;
}
const mark = (name: string, atMs: number, kind: Mark['kind'] = 'user-mark'): Mark => ({ kind, name, atMs });

describe('moments that two runs share', () => {
  it('begin with the start, and are in B’s order of time', () => {
    const a = streamWith(mark('loaded', 50), mark('only in A', 60), mark('', 900, 'settle-started'));
    const b = streamWith(mark('', 700, 'settle-started'), mark('loaded', 80), mark('only in B', 90));
    expect(sharedMoments(a, b)).toEqual([
      { key: 'start', title: 'start', aMs: 0, bMs: 0 },
      { key: 'mark:loaded', title: 'loaded', aMs: 50, bMs: 80 },
      { key: 'settle-started', title: 'program ended', aMs: 900, bMs: 700 },
    ]);
  });

  it('are the first of a mark that comes again', () => {
    const a = streamWith(mark('request', 10), mark('request', 20));
    const b = streamWith(mark('request', 40), mark('request', 30));
    expect(sharedMoments(a, b)[1]).toEqual({ key: 'mark:request', title: 'request', aMs: 10, bMs: 30 });
  });

  it('leave out what the observer says of itself, and releases', () => {
    const own = ['release', 'gc-requested', 'observer-waited', 'heap-snapshot', 'gc-policy-changed'] as const;
    const streams = [1, 2].map((atMs) => streamWith(...own.map((kind) => mark('x', atMs, kind))));
    expect(sharedMoments(streams[0]!, streams[1]!).map(({ key }) => key)).toEqual(['start']);
  });

  it('take a user’s mark called as the program’s end for what it is', () => {
    const a = streamWith(mark('settle-started', 10));
    const b = streamWith(mark('', 20, 'settle-started'));
    expect(sharedMoments(a, b)).toHaveLength(1);
  });
});

describe('offsets on the axis', () => {
  it('let the moments coincide without a time before zero', () => {
    const moment = (aMs: number, bMs: number) => ({ key: 'k', title: 'k', aMs, bMs });
    expect(offsetsFor(moment(900, 700))).toEqual({ aMs: 0, bMs: 200, originMs: 900 });
    expect(offsetsFor(moment(50, 80))).toEqual({ aMs: 30, bMs: 0, originMs: 80 });
    expect(offsetsFor(moment(0, 0))).toEqual({ aMs: 0, bMs: 0, originMs: 0 });
  });
});
