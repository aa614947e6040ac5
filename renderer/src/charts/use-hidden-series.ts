// Which curves of the heap chart are hidden: a preference of the person, kept from visit to visit.

import { useLocalStorage } from '@vueuse/core';
import { computed } from 'vue';
import { HIDDEN_AT_FIRST, isHeapSeriesKey, type HeapSeriesKey } from './heap-series.ts';

const STORAGE_KEY = 'heapline.hidden-series.1';

/** Reads what is stored; anything else than known keys is left out. */
export function parseHiddenSeries(stored: string): HeapSeriesKey[] {
  return stored.split(',').filter(isHeapSeriesKey);
}

export function useHiddenSeries() {
  const stored = useLocalStorage<HeapSeriesKey[]>(STORAGE_KEY, [...HIDDEN_AT_FIRST], {
    serializer: { read: parseHiddenSeries, write: (keys) => keys.join(',') },
    writeDefaults: false,
  });
  const hidden = computed<ReadonlySet<HeapSeriesKey>>(() => new Set(stored.value));
  function toggle(key: HeapSeriesKey): void {
    stored.value = hidden.value.has(key) ? stored.value.filter((other) => other !== key) : [...stored.value, key];
  }
  return { hidden, toggle };
}
