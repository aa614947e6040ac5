// The engine: starts runs, keeps their recordings, and serves any number of clients over ports.
// A host (desktop main process, served host, command line) makes one, and attaches a port for each client.

import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import type { ScenarioDescription } from '../protocol/catalogue.ts';
import { Command, PROTOCOL_VERSION, type CommandOf } from '../protocol/command.ts';
import type { EngineEvent, EngineEventOf, HostDescription, Target } from '../protocol/event.ts';
import { listedDescription } from '../protocol/listing.ts';
import { parseOrThrow } from '../protocol/parse.ts';
import { disposable, validatedPort, type Disposable, type Port } from '../protocol/port.ts';
import type { BatchGroup } from '../protocol/run-batch.ts';
import {
  GcPolicy,
  Limits,
  LONGEST_TIMEOUT_MS,
  type Program,
  type RunDescription,
} from '../protocol/run-description.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import type { Scenario } from '../scenarios/define-scenario.ts';
import { systemClock, type Clock } from './clock.ts';
import { createEndpoint, type Endpoint } from './endpoint.ts';
import type { Launcher } from './launcher.ts';
import { isLocalPath } from './local-path.ts';
import { messageOf } from './message-of.ts';
import { startExperiment, type Experiment, type ExperimentPlan } from './experiments.ts';
import {
  startObservedRun,
  type KnownListing,
  type ObservedRun,
  type ObservedRunOptions,
  type RecordedRun,
  type RunResult,
} from './observed-run.ts';
import { openRecordedRun } from './open-recording.ts';
import { createNodeFinder } from './find-nodes.ts';
import { createOwnScenarios, type OwnScenariosOptions } from './own-scenarios.ts';
import { pathOfFile, prepareProgram, type EngineLocations } from './prepare-program.ts';
import { removeFoldersOfTheDead } from './private-folders.ts';
import { Refused } from './refused.ts';
import { createScratchFiles } from './scratch-files.ts';
import { listFolder, readSource } from './source-files.ts';
import type { Recording } from './recording.ts';
import { readRecording } from './recording-file.ts';
import { groupsFrom } from './join-batches.ts';
import { saveRecording, type SavedRecording } from './save-recording.ts';
import { createRunFollower, type RunFollower } from './run-follower.ts';
import { createSnapshotExplainer } from './snapshot-explainer.ts';
import { listenForTargets, type Targets } from './targets.ts';

/** Recordings of runs that have ended are let go, oldest first, beyond these: all together, and in V8's heap. */
const RECORDINGS_BUDGET_BYTES = 2 * 1024 * 1024 * 1024;
const RECORDINGS_HEAP_BUDGET_BYTES = getHeapStatistics().heap_size_limit / 2;
/** With all their runs. */
const EXPERIMENTS_KEPT = 3;

export interface EngineOptions {
  readonly launcher: Launcher;
  readonly host: HostDescription;
  readonly scenarios: readonly Scenario[];
  readonly locations: EngineLocations;
  readonly clock?: Clock;
  /** How many runs are kept, the current one included; and as many that were opened from files. */
  readonly recordingsKept?: number;
  /** How many objects a report lists at most. */
  readonly reportedObjects?: number;
  readonly recordingBudgetBytes?: number;
  /** What the recordings of all runs that have ended may weigh together. */
  readonly recordingsBudgetBytes?: number;
  /** Heap snapshots are written into private folders in it, and removed when they are read; absent: the system's for such files. */
  readonly snapshotFolder?: string;
  readonly handshakeDeadlineMs?: number;
  /** Absent: there are none of the user's own. */
  readonly ownScenarios?: OwnScenariosOptions;
  /** Absent: processes that were started elsewhere do not find this engine. */
  readonly rendezvous?: RendezvousOptions;
}

export interface RendezvousOptions {
  /** Where to be found, best first; absent: in the usual folders of this user. */
  readonly folders?: readonly string[];
  /** Told if there is no place to be found at, and why. */
  readonly onProblem: (message: string) => void;
}

