// The timeline alone, with a synthetic run: for looking at it and for the frame bench. Not part of the application.
// What it shows is chosen in the address: ?theme=dark&run=pipeline|million|empty|live&...

import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import { createApp, h, ref, shallowRef } from 'vue';
import type { RunBatch } from '../../engine/protocol/run-batch.ts';
import { syntheticRun, type SyntheticRunOptions } from '../../tests/fixtures/synthetic-run.ts';
import RunTimeline from '../src/charts/RunTimeline.vue';
import { createRunStream } from '../src/stream/create-run-stream.ts';
import { browserFrameHost, createFrameLoop, type FrameStatistics } from '../src/stream/frame-loop.ts';
import type { Grouping } from '../src/stream/lane-counts.ts';
import type { RunStream, TimeRange } from '../src/stream/run-stream.ts';
import '../src/styles/tokens.css';

export interface TimelinePage {
  frameStatistics(): FrameStatistics;
  /** Feeds a new stream as the batches become due, and resolves to the longest time that applying a batch took. */
  stream(eventsPerSecond: number, seconds: number): Promise<{ events: number; longestApplyMs: number }>;
  readonly selectedObjectId: number | undefined;
  readonly selection: TimeRange | undefined;
  /** How often an object was to be looked at closely. */
  readonly opened: number;
}
declare global {
  interface Window {
    timelinePage: TimelinePage;
  }
}

const address = new URLSearchParams(location.search);
const theme = address.get('theme') ?? 'light';
document.documentElement.dataset['theme'] = theme;
document.body.style.cssText = 'margin: 0; background: var(--ground)';

const frameLoop = createFrameLoop(browserFrameHost());
const selectedObjectId = ref<number>();
const stream = shallowRef<RunStream>();
const selection = shallowRef<TimeRange>();
const grouping = ref<Grouping>('site');
const showsClock = ref(false);
const opened = ref(0);

const MANY: Partial<SyntheticRunOptions> = {
  objects: 1_000_000,
  durationMs: 9_000,
  majorIntervalMs: 700,
  keptEvery: 40,
  throwsEvery: 90_000,
  objectBytes: 60,
  marksReleases: false,
};
const RUNS: Record<string, Partial<SyntheticRunOptions>> = {
  pipeline: {},
  few: { objects: 9, keptEvery: 3, throwsEvery: 4, sites: ['held-value.ts:80', 'held-value.ts:85'] },
  nothing: { objects: 0 },
  million: MANY,
  simple: { objects: 1, durationMs: 320, majorIntervalMs: 250, keptEvery: 0, settleMs: 200, marksReleases: false },
  sites: {
    objects: 60,
    sites: ['image-pipeline.ts:61', 'wasm-handles.ts:18', 'a-very-long-file-name-of-a-module.ts:1204'],
    throwsEvery: 13,
    unregisteredEvery: 7,
    objectBytes: 400_000,
  },
  long: { objects: 400, durationMs: 3_500_000, majorIntervalMs: 60_000, keptEvery: 50, batchMs: 500 },
};

function applyAll(target: RunStream, batches: Iterable<{ dueMs: number; batch: RunBatch }>, untilMs = Infinity): void {
  for (const { dueMs, batch } of batches) {
    if (dueMs > untilMs) break;
    target.apply(target.nextSequence, batch);
  }
}

const run = address.get('run') ?? 'pipeline';
const options = RUNS[run];
if (options !== undefined) {
  const created = createRunStream();
  applyAll(created, syntheticRun(options), Number(address.get('until') ?? Infinity));
  if (address.has('marks')) {
    const items = [
      { kind: 'user-mark' as const, name: 'blur began', atMs: 1234 },
      { kind: 'user-measure' as const, name: 'blur', atMs: 1234, durationMs: 900 },
      { kind: 'gc-policy-changed' as const, name: 'minor', atMs: 4210 },
    ];
    created.apply(created.nextSequence, { type: 'marks', items });
  }
  stream.value = created;
}

