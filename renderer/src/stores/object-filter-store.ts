// What the object table shows and in which order: remembered until the window is closed, whichever run is shown.
// Runs in the page; written by the table, and by panels that point at a group of objects.

import { useSessionStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import * as v from 'valibot';
import { CAUSES, VERDICTS, type Cause, type Verdict } from '../../../engine/protocol/vocabulary.ts';
import {
  isFiltering,
  RANGE_EVENTS,
  SORT_KEYS,
  type ObjectFilter,
  type RangeEvent,
  type SortKey,
} from '../stream/object-query.ts';
import type { TimeRange } from '../stream/run-stream.ts';
import { useDrawerStore } from './drawer-store.ts';
import { useRunStore } from './run-store.ts';
import { useTimelineStore } from './timeline-store.ts';
import { parseStored } from './parse-stored.ts';

const Remembered = v.object({
  text: v.fallback(v.string(), ''),
  verdicts: v.fallback(v.array(v.picklist(VERDICTS)), []),
  causes: v.fallback(v.array(v.picklist(CAUSES)), []),
  sites: v.fallback(v.array(v.string()), []),
  rangeEvent: v.fallback(v.picklist(RANGE_EVENTS), 'any'),
  sortKey: v.fallback(v.picklist(SORT_KEYS), 'registered'),
  isDescending: v.fallback(v.boolean(), false),
});
type Remembered = v.InferOutput<typeof Remembered>;
const STORAGE_KEY = 'heapline.objects.1';

/** Reads what is stored; what is missing or wrong becomes the default, one by one. */
export function parseObjectFilter(stored: string): Remembered {
  return parseStored(Remembered, stored);
}

/** The table follows a selection that is being drawn at this distance: a million rows are not filtered for each pixel. */
const FOLLOW_EVERY_MS = 120;

const isSameRange = (a: TimeRange, b: TimeRange) => a.fromMs === b.fromMs && a.toMs === b.toMs;
/** One edge was dragged: it is still what the user has selected before. */
const isAdjusted = (a: TimeRange, b: TimeRange) => a.fromMs === b.fromMs || a.toMs === b.toMs;

const toggled = <Value>(values: readonly Value[], value: Value): Value[] =>
  values.includes(value) ? values.filter((other) => other !== value) : [...values, value];

export const useObjectFilterStore = defineStore('object-filter', () => {
  const run = useRunStore();
  const drawer = useDrawerStore();
  const timeline = useTimelineStore();
  const kept = useSessionStorage<Remembered>(STORAGE_KEY, parseObjectFilter('{}'), {
    serializer: { read: parseObjectFilter, write: JSON.stringify },
    writeDefaults: false,
  });
  /** Of the shown run's latest snapshot; means nothing in another. */
  const reasonId = ref<number>();
  watch([() => run.shownRunId, () => (void run.revision, run.stream?.explanation?.snapshot)], () => {
    reasonId.value = undefined;
  });

  /** The timeline's selection where the table shows only what happened in it. */
  const range = shallowRef<TimeRange>();
  /** The user has taken the selection off the table, which leaves it on the timeline; until there is another one. */
  const isRangeOff = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  function followSelection(): void {
    clearTimeout(timer);
    timer = undefined;
    const { selection } = timeline;
    if (selection === undefined || isRangeOff.value) range.value = undefined;
    else if (range.value === undefined || !isSameRange(range.value, selection)) range.value = selection;
  }
  watch(
    () => timeline.selection,
    (selection, before) => {
      if (selection === undefined || before === undefined || !isAdjusted(selection, before)) isRangeOff.value = false;
      if (selection === undefined) followSelection();
      else timer ??= setTimeout(followSelection, FOLLOW_EVERY_MS);
    },
    { flush: 'sync' },
  );
  onScopeDispose(() => clearTimeout(timer));
  followSelection();

  const filter = computed<ObjectFilter>(() => {
    const { text, verdicts, causes, sites, rangeEvent } = kept.value;
    return {
      text: text.trim(),
      verdicts,
      causes,
      sites,
      reasonId: reasonId.value,
      range: range.value && { ...range.value, what: rangeEvent },
    };
  });
  const order = computed(() => ({ key: kept.value.sortKey, isDescending: kept.value.isDescending }));
  const isActive = computed(() => isFiltering(filter.value));

  function clear(): void {
    Object.assign(kept.value, { text: '', verdicts: [], causes: [], sites: [] });
    reasonId.value = undefined;
    setRangeOn(false);
  }
  /** Whether the table keeps to the selection; the selection itself stays. */
  function setRangeOn(isOn: boolean): void {
    isRangeOff.value = !isOn;
    followSelection();
  }
  function toggleVerdict(verdict: Verdict): void {
    kept.value.verdicts = toggled(kept.value.verdicts, verdict);
  }
  function toggleCause(cause: Cause): void {
    kept.value.causes = toggled(kept.value.causes, cause);
  }
  function toggleSite(site: string): void {
    kept.value.sites = toggled(kept.value.sites, site);
  }
  function sortBy(key: SortKey): void {
    const { sortKey, isDescending } = kept.value;
    // The largest first: that is what one sorts by a figure for.
    if (sortKey === key) kept.value.isDescending = !isDescending;
    else Object.assign(kept.value, { sortKey: key, isDescending: key !== 'registered' });
  }
  /** Opens the table with the objects of one reason alone. */
  function showReason(id: number): void {
    clear();
    reasonId.value = id;
    drawer.open('objects');
  }
  /** Opens the table with the objects of one verdict alone. */
  function showVerdict(verdict: Verdict): void {
    clear();
    kept.value.verdicts = [verdict];
    drawer.open('objects');
  }
  /** Opens the table with the objects to which this happened within the timeline's selection, whatever else they are. */
  function showRange(event: RangeEvent): void {
    clear();
    kept.value.rangeEvent = event;
    setRangeOn(true);
    drawer.open('objects');
  }
  return {
    kept,
    range,
    reasonId,
    filter,
    order,
    isActive,
    clear,
    toggleVerdict,
    toggleCause,
    toggleSite,
    sortBy,
    showReason,
    showVerdict,
    showRange,
    setRangeOn,
  };
});
