// The scenario that the user looks at, what the next run will be asked to do, and the run that is shown.
// Runs in the page. The run's data lives in a RunStream outside Vue; only `revision` tells that there is more to read.

import { defineStore } from 'pinia';
import { computed, markRaw, reactive, ref, shallowReactive, shallowRef, watch } from 'vue';
import type { ScenarioDescription } from '../../../engine/protocol/catalogue.ts';
import type { Refusal, RunListing, Target } from '../../../engine/protocol/event.ts';
import type {
  GcPolicy,
  Limits,
  ParameterValue,
  ParameterValues,
  Program,
  ListedDescription,
} from '../../../engine/protocol/run-description.ts';
import { disposable, type Disposable } from '../../../engine/protocol/port.ts';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import { assertNever, type CollectionKind } from '../../../engine/protocol/vocabulary.ts';
import { baseNameOf } from '../scripts/script-paths.ts';
import type { EngineRequest, RefusedError } from '../transport/engine-client.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { describeEnd, describeStart } from '../components/run-words.ts';
import { useEngineStore } from './engine-store.ts';
import { useLearningStore } from './learning-store.ts';
import { useMessageStore } from './message-store.ts';
import {
  defaultLaunchSettings,
  findLaunchProblem,
  launchOf,
  MAXIMUM_TEXT_CHARACTERS,
  useScriptsStore,
  type LaunchField,
  type LaunchProblem,
  type LaunchSettings,
  type ScriptSource,
} from './scripts-store.ts';
import { useSettingsStore } from './settings-store.ts';
import { keyOf, subjectOf, subjectOfRun, type Subject } from './subject.ts';

/** What is known of a subject without opening its runs. */
export type ScenarioState = 'not-run' | 'running' | 'held' | 'missed' | 'failed' | 'ended';

/** The text of what is on screen, with the name of its file. */
export type SubjectSource = ScriptSource & { readonly fileName: string };

/** Streams kept so that going back to a run shows it at once; the engine's recording brings back the others. */
const MAXIMUM_STREAMS = 4;

/** A run that is followed beside the shown one, at least until this is disposed of. */
export interface KeptStream extends Disposable {
  readonly stream: RunStream;
}

type StartRequest = Extract<EngineRequest, { type: 'start-run' | 'watch-target' }>;

/** Which setting of a script a refusal is about. */
const FIELD_OF_REFUSAL: Partial<Record<Refusal, LaunchField>> = {
  'bad-file': 'file',
  'bad-node': 'node',
  'bad-path': 'working-directory',
};