type RunPreparation = Pick<ObservedRunOptions, 'process' | 'judge' | 'displayFile' | 'mainFolder' | 'onResult'> & {
  readonly description: Omit<RunDescription, 'runId' | 'title' | 'startedAt'>;
};

export interface Engine {
  /** Serves a client until either side closes the port, or the result is disposed. */
  attach(port: Port<unknown, EngineEvent>): Disposable;
  /**
   * Makes a run of a recording file, which clients list, follow and compare like any other. A file that is open already is
   * not read again: its run is the answer, unless that has less than this file, and makes way for it. Whoever gives `chunks`
   * closes what they come from.
   * @param about.fileName without its folder
   * @returns the id of the run, by which it is known here
   * @throws RecordingFileError if nothing of the file can be shown; Refused; the signal's reason; what `chunks` throw
   */
  openRecording(
    chunks: AsyncIterable<Uint8Array>,
    about: { readonly fileName: string; readonly signal?: AbortSignal },
  ): Promise<string>;
  /** What is recorded of a run now, to be written to a file. @throws Refused if there is no such run */
  saveRecording(runId: string): SavedRecording;
  /**
   * What is recorded of a run by now, from a sequence on, joined; read as the consumer comes along.
   * @throws Refused if there is no such run, or it has not so many batches
   */
  recordedFrom(runId: string, fromSequence: number): Iterable<BatchGroup>;
  /** Ends the run that is going, then every connection. Resolves when nothing is left of either. */
  close(): Promise<void>;
}

/** A command that is answered with what it asks for, and is about no run. */
type Question = CommandOf<'list-nodes' | 'list-folder' | 'read-source' | 'new-scenario'>;
type RunCommand = Exclude<
  Command,
  { type: 'hello' | 'acknowledge' | 'start-experiment' | 'cancel-experiment' | Question['type'] }
>;

/** A run that is going; without `run` it is about to be launched. */
interface GoingRun {
  readonly title: string;
  run?: ObservedRun;
}

interface Client {
  readonly post: (event: EngineEvent) => void;
  readonly close: () => void;
  hasGreeted: boolean;
  readonly followers: Map<string, RunFollower>;
}

