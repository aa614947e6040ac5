// The user's own scripts: the scratch, those opened before, and how each is started. Kept in local storage.
// Runs in the page. What is stored is parsed, since an older version, or a person, may have written it.

import { useEventListener, useLocalStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, ref, shallowReactive, shallowRef } from 'vue';
import * as v from 'valibot';
import { parseOrThrow } from '../../../engine/protocol/parse.ts';
import { GcPolicy, Limits, type Program } from '../../../engine/protocol/run-description.ts';
import { parseCommandLine } from '../scripts/command-line.ts';
import { SCRATCH_EXAMPLE } from '../scripts/scratch-example.ts';
import { NotConnectedError, RefusedError } from '../transport/engine-client.ts';
import { useEngineStore } from './engine-store.ts';
import { parseStored } from './parse-stored.ts';

/** Rows as typed, the unfinished ones among them. */
const EnvironmentRow = v.object({ name: v.string(), value: v.string() });
export type EnvironmentRow = v.InferOutput<typeof EnvironmentRow>;

/** How a script is started, as it was typed. */
const LaunchSettings = v.object({
  argumentsText: v.fallback(v.string(), ''),
  /** Empty: the script's folder. */
  workingDirectory: v.fallback(v.string(), ''),
  environment: v.fallback(v.array(EnvironmentRow), []),
  inheritEnvironment: v.fallback(v.boolean(), false),
  /** Null: none, which the program reads as an input that has ended. */
  standardInput: v.fallback(v.nullable(v.string()), null),
  /** Empty: the host's own. */
  nodePath: v.fallback(v.string(), ''),
  gcPolicy: v.fallback(v.nullable(GcPolicy), null),
  limits: v.fallback(v.nullable(Limits), null),
});
export type LaunchSettings = v.InferOutput<typeof LaunchSettings>;
export const defaultLaunchSettings = (): LaunchSettings => parseOrThrow(LaunchSettings, {});

const Remembered = v.object({
  /** Latest opened first. */
  recents: v.fallback(v.array(v.object({ path: v.pipe(v.string(), v.nonEmpty()), launch: LaunchSettings })), []),
  scratch: v.fallback(v.object({ name: v.string(), launch: LaunchSettings }), {
    name: 'scratch.mjs',
    launch: defaultLaunchSettings(),
  }),
});
type Remembered = v.InferOutput<typeof Remembered>;

/** As much as the engine takes for a path, and for a script or its input. */
export const MAXIMUM_PATH_CHARACTERS = 4_096;
export const MAXIMUM_TEXT_CHARACTERS = 4 * 1024 * 1024;
export const MAXIMUM_RECENTS = 12;
export const SCRATCH_EXTENSIONS = ['.mjs', '.cjs', '.ts', '.mts', '.cts', '.js'] as const;
const STORAGE_KEY = 'heapline.scripts.1';
const SCRATCH_KEY = 'heapline.scratch.1';
/** Typing stores nothing; a pause does. */
const SAVE_AFTER_MS = 400;

/** Reads what is stored; what is missing or wrong becomes the default, one by one. */
export function parseRemembered(stored: string): Remembered {
  return parseStored(Remembered, stored);
}

/** What is known of a script's text. */
export type ScriptSource =
  | { readonly kind: 'reading' }
  | { readonly kind: 'read'; readonly text: string }
  /** `isMissing`: the host says that it cannot be run as it is, so its entry is marked. */
  | { readonly kind: 'unreadable'; readonly message: string; readonly isMissing: boolean };

/** Why a script is not started as it is set: which field, and what to do about it. */
export const LAUNCH_FIELDS = ['file', 'arguments', 'working-directory', 'environment', 'input', 'node'] as const;
export type LaunchField = (typeof LAUNCH_FIELDS)[number];
export interface LaunchProblem {
  readonly field: LaunchField;
  readonly message: string;
}

/** The first thing in the way of a start that can be told without the host. */
export function findLaunchProblem(launch: LaunchSettings): LaunchProblem | undefined {
  const parsed = parseCommandLine(launch.argumentsText);
  if (parsed.kind === 'problem') return { field: 'arguments', message: parsed.message };
  const names = new Set<string>();
  for (const { name, value } of launch.environment) {
    const problem = environmentProblem(name, value, names);
    if (problem !== undefined) return { field: 'environment', message: problem };
    names.add(name);
  }
  if (launch.workingDirectory.length > MAXIMUM_PATH_CHARACTERS) {
    return { field: 'working-directory', message: 'The path is too long.' };
  }
  if ((launch.standardInput?.length ?? 0) > MAXIMUM_TEXT_CHARACTERS) {
    return { field: 'input', message: 'At most 4 million characters. Let the script read a file instead.' };
  }
  if (launch.nodePath.length > MAXIMUM_PATH_CHARACTERS) return { field: 'node', message: 'The path is too long.' };
  return undefined;
}

/** Why a row cannot be a variable; undefined for one that can, and for one that is still empty. */
export function environmentProblem(name: string, value: string, others: ReadonlySet<string>): string | undefined {
  if (name === '') return value === '' ? undefined : `The value “${value}” has no name.`;
  if (/[=\0]/.test(name) || value.includes('\0')) return `“${name}” cannot be a name: no = and no zero character.`;
  return others.has(name) ? `${name} is there twice; one of them would be lost.` : undefined;
}

