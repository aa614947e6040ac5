// What the user looks at closely: a place in the source, and whether the inspector is to have the keyboard.
// Runs in the page; written by the table, the inspector and the panels, read by the source view and the inspector.

import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';
import type { Place } from '../../../engine/protocol/explanation.ts';
import { useDrawerStore } from './drawer-store.ts';
import { useRunStore } from './run-store.ts';

export const useInspectionStore = defineStore('inspection', () => {
  const run = useRunStore();
  const drawer = useDrawerStore();
  /** Shown in place of the program's own source; undefined: nobody has asked for a place. Another object for each asking. */
  const place = shallowRef<Place>();
  /** Grows when the keyboard is to go on in the inspector. */
  const focusRequests = ref(0);
  watch(
    () => run.subjectKey,
    () => (place.value = undefined),
  );

  /** Shows the line of a place in the source view. */
  function openPlace(wanted: Place): void {
    place.value = { ...wanted };
    drawer.open('source');
  }
  function closePlace(): void {
    place.value = undefined;
  }
  /** Selects an object and moves the keyboard to its details. */
  function openObject(id: number): void {
    run.selectedObjectId = id;
    focusRequests.value += 1;
  }
  return { place, focusRequests, openPlace, closePlace, openObject };
});
