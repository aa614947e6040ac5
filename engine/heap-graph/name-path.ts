// Turns a path of a heap graph into steps in the program's own names: what V8 and Node need for one thing that a programmer
// knows (a map and its table, a function and its scope, an emitter and its list of listeners) becomes one step.

import { basename } from 'node:path';
import type { Place } from '../protocol/explanation.ts';
import { NO_EDGE } from './cheapest-paths.ts';
import type { GraphIndex } from './graph-index.ts';
import { Edge, K, Node, W } from './heap-words.ts';
import type { RawPath } from './raw-path.ts';
import type { ScopeOwner, Scopes } from './scopes.ts';
import type { SourceTexts } from './source-text.ts';

/** What kind of hold one step has on the next; what causes are told by. */
export type Hold =
  | 'root'
  | 'module-variable'
  | 'global-variable'
  | 'closure-variable'
  | 'property'
  | 'private-field'
  | 'array-element'
  | 'map-entry'
  | 'set-entry'
  | 'listener'
  | 'abort-listener'
  | 'timer'
  | 'promise'
  | 'suspended'
  | 'weak-map'
  | 'held-value'
  | 'cleanup'
  /** Belongs to what is before it, and cannot be let go by itself. */
  | 'part'
  /** V8's or Node's own. */
  | 'internal'
  /** Steps that were left out. */
  | 'gap';

export interface NamedStep {
  readonly hold: Hold;
  /** With `[…]` in place of an index or a key where `entry` has one. */
  readonly edge: string;
  readonly node: string;
  /** What `[…]` stands for here; absent: `edge` has none, or the key cannot be told. */
  readonly entry?: string;
  readonly place?: Place;
  /** The node that the step leads to. */
  readonly head: number;
  /** The edge whose removal undoes the step; NO_EDGE where there is none. */
  readonly rawEdge: number;
  /** How many the container holds, this one among them. */
  readonly fanOut: number;
  /** How the program would write what the step leads to, as far as it can be told: `state.current`. */
  readonly expression?: string;
  /** The bare identifier of the step: variable, property or field, event. */
  readonly identifier?: string;
  readonly owner?: ScopeOwner;
  /** The closure by which the path came to the scope of this variable; absent: by none. */
  readonly closure?: number;
}

/** Longer names, as of a variable in minified code or a text used as a key, are cut. */
const MAXIMUM_NAME = 80;
export const ENTRY = '[…]';

const shorten = (text: string): string => (text.length <= MAXIMUM_NAME ? text : `${text.slice(0, MAXIMUM_NAME - 1)}…`);
const declared = (place: Place | undefined): { place?: Place } => (place === undefined ? {} : { place });
/** What Node gives every CommonJS module as parameters. */
const MOST_CANDIDATES = 4;
const WRAPPER_NAMES: ReadonlySet<string> = new Set(['exports', 'require', 'module', '__filename', '__dirname']);
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** `.name`, `["a key"]`, `[Symbol(name)]`, as in source code. */
export function propertyText(name: string): string {
  const symbol = /^<symbol (.*)>$/s.exec(name);
  if (symbol !== null) return `[Symbol(${shorten(symbol[1] ?? '')})]`;
  if (name.startsWith('#') && IDENTIFIER.test(name.slice(1))) return `.${shorten(name)}`;
  const accessor = /^([gs]et) (.+)$/s.exec(name);
  if (accessor !== null) return `${accessor[1]}ter ${shorten(accessor[2] ?? '')}`;
  if (IDENTIFIER.test(name)) return `.${shorten(name)}`;
  return /^\d+$/.test(name) ? `[${name}]` : `[${JSON.stringify(shorten(name))}]`;
}

const beginning = (file: string): { place?: Place } => (file === '' ? {} : { place: { file, line: 1, column: 1 } });

export const shortFile = (file: string): string => (file === '' ? 'a script' : basename(file));

type Push = Omit<NamedStep, 'node' | 'head' | 'fanOut' | 'rawEdge'> & {
  readonly head?: number;
  readonly node?: string;
  readonly fanOut?: number;
  readonly rawEdge?: number;
};

export interface Naming {
  readonly index: GraphIndex;
  readonly scopes: Scopes;
  /** Of cells of ES modules the name that the module exports it by. */
  readonly exportedCells: ReadonlyMap<number, { readonly module: number; readonly name: string }>;
  readonly sources: SourceTexts;
  /** How the program writes the WeakMap that an edge to a value tells of; undefined where that cannot be told. */
  weakMapOf(edge: number): string | undefined;
}