/** The fields that `file` and `scratch` programs share. Call it for settings without a problem. */
export function launchOf(launch: LaunchSettings): Omit<Extract<Program, { kind: 'file' }>, 'kind' | 'path'> {
  const parsed = parseCommandLine(launch.argumentsText);
  const variables = launch.environment.filter(({ name }) => name !== '');
  const workingDirectory = launch.workingDirectory.trim();
  return {
    args: parsed.kind === 'arguments' ? [...parsed.args] : [],
    ...(workingDirectory === '' ? {} : { workingDirectory }),
    ...(variables.length === 0
      ? {}
      : { environment: Object.fromEntries(variables.map(({ name, value }) => [name, value])) }),
    ...(launch.inheritEnvironment ? { inheritEnvironment: true } : {}),
    ...(launch.standardInput === null ? {} : { standardInput: launch.standardInput }),
  };
}

export const useScriptsStore = defineStore('scripts', () => {
  const engine = useEngineStore();
  /** Said in the editor: what cannot be stored is gone after a reload. */
  const storageProblem = ref<string>();
  const onError = () => {
    storageProblem.value = 'This browser has no room to remember it: it is kept only until the page is closed.';
  };
  const remembered = useLocalStorage<Remembered>(STORAGE_KEY, parseRemembered('{}'), {
    serializer: { read: parseRemembered, write: JSON.stringify },
    writeDefaults: false,
    onError,
  });
  const storedScratch = useLocalStorage(SCRATCH_KEY, SCRATCH_EXAMPLE, { writeDefaults: false, onError });
  const scratchText = ref(storedScratch.value);
  /** Where the scratch came from, if it was dropped on the window, and what stood there before. */
  const dropped = shallowRef<{ readonly name: string; readonly before: { name: string; text: string } }>();
  const sources = shallowReactive(new Map<string, ScriptSource>());

  let timer: ReturnType<typeof setTimeout> | undefined;
  function save(): void {
    clearTimeout(timer);
    timer = undefined;
    if (storedScratch.value !== scratchText.value) storedScratch.value = scratchText.value;
  }
  if (typeof window !== 'undefined') useEventListener(window, 'pagehide', save);

  const recents = computed(() => remembered.value.recents);
  const scratchName = computed(() => remembered.value.scratch.name);

  function launchFor(path: string | undefined): LaunchSettings {
    if (path === undefined) return remembered.value.scratch.launch;
    return remembered.value.recents.find((recent) => recent.path === path)?.launch ?? defaultLaunchSettings();
  }

  /** Changes how a script is started; `undefined` for the scratch. */
  function setLaunch(path: string | undefined, changes: Partial<LaunchSettings>): void {
    if (path === undefined) {
      remembered.value.scratch.launch = { ...remembered.value.scratch.launch, ...changes };
      return;
    }
    remember(path);
    remembered.value.recents = remembered.value.recents.map((recent) =>
      recent.path === path ? { path, launch: { ...recent.launch, ...changes } } : recent,
    );
  }

  /** Keeps a script among the recent ones; one that is there already keeps its place. */
  function remember(path: string): void {
    if (recents.value.some((recent) => recent.path === path)) return;
    remembered.value.recents = [{ path, launch: defaultLaunchSettings() }, ...recents.value].slice(0, MAXIMUM_RECENTS);
  }

  /** As `remember`, and puts it first: it was opened by hand. */
  function putFirst(path: string): void {
    const launch = launchFor(path);
    const others = recents.value.filter((recent) => recent.path !== path);
    remembered.value.recents = [{ path, launch }, ...others].slice(0, MAXIMUM_RECENTS);
  }

  function forget(path: string): void {
    remembered.value.recents = recents.value.filter((recent) => recent.path !== path);
    sources.delete(path);
  }

  /** Reads a script anew: it may have been changed since. What was read before stays until then. */
  async function readSource(path: string): Promise<void> {
    if (path.length > MAXIMUM_PATH_CHARACTERS) {
      sources.set(path, { kind: 'unreadable', message: 'The path is too long.', isMissing: true });
      return;
    }
    if (sources.get(path)?.kind !== 'read') sources.set(path, { kind: 'reading' });
    try {
      const { text } = await engine.attachedClient().request({ type: 'read-source', path });
      sources.set(path, { kind: 'read', text });
    } catch (error) {
      if (error instanceof RefusedError) {
        sources.set(path, { kind: 'unreadable', message: error.message, isMissing: error.refusal !== 'not-available' });
      } else if (error instanceof NotConnectedError) {
        if (sources.get(path)?.kind === 'reading') {
          sources.set(path, { kind: 'unreadable', message: error.message, isMissing: false });
        }
      } else throw error;
    }
  }

  function setScratchText(text: string): void {
    if (text === scratchText.value) return;
    scratchText.value = text;
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  }
  function setScratchName(name: string): void {
    remembered.value.scratch.name = name;
  }

  /** Puts a dropped script's text into the scratch, and keeps what stood there until it is brought back or dismissed. */
  function takeIntoScratch(name: string, text: string): void {
    dropped.value = { name, before: { name: scratchName.value, text: scratchText.value } };
    setScratchName(name);
    setScratchText(text);
    save();
  }
  function bringBackScratch(): void {
    if (dropped.value === undefined) return;
    const { before } = dropped.value;
    dropped.value = undefined;
    setScratchName(before.name);
    setScratchText(before.text);
    save();
  }
  function dismissDropped(): void {
    dropped.value = undefined;
  }

  return {
    recents,
    scratchName,
    scratchText,
    dropped,
    sources,
    storageProblem,
    launchFor,
    setLaunch,
    remember,
    putFirst,
    forget,
    readSource,
    setScratchText,
    setScratchName,
    takeIntoScratch,
    bringBackScratch,
    dismissDropped,
  };
});
