// docs/recording-format.md says what is so, and a file that was written by any version is read for ever.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAXIMUM_FRAME_BYTES } from '../engine/protocol/frame-codec.ts';
import {
  BLOCK_BYTES,
  encodeRecording,
  readRecording,
  RECORDING_FORMAT_VERSION,
  RecordingHeader,
} from '../engine/session/recording-file.ts';
import { GOLDEN_BATCHES, GOLDEN_HEADER } from './fixtures/recordings/golden-recording.ts';

const root = resolve(import.meta.dirname, '..');
const goldenPath = (version: number) => resolve(root, `tests/fixtures/recordings/version-${version}.heapline`);
const VERSIONS = Array.from({ length: RECORDING_FORMAT_VERSION }, (_, index) => index + 1);
const document = readFileSync(resolve(root, 'docs/recording-format.md'), 'utf8');
/** Names and versions of the rows of a table, by its first cell. */
function fieldsOf(frame: string): Record<string, number> {
  const [, rows = ''] =
    new RegExp(`^\\| \`${frame}\` +\\| Since.*\\n\\|[- |]+\\n((?:\\|.*\\n)+)`, 'm').exec(document) ?? [];
  const cells = [...rows.matchAll(/^\| `(\w+)` +\| (\d+) /gm)];
  return Object.fromEntries(cells.map(([, name = '', since]) => [name, Number(since)]));
}

describe('the format of recordings', () => {
  it.each(VERSIONS)('is read as it was written by version %i', async (version) => {
    const reader = await readRecording(createReadStream(goldenPath(version)));
    expect(reader.header).toEqual({ ...GOLDEN_HEADER, formatVersion: version });
    const batches: unknown[] = [];
    const reading = reader.batches();
    let step = await reading.next();
    for (; step.done !== true; step = await reading.next()) batches.push(step.value);
    expect(batches).toEqual(GOLDEN_BATCHES);
    expect(step.value).toEqual({ kind: 'run-went-on' });
  });

  it('begins as the document says', async () => {
    const bytes = readFileSync(goldenPath(RECORDING_FORMAT_VERSION));
    expect(bytes.subarray(0, 8).toString('ascii')).toBe('HEAPLINE');
    expect(bytes.readUInt32LE(8)).toBe(RECORDING_FORMAT_VERSION);
    expect(bytes.readUInt32LE(12)).toBe(bytes.length - 36);
    const bound = (before: Uint8Array, stored: Uint8Array) =>
      createHash('sha256').update(before).update(stored).digest().subarray(0, 16);
    expect(bytes.subarray(20, 36)).toEqual(bound(bound(Buffer.alloc(16), bytes.subarray(0, 12)), bytes.subarray(36)));
    const [prologue] = await Array.fromAsync(encodeRecording(GOLDEN_HEADER, GOLDEN_BATCHES));
    expect(Buffer.from(prologue ?? [])).toEqual(bytes.subarray(0, 12));
    expect(document).toMatch(/\| magic +\| 8 +\| `HEAPLINE` in ASCII/);
    expect(document).toMatch(new RegExp(`\\| version +\\| 4 +\\| ${RECORDING_FORMAT_VERSION} `));
  });

  it('has the fields that the document lists, each since a version there was', () => {
    const { type: _type, ...entries } = RecordingHeader.entries;
    const documented = { ...fieldsOf('recording') };
    expect(Object.keys(documented)).toEqual(Object.keys(entries));
    expect(fieldsOf('batch')).toEqual({ sequence: 1, batch: 1 });
    expect(fieldsOf('end')).toEqual({ batches: 1 });
    for (const since of Object.values(documented)) expect(since).toBeLessThanOrEqual(RECORDING_FORMAT_VERSION);
  });

  it('has the bounds that the document names', () => {
    expect(document).toContain(`at most ${(MAXIMUM_FRAME_BYTES + BLOCK_BYTES) / 1024 / 1024} MiB`);
    expect(document).toContain(`about ${BLOCK_BYTES / 1024 / 1024} MiB of raw bytes`);
  });

  it('leads nowhere but to what is there', () => {
    for (const [, target = ''] of document.matchAll(/\]\(([^)#]+)\)/g)) {
      expect(existsSync(resolve(root, 'docs', target)), target).toBe(true);
    }
  });
});