/** @throws if a scenario's source cannot be read: the installation is broken then. */
export function createEngine(options: EngineOptions): Engine {
  const { launcher, scenarios, locations } = options;
  const explainer = createSnapshotExplainer(locations.explainWorkerPath);
  const clock = options.clock ?? systemClock;
  const recordingsKept = Math.max(1, options.recordingsKept ?? 5);
  const recordingsBudgetBytes = options.recordingsBudgetBytes ?? RECORDINGS_BUDGET_BYTES;
  const sourcesFolder = locations.scenarioSources ?? locations.scenariosFolder;
  const catalogue = scenarios.map((scenario) => describeScenario(scenario, sourcesFolder));
  const nodes = createNodeFinder({ defaultNode: launcher.nodePath ?? process.execPath });
  const ownScenarios =
    options.ownScenarios &&
    createOwnScenarios({
      ...options.ownScenarios,
      nodes,
      builtInIds: scenarios.map(({ id }) => id),
      onChange: () => broadcast({ type: 'own-scenarios-listed', ownScenarios: ownScenarios?.list() ?? [] }),
    });
  const scratchFiles = createScratchFiles();
  const snapshotFolder = options.snapshotFolder ?? tmpdir();
  const sweeping = Promise.all([...new Set([tmpdir(), '/tmp', snapshotFolder])].map(removeFoldersOfTheDead));
  const clients = new Set<Client>();
  /** Oldest first. */
  const runs = new Map<string, RecordedRun>();
  /** Opened, and less than what was saved. */
  const incomplete = new WeakSet<RecordedRun>();
  /** The runs that are going or about to be launched: one, or several of an experiment. */
  const going = new Set<GoingRun>();
  /** Oldest first. */
  const experiments = new Map<string, Experiment>();
  let isExperimenting = false;
  let endpoint: Promise<Endpoint> | undefined;
  let closing: Promise<void> | undefined;

  const broadcast = (event: EngineEvent): void => {
    for (const client of clients) if (client.hasGreeted) client.post(event);
  };

  let openTargets: Targets | undefined;
  const listTargets = (): Target[] => openTargets?.list() ?? [];
  const targets = options.rendezvous === undefined ? undefined : openForTargets(options.rendezvous);

  /** Without a place to be found at, there are no targets, and everything else goes on. */
  async function openForTargets({ folders, onProblem }: RendezvousOptions): Promise<Targets | undefined> {
    const onChange = (): void => broadcast({ type: 'targets-listed', targets: listTargets() });
    try {
      openTargets = await listenForTargets({ ...given('folders', folders), onChange });
      return openTargets;
    } catch (error) {
      onProblem(messageOf(error));
      return undefined;
    }
  }

  function forget(runId: string): void {
    runs.delete(runId);
    for (const client of clients) client.followers.delete(runId);
    broadcast({ type: 'run-forgotten', runId });
  }

  /**
   * The newest run is always kept, and what still goes on. Runs of an experiment stay as long as it, where there is room;
   * opened recordings make way for each other, since they can be opened again and a run cannot be had again.
   */
  function makeRoom(): void {
    let bytes = 0;
    let heapBytes = 0;
    const counts = { single: 0, opened: 0, 'of-experiment': 0 };
    for (const { recording, listing } of runs.values()) {
      bytes += recording.bytes;
      heapBytes += recording.heapBytes;
      counts[kindOf(listing.description)] += 1;
    }
    const [newest] = [...runs.values()].slice(-1);
    const opened = (run: RecordedRun): number => Number(!isObservedHere(run));
    for (const run of [...runs.values()].sort((one, other) => opened(other) - opened(one))) {
      const { recording, listing } = run;
      const kind = kindOf(listing.description);
      const fits = bytes <= recordingsBudgetBytes && heapBytes <= RECORDINGS_HEAP_BUDGET_BYTES;
      if (fits && (kind === 'of-experiment' || counts[kind] <= recordingsKept)) continue;
      if (run === newest || listing.status !== 'ended') continue;
      bytes -= recording.bytes;
      heapBytes -= recording.heapBytes;
      counts[kind] -= 1;
      forget(listing.description.runId);
    }
  }

  function makeRoomForExperiments(): void {
    for (const [experimentId, { listing }] of experiments) {
      if (experiments.size <= EXPERIMENTS_KEPT || listing.status === 'running') return;
      experiments.delete(experimentId);
      for (const [runId, run] of runs) if (run.listing.description.experimentId === experimentId) forget(runId);
      broadcast({ type: 'experiment-forgotten', experimentId });
    }
  }

  function findRun(runId: string): RecordedRun {
    const run = runs.get(runId);
    if (run === undefined) throw new Refused('no-such-run', `There is no run ${JSON.stringify(runId)}, or no more.`);
    return run;
  }

  function recordingFrom(runId: string, fromSequence: number): Recording {
    const { recording } = findRun(runId);
    if (fromSequence <= recording.length) return recording;
    throw new Refused('bad-sequence', `The run has ${recording.length} events; allowed: 0 to ${recording.length}.`);
  }

  function findLivingRun(runId: string): ObservedRun {
    const known = findRun(runId);
    const living = going.values().find(({ run }) => run === known)?.run;
    if (living === undefined || known.listing.status === 'ended') {
      throw new Refused('run-has-ended', 'The run has ended.');
    }
    return living;
  }

  function refuseIfClosing(): void {
    if (closing !== undefined) throw new Refused('not-available', 'The engine is closing.');
  }

  /** Runs disturb each other; those of an experiment are as many at once as their machine bears. */
  function refuseIfBusy(): void {
    const [{ title } = {}] = going;
    if (title === undefined && !isExperimenting) return;
    const what = isExperimenting ? `The experiment with “${title ?? 'a program'}”` : `“${title}”`;
    throw new Refused(
      'busy',
      `${what} is still running. ${isExperimenting ? 'Cancel' : 'Stop'} it first, or wait for its end.`,
    );
  }

  async function startRun(command: CommandOf<'start-run'>): Promise<string> {
    await knowOwn(command.program);
    refuseIfBusy();
    const run = await begin(titleFor(command.program), () => prepareRun(command));
    return run.listing.description.runId;
  }

  async function prepareRun(
    wanted: Omit<CommandOf<'start-run'>, 'type' | 'requestId'>,
    ofExperiment?: { readonly experimentId: string; readonly onResult: (result: RunResult) => void },
  ): Promise<RunPreparation> {
    const prepared = await prepareProgram(wanted, { scenarios, ownScenarios, locations, nodes, scratchFiles });
    return {
      description: {
        program: prepared.described,
        gcPolicy: wanted.gcPolicy ?? prepared.scenario?.defaultGcPolicy ?? parseOrThrow(GcPolicy, { kind: 'none' }),
        limits: mergeLimits(prepared.scenario?.defaultLimits, wanted.limits),
        ...(wanted.nodePath === undefined ? {} : given('nodePath', prepared.launch.nodePath)),
        ...given('scriptPath', prepared.scriptPath),
        ...given('explain', wanted.explain),
        ...given('experimentId', ofExperiment?.experimentId),
      },
      process: { kind: 'launched', launcher, program: prepared.launch },
      ...given('judge', prepared.scenario?.judge),
      displayFile: prepared.displayFile,
      ...given('mainFolder', prepared.mainFolder),
      ...given('onResult', ofExperiment?.onResult),
    };
  }

  async function beginExperiment(plan: ExperimentPlan): Promise<string> {
    await knowOwn(plan.program);
    refuseIfClosing();
    refuseIfBusy();
    const title = titleFor(plan.program);
    isExperimenting = true;
    try {
      const experiment = await startExperiment(
        plan,
        { title, limits: mergeLimits(defaultLimitsOf(plan.program), plan.limits) },
        {
          clock,
          beginRun: (wanted, gcPolicy, ofExperiment) =>
            begin(title, () => prepareRun({ ...wanted, gcPolicy }, ofExperiment)),
          onChange: (change) => broadcast({ type: 'experiment-changed', change }),
        },
      );
      experiments.set(experiment.listing.experimentId, experiment);
      makeRoomForExperiments();
      void experiment.ended.then(() => (isExperimenting = false));
      return experiment.listing.experimentId;
    } catch (error) {
      isExperimenting = false;
      throw error;
    }
  }

  const scenarioOf = (program: Program): Pick<Scenario, 'title' | 'defaultLimits'> | undefined =>
    program.kind === 'scenario'
      ? (scenarios.find(({ id }) => id === program.id) ?? ownScenarios?.known(program.id))
      : undefined;
  const defaultLimitsOf = (program: Program): Limits | undefined => scenarioOf(program)?.defaultLimits;
  const titleFor = (program: Program): string => scenarioOf(program)?.title ?? titleOf(program);

  /** Before anything that needs to know a scenario of the user's own at once. @throws Refused if it cannot be used */
  async function knowOwn(program: Program): Promise<void> {
    if (program.kind !== 'scenario' || scenarios.some(({ id }) => id === program.id)) return;
    await ownScenarios?.find(program.id);
  }

  async function watchTarget({ targetId, gcPolicy }: CommandOf<'watch-target'>): Promise<string> {
    const target = (await targets)?.find(targetId);
    if (target === undefined) throw new Refused('no-such-target', 'There is no such process, or no more.');
    const { pid, title } = target.description;
    const runId = randomUUID();
    refuseIfBusy();
    await begin(
      `${title} (${pid})`,
      () => ({
        description: {
          program: { kind: 'target', targetId, pid },
          gcPolicy: gcPolicy ?? parseOrThrow(GcPolicy, { kind: 'none' }),
          // Neither is waited for: it is left when the user wants, and ends when it does.
          limits: { settleMs: 0, timeoutMs: LONGEST_TIMEOUT_MS },
        },
        process: { kind: 'watched', watch: (observerOptions) => target.watch(runId, observerOptions) },
        displayFile: pathOfFile,
      }),
      runId,
    );
    return runId;
  }

  /** Begins a run beside those that go on. @throws Refused */
  async function begin(
    title: string,
    prepare: () => RunPreparation | Promise<RunPreparation>,
    runId: string = randomUUID(),
  ): Promise<ObservedRun> {
    refuseIfClosing();
    const starting: GoingRun = { title };
    going.add(starting);
    try {
      const prepared = await prepare();
      // An endpoint that was opened after `close` looked for one would stay for ever.
      refuseIfClosing();
      endpoint ??= createEndpoint();
      const openEndpoint = await endpoint.catch((error: unknown) => {
        endpoint = undefined;
        const problem = messageOf(error);
        throw new Refused('not-available', `No local endpoint could be opened for the observer: ${problem}`);
      });
      refuseIfClosing();
      const run = startObservedRun({
        ...prepared,
        description: { ...prepared.description, runId, title, startedAt: clock.isoTime() },
        endpoint: openEndpoint,
        clock,
        explainer,
        snapshotFolder,
        ...given('recordingBudgetBytes', options.recordingBudgetBytes),
        ...given('reportedObjects', options.reportedObjects),
        ...given('handshakeDeadlineMs', options.handshakeDeadlineMs),
        // Until the run is known here, nobody can follow it, and its listing is sent right after.
        onListing: (run) => {
          if (runs.has(runId)) broadcast(listed(run));
        },
        onAppend: () => {
          for (const client of clients) client.followers.get(runId)?.pump();
        },
      });
      starting.run = run;
      runs.set(runId, run);
      makeRoom();
      void run.ended.then(() => {
        going.delete(starting);
        makeRoom();
      });
      return run;
    } catch (error) {
      going.delete(starting);
      throw error;
    }
  }

  async function openRecording(
    chunks: AsyncIterable<Uint8Array>,
    { fileName, signal }: { readonly fileName: string; readonly signal?: AbortSignal },
  ): Promise<string> {
    refuseIfClosing();
    const reader = await readRecording(untilAborted(chunks, signal));
    const { savedAtEpochMs, run: recorded } = reader.header;
    const origin = { fileName, savedAtEpochMs, recordedRunId: recorded.runId };
    const isSame = ({ listing: { description } }: RecordedRun): boolean =>
      description.origin?.recordedRunId === recorded.runId && description.origin.savedAtEpochMs === savedAtEpochMs;
    const alreadyOpen = runs.values().find(isSame);
    if (alreadyOpen !== undefined && !incomplete.has(alreadyOpen)) return alreadyOpen.listing.description.runId;
    const opened = await openRecordedRun(reader, {
      runId: randomUUID(),
      origin,
      ...given('signal', signal),
      ...given('recordingBudgetBytes', options.recordingBudgetBytes),
      ...given('reportedObjects', options.reportedObjects),
    });
    refuseIfClosing();
    // Looked for anew: the same file may have been read for somebody else meanwhile, or again since it was cut off.
    const other = runs.values().find(isSame);
    if (other !== undefined) {
      const otherId = other.listing.description.runId;
      if (!incomplete.has(other) || opened.recording.length <= other.recording.length) return otherId;
      forget(otherId);
    }
    if (!opened.isWhole) incomplete.add(opened);
    const { runId } = opened.listing.description;
    runs.set(runId, opened);
    broadcast(listed(opened.listing));
    makeRoom();
    return runId;
  }

  /** Carries out a command that is about a run. @returns which. @throws Refused */
  async function carryOut(client: Client, command: RunCommand): Promise<string> {
    switch (command.type) {
      case 'start-run':
        return startRun(command);
      case 'stop-run':
        findLivingRun(command.runId).stop();
        return command.runId;
      case 'collect-garbage':
        if (!findLivingRun(command.runId).collectGarbage(command.kind)) throw notObserved();
        return command.runId;
      case 'set-gc-policy':
        if (!findLivingRun(command.runId).setGcPolicy(command.gcPolicy)) throw notObserved();
        return command.runId;
      case 'end-settling': {
        const run = findLivingRun(command.runId);
        // The observer keeps the request: asked earlier, it would do without a settle time that is still wanted.
        if (run.listing.status !== 'settling') throw new Refused('not-available', 'The program has not ended yet.');
        if (!run.endSettling()) throw notObserved();
        return command.runId;
      }
      case 'follow-run': {
        const { runId, fromSequence, joins = false, atMostBytes = Infinity } = command;
        const recording = recordingFrom(runId, fromSequence);
        const aheadBytes = recording.bytesBetween(fromSequence, recording.length);
        if (aheadBytes > atMostBytes) throw new Refused('far-behind', `There are ${aheadBytes} more bytes.`);
        const send = (group: BatchGroup): void => client.post({ type: 'run-events', runId, ...group });
        client.followers.set(runId, createRunFollower(recording, fromSequence, send, { joins }));
        return command.runId;
      }
      case 'ask-why': {
        const problem = await findLivingRun(command.runId).askWhy();
        if (problem !== undefined) throw new Refused('not-available', problem);
        return command.runId;
      }
      case 'mark':
        if (!findLivingRun(command.runId).mark(command.name)) throw notObserved();
        return command.runId;
      case 'watch-target':
        return watchTarget(command);
      case 'close-recording': {
        if (isObservedHere(findRun(command.runId))) {
          throw new Refused('not-available', 'Only what was opened from a file can be closed: a run is nowhere else.');
        }
        forget(command.runId);
        return command.runId;
      }
      case 'leave-run':
        findRun(command.runId);
        client.followers.delete(command.runId);
        return command.runId;
      default:
        return assertNever(command);
    }
  }

  /** Carries out a command about an experiment. @returns which. @throws Refused */
  async function experimentOf(command: CommandOf<'start-experiment' | 'cancel-experiment'>): Promise<string> {
    if (command.type === 'start-experiment') return beginExperiment(command);
    const experiment = experiments.get(command.experimentId);
    if (experiment === undefined) throw new Refused('no-such-experiment', 'There is no such experiment, or no more.');
    experiment.cancel();
    return command.experimentId;
  }

  /** @throws Refused */
  async function look(question: Question): Promise<EngineEvent> {
    const { requestId } = question;
    switch (question.type) {
      case 'list-nodes': {
        const { path } = question;
        return { type: 'nodes', requestId, nodes: path === undefined ? await nodes.list() : [await nodes.look(path)] };
      }
      case 'list-folder':
        return { type: 'folder', requestId, ...(await listFolder(question.path)) };
      case 'read-source': {
        const { path, ofRunId } = question;
        if (ofRunId !== undefined && !isObservedHere(runs.get(ofRunId)) && !isLocalPath(path)) {
          throw new Refused(
            'bad-path',
            `${path} is not on a disk of this machine, and only a recording names it, so it is not looked for. Open it as a script if you trust the place.`,
          );
        }
        // A recording comes from anywhere: what it names opens no file that is not open to everybody.
        const isNamedByRun = (): boolean =>
          runs.values().some((run) => isObservedHere(run) && namesFile(run.recording, path));
        return { type: 'source', requestId, path, ...(await readSource(path, isNamedByRun)) };
      }
      case 'new-scenario': {
        if (ownScenarios === undefined) throw new Refused('not-available', 'This host has no folder for scenarios.');
        return { type: 'scenario-written', requestId, ...(await ownScenarios.write(question.name)) };
      }
      default:
        return assertNever(question);
    }
  }

  async function answer(client: Client, command: Exclude<Command, { type: 'hello' | 'acknowledge' }>): Promise<void> {
    const { requestId } = command;
    try {
      if (isQuestion(command)) return client.post(await look(command));
      if (command.type === 'start-experiment' || command.type === 'cancel-experiment') {
        const experimentId = await experimentOf(command);
        client.post({ type: 'accepted', requestId, experimentId });
        const experiment = experiments.get(experimentId);
        if (command.type === 'start-experiment' && experiment !== undefined) {
          broadcast({ type: 'experiment-listed', experiment: experiment.listing });
        }
        return;
      }
      const runId = await carryOut(client, command);
      client.post({ type: 'accepted', requestId, runId });
      const run = runs.get(runId);
      const isStart = command.type === 'start-run' || command.type === 'watch-target';
      if (isStart && run !== undefined) broadcast(listed(run.listing));
      // After the answer, so that a client knows that its command was understood before the first event.
      if (command.type === 'follow-run') client.followers.get(runId)?.pump();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      client.post({ type: 'refused', requestId, refusal: error.refusal, message: error.message });
    }
  }

  function greet(client: Client, protocolVersion: number): void {
    if (protocolVersion !== PROTOCOL_VERSION) {
      const message = `This engine speaks version ${PROTOCOL_VERSION} of the protocol, not ${protocolVersion}: reload, or update.`;
      client.post({ type: 'refused', requestId: 0, refusal: 'wrong-version', message });
      client.close();
      return;
    }
    client.hasGreeted = true;
    // What is found from here on is told to everybody.
    void ownScenarios?.refresh();
    client.post({
      type: 'welcome',
      protocolVersion: PROTOCOL_VERSION,
      host: options.host,
      catalogue,
      ownScenarios: ownScenarios?.list() ?? [],
      runs: Array.from(runs.values(), ({ listing }) => listed(listing).run),
      targets: listTargets(),
      experiments: Array.from(experiments.values(), (experiment) => experiment.listing),
    });
  }

  function attach(rawPort: Port<unknown, EngineEvent>): Disposable {
    const fail = (message: string): void => {
      clients.delete(client);
      try {
        port.post({ type: 'protocol-error', message });
      } catch {
        // The end of the connection has to say it.
      }
      client.close();
    };
    const port = validatedPort(rawPort, Command, (problem) => {
      if (clients.has(client)) fail(`The message could not be read: ${problem}`);
    });
    const client: Client = {
      post(event) {
        if (!clients.has(client)) return;
        try {
          port.post(event);
        } catch (error) {
          // Such as a message that is too large for a frame. This client cannot be served; everybody else can.
          fail(`A message for this client could not be sent: ${messageOf(error)}`);
        }
      },
      close() {
        clients.delete(client);
        client.followers.clear();
        port.close();
      },
      hasGreeted: false,
      followers: new Map(),
    };
    if (closing !== undefined) {
      port.close();
      return disposable(() => {});
    }
    clients.add(client);
    port.onClose(() => {
      clients.delete(client);
      client.followers.clear();
    });
    port.onMessage((command) => {
      // Messages may still arrive from a client that was closed for its last one.
      if (!clients.has(client)) return;
      if (command.type === 'hello') return greet(client, command.protocolVersion);
      if (!client.hasGreeted) return fail('The first message must be hello.');
      if (command.type === 'acknowledge') return client.followers.get(command.runId)?.acknowledge(command.sequence);
      void answer(client, command);
    });
    return disposable(() => client.close());
  }

  return {
    attach,
    openRecording,
    saveRecording: (runId) => saveRecording(findRun(runId), options.host.version),
    recordedFrom: (runId, fromSequence) => groupsFrom(recordingFrom(runId, fromSequence), fromSequence),
    close() {
      closing ??= (async () => {
        const running = experiments.values().filter(({ listing }) => listing.status === 'running');
        await Promise.all(
          Array.from(running, ({ cancel, ended }) => {
            cancel();
            return ended;
          }),
        );
        for (const { run } of going) run?.stopAtOnce();
        for (const { run } of [...going]) await run?.ended;
        for (const client of clients) client.close();
        await (await targets)?.[Symbol.asyncDispose]();
        await ownScenarios?.[Symbol.asyncDispose]();
        const opened = await endpoint?.catch(() => undefined);
        await opened?.[Symbol.asyncDispose]();
        await scratchFiles[Symbol.asyncDispose]();
        await sweeping;
      })();
      return closing;
    },
  };
}

