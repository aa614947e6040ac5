// Heap snapshots with damaged bytes and numbers: read or refused, and what is read is explained without an error.

import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainSnapshot } from '../../engine/heap-graph/explain-snapshot.ts';
import { SnapshotError } from '../../engine/heap-graph/heap-graph.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { damaged, type Random } from './random.ts';

/** Registrations as the probe makes them, held by what programs hold things with. */
const PROGRAM = `
  const registry = new FinalizationRegistry(() => {});
  globalThis.kept = { map: new Map(), list: [], weak: new WeakMap(), emoji: { '😀': {} }, big: [] };
  let heaplineId = 0;
  const register = (object) => { registry.register(object, { heaplineId: ++heaplineId, held: undefined }); return object; };
  kept.map.set('a' + Math.PI, register({}));
  kept.list.push(register({}), register([]));
  kept.big[2 ** 31] = register({});
  kept.weak.set(kept.list[0], register({}));
  kept.closure = ((inner) => () => inner)(register({}));
  kept.pending = new Promise(() => {}).then(() => kept.list);
  require('node:v8').writeHeapSnapshot(process.argv[1], { exposeInternals: true, exposeNumericValues: true });
`;

/** The file with some of its numbers replaced, or some of its bytes. */
function changed(random: Random, whole: Buffer): Buffer {
  if (random.chance(0.3)) return damaged(random, whole);
  const result = Buffer.from(whole);
  for (let change = random.below(20); change >= 0; change -= 1) {
    const at = random.below(result.length);
    const byte = result[at] ?? 0;
    // Mostly digits for digits, so that the file stays one.
    if (byte >= 0x30 && byte <= 0x39) result[at] = 0x30 + random.below(10);
    else if (random.chance(0.1)) result[at] = random.below(256);
  }
  return result;
}

export const snapshots: FuzzTarget = {
  name: 'snapshots',
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'heapline-fuzz-'));
    const path = join(folder, 'a.heapsnapshot');
    const { stderr, status } = spawnSync(process.execPath, ['-e', PROGRAM, path], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`No snapshot was written: ${stderr}`);
    const whole = await readFile(path);
    return {
      async attempt(random) {
        await writeFile(path, changed(random, whole));
        try {
          const { id, warnings } = await explainSnapshot({ snapshotPath: path, firstId: 1 });
          return `explained ${id.length > 0 ? 'objects' : 'nothing'}${warnings.length > 0 ? ', with warnings' : ''}`;
        } catch (error) {
          if (error instanceof SnapshotError) return 'refused';
          throw error;
        }
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    };
  },
};
