import { expect, it } from 'vitest';
import { createMessageCodec } from './message-codec.ts';

const { encode, decode } = createMessageCodec();
const there = (value: unknown) => decode(encode(value));

it.each<[name: string, value: unknown]>([
  ['numbers that JSON lacks', [NaN, Infinity, -Infinity, -0, 0, 1.5]],
  ['what is undefined', { a: undefined, b: [undefined, null] }],
  ['large integers', 2n ** 80n],
  ['maps and sets', new Map([['a', new Set([1, 'two'])]])],
  ['dates', new Date(0)],
  ['names that look like its own', { $number: 'x', $view: 1, base64: 2 }],
  ['typed arrays', [new Float64Array([NaN, 1]), new Uint8Array(0), new BigInt64Array([-1n]), new Int32Array([7])]],
  ['buffers', new Uint8Array([1, 2, 255]).buffer],
])('carries %s', (_name, value) => {
  expect(there(value)).toEqual(structuredClone(value));
});

it('carries of a view what it shows, and nothing else of its buffer', () => {
  const view = there(new Float64Array([1, 2, 3]).subarray(1, 2)) as Float64Array;
  expect([...view]).toEqual([2]);
  expect(view.buffer.byteLength).toBe(8);
});

it('refuses what cannot be cloned', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  for (const value of [() => {}, { a: Symbol('s') }, circle]) expect(() => encode(value)).toThrow();
});

it('is the same where only its text is known, as in the page', () => {
  const other = new Function(`return (${createMessageCodec})();`)() as typeof createMessageCodec extends () => infer C
    ? C
    : never;
  expect(other.encode([NaN, new Uint8Array([1])])).toBe(encode([NaN, new Uint8Array([1])]));
});
