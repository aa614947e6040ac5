// The host that `npm run bench:full-recording` measures: an engine without clients whose run fills its recording. Arguments:
// budget in bytes, number of objects, percentage that is dropped. Prints one line of JSON.

import { resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createEngineClient } from '../../cli/engine-client.ts';
import { engineLocations } from '../../cli/engine-locations.ts';
import { describeHost } from '../../cli/host-description.ts';
import type { Command } from '../../engine/protocol/command.ts';
import type { EngineEvent } from '../../engine/protocol/event.ts';
import type { RunReport } from '../../engine/protocol/run-report.ts';
import { createMemoryPortPair } from '../../engine/protocol/port.ts';
import { createEngine } from '../../engine/session/engine.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';

const [budgetBytes = 0, objects = 0, dropped = 0] = process.argv.slice(2).map(Number);
const engine = createEngine({
  launcher: createNodeLauncher({ nodePath: process.execPath }),
  host: describeHost('headless'),
  scenarios: [],
  locations: engineLocations,
  recordingBudgetBytes: budgetBytes,
});
const [clientPort, enginePort] = createMemoryPortPair<Command, EngineEvent>();
engine.attach(enginePort);
using client = createEngineClient(clientPort);
await client.hello();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const ended = Promise.withResolvers<void>();
let exitedAtMs = NaN;
let longestWhileRunningMs = NaN;
clientPort.onMessage((event) => {
  if (event.type === 'run-listed' && event.run.status === 'ended') ended.resolve();
});
const { runId = '' } = await client.request({
  type: 'start-run',
  program: {
    kind: 'file',
    path: resolve(import.meta.dirname, 'full-recording-program.mjs'),
    args: [String(objects), String(dropped)],
  },
  gcPolicy: { kind: 'major', intervalMs: 500 },
  limits: { settleMs: 0, timeoutMs: 1_800_000 },
});
const startedAtMs = performance.now();
// The process of the program is the only child of this one that ends by itself.
const watching = setInterval(() => {
  const isOver = !process.getActiveResourcesInfo().includes('ProcessWrap');
  if (!isOver || !Number.isNaN(exitedAtMs)) return;
  exitedAtMs = performance.now();
  longestWhileRunningMs = delay.max / 1e6;
  delay.reset();
}, 5);
await ended.promise;
clearInterval(watching);
delay.disable();
const endedAtMs = performance.now();
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(
  JSON.stringify({
    runMs: exitedAtMs - startedAtMs,
    sumUpMs: endedAtMs - exitedAtMs,
    longestWhileRunningMs,
    longestAfterwardsMs: delay.max / 1e6,
    peakBytes,
    ...whatIsRecorded(),
  }),
);
await engine.close();

function whatIsRecorded() {
  let text = '';
  let report: RunReport | undefined;
  for (const { batches } of engine.recordedFrom(runId, 0)) {
    for (const batch of batches) {
      if (batch.type === 'console') text += batch.entries.map((entry) => entry.text).join('');
      if (batch.type === 'ended') report = batch.report;
    }
  }
  const { registrations, droppedRows } = report ?? {};
  return { registrations, droppedRows, hasLastLine: text.includes('come to its end') };
}
