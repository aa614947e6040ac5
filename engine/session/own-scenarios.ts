// The scenarios of the user's own: which files are in the folder, what they declare, what is wrong with them, and what
// changes. None of their code runs here: a process of its own loads each. Made by the engine, and by the command line.

import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import type { ScenarioDescription } from '../protocol/catalogue.ts';
import type { OwnScenario, ScenarioProblem } from '../protocol/own-scenario.ts';
import { placeOfField, saidText } from './declaration-text.ts';
import type { NodeFinder, UsableNode } from './find-nodes.ts';
import { notChecked, type PredictionJudge } from './judge-prediction.ts';
import { messageOf } from './message-of.ts';
import { writeNewScenario, type NewScenario } from './new-scenario.ts';
import { checkDeclaration, problemAt } from './own-declaration.ts';
import { judgeOwnPrediction } from './own-prediction.ts';
import type { OwnScenarioFinder } from './prepare-program.ts';
import { Refused } from './refused.ts';
import { problemOf } from './scenario-problem.ts';
import { startScenarioProcess } from './scenario-process.ts';
import { readSource } from './source-files.ts';
import { watchFolder } from './watch-folder.ts';

/** A module that only declares is loaded in a fraction of a second. */
const LOAD_DEADLINE_MS = 5_000;
/** A prediction may look at a million objects. */
const JUDGE_DEADLINE_MS = 10_000;
const LOADED_AT_ONCE = 2;
const MAXIMUM_SCENARIOS = 500;
const EXTENSIONS: readonly string[] = ['.mjs', '.js', '.ts', '.mts'];

export interface OwnScenariosOptions {
  /** Absolute; need not be there. */
  readonly folder: string;
  /** Built parts. */
  readonly loaderPath: string;
  readonly templatePath: string;
  readonly loadDeadlineMs?: number;
  readonly judgeDeadlineMs?: number;
}

export interface OwnScenarios extends OwnScenarioFinder, AsyncDisposable {
  /** Looks at the folder, and resolves when every file in it is known. From the first time on, it is watched. */
  refresh(): Promise<void>;
  /** The description of a usable one, as it is known now. */
  known(id: string): ScenarioDescription | undefined;
  /** @throws Refused `bad-path` */
  write(name: string): Promise<NewScenario>;
}

interface Loaded {
  readonly node: UsableNode;
  readonly text: string;
  readonly description: ScenarioDescription;
  readonly asksQuestion: boolean;
}
interface Broken {
  readonly problem: ScenarioProblem;
  /** Undefined if it could not be read. */
  readonly text?: string;
  readonly id?: string;
  readonly title?: string;
}
type Result = ({ readonly kind: 'loaded' } & Loaded) | ({ readonly kind: 'broken' } & Broken);

/** One file. `result` is that of the text before, while a changed one is loaded: it does not go from the list. */
interface Entry {
  readonly path: string;
  stamp: string;
  result?: Result;
  loading?: Promise<void>;
  abort: AbortController;
}

/** Where the user keeps them. */
export function ownScenariosFolder(environment: NodeJS.ProcessEnv = process.env, homeFolder = homedir()): string {
  const named = environment['HEAPLINE_SCENARIOS'];
  return named === undefined || named === '' ? join(homeFolder, '.heapline', 'scenarios') : resolve(named);
}

