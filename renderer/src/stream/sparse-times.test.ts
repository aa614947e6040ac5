import { describe, expect, it } from 'vitest';
import { SparseTimes } from './sparse-times.ts';

describe('SparseTimes', () => {
  it('tells the time of every row that has one, also once there are too many for a map', () => {
    const times = new SparseTimes();
    const rowOf = (index: number) => (index * 7_919) % 1_000_003;
    for (let index = 0; index < 400_000; index++) {
      times.set(rowOf(index), index);
      if (index % 50_000 !== 0) continue;
      expect(times.get(rowOf(index))).toBe(index);
      expect(times.get(rowOf(0))).toBe(0);
      expect(times.get(rowOf(index + 1))).toBeNaN();
    }
    let wrong = 0;
    for (let index = 0; index < 400_000; index++) if (times.get(rowOf(index)) !== index) wrong++;
    for (let index = 400_000; index < 1_000_003; index++) if (!Number.isNaN(times.get(rowOf(index)))) wrong++;
    expect(wrong).toBe(0);
    expect(times.get(2_000_000)).toBeNaN();
  });
});