/** Whether an array of V8's or an object of the program's is used as a dictionary: with keys rather than with fields. */
export function isDictionary({ graph, kind, words }: GraphIndex, node: number): boolean {
  if (kind[node] !== K.object || words.nodeText(node) !== 'Object') return false;
  const first = graph.firstEdge[node]!;
  const end = graph.firstEdge[node + 1]!;
  if (end - first >= DICTIONARY_EDGES) return true;
  if (end - first < 3) return false;
  // Fewer, but as alike as `user-1`, `user-2`, `user-3`.
  const alike = new Map<string, number>();
  for (let edge = first; edge < end; edge++) {
    if (graph.edgeType[edge] !== Edge.property) continue;
    const name = words.edgeText(edge);
    if (name.startsWith('<symbol ') || !/[0-9a-f]*\d/.test(name)) continue;
    const skeleton = name.replace(/[0-9a-f]*\d[0-9a-f]*/g, '0');
    const count = (alike.get(skeleton) ?? 0) + 1;
    if (count >= 3) return true;
    alike.set(skeleton, count);
  }
  return false;
}
const DICTIONARY_EDGES = 24;

/** The text of a primitive as a key would be written; undefined where it is none, or cannot be told. */
function primitiveText({ graph, words, textOf }: GraphIndex, node: number): string | undefined {
  switch (graph.nodeType[node]) {
    case Node.string:
    case Node['concatenated string']:
    case Node['sliced string']:
      return JSON.stringify(shorten(words.nodeText(node)));
    case Node.number:
      return textOf(node, W.value);
    default:
      return undefined;
  }
}

/** The name of an index in an edge that V8 numbers; -1 if it is none. */
export function indexOfEdge({ words }: GraphIndex, edge: number): number {
  const text = words.edgeText(edge);
  return /^\d+$/.test(text) ? Number(text) : -1;
}

/**
 * Layout of the table of a Map or a Set (V8's OrderedHashTable): three counts, as many buckets as there are, then for each
 * entry its key, for a Map its value, and a link. There are twice as many entries as buckets.
 */
function tableLayout({ graph }: GraphIndex, table: number): { isMap: boolean; firstEntry: number } | undefined {
  const bytes = graph.nodeSelfBytes[table]!;
  for (const wordBytes of [8, 4]) {
    // An array's header is two words.
    const length = bytes / wordBytes - 2;
    for (const isMap of [true, false]) {
      const buckets = (length - 3) / (1 + 2 * (isMap ? 3 : 2));
      if (Number.isInteger(buckets) && buckets >= 2 && (buckets & (buckets - 1)) === 0) {
        return { isMap, firstEntry: 3 + buckets };
      }
    }
  }
  return undefined;
}

/** What an entry of a table is to its map or set. `key` is the node of its key; -1 if that is a small integer. */
export function tableEntry(
  index: GraphIndex,
  table: number,
  edge: number,
): { role: 'map-key' | 'map-value' | 'set'; key: number } {
  const { graph } = index;
  const at = indexOfEdge(index, edge);
  const layout = tableLayout(index, table);
  if (layout !== undefined && at >= layout.firstEntry) {
    const offset = (at - layout.firstEntry) % (layout.isMap ? 3 : 2);
    if (offset === 0) return { role: layout.isMap ? 'map-key' : 'set', key: graph.edgeTarget[edge]! };
  }
  // Edges of an array are in the order of its indices, so a key that shows is right before its value.
  const before = edge - 1;
  const hasKey = before >= graph.firstEdge[table]! && indexOfEdge(index, before) === at - 1;
  return { role: 'map-value', key: hasKey ? graph.edgeTarget[before]! : -1 };
}

/** `"17"` or `17` for a primitive key, and what it is for an object. */
function keyText(index: GraphIndex, key: number): string | undefined {
  if (key < 0) return undefined;
  return primitiveText(index, key);
}

/** What `[…]` stands for in the step that goes along `edge`; undefined where it cannot be told. */
export function entryText(index: GraphIndex, node: number, edge: number): string | undefined {
  const { graph, kind, words } = index;
  if (kind[node] === K.table) {
    const { role, key } = tableEntry(index, node, edge);
    return role === 'map-value' ? keyText(index, key) : undefined;
  }
  const text = words.edgeText(edge);
  if (graph.edgeType[edge] === Edge.element) return `[${text}]`;
  return propertyText(text);
}

/** In Node 20 the constructor of a signal is `EventTarget`. */
const isAbortSignal = ({ words, targetOf }: GraphIndex, node: number): boolean =>
  words.nodeText(node) === 'AbortSignal' || targetOf(node, W.kAborted) >= 0;