export function createOwnScenarios(
  options: OwnScenariosOptions & {
    readonly nodes: NodeFinder;
    /** Those that no file may take. */
    readonly builtInIds: readonly string[];
    /** What `list` tells has changed. */
    readonly onChange?: () => void;
  },
): OwnScenarios {
  const { folder, loaderPath, nodes, builtInIds, onChange = () => {} } = options;
  const loadDeadlineMs = options.loadDeadlineMs ?? LOAD_DEADLINE_MS;
  const judgeDeadlineMs = options.judgeDeadlineMs ?? JUDGE_DEADLINE_MS;
  /** By path, in the order of file names. */
  let entries = new Map<string, Entry>();
  let scanning = Promise.resolve();
  let isDisposed = false;
  let free = LOADED_AT_ONCE;
  const queue: (() => void)[] = [];
  const watching = watchFolder(folder, () => void scan());

  /** One look after the other; the loads that it begins go on after it. */
  function scan(): Promise<void> {
    scanning = scanning.then(async () => {
      if (isDisposed) return;
      await watching.aim();
      const { files, helpers } = await filesIn(folder);
      const before = entries;
      const next = new Map<string, Entry>();
      let hasChanged = false;
      for (const { path, stamp: ownStamp } of files) {
        // What a file imports may have mended it, or broken it.
        const stamp = `${ownStamp} ${helpers}`;
        const entry = before.get(path) ?? { path, stamp: '', abort: new AbortController() };
        next.set(path, entry);
        if (entry.stamp === stamp || isDisposed) continue;
        hasChanged ||= entry.result === undefined;
        entry.stamp = stamp;
        void load(entry);
      }
      for (const [path, { abort }] of before) {
        if (next.has(path)) continue;
        hasChanged = true;
        abort.abort();
      }
      entries = next;
      if (hasChanged) onChange();
    });
    return scanning;
  }

  /** Begins to load a file, in place of a load that goes on. */
  function load(entry: Entry): Promise<void> {
    entry.abort.abort();
    const abort = new AbortController();
    entry.abort = abort;
    const loading = inTurn(() => loadFile(entry.path, abort.signal)).then((result) => {
      if (abort.signal.aborted) return;
      entry.result = result;
      delete entry.loading;
      onChange();
    });
    entry.loading = loading;
    return loading;
  }

  async function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    if (free === 0) await new Promise<void>((resolve) => queue.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }

  async function loadFile(path: string, signal: AbortSignal): Promise<Result> {
    let text: string | undefined;
    try {
      ({ text } = await readSource(path, () => true));
      const node = await nodes.choose();
      const file = { path, text, fileName: basename(path) };
      await using process = startScenarioProcess({ path, node }, { loaderPath, loadDeadlineMs, signal });
      const report = await process.next(loadDeadlineMs);
      if (report.type !== 'loaded') {
        const stderrTail = await process.stderrTail();
        return broken(text, await problemOf(report, { file, stderrTail, deadlineMs: loadDeadlineMs, loaderPath }));
      }
      const checked = checkDeclaration(report.declaration, file);
      if (checked.kind === 'invalid') return broken(text, checked.problem, report.declaration);
      const { description, asksQuestion } = checked;
      return { kind: 'loaded', node, text, description, asksQuestion };
    } catch (error) {
      // What cannot be read, or has no node to run on; and what nobody foresaw is told where it can be seen.
      return broken(text, { message: messageOf(error), place: { file: path, line: 1, column: 1 } });
    }
  }

  /** Files whose id is another's already have that problem instead of being usable; the first by name keeps it. */
  function resolved(): { entry: Entry; result: Result | undefined }[] {
    const owners = new Map<string, Owner>(builtInIds.map((id) => [id, 'built-in']));
    return Array.from(entries.values(), (entry) => {
      const { result } = entry;
      if (result?.kind !== 'loaded') return { entry, result };
      const { description, text } = result;
      const { id, title } = description;
      const owner = owners.get(id);
      if (owner === undefined) {
        owners.set(id, { path: entry.path, text });
        return { entry, result };
      }
      const message = `\`id\` is '${id}', which is that of ${nameOfOwner(owner)} already. Allowed: an id of its own.`;
      const problem = problemAt({ path: entry.path, text }, ['id'], message);
      return { entry, result: { kind: 'broken', problem, text, id, title } satisfies Result };
    });
  }

  const usable = (id: string): { entry: Entry; result: Loaded } | undefined => {
    for (const { entry, result } of resolved()) {
      if (result?.kind === 'loaded' && result.description.id === id) return { entry, result };
    }
    return undefined;
  };
  const failed = (id: string): { entry: Entry; result: Broken } | undefined => {
    for (const { entry, result } of resolved()) {
      const isMeant = (known: string | undefined): boolean => (known ?? stem(entry.path)) === id;
      if (result?.kind === 'broken' && isMeant(result.id)) return { entry, result };
    }
    return undefined;
  };

  async function untilLoaded(): Promise<void> {
    for (const { loading } of [...entries.values()]) await loading;
  }

  function judgeBy({ path, stamp }: Entry, { node, text, asksQuestion }: Loaded): PredictionJudge {
    const ownStamp = stamp.split(' ', 1).join('');
    return async (facts, signal) => {
      try {
        if ((await stampOf(path)) !== ownStamp) {
          return notChecked('its file was changed during the run. Run it again.');
        }
        const file = { path, text, node, asksQuestion };
        return await judgeOwnPrediction(file, facts, { loaderPath, loadDeadlineMs, judgeDeadlineMs, signal });
      } catch (error) {
        return notChecked(messageOf(error));
      }
    };
  }

  return {
    list: () => resolved().map(({ entry: { path }, result }) => listed(path, result)),
    async refresh() {
      await scan();
      await untilLoaded();
    },
    known: (id) => usable(id)?.result.description,
    async find(id) {
      await scan();
      // One that never ends loading must not keep the others from being run.
      await usable(id)?.entry.loading;
      if (usable(id) === undefined) await untilLoaded();
      if (usable(id) === undefined) {
        // A package that was missing may have been installed meanwhile: nothing in the folder tells of that.
        const again = failed(id);
        if (again !== undefined) await load(again.entry);
      }
      const found = usable(id);
      if (found !== undefined) {
        const { entry, result } = found;
        const { node, description } = result;
        return { path: entry.path, node, description, judge: judgeBy(entry, result) };
      }
      const bad = failed(id);
      if (bad === undefined) return undefined;
      const { message, place } = bad.result.problem;
      const where = place === undefined ? bad.entry.path : `${place.file}:${place.line}`;
      throw new Refused('broken-scenario', `${where}: ${message}`);
    },
    async write(name) {
      const isTaken = (id: string): boolean => builtInIds.includes(id) || usable(id) !== undefined;
      const written = await writeNewScenario(name, { folder, templatePath: options.templatePath, isTaken });
      await scan();
      return written;
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      watching[Symbol.dispose]();
      await scanning;
      for (const { abort } of entries.values()) abort.abort();
      await untilLoaded();
    },
  };
}

