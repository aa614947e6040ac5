// The experiment on screen, and the one that the next click begins.
// Runs in the page; the engine runs experiments and tells how far they are.

import { defineStore } from 'pinia';
import { computed, reactive, ref } from 'vue';
import type { ExperimentListing } from '../../../engine/protocol/experiment.ts';
import { GC_POLICY_KINDS, type GcPolicyKind } from '../../../engine/protocol/vocabulary.ts';
import { useEngineStore } from './engine-store.ts';
import { useMessageStore } from './message-store.ts';
import { useRunStore } from './run-store.ts';
import { keyOf, subjectOf } from './subject.ts';

const DEFAULT_RUNS_PER_POLICY = 10;

export const useExperimentStore = defineStore('experiment', () => {
  const engine = useEngineStore();
  const run = useRunStore();
  const messages = useMessageStore();

  const plan = reactive({
    runsPerPolicy: DEFAULT_RUNS_PER_POLICY,
    gcPolicies: new Set<GcPolicyKind>(GC_POLICY_KINDS),
  });
  /** The one that stands in the place of the timeline; undefined: the timeline. */
  const openId = ref<string>();

  /** Of the subject on screen, oldest first. */
  const ofSubject = computed(() =>
    engine.experiments.filter(({ program }) => keyOf(subjectOf(program)) === run.subjectKey),
  );
  const open = computed(() => ofSubject.value.find(({ experimentId }) => experimentId === openId.value));
  /** The experiment that the shown run is one of, with its policy and number. */
  const ofShownRun = computed(() => {
    for (const experiment of ofSubject.value) {
      for (const { gcPolicy, runs } of experiment.policies) {
        const number = runs.findIndex(({ runId }) => runId !== undefined && runId === run.shownRunId) + 1;
        if (number > 0) return { experiment, gcPolicy, number, runs: runs.length };
      }
    }
    return undefined;
  });

  async function start(): Promise<void> {
    const program = run.programToStart();
    if (program === undefined || !run.canRun || plan.gcPolicies.size === 0) return;
    const { intervalMs } = run.gcPolicy;
    const nodePath = run.nodePathToStart;
    const answer = await engine.ask('The experiment was not started', {
      type: 'start-experiment',
      program,
      gcPolicies: GC_POLICY_KINDS.filter((kind) => plan.gcPolicies.has(kind)).map((kind) => ({ kind, intervalMs })),
      runsPerPolicy: plan.runsPerPolicy,
      limits: { ...run.limits },
      ...(nodePath === '' ? {} : { nodePath }),
    });
    if (answer?.experimentId === undefined) return;
    openId.value = answer.experimentId;
    messages.announce(`An experiment with ${run.title ?? 'the program'} started.`);
  }

  async function cancel(): Promise<void> {
    const { activeExperiment } = engine;
    if (activeExperiment === undefined) return;
    const { experimentId } = activeExperiment;
    await engine.ask('The experiment was not cancelled', { type: 'cancel-experiment', experimentId });
  }

  /** Puts one of its runs on screen; the way back is in the head over it. */
  function showRun(runId: string): void {
    openId.value = undefined;
    run.showRun(runId);
  }

  function show({ experimentId }: Pick<ExperimentListing, 'experimentId'>): void {
    openId.value = experimentId;
  }
  function close(): void {
    openId.value = undefined;
  }

  return { plan, openId, open, ofSubject, ofShownRun, start, cancel, showRun, show, close };
});
