// The engine as the page knows it: connection, host, catalogue and the list of runs. Small facts only.
// Runs in the page; fed by the engine client, which `main.ts` hands over.

import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { ScenarioDescription } from '../../../engine/protocol/catalogue.ts';
import type { ExperimentListing } from '../../../engine/protocol/experiment.ts';
import { withChange } from '../../../engine/protocol/listing.ts';
import type { HostDescription, RunListing, Target } from '../../../engine/protocol/event.ts';
import type { OwnScenario } from '../../../engine/protocol/own-scenario.ts';
import {
  NotConnectedError,
  RefusedError,
  type ConnectionState,
  type AnswerTo,
  type EngineClient,
  type EngineRequest,
} from '../transport/engine-client.ts';
import { useMessageStore } from './message-store.ts';

export interface CatalogueCategory {
  readonly title: string;
  readonly scenarios: readonly ScenarioDescription[];
}

/** Who is told of runs; the run store, handed over rather than imported, since it builds on this store. */
export interface RunWatcher {
  onWelcome(): void;
  onRunListed(run: RunListing): void;
  /** No more of this run comes. */
  onFollowFailed(runId: string): void;
}

export const useEngineStore = defineStore('engine', () => {
  const connection = shallowRef<ConnectionState>({ kind: 'connecting' });
  const host = shallowRef<HostDescription>();
  const catalogue = shallowRef<readonly ScenarioDescription[]>([]);
  /** Oldest first, as the engine lists them; without those of experiments, which are told of with these. */
  const runs = shallowRef<readonly RunListing[]>([]);
  /** Oldest first. */
  const experiments = shallowRef<readonly ExperimentListing[]>([]);
  /** Processes started elsewhere that can be watched. */
  const targets = shallowRef<readonly Target[]>([]);
  /** The user's own, with what is wrong with them; by file name. */
  const ownScenarios = shallowRef<readonly OwnScenario[]>([]);
  /** False until the first welcome: until then there is nothing to show. */
  const hasBeenConnected = ref(false);
  let client: EngineClient | undefined;

  const isConnected = computed(() => connection.value.kind === 'connected');
  const categories = computed<CatalogueCategory[]>(() => {
    const titles = [...new Set(catalogue.value.map(({ category }) => category))];
    return titles.map((title) => ({
      title,
      scenarios: catalogue.value.filter(({ category }) => category === title),
    }));
  });
  const usableOwn = computed(() =>
    ownScenarios.value.flatMap((own) => (own.kind === 'usable' ? [own.description] : [])),
  );
  /** A built-in scenario, or one of the user's own that can be used. */
  const scenarioById = (id: string | undefined): ScenarioDescription | undefined =>
    [...catalogue.value, ...usableOwn.value].find((scenario) => scenario.id === id);
  /** Where the text of a scenario of the user's own is read, since listings have none; undefined of a built-in one. */
  const pathOfOwn = (id: string): string | undefined =>
    ownScenarios.value.find((own) => own.kind === 'usable' && own.description.id === id)?.path;
  /** The run that goes on now; an engine runs one at a time. */
  const activeRun = computed(() => runs.value.findLast(({ status }) => status !== 'ended'));
  /** While it goes on nothing else can be run. */
  const activeExperiment = computed(() => experiments.value.findLast(({ runsLeft }) => runsLeft > 0));

  function putRun(run: RunListing): void {
    const { runId } = run.description;
    const index = runs.value.findIndex(({ description }) => description.runId === runId);
    runs.value = index === -1 ? [...runs.value, run] : runs.value.with(index, run);
  }

  /** Connects. Called once, by `main.ts`. */
  function attach(engineClient: EngineClient, watcher: RunWatcher): void {
    client = engineClient;
    engineClient.start({
      onConnection(state) {
        connection.value = state;
      },
      onWelcome(welcome) {
        host.value = welcome.host;
        catalogue.value = welcome.catalogue;
        runs.value = welcome.runs.filter(({ description }) => description.experimentId === undefined);
        targets.value = welcome.targets;
        experiments.value = welcome.experiments;
        ownScenarios.value = welcome.ownScenarios;
        hasBeenConnected.value = true;
        watcher.onWelcome();
      },
      onRunListed(run) {
        if (run.description.experimentId !== undefined) return;
        putRun(run);
        watcher.onRunListed(run);
      },
      onRunForgotten(runId) {
        runs.value = runs.value.filter(({ description }) => description.runId !== runId);
      },
      onExperimentListed(experiment) {
        const index = experiments.value.findIndex(({ experimentId }) => experimentId === experiment.experimentId);
        experiments.value =
          index === -1 ? [...experiments.value, experiment] : experiments.value.with(index, experiment);
      },
      onExperimentChanged(change) {
        experiments.value = experiments.value.map((experiment) =>
          experiment.experimentId === change.experimentId ? withChange(experiment, change) : experiment,
        );
      },
      onExperimentForgotten(forgottenId) {
        experiments.value = experiments.value.filter(({ experimentId }) => experimentId !== forgottenId);
      },
      onTargetsListed(listed) {
        targets.value = listed;
      },
      onOwnScenariosListed(listed) {
        ownScenarios.value = listed;
      },
      onFollowFailed(runId, message) {
        watcher.onFollowFailed(runId);
        useMessageStore().showProblem('This run cannot be followed', `${message} What was received stays.`);
      },
    });
  }

  /** The client, for following runs. @throws Error before `attach` */
  function attachedClient(): EngineClient {
    if (client === undefined) throw new Error('The engine store has no client yet.');
    return client;
  }

  /**
   * Sends a request; a refusal is shown to the user under `title`, and resolves to undefined. `onRefused` is asked first:
   * it returns true if the refusal is shown where it belongs.
   */
  async function ask<Request extends EngineRequest>(
    title: string,
    request: Request,
    onRefused: (error: RefusedError) => boolean = () => false,
  ): Promise<AnswerTo<Request> | undefined> {
    try {
      return await attachedClient().request(request);
    } catch (error) {
      if (!(error instanceof RefusedError) && !(error instanceof NotConnectedError)) throw error;
      const isShown = error instanceof RefusedError && onRefused(error);
      if (!isShown) useMessageStore().showProblem(title, error.message);
      return undefined;
    }
  }

  return {
    connection,
    host,
    catalogue,
    runs,
    targets,
    experiments,
    ownScenarios,
    usableOwn,
    scenarioById,
    pathOfOwn,
    hasBeenConnected,
    isConnected,
    categories,
    activeRun,
    activeExperiment,
    attach,
    attachedClient,
    ask,
    reconnectNow: () => attachedClient().reconnectNow(),
  };
});
