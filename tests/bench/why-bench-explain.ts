// What `npm run bench:why` measures of Heapline: from the file of a snapshot to all causes, as a run does it.
// Argument: the file. Prints one line of JSON.

import { resolve } from 'node:path';
import { CELL_STATES } from '../../engine/heap-graph/explanation.ts';
import { createSnapshotExplainer } from '../../engine/session/snapshot-explainer.ts';

const explainer = createSnapshotExplainer(resolve(import.meta.dirname, '../../out/engine/explain-worker.mjs'));
const startedAt = performance.now();
const { state, reasons } = await explainer.explain(
  { snapshotPath: process.argv[2] ?? '', firstId: 1 },
  { onProgress: () => {}, signal: new AbortController().signal },
);
const wallMs = performance.now() - startedAt;
const peakBytes = process.resourceUsage().maxRSS * 1024;
const registrations = state.filter((code) => CELL_STATES[code] === 'reachable').length;
const explained = `${registrations} live registrations, ${reasons.length} reasons`;
console.log(JSON.stringify({ wallMs, peakBytes, explained, registrations }));