export const useRunStore = defineStore('run', () => {
  const engine = useEngineStore();
  const messages = useMessageStore();
  const settings = useSettingsStore();
  const scripts = useScriptsStore();
  const learning = useLearningStore();

  const subject = shallowRef<Subject>();
  const parameterChanges = reactive(new Map<string, ParameterValues>());
  /** Of scenarios and targets, by subject; those of scripts are remembered with the script. */
  const gcPolicyChanges = reactive(new Map<string, GcPolicy>());
  const limitChanges = reactive(new Map<string, Limits>());
  /** What the last attempt to start the script on screen failed for, until it is changed or tried again. */
  const refusedLaunch = shallowRef<LaunchProblem>();
  const selectedObjectId = ref<number>();
  /** True between the click and the engine's answer, so that a second click starts nothing. */
  const isStarting = ref(false);

  const shownRunId = ref<string>();
  const streams = shallowReactive(new Map<string, RunStream>());
  /** How often each run is kept: these are not let go of, however many there are. */
  const kept = new Map<string, number>();
  /** Grows when the shown run may have more to read. Read it in a computed that reads the stream. */
  const revision = ref(0);
  /** Of runs that were recorded before and are on their way, whole percent that are here. */
  const caughtUpPercents = shallowReactive(new Map<string, number>());
  const caughtUpPercent = computed(() => caughtUpPercents.get(shownRunId.value ?? ''));
  const followedStream = computed(() => streams.get(shownRunId.value ?? ''));
  /** True while nothing is shown of what was recorded before, since it will all be there soon. */
  const isOpening = computed(() => {
    void revision.value;
    if (followedStream.value?.revision !== 0) return false;
    const isEnded = engine.runs.some(
      ({ description, status }) => description.runId === shownRunId.value && status === 'ended',
    );
    return isEnded || caughtUpPercent.value !== undefined;
  });
  const stream = computed(() => (isOpening.value ? undefined : followedStream.value));
  const predictions = shallowReactive(new Map<string, boolean>());
  let createStream: (() => RunStream) | undefined;

  const subjectKey = computed(() => (subject.value === undefined ? undefined : keyOf(subject.value)));
  const scenarioId = computed(() => (subject.value?.kind === 'scenario' ? subject.value.id : undefined));
  const scenario = computed(() => engine.scenarioById(scenarioId.value));
  /** The script on screen: a file, or the scratch, which has no path of its own. */
  const script = computed<{ readonly path: string | undefined; readonly name: string } | undefined>(() => {
    if (subject.value?.kind === 'file') return { path: subject.value.path, name: baseNameOf(subject.value.path) };
    return subject.value?.kind === 'scratch' ? { path: undefined, name: scripts.scratchName } : undefined;
  });
  const launch = computed(() => (script.value === undefined ? undefined : scripts.launchFor(script.value.path)));
  const launchProblem = computed(
    () => refusedLaunch.value ?? (launch.value === undefined ? undefined : findLaunchProblem(launch.value)),
  );
  /** The target on screen while its process is there. */
  const target = computed<Target | undefined>(() => {
    const shown = subject.value;
    return shown?.kind === 'target' ? engine.targets.find(({ targetId }) => targetId === shown.targetId) : undefined;
  });
  const runsOfSubject = computed(() =>
    engine.runs.filter(({ description }) => keyOf(subjectOfRun(description)) === subjectKey.value),
  );
  /** Of a recording on screen: what it is of, and where it comes from. */
  const recorded = computed<ListedDescription | undefined>(() =>
    subject.value?.kind === 'recording'
      ? (runsOfSubject.value[0]?.description ?? (void revision.value, stream.value?.description))
      : undefined,
  );
  /** What the subject on screen is called. */
  const title = computed(() => {
    switch (subject.value?.kind) {
      case 'scenario':
        return scenario.value?.title;
      case 'file':
      case 'scratch':
        return script.value?.name;
      case 'target':
        return target.value?.title ?? runsOfSubject.value.at(-1)?.description.title ?? 'Process';
      case 'recording':
        return recorded.value?.title ?? 'Recording';
      case undefined:
        return undefined;
      default:
        return assertNever(subject.value);
    }
  });
  /** Text to read in the drawer; the scratch has an editor instead. */
  const source = computed<SubjectSource | undefined>(() => {
    if (scenario.value !== undefined) return sourceOfScenario(scenario.value);
    if (recorded.value !== undefined) return sourceOfRecorded(recorded.value);
    if (subject.value?.kind !== 'file') return undefined;
    const { path } = subject.value;
    return { fileName: baseNameOf(path), ...(scripts.sources.get(path) ?? { kind: 'reading' }) };
  });
  /** What the recording holds, or what this application comes with: no file that it names is looked for. */
  function sourceOfRecorded({ program }: ListedDescription): SubjectSource | undefined {
    if (program.kind === 'scratch') {
      // Listings have no texts: it is in the first batch of the recording.
      const followed = (void revision.value, followedStream.value?.description?.program);
      const text = followed?.kind === 'scratch' ? { kind: 'read' as const, text: followed.text } : undefined;
      return { fileName: program.name, ...(text ?? { kind: 'reading' as const }) };
    }
    const builtIn = program.kind === 'scenario' ? engine.scenarioById(program.id) : undefined;
    return builtIn && sourceOfScenario(builtIn);
  }
  function sourceOfScenario({ id, source: { fileName, text } }: ScenarioDescription): SubjectSource {
    if (text !== undefined) return { kind: 'read', fileName, text };
    return { fileName, ...(scripts.sources.get(engine.pathOfOwn(id) ?? '') ?? { kind: 'reading' }) };
  }
  /** The file of the user's own scenario on screen, or that the recording on screen is of. */
  const ownSourcePath = computed(() => {
    const program = recorded.value?.program;
    const id = scenarioId.value ?? (program?.kind === 'scenario' ? program.id : undefined);
    return id === undefined ? undefined : engine.pathOfOwn(id);
  });
  const status = computed(() => (void revision.value, stream.value?.status));
  const isActive = computed(() => engine.activeRun !== undefined);
  /** The shown run is the one that goes on now. */
  const isShownActive = computed(
    () => shownRunId.value !== undefined && engine.activeRun?.description.runId === shownRunId.value,
  );
  /** The run that goes on watches a process that was started elsewhere: it is left, not stopped. */
  const isWatching = computed(() => engine.activeRun?.description.program.kind === 'target');
  const isRunnable = computed(
    () => scenario.value !== undefined || script.value !== undefined || target.value !== undefined,
  );
  const canRun = computed(
    () =>
      engine.isConnected &&
      isRunnable.value &&
      !isActive.value &&
      engine.activeExperiment === undefined &&
      !isStarting.value,
  );

  function parametersOf({ id, parameters }: ScenarioDescription): ParameterValues {
    const defaults = Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.default]));
    return { ...defaults, ...parameterChanges.get(id) };
  }
  const parameters = computed(() => (scenario.value === undefined ? {} : parametersOf(scenario.value)));
  const gcPolicy = computed<GcPolicy>(
    () =>
      launch.value?.gcPolicy ??
      gcPolicyChanges.get(subjectKey.value ?? '') ??
      recorded.value?.gcPolicy ??
      scenario.value?.defaultGcPolicy ?? {
        kind: subject.value?.kind === 'scratch' ? 'major' : 'none',
        intervalMs: 500,
      },
  );
  const limits = computed<Limits>(() => ({
    settleMs: 1_000,
    timeoutMs: 60_000,
    ...scenario.value?.defaultLimits,
    ...launch.value?.limits,
    ...limitChanges.get(subjectKey.value ?? ''),
  }));
  const hasOwnLimits = computed(() => (launch.value?.limits ?? limitChanges.get(subjectKey.value ?? '')) !== undefined);

  function stateOf(of: Subject): ScenarioState {
    const key = keyOf(of);
    const run = engine.runs.findLast(({ description }) => keyOf(subjectOfRun(description)) === key);
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

  /** In whole percent, so that it changes a hundred times and not with every message. */
  function noteCatchingUp(runId: string, { caughtUpShare }: RunStream): void {
    if (caughtUpShare === undefined) caughtUpPercents.delete(runId);
    else caughtUpPercents.set(runId, Math.floor(caughtUpShare * 100));
  }
  watch(
    () => engine.isConnected,
    (isConnected) => {
      if (isConnected) return;
      for (const runId of streams.keys()) showWhatIsHere(runId);
    },
  );
  /** More of a run does not come, or not for now. */
  function showWhatIsHere(runId: string): void {
    const followed = streams.get(runId);
    if (followed === undefined) return;
    followed.showAll();
    noteCatchingUp(runId, followed);
    revision.value += 1;
  }

  function follow(runId: string): void {
    if (streams.has(runId) || createStream === undefined) return;
    const followed = markRaw(createStream());
    streams.set(runId, followed);
    engine.attachedClient().follow(runId, {
      get nextSequence() {
        return followed.nextSequence;
      },
      apply(group) {
        followed.applyGroup(group);
        noteCatchingUp(runId, followed);
        // Everything else waits for the next look at the revision, at most ten times a second.
        const has = (type: RunBatch['type']) => group.batches.some((batch) => batch.type === type);
        if (has('ended')) onEnded(runId, followed);
        if (has('ended') || has('started') || has('status')) revision.value += 1;
      },
    });
    for (const oldRunId of streams.keys()) {
      if (streams.size <= MAXIMUM_STREAMS) break;
      if (oldRunId === runId || oldRunId === shownRunId.value || streams.get(oldRunId)?.status !== 'ended') continue;
      if (kept.has(oldRunId)) continue;
      engine.attachedClient().leave(oldRunId);
      streams.delete(oldRunId);
      caughtUpPercents.delete(oldRunId);
    }
  }

  /** Follows a run for as long as it is looked at beside the shown one. @throws Error before `useStreams` */
  function keepStream(runId: string): KeptStream {
    kept.set(runId, (kept.get(runId) ?? 0) + 1);
    follow(runId);
    const followed = streams.get(runId);
    if (followed === undefined) throw new Error('The run store has no streams yet.');
    const letGo = disposable(() => {
      const others = (kept.get(runId) ?? 1) - 1;
      if (others === 0) kept.delete(runId);
      else kept.set(runId, others);
    });
    return { stream: followed, [Symbol.dispose]: () => letGo[Symbol.dispose]() };
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

  /** Shows a subject together with its latest run, if it has one. */
  function select(chosen: Subject): void {
    const isOther = keyOf(chosen) !== subjectKey.value;
    subject.value = chosen;
    if (isOther) refusedLaunch.value = undefined;
    if (chosen.kind === 'file') {
      scripts.remember(chosen.path);
      void scripts.readSource(chosen.path);
    }
    showRun(runsOfSubject.value.at(-1)?.description.runId);
  }
  const selectScenario = (id: string): void => select({ kind: 'scenario', id });

  /** Opens a script by its path, as a person chose it: it becomes the first of the recent ones. */
  function openScript(path: string): void {
    scripts.putFirst(path);
    select({ kind: 'file', path });
  }

  /** What the address asks for, or a host: before the first welcome it waits for it. */
  let wanted: Subject | undefined;
  function open(asked: Subject): void {
    if (!engine.hasBeenConnected) wanted = asked;
    else if (asked.kind === 'file') openScript(asked.path);
    else if (isThere(asked)) select(asked);
  }

  function isThere(asked: Subject): boolean {
    switch (asked.kind) {
      case 'scenario':
        return engine.scenarioById(asked.id) !== undefined;
      case 'target':
        return (
          engine.targets.some(({ targetId }) => targetId === asked.targetId) ||
          engine.runs.some(({ description }) => keyOf(subjectOfRun(description)) === keyOf(asked))
        );
      case 'recording':
        return engine.runs.some(({ description }) => description.runId === asked.runId);
      case 'file':
      case 'scratch':
        return true;
      default:
        return assertNever(asked);
    }
  }

  function onWelcome(): void {
    if (subject.value !== undefined && isThere(subject.value)) {
      // After a reconnection: what is shown stays, and goes on if the engine still has it.
      if (shownRunId.value === undefined) select(subject.value);
      return;
    }
    const chosen = wanted !== undefined && isThere(wanted) ? wanted : usualSubject();
    wanted = undefined;
    if (chosen !== undefined) select(chosen);
  }

  /** What is shown where nothing else is asked for: what was run last, or the first scenario. */
  function usualSubject(runs: readonly RunListing[] = engine.runs): Subject | undefined {
    const latest = (engine.activeRun ?? runs.at(-1))?.description;
    const [firstScenario] = engine.catalogue;
    const candidates = [
      latest && subjectOfRun(latest),
      firstScenario && ({ kind: 'scenario', id: firstScenario.id } as const),
    ];
    return candidates.find((candidate) => candidate !== undefined && isThere(candidate));
  }

  /** What comes on screen when a recording leaves it: the next one, or else the scenario that it is of, or the usual. */
  function subjectAfter(runId: string): Subject | undefined {
    const recordings = engine.runs.filter(({ description }) => description.origin !== undefined);
    const at = recordings.findIndex(({ description }) => description.runId === runId);
    const neighbor = recordings[at + 1] ?? recordings[at - 1];
    if (neighbor !== undefined) return subjectOfRun(neighbor.description);
    const program = recordings[at]?.description.program;
    const scenarioOfIt = program?.kind === 'scenario' ? subjectOf(program) : undefined;
    if (scenarioOfIt !== undefined && isThere(scenarioOfIt)) return scenarioOfIt;
    return usualSubject(engine.runs.filter(({ description }) => description.runId !== runId));
  }

  /** Lets go of a recording, here and in the engine; its file stays. @returns whether it is closed */
  async function closeRecording(runId: string): Promise<boolean> {
    const next = subjectAfter(runId);
    const isListed = engine.runs.some(({ description }) => description.runId === runId);
    // One that made way for others is only here.
    if (
      isListed &&
      (await engine.ask('The recording was not closed', { type: 'close-recording', runId })) === undefined
    ) {
      return false;
    }
    const isShown = subjectKey.value === keyOf({ kind: 'recording', runId });
    if (isShown && next !== undefined) select(next);
    if (shownRunId.value !== runId && !kept.has(runId)) {
      engine.attachedClient().leave(runId);
      streams.delete(runId);
    }
    return true;
  }

  function onRunListed({ description }: RunListing): void {
    // A run that another client, or this page's own button, has begun for the subject on screen.
    const { runId } = description;
    if (keyOf(subjectOfRun(description)) === subjectKey.value && !streams.has(runId)) showRun(runId);
  }

  /** The program that the next run starts; undefined where the subject is no program of ours. */
  function programToStart(): Program | undefined {
    if (scenario.value !== undefined) {
      return { kind: 'scenario', id: scenario.value.id, parameters: { ...parameters.value } };
    }
    if (launch.value === undefined) return undefined;
    if (subject.value?.kind === 'file') return { kind: 'file', path: subject.value.path, ...launchOf(launch.value) };
    return { kind: 'scratch', name: scripts.scratchName, text: scripts.scratchText, ...launchOf(launch.value) };
  }

  function textProblem(): LaunchProblem | undefined {
    if (subject.value?.kind !== 'scratch' || scripts.scratchText.length <= MAXIMUM_TEXT_CHARACTERS) return undefined;
    return { field: 'file', message: 'The text is too long to be run from here: at most 4 million characters.' };
  }

  /** What the engine says no to is shown at the field that it concerns, where there is one. */
  function noteRefusal(error: RefusedError): boolean {
    const field = script.value === undefined ? undefined : FIELD_OF_REFUSAL[error.refusal];
    if (field === undefined) return false;
    refusedLaunch.value = { field, message: error.message };
    return true;
  }

  /** Empty: the host's own. */
  const nodePathToStart = computed(() =>
    (launch.value === undefined ? settings.settings.nodePath : launch.value.nodePath).trim(),
  );

  /** @returns the run that began; undefined if none did, and the user has been told why */
  async function run(): Promise<string | undefined> {
    const asked = subject.value;
    const name = title.value;
    if (asked === undefined || name === undefined || !canRun.value) return undefined;
    refusedLaunch.value = launch.value === undefined ? undefined : (findLaunchProblem(launch.value) ?? textProblem());
    // Shown at its field, which opens for it.
    if (refusedLaunch.value !== undefined) return undefined;
    const program = programToStart();
    const nodePath = nodePathToStart.value;
    const request: StartRequest =
      program === undefined
        ? { type: 'watch-target', targetId: target.value?.targetId ?? '', gcPolicy: { ...gcPolicy.value } }
        : {
            type: 'start-run',
            program,
            gcPolicy: { ...gcPolicy.value },
            limits: { ...limits.value },
            ...(settings.settings.explain ? { explain: true } : {}),
            ...(nodePath === '' ? {} : { nodePath }),
          };
    isStarting.value = true;
    try {
      const answer = await engine.ask(`${name} was not started`, request, noteRefusal);
      if (answer?.runId === undefined) return undefined;
      if (asked.kind === 'scenario') learning.onRunBegan(asked.id, answer.runId);
      if (subjectKey.value === keyOf(asked)) showRun(answer.runId);
      messages.announce(describeStart(name));
      // The next look at its source is one at what runs now.
      if (asked.kind === 'file') void scripts.readSource(asked.path);
      return answer.runId;
    } finally {
      isStarting.value = false;
    }
  }

  async function stop(): Promise<void> {
    const active = engine.activeRun;
    if (active === undefined) return;
    await engine.ask('The run was not stopped', { type: 'stop-run', runId: active.description.runId });
  }

  /** Puts a mark on the run that goes on. @returns whether the engine took it */
  async function mark(name: string): Promise<boolean> {
    const active = engine.activeRun;
    if (active === undefined) return false;
    const { runId } = active.description;
    return (await engine.ask('The mark was not set', { type: 'mark', runId, name })) !== undefined;
  }

  /** Takes a heap snapshot of the run that goes on, to tell what keeps its objects alive right now. */
  async function askWhy(): Promise<void> {
    const active = engine.activeRun;
    if (active === undefined) return;
    await engine.ask('No snapshot was taken', { type: 'ask-why', runId: active.description.runId });
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

  /** For the next run of this subject, and for the one that goes on now. */
  async function setGcPolicy(policy: GcPolicy): Promise<void> {
    if (subjectKey.value === undefined) return;
    if (script.value === undefined) gcPolicyChanges.set(subjectKey.value, policy);
    else scripts.setLaunch(script.value.path, { gcPolicy: policy });
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

  /** Undefined: the subject's own again. */
  function setLimits(changes: Limits | undefined): void {
    if (subjectKey.value === undefined) return;
    if (script.value !== undefined) scripts.setLaunch(script.value.path, { limits: changes ?? null });
    else if (changes === undefined) limitChanges.delete(subjectKey.value);
    else limitChanges.set(subjectKey.value, changes);
  }

  /** How the script on screen is started. A refusal of what is changed now says nothing any more. */
  function setLaunch(changes: Partial<LaunchSettings>): void {
    if (script.value === undefined) return;
    refusedLaunch.value = undefined;
    scripts.setLaunch(script.value.path, changes);
  }
  /** Everything about its start as for a script that was never opened. */
  const resetLaunch = (): void => setLaunch(defaultLaunchSettings());

  /** Called by the page's one loop, at most ten times a second. */
  let seenRevision = -1;
  let seenStream: RunStream | undefined;
  function look(): void {
    const shown = followedStream.value;
    if (shown === undefined || (shown === seenStream && shown.revision === seenRevision)) return;
    seenStream = shown;
    seenRevision = shown.revision;
    revision.value += 1;
  }

  return {
    subject,
    programToStart,
    nodePathToStart,
    subjectKey,
    title,
    scenarioId,
    scenario,
    script,
    launch,
    launchProblem,
    refusedLaunch,
    target,
    recorded,
    source,
    ownSourcePath,
    parameters,
    gcPolicy,
    limits,
    hasOwnLimits,
    selectedObjectId,
    isStarting,
    shownRunId,
    stream,
    caughtUpPercent,
    isOpening,
    revision,
    status,
    isActive,
    isShownActive,
    isWatching,
    isRunnable,
    canRun,
    runsOfSubject,
    stateOf,
    useStreams,
    keepStream,
    showRun,
    select,
    selectScenario,
    openScript,
    closeRecording,
    open,
    onWelcome,
    onRunListed,
    onFollowFailed: showWhatIsHere,
    run,
    stop,
    mark,
    askWhy,
    endSettling,
    collect,
    setGcPolicy,
    setParameter,
    setLimits,
    setLaunch,
    resetLaunch,
    look,
  };
});