function listed(path: string, result: Result | undefined): OwnScenario {
  const fileName = basename(path);
  if (result === undefined) return { kind: 'loading', path, fileName };
  if (result.kind === 'loaded') return { kind: 'usable', path, description: result.description };
  const { problem, id, title } = result;
  return {
    kind: 'broken',
    path,
    fileName,
    ...(id !== undefined && { id }),
    ...(title !== undefined && { title }),
    problem,
  };
}

/** With the names that it declares, or that its text says plainly. */
function broken(text: string | undefined, problem: ScenarioProblem, declaration?: unknown): Result {
  const nameOf = (field: 'id' | 'title'): string | undefined => {
    const declared: unknown =
      typeof declaration === 'object' && declaration !== null ? Reflect.get(declaration, field) : undefined;
    if (typeof declared === 'string' && declared !== '') return declared;
    return text === undefined ? undefined : saidText(text, field);
  };
  const [id, title] = [nameOf('id'), nameOf('title')];
  return {
    kind: 'broken',
    problem,
    ...(text !== undefined && { text }),
    ...(id !== undefined && { id }),
    ...(title !== undefined && { title }),
  };
}

/** Who has an id first. */
type Owner = 'built-in' | { readonly path: string; readonly text: string };

/** A text is searched only when somebody else wants the same id. */
function nameOfOwner(owner: Owner): string {
  if (owner === 'built-in') return 'the built-in scenario';
  return `${basename(owner.path)}:${placeOfField(owner.path, owner.text, ['id']).line}`;
}

const stem = (path: string): string => basename(path, extname(path));

/** By name, with what tells one text of a file from another. `helpers`: the same for files that scenarios may import. */
async function filesIn(folder: string): Promise<{ files: { path: string; stamp: string }[]; helpers: string }> {
  // Missing until the first file is written.
  const names = (await readdir(folder).catch((): string[] => [])).sort();
  const isModule = (name: string) =>
    EXTENSIONS.includes(extname(name)) && !/\.d\.m?ts$/.test(name) && !name.startsWith('.');
  const files: { path: string; stamp: string }[] = [];
  let helpers = '';
  for (const name of names.filter(isModule).slice(0, MAXIMUM_SCENARIOS)) {
    // Node names modules by their real paths, and so do their errors.
    const path = await realpath(join(folder, name)).catch(() => undefined);
    const stamp = path === undefined ? undefined : await stampOf(path);
    // Removed meanwhile, or a link that points nowhere.
    if (path === undefined || stamp === undefined) continue;
    if (name.startsWith('_')) helpers += `${name}:${stamp};`;
    else files.push({ path, stamp });
  }
  return { files, helpers: helpers.replaceAll(' ', '') };
}

async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? `${found.mtimeMs}:${found.size}:${found.ino}` : undefined;
}
