// Checks the fixes of one run against its heap snapshot: cuts the named edges of each object in the graph, and looks whether
// it is still reachable.

import { linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyzeGraph } from '../../engine/heap-graph/analyze-graph.ts';
import { indexGraph } from '../../engine/heap-graph/graph-index.ts';
import { readSnapshot } from '../../engine/heap-graph/read-snapshot.ts';
import { findRegistrations } from '../../engine/heap-graph/registrations.ts';
import { simulateCuts } from '../../engine/heap-graph/simulate-cuts.ts';
import { SourceTexts } from '../../engine/heap-graph/source-text.ts';
import { runProgram, type FinishedRun, type RunRequest } from '../run-program.ts';

/** Objects of one reason that are checked: each costs a walk through the whole heap. */
const OBJECTS_OF_A_REASON = 3;

export interface CheckedRun extends FinishedRun {
  /** How many objects were checked. */
  readonly checked: number;
  /** Objects that stay reachable without the edges that their fix names, and those that it names none of. */
  readonly failures: readonly string[];
}

/** Runs a program with an explanation at its end, and keeps the snapshot until its fixes are checked. */
export async function runAndCheckCuts(request: Omit<RunRequest, 'explain' | 'snapshotFolder'>): Promise<CheckedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'heapline-cuts-'));
  const kept = join(folder, 'kept.heapsnapshot');
  let isKept = false;
  try {
    const run = await runProgram({
      ...request,
      explain: true,
      snapshotFolder: folder,
      onBatch: (batch, ask) => {
        request.onBatch?.(batch, ask);
        if (isKept || batch.type !== 'status' || batch.step !== 'reading-snapshot') return;
        isKept = true;
        // Heapline deletes its own name of the file once it is read.
        const [own = ''] = readdirSync(folder);
        linkSync(join(folder, own, 'program.heapsnapshot'), kept);
      },
    });
    return { ...run, ...(isKept ? await checkCuts(kept, run) : { checked: 0, failures: [] }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkCuts(path: string, { report }: FinishedRun): Promise<Pick<CheckedRun, 'checked' | 'failures'>> {
  const index = indexGraph(await readSnapshot(path));
  const registrations = findRegistrations(index, 1);
  if (registrations.count === 0) return { checked: 0, failures: [] };
  const { cost, drafts, edgesOf } = await analyzeGraph(index, registrations, {
    sources: new SourceTexts(),
    done: () => Promise.resolve(),
  });
  const objects = new Map(report.objects.map((object) => [object.id, object]));
  const failures: string[] = [];
  let checked = 0;
  for (const { rows, release } of drafts) {
    for (const row of rows.subarray(0, OBJECTS_OF_A_REASON)) {
      const object = objects.get(registrations.id[row] ?? 0);
      const who = `${object?.label ?? ''} ${object?.site ?? ''} ${object?.why?.fix ?? ''}`;
      const edges = edgesOf(row);
      checked++;
      if (edges === undefined) failures.push(`${release.outcome}: ${who}`);
      else if (simulateCuts(index, cost, new Set(edges))[registrations.target[row] ?? 0] === 1) {
        failures.push(`still reachable: ${who}`);
      }
    }
  }
  return { checked, failures };
}