function isQuestion(command: Command): command is Question {
  const questions: readonly Command['type'][] = ['list-nodes', 'list-folder', 'read-source', 'new-scenario'];
  return questions.includes(command.type);
}

/** Also where nothing comes of what is read, or only long after. */
async function* untilAborted<Chunk>(
  chunks: AsyncIterable<Chunk>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

const listed = (listing: KnownListing): EngineEventOf<'run-listed'> => ({
  type: 'run-listed',
  run: { ...listing, description: listedDescription(listing.description) },
});

/** False for one that was opened from a file, and for one that is not known any more: that may have been. */
const isObservedHere = (run: RecordedRun | undefined): boolean =>
  run !== undefined && run.listing.description.origin === undefined;

function kindOf({ experimentId, origin }: RunDescription): 'single' | 'opened' | 'of-experiment' {
  if (origin !== undefined) return 'opened';
  return experimentId === undefined ? 'single' : 'of-experiment';
}

/** True if a run's sites, paths, marks or its error lie in this file. */
function namesFile(recording: Recording, path: string): boolean {
  const isHere = (place: { readonly file: string } | undefined): boolean => place?.file === path;
  for (const { batch } of recording.read(0)) {
    switch (batch.type) {
      case 'sites':
        if (batch.items.some(isHere)) return true;
        break;
      case 'marks':
        if (batch.items.some(({ place }) => isHere(place))) return true;
        break;
      case 'explanations':
        if (batch.reasons.some(({ paths }) => paths.some((steps) => steps.some(({ place }) => isHere(place)))))
          return true;
        break;
      case 'ended':
        if (isHere(batch.report.outcome.error?.place)) return true;
        break;
      default:
    }
  }
  return false;
}

function notObserved(): Refused {
  return new Refused('not-available', 'No observer is connected to this run, so nobody can do that.');
}

/** An option that is passed on only if it was given. */
function given<Name extends string, Value>(name: Name, value: Value | undefined): { [name in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [name in Name]?: Value });
}

