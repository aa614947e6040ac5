// What the user looks at closely: a place in the source with its text, and whether the inspector is to have the keyboard.
// Runs in the page; written by the table, the inspector and the panels, read by the source view and the inspector.

import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';
import type { Place } from '../../../engine/protocol/explanation.ts';
import { NotConnectedError, RefusedError } from '../transport/engine-client.ts';
import { useDrawerStore } from './drawer-store.ts';
import { useEngineStore } from './engine-store.ts';
import { useRunStore } from './run-store.ts';

/** A place that was asked for, with the text of its file as far as it is known. Another object for each asking. */
export interface OpenedPlace {
  readonly place: Place;
  readonly source:
    | { readonly kind: 'reading' }
    /** `isChanged`: the file is not what it was when the run began. */
    | { readonly kind: 'read'; readonly text: string; readonly isChanged: boolean }
    | { readonly kind: 'unreadable'; readonly message: string };
}

const nameOf = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
const withoutExtension = (name: string) => name.replace(/\.[^.]+$/, '');

export const useInspectionStore = defineStore('inspection', () => {
  const engine = useEngineStore();
  const run = useRunStore();
  const drawer = useDrawerStore();
  const opened = shallowRef<OpenedPlace>();
  /** Grow when the keyboard is to go on in the inspector, or back in the table. */
  const focusRequests = ref(0);
  const returnRequests = ref(0);
  watch([() => run.subjectKey, () => run.shownRunId], () => (opened.value = undefined));

  /** Shows the line of a place in the source view. */
  async function openPlace(place: Place): Promise<void> {
    drawer.open('source');
    const scenarioSource = run.scenario?.source;
    if (
      scenarioSource?.text !== undefined &&
      withoutExtension(nameOf(place.file)) === withoutExtension(scenarioSource.fileName)
    ) {
      // What the catalogue has is the text that runs, with its types, on the same lines.
      opened.value = { place, source: { kind: 'read', text: scenarioSource.text, isChanged: false } };
      return;
    }
    const description = run.stream?.description;
    if (description?.program.kind === 'scratch' && description.scriptPath === place.file) {
      // Its file was only there for the run.
      opened.value = { place, source: { kind: 'read', text: description.program.text, isChanged: false } };
      return;
    }
    const asked: OpenedPlace = { place, source: { kind: 'reading' } };
    opened.value = asked;
    const source = await readSource(place.file);
    if (opened.value === asked) opened.value = { place, source };
  }

  async function readSource(path: string): Promise<OpenedPlace['source']> {
    const startedAt = run.stream?.description?.startedAt;
    try {
      const { text, changedAt } = await engine
        .attachedClient()
        .request({ type: 'read-source', path, ...namedBy(path) });
      const isChanged =
        changedAt !== undefined && startedAt !== undefined && Date.parse(changedAt) > Date.parse(startedAt);
      return { kind: 'read', text, isChanged };
    } catch (error) {
      if (!(error instanceof RefusedError) && !(error instanceof NotConnectedError)) throw error;
      return { kind: 'unreadable', message: error.message };
    }
  }

  /** The run that a place comes from: the engine looks at less for one that was opened from a file. */
  function namedBy(path: string): { ofRunId?: string } {
    const isOwnScenario = engine.ownScenarios.some((own) => own.path === path);
    return run.shownRunId === undefined || isOwnScenario ? {} : { ofRunId: run.shownRunId };
  }

  function closePlace(): void {
    opened.value = undefined;
  }
  /** Selects an object and moves the keyboard to its details. */
  function openObject(id: number): void {
    run.selectedObjectId = id;
    focusRequests.value += 1;
  }
  /** Lets go of the selection and moves the keyboard back to where it was made. */
  function closeObject(): void {
    run.selectedObjectId = undefined;
    returnRequests.value += 1;
  }
  return { opened, focusRequests, returnRequests, closeObject, openPlace, closePlace, openObject };
});
