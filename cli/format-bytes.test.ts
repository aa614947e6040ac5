import { expect, it } from 'vitest';
import { formatBytes } from './format-bytes.ts';

it.each([
  [null, '–'],
  [0, '0 B'],
  [512, '512 B'],
  [2_500, '2.5 kB'],
  [102_300, '102.3 kB'],
  [999_990, '1.0 MB'],
  [5_700_000, '5.7 MB'],
  [1_230_000_000, '1.23 GB'],
])('%s bytes are told as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
