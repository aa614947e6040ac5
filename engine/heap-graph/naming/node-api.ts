// Fields of Node's own objects in which it keeps what a program hands to a public API: each chain of edges becomes one step
// that names the API, with a fix that calls it. One table; see node-variables.ts for what Node's modules keep.

import { Edge, K, W } from '../heap-words.ts';
import { entryText } from './containers.ts';
import type { Hold } from './named-step.ts';
import { NOT_MINE, type PathWalk, type Reader } from './path-walk.ts';

interface NodeChain {
  /** Names of the properties from the API's object on; `[]` is an element, `{}` an entry of a map or a dictionary. */
  readonly edges: readonly string[];
  readonly hold: Hold;
  /** `*` stands for the key of the last entry. */
  readonly edge: string;
  /** See NamedStep.fix. */
  readonly fix?: string;
  /** How the program gets at the value, after the expression of the object. */
  readonly access?: string;
}

const CHAINS: readonly NodeChain[] = [
  {
    edges: ['_readableState', 'buffer', '[]'],
    hold: 'node-api',
    edge: 'unread chunk',
    fix: '{holder} keeps every chunk that has not been read, after `destroy()` too: read it, or release the stream',
  },
  {
    edges: ['_readableState', 'pipes', '[]'],
    hold: 'node-api',
    edge: 'pipe to',
    fix: 'Take {value} off {holder} with `unpipe()`, or end the stream with `destroy()`',
  },
  ...['Symbol(kBufferedValue)', 'buffered'].flatMap((buffer): NodeChain[] => [
    {
      edges: ['_writableState', buffer, '[]', 'chunk'],
      hold: 'node-api',
      edge: 'chunk to be written',
      fix: '{holder} keeps every chunk that waits to be written: call back from `write()` or `transform()` in every case, since `destroy()` waits for that too',
    },
    {
      edges: ['_writableState', buffer, '[]', 'callback'],
      hold: 'node-api',
      edge: 'callback of write()',
      fix: '{holder} keeps the callback of a `write()` that has not been done: call back from `write()` or `transform()` in every case, since `destroy()` waits for that too',
    },
  ]),
  ...['Symbol(kWriteCbValue)', 'writecb'].map((callback): NodeChain => ({
    edges: ['_writableState', callback],
    hold: 'node-api',
    edge: 'callback of write()',
    fix: '{holder} keeps the callback of a `write()` that has not been done: call back from `write()` or `transform()` in every case, since `destroy()` waits for that too',
  })),
  {
    edges: ['Symbol(kHandlers)', '{}', 'handler'],
    hold: 'listener',
    edge: '.on*',
    fix: 'Set `on*` of {holder} to null{close} when it is no longer needed',
  },
  {
    edges: ['_subscribers', '[]'],
    hold: 'listener',
    edge: 'subscriber',
    fix: 'Unsubscribe {value} from the diagnostics channel{entry} with its `unsubscribe()` when it is no longer needed',
  },
  {
    edges: ['_stores', '{}'],
    hold: 'node-api',
    edge: 'bound store',
    fix: 'The diagnostics channel{entry} keeps the stores that were bound to it: call its `unbindStore()` when it is no longer needed',
  },
  ...['_questionCallback', 'Symbol(_questionCallback)', 'Symbol(kQuestionCallback)'].map((callback): NodeChain => ({
    edges: [callback],
    hold: 'node-api',
    edge: 'callback of question()',
    fix: '{holder} keeps the callback of a `question()` without an answer: call its `close()`, or abort the question’s `signal`',
  })),
  ...['sockets', 'freeSockets', 'requests'].map((list): NodeChain => ({
    edges: [list, '{}', '[]'],
    hold: 'node-api',
    edge: `.${list}`,
    fix: '{holder} keeps {value} until it ends: destroy that, or all of the agent’s with `destroy()`',
  })),
  {
    edges: ['Symbol(queue)', '[]'],
    hold: 'node-api',
    edge: 'request under way',
    fix: 'A `fetch()` whose response, or the end of whose body, has not come keeps what waits for it: read the body or `cancel()` it, and give each request a `signal` that ends it, such as `AbortSignal.timeout()`',
  },
  { edges: ['#signal'], hold: 'part', edge: '.signal', access: '.signal' },
  {
    edges: ['Symbol(kReason)'],
    hold: 'property',
    edge: '.reason',
    access: '.reason',
    fix: '{holder} keeps the reason that it was aborted with: abort it with a plain error, or release the signal',
  },
  { edges: ['Symbol(kDetail)'], hold: 'part', edge: '.detail', access: '.detail' },
];

const CHAINS_BY_FIRST_EDGE: ReadonlyMap<string, readonly NodeChain[]> = Map.groupBy(CHAINS, ({ edges }) => edges[0]!);

