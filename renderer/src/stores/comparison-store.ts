// Which run the shown one is compared with, and how the two are laid on one axis. A is the baseline, B is always the run
// on screen, so that the drawer, the status line and the comparison speak of the same one.
// Runs in the page; written by the menu, the header and the keyboard, read by the chart and the panel of differences.

import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import type { RunListing } from '../../../engine/protocol/event.ts';
import { offsetsFor, sharedMoments, START_KEY, type SharedMoment } from '../stream/align-runs.ts';
import { compareRuns } from '../stream/compare-runs.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { useEngineStore } from './engine-store.ts';
import { useRunStore, type KeptStream } from './run-store.ts';
import { keyOf, subjectOf, subjectOfRun } from './subject.ts';

/** A run that the shown one can be compared with. */
export interface Candidate {
  readonly listing: RunListing;
  /** Counts from 1 among the runs of its own subject, oldest first; of a recording it says nothing. */
  readonly number: number;
  readonly isSameSubject: boolean;
}

const START: SharedMoment = { key: START_KEY, title: 'start', aMs: 0, bMs: 0 };
/** A recording belongs to the runs of its program, wherever it was made. */
const keyOfListing = ({ description: { program } }: RunListing) => keyOf(subjectOf(program));

export const useComparisonStore = defineStore('comparison', () => {
  const engine = useEngineStore();
  const run = useRunStore();

  /** The list of runs to choose from is open. */
  const isChoosing = ref(false);
  const baseline = shallowRef<{ readonly runId: string; readonly kept: KeptStream }>();
  /** Subject and run that a swap has brought on screen, which is no going away. */
  let swappedTo: string | undefined;
  /** Survives the pair that it was chosen for; where the next pair does not share this moment, the start counts. */
  const alignmentKey = ref(START_KEY);
  const isOpen = computed(() => baseline.value !== undefined && run.stream !== undefined);

  const described = computed(() => {
    const counts = new Map<string, number>();
    const shown = engine.runs.find(({ description }) => description.runId === run.shownRunId);
    const shownKey = shown === undefined ? run.subjectKey : keyOfListing(shown);
    return engine.runs.map((listing): Candidate => {
      const key = keyOfListing(listing);
      // A recording has its file's name instead, and leaves the others the numbers that they have elsewhere.
      const number = (counts.get(key) ?? 0) + (listing.description.origin === undefined ? 1 : 0);
      counts.set(key, number);
      return { listing, number, isSameSubject: key === shownKey };
    });
  });
  const describedBy = (runId: string | undefined) =>
    described.value.find(({ listing }) => listing.description.runId === runId);
  /** Runs of the same subject first, and of each the newest first. */
  const candidates = computed(() => {
    const others = described.value.filter(({ listing }) => listing.description.runId !== run.shownRunId).toReversed();
    return [...others.filter(({ isSameSubject }) => isSameSubject), ...others.filter((other) => !other.isSameSubject)];
  });
  /** Why there is nothing to choose from; undefined where there is. */
  const obstacle = computed(() => {
    if (run.shownRunId === undefined) return 'Run it first, to have something to compare';
    if (b.value === undefined) return 'Runs of an experiment stand side by side in the experiment';
    return candidates.value.length === 0 ? 'Run it once more, or run another scenario, to compare' : undefined;
  });

  const streams = computed<{ readonly a: RunStream; readonly b: RunStream } | undefined>(() =>
    baseline.value === undefined || run.stream === undefined
      ? undefined
      : { a: baseline.value.kept.stream, b: run.stream },
  );
  const a = computed(() => describedBy(baseline.value?.runId));
  const b = computed(() => describedBy(run.shownRunId));

  /** Grows when one of the two may have more to read. */
  const revision = ref(0);
  let seen = '';
  /** Called by the page's one loop, at most once in a while: everything is compared anew. */
  function look(): void {
    const now = `${run.shownRunId} ${streams.value?.a.revision} ${streams.value?.b.revision}`;
    if (now === seen) return;
    seen = now;
    revision.value += 1;
  }

  const comparison = computed(() => {
    void revision.value;
    return streams.value === undefined ? undefined : compareRuns(streams.value.a, streams.value.b);
  });
  const moments = computed(() => {
    void revision.value;
    return streams.value === undefined ? [START] : sharedMoments(streams.value.a, streams.value.b);
  });
  const alignment = computed(() => moments.value.find(({ key }) => key === alignmentKey.value) ?? START);
  const offsets = computed(() => offsetsFor(alignment.value));

  function compareWith(runId: string): void {
    isChoosing.value = false;
    if (run.shownRunId === undefined || runId === run.shownRunId || runId === baseline.value?.runId) return;
    const before = baseline.value;
    baseline.value = { runId, kept: run.keepStream(runId) };
    before?.kept[Symbol.dispose]();
    // A details panel that is still open would stand in the place of the differences.
    run.selectedObjectId = undefined;
    look();
  }

  function close(): void {
    baseline.value?.kept[Symbol.dispose]();
    baseline.value = undefined;
  }

  /** What was B becomes the baseline, and what was A comes on screen. */
  function swap(): void {
    const shownRunId = run.shownRunId;
    const before = baseline.value;
    const next = a.value;
    if (shownRunId === undefined || before === undefined || next === undefined) return;
    baseline.value = { runId: shownRunId, kept: run.keepStream(shownRunId) };
    const subject = subjectOfRun(next.listing.description);
    if (keyOf(subject) !== run.subjectKey) run.select(subject);
    run.showRun(before.runId);
    swappedTo = `${run.subjectKey} ${run.shownRunId}`;
    before.kept[Symbol.dispose]();
    look();
  }

  /** By the keyboard: closes what is open, and otherwise opens the list to choose from. */
  function toggle(): void {
    if (isOpen.value) close();
    else if (obstacle.value === undefined) isChoosing.value = true;
  }

  // Another run of what is on screen takes the place of B, so that a change can be tried again and again. Who goes to
  // another subject, or to the baseline itself, has done with comparing.
  watch([() => run.subjectKey, () => run.shownRunId], ([subjectKey, shownRunId], [subjectKeyBefore]) => {
    if (baseline.value === undefined) return;
    const isSwapped = swappedTo === `${subjectKey} ${shownRunId}`;
    swappedTo = undefined;
    if (isSwapped) return;
    if (shownRunId === undefined || shownRunId === baseline.value.runId || subjectKey !== subjectKeyBefore) close();
  });

  return {
    isChoosing,
    isOpen,
    candidates,
    obstacle,
    a,
    b,
    streams,
    revision,
    comparison,
    moments,
    alignment,
    alignmentKey,
    offsets,
    compareWith,
    close,
    swap,
    toggle,
    look,
  };
});