/** What a node is, in a word or two, and where, if it is a function. */
export function describeNode({ index, scopes, sources }: Naming, node: number): { text: string; place?: Place } {
  const { graph, kind, words, targetOf } = index;
  const name = words.nodeText(node);
  switch (kind[node]) {
    case K.closure: {
      if (targetOf(node, W.bound_function) >= 0) {
        const inner = targetOf(node, W.bound_function);
        const { name: bound, place } = scopes.functionName(inner);
        return { text: `bound function${bound === '' ? '' : ` ${shorten(bound)}`}`, ...(place ? { place } : {}) };
      }
      const { name: own, place, script } = scopes.functionName(node);
      if (own === '' && script === '') return { text: 'built-in function' };
      const what = place !== undefined && sources.isClass(place) ? 'class' : 'function';
      const text = own === '' ? `anonymous ${what}` : `${what} ${shorten(own)}`;
      return place === undefined ? { text } : { text, place };
    }
    case K.proxy:
      return { text: 'Proxy' };
    case K.generator: {
      const { name: own, place } = generatorFunction(index, scopes, node);
      const isAsync = name === 'Generator' && !(place !== undefined && sources.isGenerator(place));
      const what = isAsync ? 'async function' : 'generator';
      const text = own === '' ? `anonymous ${what}` : `${what} ${shorten(own)}`;
      return place === undefined ? { text } : { text, place };
    }
    case K.global:
      return { text: 'globalThis' };
    case K['finalization-registry']:
      return { text: name };
    case K['process-object']:
      return { text: 'process' };
    case K['commonjs-module']:
      return { text: `module ${shortFile(index.textOf(node, W.filename) ?? '')}` };
    case K.leaf:
      return { text: graph.nodeType[node] === Node.number ? 'number' : 'string' };
    case K.context:
      return { text: 'scope' };
    default:
      if (name === 'EventTarget' && isAbortSignal(index, node)) return { text: 'AbortSignal' };
      if (name.startsWith('system / ')) return { text: `V8's ${name.slice(9)}` };
      return { text: name === '' ? (graph.nodeType[node] === Node.array ? "V8's array" : 'object') : shorten(name) };
  }
}

function generatorFunction({ targetOf }: GraphIndex, scopes: Scopes, generator: number) {
  const closure = targetOf(generator, W.function);
  return closure < 0 ? { name: '', script: '' } : scopes.functionName(closure);
}

