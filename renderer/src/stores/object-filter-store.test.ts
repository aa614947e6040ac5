import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { parseObjectFilter, useObjectFilterStore } from './object-filter-store.ts';
import { useTimelineStore } from './timeline-store.ts';

// The settings store keeps to a browser's window; what it does is not what is tested here.
vi.mock('./settings-store.ts', () => ({
  useSettingsStore: () => ({ settings: { nodePath: '', drawerTab: 'events' } }),
}));

describe('remembered filters of the object table', () => {
  const DEFAULTS = {
    text: '',
    verdicts: [],
    causes: [],
    sites: [],
    rangeEvent: 'any',
    sortKey: 'registered',
    isDescending: false,
  };

  it('are empty where nothing, or nothing readable, is stored', () => {
    for (const stored of ['', 'null', '[]', '{', '"text"', '7']) expect(parseObjectFilter(stored)).toEqual(DEFAULTS);
  });

  it('keep what can be understood, and leave out what an older or newer version wrote', () => {
    const stored = { text: 'cache', verdicts: ['alive'], causes: ['no-such-cause'], sites: 4, sortKey: 'retained' };
    expect(parseObjectFilter(JSON.stringify(stored))).toEqual({
      ...DEFAULTS,
      text: 'cache',
      verdicts: ['alive'],
      sortKey: 'retained',
    });
  });
});

describe('objects of the timeline’s selection', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    setActivePinia(createPinia());
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const follow = async () => {
    await vi.advanceTimersByTimeAsync(200);
    await nextTick();
  };

  it('are all that the table shows while there is one, and it follows one that is being drawn now and then', async () => {
    const [filters, timeline] = [useObjectFilterStore(), useTimelineStore()];
    expect(filters.isActive).toBe(false);
    const shown: unknown[] = [];
    for (let toMs = 11; toMs <= 70; toMs++) {
      timeline.select({ fromMs: 10, toMs });
      await vi.advanceTimersByTimeAsync(10);
      if (filters.filter.range !== undefined && shown.at(-1) !== filters.filter.range) shown.push(filters.filter.range);
    }
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.length).toBeLessThan(8);
    await follow();
    expect(filters.filter.range).toEqual({ fromMs: 10, toMs: 70, what: 'any' });
    expect(filters.isActive).toBe(true);
    timeline.select(undefined);
    expect(filters.filter.range).toBeUndefined();
  });

  it('are no longer asked for once the selection is taken off the table, until there is another one', async () => {
    const [filters, timeline] = [useObjectFilterStore(), useTimelineStore()];
    timeline.select({ fromMs: 10, toMs: 20 });
    await follow();
    filters.setRangeOn(false);
    expect(filters.isActive).toBe(false);
    expect(timeline.selection).toEqual({ fromMs: 10, toMs: 20 });
    // Its edge is dragged: it is the same one to the user.
    timeline.select({ fromMs: 10, toMs: 25 });
    await follow();
    expect(filters.filter.range).toBeUndefined();
    timeline.select({ fromMs: 40, toMs: 50 });
    await follow();
    expect(filters.filter.range).toEqual({ fromMs: 40, toMs: 50, what: 'any' });
    filters.clear();
    expect(filters.filter.range).toBeUndefined();
    timeline.select(undefined);
    timeline.select({ fromMs: 40, toMs: 55 });
    await follow();
    expect(filters.filter.range).toBeDefined();
  });

  it('are shown without any other filter, at once', () => {
    const [filters, timeline] = [useObjectFilterStore(), useTimelineStore()];
    timeline.select({ fromMs: 10, toMs: 20 });
    filters.kept.text = 'cache';
    filters.showRange('collected');
    expect(filters.filter).toMatchObject({ text: '', range: { fromMs: 10, toMs: 20, what: 'collected' } });
  });
});