/** Returns the name of a property, with symbols as `Symbol(name)` in the one spelling of all versions of Node. */
export function propertyName(walk: PathWalk, at: number): string {
  if (walk.typeAt(at) !== Edge.property) return '';
  const name = walk.edgeTextAt(at);
  const symbol = /^<symbol ?(?:node:)?(.*)>$/s.exec(name);
  return symbol === null ? name : `Symbol(${symbol[1]})`;
}

export const readNodeApi: Reader = (walk, at) => {
  // A map of Node's from names to diagnostics channels holds them by a reference of its own.
  if (propertyName(walk, at) === '#strong' && walk.index.words.nodeText(walk.nodes[at]!) === 'WeakReference')
    return at + 1;
  for (const chain of CHAINS_BY_FIRST_EDGE.get(propertyName(walk, at)) ?? []) {
    const match = follow(walk, at, chain);
    if (match === undefined || !isOfNode(walk, at, chain)) continue;
    const name = match.key === undefined ? '' : match.key.replace(/^"|"$/g, '');
    const { hold, edge, fix, access } = chain;
    walk.push(match.end, {
      hold,
      edge: edge.replace('*', () => name),
      rawEdge: walk.edges[match.cut]!,
      ...(name === '' ? {} : { identifier: name }),
      ...(fix === undefined ? {} : { fix: fix.replaceAll('*', () => name) }),
      ...(access === undefined ? {} : walk.prefixed(access)),
    });
    return match.end + 1;
  }
  return NOT_MINE;
};

/** What is to be disposed of stands in a list of V8's behind the stack. */
export const readDisposableStack: Reader = (walk, at) => {
  const isStack = /^(?:Async)?DisposableStack$/.test(walk.index.words.nodeText(walk.nodes[at]!));
  // From Node 26 on the list has a name.
  const isList = walk.typeAt(at) === Edge.hidden || walk.typeAt(at) === Edge.internal;
  if (!isStack || !isList || walk.kindAt(at + 1) !== K.array || !walk.hasEdge(at + 1)) return NOT_MINE;
  walk.push(at + 1, {
    hold: 'node-api',
    edge: 'to be disposed of',
    fix: '{holder} keeps {value} until it is disposed: call its `dispose()` (or `disposeAsync()`), or declare it with `using`',
  });
  return at + 2;
};

/** Programs have fields of these names too. */
function isOfNode(walk: PathWalk, at: number, { edges: [first] }: NodeChain): boolean {
  const name = walk.index.words.nodeText(walk.nodes[at]!);
  if (first === '_subscribers' || first === '_stores') return /Channel$/.test(name);
  // Agents of the program's own, too, that extend Node's: those have a way of scheduling.
  if (first === 'sockets' || first === 'freeSockets' || first === 'requests')
    return walk.index.propertyOf(walk.nodes[at]!, 'scheduling') >= 0;
  if (first === 'Symbol(queue)') return propertyName(walk, at + 2) === 'Symbol(handler)';
  return first !== '#signal' || name === 'AbortController';
}

/** Returns the position of the chain's last edge, and of the one whose removal takes the entry out. */
function follow(
  walk: PathWalk,
  at: number,
  { edges }: NodeChain,
): { end: number; cut: number; key?: string } | undefined {
  let position = at;
  let cut = at;
  let key: string | undefined;
  for (const name of edges) {
    if (!walk.hasEdge(position)) return undefined;
    if (name === '{}') {
      if (walk.wordAt(position) === W.table && walk.kindAt(position + 1) === K.table) position++;
      else if (walk.typeAt(position) !== Edge.property) return undefined;
      if (!walk.hasEdge(position)) return undefined;
      cut = position;
      key = entryText(walk.index, walk.nodes[position]!, walk.edges[position]!);
    } else if (name === '[]') {
      if (walk.typeAt(position) !== Edge.element) return undefined;
      cut = position;
    } else if (propertyName(walk, position) !== name) return undefined;
    position++;
  }
  const isEntry = edges.includes('[]') || edges.includes('{}');
  return { end: position - 1, cut: isEntry ? cut : position - 1, ...(key === undefined ? {} : { key }) };
}

/** How a listener's holder is ended, by its class. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['MessagePort', 'call its `close()`'],
  ['BroadcastChannel', 'call its `close()`'],
  ['FSWatcher', 'call its `close()`'],
  ['StatWatcher', 'end the watch with `fs.unwatchFile()`'],
  ['Worker', 'call its `terminate()`'],
  ['ChildProcess', 'let the process end, as by its `kill()`'],
  ['Server', 'call its `close()`'],
  ['Interface', 'call its `close()`'],
  ['Session', 'call its `disconnect()`'],
  ['WebSocket', 'call its `close()`'],
  ['EventSource', 'call its `close()`'],
  ['Socket', 'end it (`destroy()` or `close()`)'],
  ['TLSSocket', 'call its `destroy()`'],
]);

/** Returns what ends the holder of a listener, as `call its \`close()\``; undefined where its class is not known. */
export function endingOf(className: string): string | undefined {
  return ENDINGS.get(className);
}