/** Steps of `path`, root first. There is at least one. */
export function namePath(naming: Naming, path: RawPath): NamedStep[] {
  const { index, scopes, exportedCells, sources } = naming;
  const { graph, kind, words, targetOf, textOf } = index;
  const { nodes, edges } = path;
  const steps: NamedStep[] = [];
  const state: {
    /** The generator whose scope or registers the path is in. */
    generator: number;
    /** The closure whose scope the path is in. */
    closure: number;
    /** The event whose listeners the path is among. */
    event: { readonly name: string; readonly isAbort: boolean; readonly rawEdge: number } | undefined;
    cellName: string;
    isPendingPromise: boolean;
    isTimer: boolean;
  } = { generator: -1, closure: -1, event: undefined, cellName: '', isPendingPromise: false, isTimer: false };

  const last = (): NamedStep | undefined => steps.at(-1);
  const kindAt = (position: number): number => kind[nodes[position] ?? 0] ?? K.hidden;
  const wordAt = (position: number): number => {
    const edge = edges[position];
    return edge === undefined || edge === NO_EDGE ? W.other : words.ofEdge(edge);
  };
  /** One more step, to `nodes[position + 1]`, along `edges[position]` unless told. */
  const push = (position: number, step: Push): void => {
    const head = nodes[position + 1]!;
    const described = describeNode(naming, head);
    // Where a function is says more than where the variable is that has it.
    const place = described.place ?? step.place;
    steps.push({
      head,
      rawEdge: edges[position]!,
      fanOut: 1,
      node: described.text,
      ...step,
      ...(place === undefined ? {} : { place }),
    });
    state.generator = -1;
    state.closure = kind[head] === K.closure ? head : -1;
    state.event = undefined;
    state.isPendingPromise = false;
    state.isTimer = false;
  };
  const prefixed = (suffix: string): { expression?: string } => {
    const before = last()?.expression;
    return before === undefined ? {} : { expression: `${before}${suffix}` };
  };
  const asProperty = (position: number, name: string): void => {
    // Node's own link from an open handle to what the program has of it.
    if (/^<symbol (?:node:)?owner_symbol>$/.test(name)) return push(position, { hold: 'part', edge: 'owner' });
    const text = propertyText(name);
    const hold: Hold = name.startsWith('#') ? 'private-field' : 'property';
    const node = nodes[position]!;
    if (isDictionary(index, node)) {
      const fanOut = graph.firstEdge[node + 1]! - graph.firstEdge[node]!;
      push(position, { hold, edge: ENTRY, entry: text, identifier: name, fanOut, ...prefixed(text) });
    } else push(position, { hold, edge: text, identifier: name, ...prefixed(text) });
  };
  const asInternal = (position: number): void => {
    const edge = edges[position]!;
    push(position, { hold: 'internal', edge: `(${shorten(words.edgeText(edge))})` });
  };
  /** How many edges of `node` have a number for a name. */
  const entriesOf = (node: number): number => {
    let count = 0;
    for (let edge = graph.firstEdge[node]!, end = graph.firstEdge[node + 1]!; edge < end; edge++) {
      if (words.ofEdge(edge) === W.index) count++;
    }
    return count;
  };

  let position = beginAtRoot();
  while (position < edges.length) position = advance(position);
  return withoutInternals(steps);

  /** Names the root; returns the first position to go on from. */
  function beginAtRoot(): number {
    const root = nodes[0]!;
    const begin = (node: string, more: Partial<NamedStep> = {}): void => {
      steps.push({ hold: 'root', edge: '', node, head: root, rawEdge: NO_EDGE, fanOut: 1, ...more });
    };
    switch (kind[root]) {
      case K.global:
        begin('globalThis', { expression: 'globalThis' });
        return 0;
      case K.module:
        begin(`module ${shortFile(scopes.fileOfModule(root))}`, beginning(scopes.fileOfModule(root)));
        return 0;
      case K['commonjs-module']:
        begin(`module ${shortFile(textOf(root, W.filename) ?? '')}`, beginning(textOf(root, W.filename) ?? ''));
        return 0;
      case K['process-object']:
        begin('process', { expression: 'process' });
        return 0;
      case K['timers-list']:
        begin(words.nodeText(root) === 'ImmediateList' ? 'immediates' : 'timers');
        return 0;
      case K.context:
        begin(`script ${shortFile(scopes.ownerOf(root).type === 'script' ? fileOf(scopes.ownerOf(root)) : '')}`);
        return 0;
      default:
        return beginAtV8();
    }
  }

  /** Names a root of V8's or of Node's that nothing else leads from. */
  function beginAtV8(): number {
    const root = nodes[0]!;
    const begin = (node: string): void => {
      steps.push({ hold: 'root', edge: '', node, head: root, rawEdge: NO_EDGE, fanOut: 1 });
    };
    let at = 0;
    while (at < edges.length && kindAt(at + 1) === K.synthetic) at++;
    const from = words.nodeText(nodes[at]!);
    if (from === '(Stack roots)' || from === '(Handle scope)') begin('running code');
    else if (from === '(Micro tasks)') begin('queued microtask');
    else if (/Global handles|Persistent|Environment|native/.test(from) || kindAt(at) === K.native) begin('native code');
    else begin("V8's own roots");
    if (at >= edges.length) return at;
    const isLocal = steps[0]?.node === 'running code';
    push(at, { hold: 'internal', edge: isLocal ? 'local variable' : 'handle' });
    return at + 1;
  }

  /** Names what leaves `nodes[position]`; returns where to go on. Passing on without a step makes it part of the next. */
  function advance(at: number): number {
    const node = nodes[at]!;
    const edge = edges[at]!;
    if (edge === NO_EDGE) return skipGap(at);
    const target = nodes[at + 1]!;
    const to = kind[target]!;
    const type = graph.edgeType[edge]!;
    const word = words.ofEdge(edge);
    if (word === W.ephemeron && type === Edge.internal) {
      const map = naming.weakMapOf(edge);
      push(at, {
        hold: 'weak-map',
        edge: map === undefined ? 'value in a WeakMap' : `value in WeakMap ${map}`,
        ...(map === undefined ? {} : { identifier: map }),
      });
      return at + 1;
    }
    switch (kind[node]) {
      case K.module:
        if (to === K.module || to === K.array || to === K.generator || to === K.context) {
          return at + 1;
        }
        if (to === K.cell) return at + 1;
        break;
      case K.cell: {
        const exported = exportedCells.get(node);
        if (exported === undefined) break;
        const name = exported.name;
        const file = scopes.fileOfModule(exported.module);
        const text = name === 'default' ? 'default export' : `variable ${shorten(name)}`;
        push(at, {
          hold: 'module-variable',
          edge: text,
          identifier: name,
          expression: name,
          owner: { type: 'module', file },
          ...declared(sources.topLevelDeclaration(file, name)),
        });
        return at + 1;
      }
      case K.context:
        return fromContext(at, word);
      case K.closure:
        if (word === W.context) {
          state.closure = node;
          return at + 1;
        }
        if (word === W.bound_this) {
          push(at, { hold: 'closure-variable', edge: 'bound this' });
          return at + 1;
        }
        if (word === W.bound_argument) {
          push(at, { hold: 'closure-variable', edge: 'bound argument' });
          return at + 1;
        }
        if (word === W.bound_function) {
          push(at, { hold: 'part', edge: 'bound function' });
          return at + 1;
        }
        break;
      case K.table:
        return fromTable(at);
      case K.array:
        if (state.generator >= 0) {
          const owner = generatorFunction(index, scopes, state.generator);
          push(at, {
            hold: 'suspended',
            edge: `local variable of ${owner.name === '' ? 'the waiting function' : `${shorten(owner.name)}()`}`,
            ...(owner.name === '' ? {} : { identifier: owner.name }),
          });
          return at + 1;
        }
        // Lists inside V8's modules, and the slots of `Promise.all`.
        if (to === K.cell || to === K.array) return at + 1;
        if (last()?.hold === 'promise') {
          push(at, { hold: 'promise', edge: 'settled value' });
          return at + 1;
        }
        break;
      case K.promise:
        if (word !== W.reactions_or_result) break;
        if (to === K['promise-reaction']) {
          state.isPendingPromise = true;
          return at + 1;
        }
        push(at, { hold: 'part', edge: 'settled value' });
        return at + 1;
      case K['promise-reaction']:
        return fromReaction(at);
      case K.generator:
        if (word === W.receiver) {
          push(at, { hold: 'suspended', edge: 'this' });
          return at + 1;
        }
        if (word === W.context || word === W.parameters_and_registers) {
          state.generator = node;
          return at + 1;
        }
        break;
      case K['finalization-registry']:
        if (to === K['weak-cell']) return at + 1;
        if (to === K.closure && type === Edge.hidden) return fromCleanup(at);
        break;
      case K['weak-cell']: {
        if (to === K['weak-cell'] || to === K['finalization-registry']) return at + 1;
        if (type !== Edge.hidden && type !== Edge.internal) break;
        // The probe's record stands for the program's held value.
        const isRecord = targetOf(target, W.heaplineId) >= 0 && wordAt(at + 1) === W.held;
        push(isRecord ? at + 1 : at, { hold: 'held-value', edge: 'held value' });
        return isRecord ? at + 2 : at + 1;
      }
      case K['timers-list']:
        if (to !== K.timeout) return at + 1;
        pushTimer(at);
        return at + 1;
      case K.timeout:
        return fromTimeout(at, word);
      case K.global: {
        if (type !== Edge.property) break;
        const name = words.edgeText(edge);
        push(at, {
          hold: 'global-variable',
          edge: propertyText(name),
          identifier: name,
          expression: `globalThis${propertyText(name)}`,
        });
        return at + 1;
      }
      case K['commonjs-module']:
        if (word === W.exports && steps.length === 1) return fromExports(at);
        break;
      case K['property-cell']:
        return at + 1;
      case K.proxy:
        push(at, { hold: 'part', edge: words.edgeText(edge) === '0' ? 'handler' : 'target', ...prefixed('') });
        return at + 1;
      default:
        break;
    }
    if (word === W._events && type === Edge.property) {
      const after = fromEvents(at);
      if (after > at) return after;
    }
    if (word === W.kEvents && type === Edge.property && kindAt(at + 2) === K.table) return fromEventTarget(at);
    if (type === Edge.internal && word === W.table) return at + 1;
    if (type === Edge.property) {
      asProperty(at, words.edgeText(edge));
      return at + 1;
    }
    if (type === Edge.element) {
      const isObject = words.nodeText(node) === 'Object';
      const entry = `[${words.edgeText(edge)}]`;
      push(at, {
        hold: isObject ? 'property' : 'array-element',
        edge: ENTRY,
        entry,
        fanOut: entriesOf(node),
        ...prefixed(entry),
      });
      return at + 1;
    }
    // An iterator reads the table of its map or set.
    if (to === K.table && type === Edge.hidden) return at + 1;
    asInternal(at);
    return at + 1;
  }

  function skipGap(at: number): number {
    const count = path.gap?.count ?? 0;
    const head = nodes[at + 1]!;
    steps.push({ hold: 'gap', edge: '', node: '…', head, rawEdge: NO_EDGE, fanOut: count });
    state.closure = kind[head] === K.closure ? head : -1;
    state.generator = -1;
    return at + 1;
  }

  function fromContext(at: number, word: number): number {
    const node = nodes[at]!;
    const edge = edges[at]!;
    const target = nodes[at + 1]!;
    if (word === W.previous && graph.edgeType[edge] === Edge.internal) {
      // An outer scope is the outer function's, not the waiting one's.
      state.generator = -1;
      return at + 1;
    }
    if (word === W.extension && graph.edgeType[edge] === Edge.internal) {
      if (kind[target] !== K.generator) return at + 1;
      const wasAwaiting = last();
      const { name, place } = generatorFunction(index, scopes, target);
      push(at, {
        hold: 'suspended',
        edge: 'awaited by',
        fanOut: 1,
        ...(name === '' ? {} : { identifier: name }),
        ...(place === undefined ? {} : { place }),
        rawEdge: wasAwaiting === undefined ? edge : edges[at]!,
      });
      return at + 1;
    }
    let name = '';
    if (graph.edgeType[edge] === Edge.context) name = words.edgeText(edge);
    else if (graph.edgeType[edge] === Edge.hidden && scopes.ownerOf(node).type !== 'internal') {
      const names = scopes.blockVariables(node, edge);
      name = names.slice(0, MOST_CANDIDATES).join(' or ');
    }
    if (name === '') {
      // V8's own scopes: of the functions that settle a promise, and of those that `Promise.all` waits with.
      if (kind[target] === K.promise) push(at, { hold: 'part', edge: 'promise' });
      else if (kind[target] === K.array) push(at, { hold: 'promise', edge: 'values', node: 'results so far' });
      else if (kind[target] === K.closure) {
        // Behind the function that V8 made for `finally`.
        push(
          at,
          state.isPendingPromise ? { hold: 'promise', edge: 'finally callback' } : { hold: 'part', edge: 'callback' },
        );
      } else asInternal(at);
      return at + 1;
    }
    let owner = scopes.ownerOf(node);
    // A function at the top level of a CommonJS module looks the same where the module has no variables of its own.
    if (owner.type === 'module' && !WRAPPER_NAMES.has(name) && sources.isTopLevel(owner.file, name) === false) {
      const isModule = kind[targetOf(node, W.extension)] === K.module;
      if (!isModule) owner = { type: 'function', name: '', file: owner.file, isBlock: false };
    }
    const shared = { identifier: name, expression: shorten(name), owner, ...declared(declarationOf(owner, name)) };
    const variable = `variable ${shorten(name)}`;
    switch (owner.type) {
      case 'module':
        push(at, { hold: 'module-variable', edge: variable, ...shared });
        break;
      case 'script':
        push(at, { hold: 'global-variable', edge: variable, ...shared });
        break;
      case 'function': {
        const isWaiting = state.generator >= 0;
        const of = owner.name === '' ? '' : ` of ${shorten(owner.name)}()`;
        const closure = state.closure;
        push(at, {
          hold: isWaiting ? 'suspended' : 'closure-variable',
          edge: `${variable}${of}`,
          ...shared,
          ...(closure >= 0 && !isWaiting ? { closure } : {}),
        });
        break;
      }
      case 'module-block':
      case 'internal': {
        const closure = state.closure;
        push(at, { hold: 'closure-variable', edge: variable, ...shared, ...(closure < 0 ? {} : { closure }) });
      }
    }
    return at + 1;
  }

  function declarationOf(owner: ScopeOwner, name: string): Place | undefined {
    switch (owner.type) {
      case 'internal':
      case 'script':
        return undefined;
      case 'module':
        return sources.topLevelDeclaration(owner.file, name);
      case 'module-block':
      case 'function': {
        const place = state.closure < 0 ? undefined : scopes.functionName(state.closure).place;
        if (place !== undefined) return sources.declarationAround(place, name);
        return owner.type === 'function' && owner.place !== undefined
          ? sources.declarationWithin(owner.place, name)
          : undefined;
      }
    }
  }

  function fromTable(at: number): number {
    const table = nodes[at]!;
    const edge = edges[at]!;
    const container = words.nodeText(nodes[at - 1] ?? table);
    const { role, key } = tableEntry(index, table, edge);
    const entries = entriesOf(table);
    if (role === 'set') {
      push(at, { hold: 'set-entry', edge: container === 'Set' ? 'Set entry' : `${container} entry`, fanOut: entries });
    } else if (role === 'map-key') {
      push(at, { hold: 'map-entry', edge: 'Map key', fanOut: Math.ceil(entries / 2), rawEdge: edge });
    } else {
      const text = keyText(index, key);
      const what = key >= 0 && text === undefined ? describeNode(naming, key).text : undefined;
      push(at, {
        hold: 'map-entry',
        edge: what === undefined ? `Map entry ${ENTRY}` : `Map entry of key ${what}`,
        ...(text === undefined ? {} : { entry: text, identifier: text, ...prefixed(`.get(${text})`) }),
        fanOut: Math.max(1, Math.ceil(entries / 2)),
      });
    }
    return at + 1;
  }

  function fromReaction(at: number): number {
    const target = nodes[at + 1]!;
    switch (kind[target]) {
      case K['promise-reaction']:
        return at + 1;
      case K.closure: {
        const sharedInfo = targetOf(target, W.shared);
        const isOwn = sharedInfo >= 0 && scopes.scriptOf(sharedInfo) !== '';
        // V8's own closures lead to the waiting function; their scope names it.
        if (!isOwn && wordAt(at + 1) === W.context) {
          state.isPendingPromise = true;
          return at + 2;
        }
        push(at, { hold: 'promise', edge: isOwn ? 'then callback' : 'reaction' });
        return at + 1;
      }
      case K.promise:
        push(at, { hold: 'part', edge: 'derived promise' });
        return at + 1;
      case K.generator: {
        const { name } = generatorFunction(index, scopes, target);
        push(at, { hold: 'suspended', edge: 'awaited by', ...(name === '' ? {} : { identifier: name }) });
        return at + 1;
      }
      default:
        if (at + 1 < edges.length) return at + 1;
        push(at, { hold: 'promise', edge: 'reaction' });
        return at + 1;
    }
  }

  /** The probe's own callback stands before the program's, which is in its scope. */
  function fromCleanup(at: number): number {
    let end = at;
    if (words.nodeText(nodes[at + 1]!) === 'observedCleanup' && wordAt(at + 1) === W.context) {
      for (let next = at + 2; next < edges.length && next < at + 8; next++) {
        if (wordAt(next) === W.cleanup) {
          end = next;
          break;
        }
        if (wordAt(next) !== W.previous) break;
      }
    }
    push(end, { hold: 'cleanup', edge: 'cleanup callback', rawEdge: edges[at]! });
    return end + 1;
  }

  function pushTimer(at: number): void {
    push(at, { hold: 'part', edge: timerText(nodes[at + 1]!) });
    state.isTimer = true;
  }

  function timerText(timer: number): string {
    if (words.nodeText(timer) === 'Immediate') return 'setImmediate';
    const repeat = targetOf(timer, W._repeat);
    const milliseconds = Number(primitiveText(index, targetOf(timer, W._idleTimeout)) ?? Number.NaN);
    const name = repeat >= 0 && graph.nodeType[repeat] === Node.number ? 'setInterval' : 'setTimeout';
    return Number.isFinite(milliseconds) ? `${name} of ${milliseconds.toLocaleString('en-US')} ms` : name;
  }

  function fromTimeout(at: number, word: number): number {
    const node = nodes[at]!;
    const target = nodes[at + 1]!;
    const timer = { identifier: timerText(node).split(' ')[0] ?? 'setTimeout' };
    if (
      (word === W._idleNext || word === W._idlePrev) &&
      (kind[target] === K.timeout || kind[target] === K['timers-list'])
    ) {
      // The list of those that wait equally long: the last of a chain is the one.
      if (kind[target] === K.timeout && last()?.head === node && state.isTimer) {
        steps.pop();
        pushTimer(at);
      } else if (kind[target] === K.timeout) pushTimer(at);
      return at + 1;
    }
    // A timer that has run is in no list, and keeps its callback no more than any object would.
    const isWaiting =
      kind[targetOf(node, W._idleNext)] === K.timeout || kind[targetOf(node, W._idleNext)] === K['timers-list'];
    const isImmediate = words.nodeText(node) === 'Immediate';
    if (!isWaiting && !isImmediate) {
      asProperty(at, words.edgeText(edges[at]!));
      return at + 1;
    }
    if (word === W._onTimeout || word === W._onImmediate) {
      push(at, { hold: 'timer', edge: 'callback', ...timer });
      return at + 1;
    }
    if (
      (word === W._timerArgs || word === W._argv) &&
      graph.edgeType[edges[at + 1] ?? 0] === Edge.element &&
      at + 1 < edges.length
    ) {
      const number = Number(words.edgeText(edges[at + 1]!)) + 1;
      push(at + 1, { hold: 'timer', edge: `callback argument ${number}`, ...timer });
      return at + 2;
    }
    push(at, { hold: 'timer', edge: propertyText(words.edgeText(edges[at]!)), ...timer });
    return at + 1;
  }

  /** `exports` of a CommonJS module, with the property of it that the path goes on by. */
  function fromExports(at: number): number {
    const next = edges[at + 1];
    const isProperty = next !== undefined && next !== NO_EDGE && graph.edgeType[next] === Edge.property;
    const word = wordAt(at + 1);
    if (isProperty && kindAt(at + 1) === K.object && word !== W._events && word !== W.kEvents && word !== W.__proto__) {
      const name = words.edgeText(next);
      const text = `exports${propertyText(name)}`;
      push(at + 1, { hold: 'module-variable', edge: text, identifier: name, expression: text });
      return at + 2;
    }
    push(at, { hold: 'module-variable', edge: 'module.exports', identifier: 'exports', expression: 'module.exports' });
    return at + 1;
  }

  /** Listeners of an EventEmitter: one function, or an array of them; each may be wrapped by `once`. */
  function fromEvents(at: number): number {
    const nameEdge = edges[at + 1];
    if (nameEdge === undefined || nameEdge === NO_EDGE || graph.edgeType[nameEdge] !== Edge.property) return at;
    const event = words.edgeText(nameEdge);
    let end = at + 1;
    let fanOut = 1;
    if (kindAt(end + 1) !== K.closure) {
      const element = edges[end + 1];
      if (element === undefined || element === NO_EDGE || graph.edgeType[element] !== Edge.element) return at;
      fanOut = entriesOf(nodes[end + 1]!);
      end++;
    }
    const rawEdge = edges[end]!;
    if (kindAt(end + 1) === K.closure && wordAt(end + 1) === W.listener && kindAt(end + 2) === K.closure) end++;
    push(end, { hold: 'listener', edge: `listener for ${eventText(event)}`, identifier: event, fanOut, rawEdge });
    return end + 1;
  }

  function eventText(event: string): string {
    const symbol = /^<symbol (.*)>$/s.exec(event);
    return symbol === null ? JSON.stringify(shorten(event)) : `Symbol(${shorten(symbol[1] ?? '')})`;
  }

  /** Listeners of an EventTarget: a Map from the type to a linked list. */
  function fromEventTarget(at: number): number {
    const target = nodes[at]!;
    const isAbort = isAbortSignal(index, target);
    const table = nodes[at + 2]!;
    const entry = edges[at + 2];
    let end = at + 2;
    const key = entry === undefined ? -1 : tableEntry(index, table, entry).key;
    const event = key < 0 ? undefined : (primitiveText(index, key) ?? undefined);
    while (end < edges.length && wordAt(end) !== W.listener && wordAt(end) !== W.callback) end++;
    if (end >= edges.length) {
      asProperty(at, words.edgeText(edges[at]!));
      return at + 1;
    }
    let fanOut = 0;
    for (let link = nodes[at + 3] ?? -1; link >= 0 && fanOut < 10_000; link = targetOf(link, W.next)) fanOut++;
    push(end, {
      hold: isAbort ? 'abort-listener' : 'listener',
      edge: `listener for ${event ?? 'an event'}`,
      // All that hangs on the listener's link goes with the edge to it.
      rawEdge: edges[end - 1]!,
      fanOut: Math.max(1, fanOut - 1),
      ...(event === undefined ? {} : { identifier: event.replace(/^"|"$/g, '') }),
    });
    return end + 1;
  }
}

/** What Node keeps for itself the program cannot let go of: such steps belong to what they lead to. */
function withoutInternals(steps: readonly NamedStep[]): NamedStep[] {
  let isInternal = false;
  return steps.map((step) => {
    if (step.owner !== undefined && fileOf(step.owner).startsWith('node:')) isInternal = true;
    else if (step.owner !== undefined) isInternal = false;
    const isOwn = !isInternal && !(step.edge === 'Map entry of key AsyncLocalStorage');
    if (step.hold === 'suspended' || step.hold === 'promise' || step.hold === 'timer') isInternal = false;
    return isOwn || !HOLDS_OF_DATA.has(step.hold) ? step : { ...step, hold: 'part' };
  });
}
const HOLDS_OF_DATA: ReadonlySet<Hold> = new Set<Hold>([
  'closure-variable',
  'module-variable',
  'property',
  'private-field',
  'array-element',
  'map-entry',
  'set-entry',
]);

export const fileOf = (owner: ScopeOwner): string => (owner.type === 'internal' ? '' : owner.file);