/** As busy as asked, in batches of 25 ms: half registrations, half callbacks, and a sample for every batch. */
function* steadyRun(eventsPerSecond: number, seconds: number): Generator<{ dueMs: number; batch: RunBatch }> {
  const batchMs = 25;
  const perBatch = Math.round((eventsPerSecond / 2 / 1000) * batchMs);
  const label = new TextEncoder().encode('object');
  let nextId = 1;
  for (let now = batchMs; now <= seconds * 1000; now += batchMs) {
    const at = (row: number) => now - batchMs + (row * batchMs) / perBatch;
    const rows = { length: perBatch };
    const labelBytes = new Uint8Array(perBatch * label.length);
    for (let row = 0; row < perBatch; row++) labelBytes.set(label, row * label.length);
    yield {
      dueMs: now,
      batch: {
        type: 'registrations',
        firstId: nextId,
        atMs: Float64Array.from(rows, (_, row) => at(row)),
        registryId: new Uint32Array(perBatch).fill(1),
        siteId: new Uint32Array(perBatch),
        labelEnd: Uint32Array.from(rows, (_, row) => (row + 1) * label.length),
        labelBytes,
      },
    };
    const firstCalled = nextId - perBatch * 8;
    if (firstCalled >= 1) {
      yield {
        dueMs: now,
        batch: {
          type: 'callbacks',
          id: Uint32Array.from(rows, (_, row) => firstCalled + perBatch - 1 - row),
          startMs: Float64Array.from(rows, (_, row) => at(row)),
          durationMs: new Float64Array(perBatch).fill(0.005),
          threw: new Uint8Array(perBatch),
        },
      };
    }
    nextId += perBatch;
    yield {
      dueMs: now,
      batch: {
        type: 'samples',
        atMs: Float64Array.of(now),
        usedBytes: Float64Array.of(20e6 + (now % 700) * 40_000),
        totalBytes: Float64Array.of(60e6),
        externalBytes: Float64Array.of(5e6 + (now % 1300) * 20_000),
        rssBytes: Float64Array.of(120e6),
      },
    };
    if (now % 100 === 0) {
      yield {
        dueMs: now,
        batch: {
          type: 'collections',
          startMs: Float64Array.of(now - 8),
          pauseMs: Float64Array.of(now % 500 === 0 ? 7 : 1.2),
          kind: Uint8Array.of(now % 500 === 0 ? 1 : 0),
          forced: Uint8Array.of(0),
          beforeBytes: Float64Array.of(40e6),
          afterBytes: Float64Array.of(20e6),
          reason: Uint8Array.of(0),
          reasons: ['allocation failure'],
        },
      };
    }
  }
}

window.timelinePage = {
  frameStatistics: () => frameLoop.frameStatistics(),
  get selectedObjectId() {
    return selectedObjectId.value;
  },
  get selection() {
    return selection.value;
  },
  get opened() {
    return opened.value;
  },
  async stream(eventsPerSecond, seconds) {
    const batches = [...steadyRun(eventsPerSecond, seconds)];
    const followed = createRunStream();
    stream.value = followed;
    const startedAt = performance.now();
    let longestApplyMs = 0;
    for (const { dueMs, batch } of batches) {
      const wait = dueMs - (performance.now() - startedAt);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const appliedAt = performance.now();
      followed.apply(followed.nextSequence, batch);
      longestApplyMs = Math.max(longestApplyMs, performance.now() - appliedAt);
    }
    return { events: followed.eventCount, longestApplyMs };
  },
};

createApp({
  render: () =>
    h('div', { style: `height: ${address.get('height') ?? '520'}px` }, [
      h(RunTimeline, {
        stream: stream.value,
        theme,
        frameLoop,
        selectedObjectId: selectedObjectId.value,
        onSelectObject: (id: number | undefined) => (selectedObjectId.value = id),
        onOpenObject: () => opened.value++,
        selection: selection.value,
        'onUpdate:selection': (range: TimeRange | undefined) => (selection.value = range),
        grouping: grouping.value,
        'onUpdate:grouping': (next: Grouping) => (grouping.value = next),
        showsClock: showsClock.value,
        'onUpdate:showsClock': (next: boolean) => (showsClock.value = next),
      }),
    ]),
}).mount('#app');

if (run === 'live') void window.timelinePage.stream(Number(address.get('rate') ?? 200), 600);
