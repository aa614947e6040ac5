// Both halves of a pair, one after the other: the broken one runs, then the fixed one, laid over it in the comparison.
// Runs in the page. Whoever stops a run or goes elsewhere has ended it.

import { defineStore } from 'pinia';
import { computed, shallowRef, watch } from 'vue';
import { useComparisonStore } from './comparison-store.ts';
import { useEngineStore } from './engine-store.ts';
import { useRunStore } from './run-store.ts';

type Half = 'broken' | 'fixed';

export const usePairStore = defineStore('pair', () => {
  const engine = useEngineStore();
  const run = useRunStore();
  const comparison = useComparisonStore();
  const going = shallowRef<{ readonly scenarioId: string; readonly half: Half; readonly runId: string }>();

  const pair = computed(() => run.scenario?.pair);
  const half = computed(() => going.value?.half);

  async function begin(wanted: Half): Promise<string | undefined> {
    const { scenario } = run;
    if (scenario?.pair === undefined) return undefined;
    run.setParameter(scenario.pair.parameter, scenario.pair[wanted]);
    const runId = await run.run();
    going.value = runId === undefined ? undefined : { scenarioId: scenario.id, half: wanted, runId };
    return runId;
  }

  async function start(): Promise<void> {
    if (pair.value === undefined || !run.canRun) return;
    comparison.close();
    await begin('broken');
  }

  async function goOn(brokenRunId: string): Promise<void> {
    // Laid over the first half from its first sample on.
    if ((await begin('fixed')) !== undefined) comparison.compareWith(brokenRunId);
    going.value = undefined;
  }

  const listing = computed(() => engine.runs.find(({ description }) => description.runId === going.value?.runId));
  watch(listing, (listed) => {
    const { value } = going;
    if (value?.half !== 'broken' || listed?.status !== 'ended') return;
    const isGone = run.scenarioId !== value.scenarioId || listed.outcome === 'stopped';
    if (isGone) going.value = undefined;
    else void goOn(value.runId);
  });

  return { pair, half, start };
});
