// What the user has learned so far: guesses before runs, and which scenarios have been seen to their end.
// Runs in the page; progress is kept in local storage and parsed, since an older version may have written it.

import { useLocalStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, reactive, shallowReactive, watch } from 'vue';
import * as v from 'valibot';
import { STAGES, type ScenarioDescription, type Stage } from '../../../engine/protocol/catalogue.ts';
import type { Ending } from '../../../engine/protocol/vocabulary.ts';
import { useEngineStore } from './engine-store.ts';
import { parseStored } from './parse-stored.ts';

const Progress = v.object({ finished: v.fallback(v.array(v.string()), []) });
type Progress = v.InferOutput<typeof Progress>;

const STORAGE_KEY = 'heapline.progress.1';

/** Reads what is stored; what is wrong becomes nothing. */
function parseProgress(stored: string): Progress {
  return parseStored(Progress, stored);
}

interface PathStage {
  readonly stage: Stage;
  readonly scenarios: readonly ScenarioDescription[];
}

export const useLearningStore = defineStore('learning', () => {
  const engine = useEngineStore();
  const progress = useLocalStorage<Progress>(STORAGE_KEY, parseProgress('{}'), {
    serializer: { read: parseProgress, write: JSON.stringify },
    writeDefaults: false,
  });
  /** For the next run, by scenario. */
  const guesses = reactive(new Map<string, Ending>());
  /** By run, for as long as the page is open. */
  const guessesOfRuns = shallowReactive(new Map<string, Ending>());
  /** Predictions that the user wanted to see without guessing, by scenario. */
  const revealed = reactive(new Set<string>());

  const path = computed<PathStage[]>(() =>
    STAGES.map((stage) => ({
      stage,
      scenarios: engine.catalogue.filter((scenario) => scenario.stage === stage),
    })).filter(({ scenarios }) => scenarios.length > 0),
  );
  const onPath = computed(() => path.value.flatMap(({ scenarios }) => scenarios));
  const finished = computed(() => new Set(progress.value.finished));
  const finishedOnPath = computed(() => onPath.value.filter(({ id }) => finished.value.has(id)).length);
  /** The first on the path that has not been seen to its end. */
  const next = computed(() => onPath.value.find(({ id }) => !finished.value.has(id)));

  // A prediction is checked only where a run came to an end by itself: then there was something to see.
  watch(
    () => engine.runs,
    (runs) => {
      const seen = runs.flatMap(({ description: { program, origin }, predictionHeld }) =>
        // Somebody else may have seen what is in a file.
        program.kind === 'scenario' && predictionHeld !== undefined && origin === undefined ? [program.id] : [],
      );
      const fresh = [...new Set(seen)].filter((id) => !finished.value.has(id));
      if (fresh.length > 0) progress.value = { finished: [...progress.value.finished, ...fresh] };
    },
    { immediate: true },
  );

  /** Undefined takes the guess back. */
  function guess(scenarioId: string, ending: Ending | undefined): void {
    if (ending === undefined) guesses.delete(scenarioId);
    else guesses.set(scenarioId, ending);
  }

  /** The run that the guess was about has begun: the next one may be guessed anew. */
  function onRunBegan(scenarioId: string, runId: string): void {
    const guessed = guesses.get(scenarioId);
    if (guessed === undefined) return;
    guessesOfRuns.set(runId, guessed);
    guesses.delete(scenarioId);
  }

  return {
    guesses,
    guessesOfRuns,
    revealed,
    path,
    onPath,
    finished,
    finishedOnPath,
    next,
    guess,
    onRunBegan,
  };
});
