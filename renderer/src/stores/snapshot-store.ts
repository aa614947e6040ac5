// Takes heap snapshots of the run that is active, and first asks the user where the pause may cost somebody something.
// Runs in the page; every button that explains a live process goes through here.

import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { describeSnapshotEstimate, needsConfirmation } from '../../../engine/protocol/snapshot-estimate.ts';
import { formatBytes } from '../stream/figures.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { useEngineStore } from './engine-store.ts';
import { useRunStore, type KeptStream } from './run-store.ts';

export interface SnapshotQuestion {
  /** Of the process that would be paused. */
  readonly title: string;
  /** It was started elsewhere, so others may depend on it. */
  readonly isTarget: boolean;
  /** How long it pauses and what it needs, as far as the heap is known by now. */
  readonly estimate: string;
}

export const useSnapshotStore = defineStore('snapshots', () => {
  const engine = useEngineStore();
  const run = useRunStore();
  const asked = shallowRef<{ readonly runId: string; readonly kept: KeptStream }>();

  /** Undefined while there is nothing to answer: also once the run has ended or another client has asked. */
  const question = computed<SnapshotQuestion | undefined>(() => {
    const active = engine.activeRun;
    if (asked.value === undefined || active?.description.runId !== asked.value.runId) return undefined;
    if (active.status === 'explaining' || active.status === 'stopping') return undefined;
    void run.revision;
    const { title, program } = active.description;
    return {
      title,
      isTarget: program.kind === 'target',
      estimate: describeSnapshotEstimate(heapUsedBytes(asked.value.kept.stream), formatBytes),
    };
  });
  watch(question, (current) => {
    if (current === undefined) cancel();
  });

  /** Takes a snapshot at once, or asks first. */
  async function ask(): Promise<void> {
    const active = engine.activeRun;
    if (active === undefined) return;
    cancel();
    const { runId, program } = active.description;
    const kept = run.keepStream(runId);
    if (needsConfirmation(program.kind, heapUsedBytes(kept.stream))) {
      asked.value = { runId, kept };
      return;
    }
    kept[Symbol.dispose]();
    await run.askWhy();
  }

  async function confirm(): Promise<void> {
    const isOpen = question.value !== undefined;
    cancel();
    if (isOpen) await run.askWhy();
  }

  function cancel(): void {
    asked.value?.kept[Symbol.dispose]();
    asked.value = undefined;
  }

  return { question, ask, confirm, cancel };
});

/** As last sampled; undefined: not known yet. */
function heapUsedBytes({ samples }: RunStream): number | undefined {
  const { values, length } = samples.usedBytes;
  return values.subarray(0, length).findLast((bytes) => !Number.isNaN(bytes));
}
