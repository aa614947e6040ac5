// What the user has chosen on the timeline of the shown run, and what is to be brought into sight there.
// Runs in the page; written by the timeline, the tables and the panels, read by all of them.

import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { momentFigure, timeFormatOf } from '../charts/time-scale.ts';
import { figureText, type Figure } from '../stream/figures.ts';
import type { TimeRange } from '../stream/run-stream.ts';
import { useRunStore } from './run-store.ts';
import { useSettingsStore } from './settings-store.ts';

/** Another object for each asking, so that asking twice for the same is seen. */
export type Reveal =
  | { readonly kind: 'range'; readonly range: TimeRange }
  /** Only moves the window if the moment is out of sight. */
  | { readonly kind: 'moment'; readonly atMs: number }
  /** Only moves the window if the object's life is out of sight. */
  | { readonly kind: 'object'; readonly objectId: number; readonly zooms: boolean };

export const useTimelineStore = defineStore('timeline', () => {
  const run = useRunStore();
  const settings = useSettingsStore();
  /** Of the shown run; undefined: nothing is selected. */
  const selection = shallowRef<TimeRange>();
  const revealed = shallowRef<Reveal>();
  /** How the axis tells times, and whatever else names a moment or a stretch of it. */
  const format = computed(() => (void run.revision, timeFormatOf(run.stream, settings.settings.timeline.showsClock)));
  const momentOf = (atMs: number | undefined): Figure => momentFigure(atMs ?? NaN, format.value);
  const momentText = (atMs: number | undefined): string => figureText(momentOf(atMs));
  watch(
    () => run.shownRunId,
    () => {
      selection.value = undefined;
      revealed.value = undefined;
    },
  );

  function select(range: TimeRange | undefined): void {
    selection.value = range;
  }
  /** Zooms the timeline to a stretch, with a little room on either side. */
  function revealRange(range: TimeRange): void {
    revealed.value = { kind: 'range', range };
  }
  function revealMoment(atMs: number): void {
    revealed.value = { kind: 'moment', atMs };
  }
  function revealObject(objectId: number, { zooms }: { readonly zooms: boolean }): void {
    revealed.value = { kind: 'object', objectId, zooms };
  }
  return { selection, revealed, format, momentOf, momentText, select, revealRange, revealMoment, revealObject };
});
