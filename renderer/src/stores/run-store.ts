// The scenario that the user looks at, what the next run will be asked to do, and the run that is shown.
// Runs in the page. The run's data lives in a RunStream outside Vue; only `revision` tells that there is more to read.

import { defineStore } from 'pinia';
import { computed, markRaw, reactive, ref, shallowReactive } from 'vue';
import type { ScenarioDescription } from '../../../engine/protocol/catalogue.ts';
import type { RunListing } from '../../../engine/protocol/event.ts';
import type { GcPolicy, Limits, ParameterValue, ParameterValues } from '../../../engine/protocol/run-description.ts';
import type { CollectionKind } from '../../../engine/protocol/vocabulary.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { describeEnd, describeStart } from '../components/run-words.ts';
import { useEngineStore } from './engine-store.ts';
import { useMessageStore } from './message-store.ts';
import { useSettingsStore } from './settings-store.ts';

/** What is known of a scenario without opening its runs. */
export type ScenarioState = 'not-run' | 'running' | 'held' | 'missed' | 'failed' | 'ended';

/** Streams kept so that going back to a run shows it at once; the engine's recording brings back the others. */
const MAXIMUM_STREAMS = 4;

export const useRunStore = defineStore('run', () => {
  const engine = useEngineStore();
  const messages = useMessageStore();
  const settings = useSettingsStore();

  const scenarioId = ref<string>();
  const parameterChanges = reactive(new Map<string, ParameterValues>());
  const gcPolicyChanges = reactive(new Map<string, GcPolicy>());
  const limitChanges = reactive(new Map<string, Partial<Limits>>());
  const selectedObjectId = ref<number>();
  /** True between the click and the engine's answer, so that a second click starts nothing. */
  const isStarting = ref(false);

  const shownRunId = ref<string>();
  const streams = shallowReactive(new Map<string, RunStream>());
  const stream = computed(() => (shownRunId.value === undefined ? undefined : streams.get(shownRunId.value)));
  /** Grows when the shown run may have more to read. Read it in a computed that reads the stream. */
  const revision = ref(0);
  const predictions = shallowReactive(new Map<string, boolean>());
  let createStream: (() => RunStream) | undefined;

  const scenario = computed(() => engine.catalogue.find(({ id }) => id === scenarioId.value));
  const runsOfScenario = computed(() =>
    engine.runs.filter(
      ({ description: { program } }) => program.kind === 'scenario' && program.id === scenarioId.value,
    ),
  );
  const status = computed(() => (void revision.value, stream.value?.status));
  const isActive = computed(() => engine.activeRun !== undefined);
  /** The shown run is the one that goes on now. */
  const isShownActive = computed(
    () => shownRunId.value !== undefined && engine.activeRun?.description.runId === shownRunId.value,
  );
  const canRun = computed(
    () => engine.isConnected && scenario.value !== undefined && !isActive.value && !isStarting.value,
  );

  function parametersOf({ id, parameters }: ScenarioDescription): ParameterValues {
    const defaults = Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.default]));
    return { ...defaults, ...parameterChanges.get(id) };
  }
  const parameters = computed(() => (scenario.value === undefined ? {} : parametersOf(scenario.value)));
  const gcPolicy = computed<GcPolicy>(
    () =>
      gcPolicyChanges.get(scenarioId.value ?? '') ??
      scenario.value?.defaultGcPolicy ?? { kind: 'none', intervalMs: 500 },
  );
  const limits = computed<Limits>(() => ({
    settleMs: 1_000,
    timeoutMs: 60_000,
    ...scenario.value?.defaultLimits,
    ...limitChanges.get(scenarioId.value ?? ''),
  }));

  function stateOf(id: string): ScenarioState {
    const run = engine.runs.findLast(
      ({ description: { program } }) => program.kind === 'scenario' && program.id === id,
    );
    if (run === undefined) return 'not-run';
    if (run.status !== 'ended') return 'running';
    const held = predictions.get(run.description.runId) ?? run.predictionHeld;
    if (held !== undefined) return held ? 'held' : 'missed';
    return run.outcome === undefined || run.outcome === 'completed' || run.outcome === 'stopped' ? 'ended' : 'failed';
  }

  /** Called once, before the engine is attached. */
  function useStreams(create: () => RunStream): void {
    createStream = create;
  }

  function follow(runId: string): void {
    if (streams.has(runId) || createStream === undefined) return;
    const followed = markRaw(createStream());
    streams.set(runId, followed);
    engine.attachedClient().follow(runId, {
      get nextSequence() {
        return followed.nextSequence;
      },
      apply(sequence, batch) {
        followed.apply(sequence, batch);
        // Everything else waits for the next look at the revision, at most ten times a second.
        if (batch.type === 'ended') onEnded(runId, followed);
        if (batch.type === 'ended' || batch.type === 'started' || batch.type === 'status') revision.value += 1;
      },
    });
    for (const oldRunId of streams.keys()) {
      if (streams.size <= MAXIMUM_STREAMS) break;
      if (oldRunId === runId || oldRunId === shownRunId.value || streams.get(oldRunId)?.status !== 'ended') continue;
      engine.attachedClient().leave(oldRunId);
      streams.delete(oldRunId);
    }
  }

  function onEnded(runId: string, { report }: RunStream): void {
    if (report === undefined) return;
    if (report.prediction !== undefined) predictions.set(runId, report.prediction.held);
    if (runId === shownRunId.value) messages.announce(describeEnd(report));
  }

  function showRun(runId: string | undefined): void {
    if (shownRunId.value === runId) return;
    shownRunId.value = runId;
    selectedObjectId.value = undefined;
    if (runId !== undefined) follow(runId);
    revision.value += 1;
  }

  /** Shows a scenario together with its latest run, if it has one. */
  function selectScenario(id: string): void {
    scenarioId.value = id;
    showRun(runsOfScenario.value.at(-1)?.description.runId);
  }

  function onWelcome(): void {
    if (scenarioId.value !== undefined && scenario.value !== undefined) {
      // After a reconnection: what is shown stays, and goes on if the engine still has it.
      if (shownRunId.value === undefined) selectScenario(scenarioId.value);
      return;
    }
    const latest = (engine.activeRun ?? engine.runs.at(-1))?.description.program;
    const known = latest?.kind === 'scenario' && engine.catalogue.some(({ id }) => id === latest.id);
    const first = known ? latest.id : engine.catalogue[0]?.id;
    if (first !== undefined) selectScenario(first);
  }

  function onRunListed({ description }: RunListing): void {
    // A run that another client, or this page's own button, has begun for the scenario on screen.
    const { program, runId } = description;
    if (program.kind === 'scenario' && program.id === scenarioId.value && !streams.has(runId)) showRun(runId);
  }

  async function run(): Promise<void> {
    const asked = scenario.value;
    if (asked === undefined || !canRun.value) return;
    isStarting.value = true;
    try {
      const { nodePath } = settings.settings;
      const answer = await engine.ask(`${asked.title} was not started`, {
        type: 'start-run',
        program: { kind: 'scenario', id: asked.id, parameters: { ...parameters.value } },
        gcPolicy: { ...gcPolicy.value },
        limits: { ...limits.value },
        ...(nodePath === '' ? {} : { nodePath }),
      });
      if (answer?.runId === undefined) return;
      if (scenarioId.value === asked.id) showRun(answer.runId);
      messages.announce(describeStart(asked.title));
    } finally {
      isStarting.value = false;
    }
  }

  async function stop(): Promise<void> {
    const active = engine.activeRun;
    if (active === undefined) return;
    await engine.ask('The run was not stopped', { type: 'stop-run', runId: active.description.runId });
  }

  /** No more waiting for late callbacks: fixes the verdicts now. */
  async function endSettling(): Promise<void> {
    const active = engine.activeRun;
    if (active === undefined) return;
    await engine.ask('The wait was not cut short', { type: 'end-settling', runId: active.description.runId });
  }

  async function collect(kind: CollectionKind): Promise<void> {
    const active = engine.activeRun;
    if (active === undefined) return;
    await engine.ask('No collection was forced', { type: 'collect-garbage', runId: active.description.runId, kind });
  }

  /** For the next run of this scenario, and for the one that goes on now. */
  async function setGcPolicy(policy: GcPolicy): Promise<void> {
    if (scenarioId.value === undefined) return;
    gcPolicyChanges.set(scenarioId.value, policy);
    const active = engine.activeRun;
    if (active === undefined || !isShownActive.value) return;
    await engine.ask('The GC policy was not changed', {
      type: 'set-gc-policy',
      runId: active.description.runId,
      gcPolicy: policy,
    });
  }

  function setParameter(name: string, value: ParameterValue): void {
    if (scenarioId.value === undefined) return;
    parameterChanges.set(scenarioId.value, { ...parameterChanges.get(scenarioId.value), [name]: value });
  }

  /** Undefined: the scenario's own again. */
  function setLimits(changes: Partial<Limits> | undefined): void {
    if (scenarioId.value === undefined) return;
    if (changes === undefined) limitChanges.delete(scenarioId.value);
    else limitChanges.set(scenarioId.value, changes);
  }

  /** Called by the page's one loop, at most ten times a second. */
  let seenRevision = -1;
  let seenStream: RunStream | undefined;
  function look(): void {
    const shown = stream.value;
    if (shown === undefined || (shown === seenStream && shown.revision === seenRevision)) return;
    seenStream = shown;
    seenRevision = shown.revision;
    revision.value += 1;
  }

  return {
    scenarioId,
    scenario,
    parameters,
    gcPolicy,
    limits,
    limitChanges,
    selectedObjectId,
    isStarting,
    shownRunId,
    stream,
    revision,
    status,
    isActive,
    isShownActive,
    canRun,
    runsOfScenario,
    stateOf,
    useStreams,
    showRun,
    selectScenario,
    onWelcome,
    onRunListed,
    run,
    stop,
    endSettling,
    collect,
    setGcPolicy,
    setParameter,
    setLimits,
    look,
  };
});
