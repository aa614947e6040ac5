import { describe, expect, it } from 'vitest';
import { createRunTally } from '../session/run-tally.ts';
import { decodeCommand, encodeCommand, type LoaderCommand } from './loader-message.ts';

const times = (...values: number[]) => ({ startMs: Float64Array.from(values), endMs: Float64Array.from(values) });

describe('what the process of a scenario is told', () => {
  it('arrives as it was, by text that every version of Node reads', () => {
    const facts = {
      type: 'facts',
      facts: {
        report: { registrations: { total: 3 } },
        parameters: { count: 3, isKept: true },
        gcPolicy: { kind: 'major', intervalMs: 500 },
        standardOutput: 'a “line” \u{1F600}\n',
        marks: [{ kind: 'release', name: 'x', atMs: 0.1 }],
        majorCollections: times(1, 2.5),
        clearingCollections: createRunTally().clearingCollections(),
        samples: {
          atMs: Float64Array.of(0, 20),
          usedBytes: Float64Array.of(NaN, 5e6),
          externalBytes: Float64Array.of(NaN, -0),
        },
      },
    } as unknown as LoaderCommand;
    const objects = { type: 'objects', objects: [{ id: 1, label: null }] } as unknown as LoaderCommand;
    for (const command of [facts, objects, { type: 'judge', deadlineMs: 5_000 } as const]) {
      const text = encodeCommand(command);
      expect(text).toMatch(/^[\w+/]+=*$/);
      expect(decodeCommand(text)).toEqual(command);
    }
  });
});