function describeScenario(scenario: Scenario, sourcesFolder: string): ScenarioDescription {
  const text = readFileSync(join(sourcesFolder, scenario.fileName), 'utf8');
  return {
    id: scenario.id,
    title: scenario.title,
    category: scenario.category,
    ...given('stage', scenario.stage),
    summary: scenario.summary,
    theory: scenario.theory,
    references: scenario.references,
    lookFor: scenario.lookFor,
    prediction: scenario.prediction,
    ...given('question', scenario.question?.text),
    ...given('pair', scenario.pair),
    parameters: scenario.parameters,
    defaultGcPolicy: scenario.defaultGcPolicy,
    defaultLimits: scenario.defaultLimits,
    source: { fileName: scenario.fileName, text },
  };
}

function titleOf(program: Program): string {
  switch (program.kind) {
    case 'file':
      return basename(program.path);
    case 'scratch':
      return program.name;
    case 'target':
      return `process ${program.pid}`;
    case 'scenario':
      return program.id;
    default:
      return assertNever(program);
  }
}

function mergeLimits(defaults: Limits | undefined, wanted: CommandOf<'start-run'>['limits']): Limits {
  const set = Object.entries(wanted ?? {}).filter(([, value]) => value !== undefined);
  return parseOrThrow(Limits, { ...defaults, ...Object.fromEntries(set) });
}
