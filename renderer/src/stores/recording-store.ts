// Opening and saving recordings: what goes on, how far it is, and what comes of it. Runs in the page; files are the host's.

import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';
import type { RecordingProgress } from '../../../engine/protocol/recording-progress.ts';
import { assertNever } from '../../../engine/protocol/vocabulary.ts';
import { desktopBridge } from '../transport/desktop-bridge.ts';
import { createDesktopRecordingHost, createServedRecordingHost } from '../transport/recording-host.ts';
import { useComparisonStore } from './comparison-store.ts';
import { useMessageStore } from './message-store.ts';
import { useRunStore } from './run-store.ts';

/** How long it is said that a run has been saved. */
const SAYS_SAVED_MS = 4_000;

export const useRecordingStore = defineStore('recording', () => {
  const run = useRunStore();
  const messages = useMessageStore();
  const comparison = useComparisonStore();
  /** What goes on; undefined: nothing. */
  const going = shallowRef<Extract<RecordingProgress, { kind: 'opening' | 'saving' }>>();
  /** The run that has just been saved. */
  const savedRunId = ref<string>();
  let savingRunId: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const bridge = desktopBridge();
  const host = bridge === undefined ? createServedRecordingHost(take) : createDesktopRecordingHost(bridge, take);

  function take(progress: RecordingProgress): void {
    switch (progress.kind) {
      case 'opening':
      case 'saving':
        going.value = progress;
        return;
      case 'opened':
        going.value = undefined;
        run.select({ kind: 'recording', runId: progress.runId });
        messages.announce('The recording is open.');
        return;
      case 'saved': {
        going.value = undefined;
        savedRunId.value = savingRunId;
        clearTimeout(timer);
        timer = setTimeout(() => (savedRunId.value = undefined), SAYS_SAVED_MS);
        const rest = progress.isRunGoingOn ? ' The run goes on; what comes now is not in it.' : '';
        messages.announce(`Saved as ${progress.fileName}.${rest}`);
        return;
      }
      case 'failed':
        going.value = undefined;
        messages.showProblem(progress.title, progress.message);
        return;
      case 'canceled':
        going.value = undefined;
        return;
      default:
        assertNever(progress);
    }
  }

  /** Saves what is recorded of the shown run; without one, nothing. */
  function save(): void {
    if (run.shownRunId === undefined) return;
    savingRunId = run.shownRunId;
    host.save(savingRunId);
  }

  /** Takes a recording off the list; its file stays. @returns whether it is closed */
  async function close(runId: string): Promise<boolean> {
    if (comparison.a?.listing.description.runId === runId) comparison.close();
    if (!(await run.closeRecording(runId))) return false;
    messages.announce('The recording is closed. Its file stays where it is.');
    return true;
  }

  watch(() => run.shownRunId, host.showsRun, { immediate: true });

  return {
    going,
    savedRunId,
    choose: () => host.choose(),
    open: (file: File) => host.open(file),
    save,
    close,
    cancel: () => host.cancel(),
    /** Absent in a browser. */
    showInFolder: host.showInFolder,
  };
});
