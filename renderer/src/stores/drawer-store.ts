// Which tab of the drawer is open. Runs in the page; read by the drawer, written by it and by the keyboard.
// Before the first run of a scenario there is its source to read; from then on it is the tab that the user keeps open.

import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { useRunStore } from './run-store.ts';
import { useSettingsStore, type DrawerTab } from './settings-store.ts';

export const useDrawerStore = defineStore('drawer', () => {
  const run = useRunStore();
  const settings = useSettingsStore();
  const tabBeforeRun = ref<DrawerTab>('source');
  watch(
    () => run.subjectKey,
    () => (tabBeforeRun.value = run.subject?.kind === 'target' ? 'objects' : 'source'),
  );
  const tab = computed(() => (run.stream === undefined ? tabBeforeRun.value : settings.settings.drawerTab));

  /** The user wants the scratch editor in place of the run; until the next run. */
  const wantsLargeEditor = ref(false);
  watch([() => run.subjectKey, () => run.shownRunId], () => (wantsLargeEditor.value = false));
  /** Before the first run there is nothing to see but the text, so it has all the room. */
  const isEditorLarge = computed(
    () => run.subject?.kind === 'scratch' && (run.stream === undefined || wantsLargeEditor.value),
  );

  function open(wanted: DrawerTab): void {
    wantsLargeEditor.value = false;
    if (run.stream === undefined) tabBeforeRun.value = wanted;
    else settings.settings.drawerTab = wanted;
  }
  return { tab, isEditorLarge, wantsLargeEditor, open };
});
