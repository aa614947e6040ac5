import { describe, expect, it } from 'vitest';
import { createBlockedDetector } from './blocked-detector.ts';

function detect() {
  const told: [number, number][] = [];
  const detector = createBlockedDetector((batch) => {
    if (batch.type === 'blocked') told.push([batch.startMs[0] ?? NaN, batch.endMs[0] ?? NaN]);
  });
  return { detector, told };
}

describe('the blocked detector', () => {
  it('tells a stretch in which the thread did not turn', () => {
    const { detector, told } = detect();
    detector.look(20, 25);
    detector.look(300, 305);
    expect(told).toEqual([[20, 300]]);
  });

  it('tells pieces of one stretch without a gap, and two stretches with a turn of the thread between them', () => {
    const { detector, told } = detect();
    detector.look(20, 25);
    detector.look(20, 80);
    detector.look(20, 290);
    detector.look(300, 305);
    detector.look(300, 360);
    detector.look(400, 405);
    detector.look(500, 505);
    expect(told).toEqual([
      [20, 80],
      [80, 290],
      [290, 300],
      [300.001, 360],
      [360, 400],
      [400.001, 500],
    ]);
  });

  it('leaves out what the observer let the thread stand still for', () => {
    const { detector, told } = detect();
    detector.look(20, 25);
    // The snapshot began while the thread turned.
    detector.look(40, 60);
    detector.skip(61, 900);
    detector.skip(61, 900);
    detector.look(40, 910);
    detector.look(920, 925);
    expect(told).toEqual([]);
  });

  it('tells what the program itself blocked before and after it', () => {
    const { detector, told } = detect();
    detector.look(20, 25);
    detector.look(20, 200);
    detector.skip(210, 900);
    detector.look(20, 1_000);
    detector.look(1_100, 1_105);
    expect(told).toEqual([
      [20, 200],
      [200, 210],
      [900, 1_000],
      [1_000, 1_100],
    ]);
  });
});
