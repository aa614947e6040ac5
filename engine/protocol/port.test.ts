import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createMemoryPortPair, quickened, validatedPort } from './port.ts';

const Inner = v.variant('type', [
  v.object({ type: v.literal('a'), value: v.number() }),
  v.pipe(
    v.object({ type: v.literal('b'), low: v.number(), high: v.number() }),
    v.check(({ low, high }) => low <= high, 'low is above high'),
  ),
]);
const Outer = v.variant('type', [
  v.object({ type: v.literal('plain') }),
  v.object({ type: v.picklist(['one', 'other']), text: v.string() }),
  v.object({ type: v.literal('with-batch'), sequence: v.number(), batch: Inner }),
]);

describe('a quickened schema', () => {
  it.each([
    { type: 'plain' },
    { type: 'plain', extra: 1 },
    { type: 'other', text: 'x' },
    { type: 'other' },
    { type: 'with-batch', sequence: 1, batch: { type: 'a', value: 2, extra: 3 } },
    { type: 'with-batch', sequence: 1, batch: { type: 'a', value: '2' } },
    { type: 'with-batch', sequence: 1, batch: { type: 'b', low: 1, high: 2 } },
    { type: 'with-batch', sequence: 1, batch: { type: 'b', low: 2, high: 1 } },
    { type: 'with-batch', sequence: 1, batch: { type: 'c' } },
    { type: 'with-batch', sequence: 1, batch: null },
    { type: 'with-batch', sequence: 1 },
    { type: 'unknown' },
    { type: undefined },
    {},
    null,
    5,
    [],
  ])('says of %j what the schema itself says', (message) => {
    expect(v.safeParse(quickened(Outer), message)).toEqual(v.safeParse(Outer, message));
  });
});

describe('validatedPort', () => {
  it('hands on what fits, without what the schema does not name, and describes what does not', async () => {
    const [left, right] = createMemoryPortPair<unknown, unknown>();
    const problems: string[] = [];
    const received: unknown[] = [];
    validatedPort(left, Outer, (problem) => problems.push(problem)).onMessage((message) => received.push(message));
    right.post({ type: 'with-batch', sequence: 1, batch: { type: 'a', value: 2, extra: 3 } });
    right.post({ type: 'with-batch', sequence: 2, batch: { type: 'b', low: 2, high: 1 } });
    await new Promise((resolve) => setTimeout(resolve));
    expect(received).toEqual([{ type: 'with-batch', sequence: 1, batch: { type: 'a', value: 2 } }]);
    expect(problems).toEqual(['batch: low is above high']);
  });
});
