// What the engine relies on of V8 and Node, each on each version: the lines of --trace-gc, what a heap snapshot tells by
// which names, when callbacks run. V8 promises none of it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { indexGraph, type GraphIndex } from '../../engine/heap-graph/graph-index.ts';
import { EDGE_TYPES, NODE_TYPES } from '../../engine/heap-graph/heap-graph.ts';
import { Edge, K, W } from '../../engine/heap-graph/heap-words.ts';
import { tableEntry } from '../../engine/heap-graph/naming/containers.ts';
import { readSnapshot } from '../../engine/heap-graph/read-snapshot.ts';
import { findRegistrations } from '../../engine/heap-graph/registrations.ts';
import { Scopes } from '../../engine/heap-graph/scopes.ts';
import { findRoots } from '../../engine/heap-graph/find-roots.ts';
import { createWeakMapFinder } from '../../engine/heap-graph/weak-maps.ts';
import { clearsRegistrations } from '../../engine/protocol/clearing-collections.ts';
import { createTraceSplitter, type TracedCollection } from '../../engine/session/collection-trace.ts';
import { ALL_RUNTIMES } from '../runtimes.ts';

const PROGRAM = resolve(import.meta.dirname, '../fixtures/programs/v8-specimens.cjs');
const RUN_TIMEOUT_MS = 120_000;

const Tried = v.intersect([v.object({ v8: v.string() }), v.record(v.string(), v.union([v.string(), v.number()]))]);
type Tried = v.InferOutput<typeof Tried>;

interface Seen {
  readonly major: number;
  readonly v8: string;
  readonly index: GraphIndex;
  readonly scopes: Scopes;
  readonly collections: readonly TracedCollection[];
  readonly unparsedLines: number;
  /** What the program has tried, by name. */
  readonly tried: Tried;
  /** The node of `specimens.<name>`. */
  node(name: string): number;
  /** Name and target of each edge of `node` that has `type`. */
  edges(node: number, type: number): { name: string; target: number; edge: number }[];
  readonly kindName: (node: number) => string;
}

async function look(major: number, nodePath: string, flags: readonly string[]): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'heapline-v8-'));
  try {
    const path = join(folder, 'one.heapsnapshot');
    const { status, stdout, stderr, pid } = spawnSync(
      nodePath,
      ['--expose-gc', '--trace-gc', ...flags, PROGRAM, path],
      { encoding: 'buffer', maxBuffer: 1 << 26 },
    );
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
    const splitter = createTraceSplitter(pid);
    const pieces = [...splitter.push(stdout), ...splitter.end()];
    const own = Buffer.concat(pieces.flatMap((piece) => (piece.type === 'program' ? [piece.bytes] : []))).toString();
    const tried = v.parse(Tried, JSON.parse(own.trimEnd().split('\n').at(-1) ?? '{}'));
    const graph = await readSnapshot(path);
    const index = indexGraph(graph);
    const { words, propertyOf } = index;
    const edges: Seen['edges'] = (node, type) => {
      const found = [];
      for (let edge = graph.firstEdge[node]!; edge < graph.firstEdge[node + 1]!; edge++) {
        if (graph.edgeType[edge] === type) {
          found.push({ name: words.edgeText(edge), target: graph.edgeTarget[edge]!, edge });
        }
      }
      return found;
    };
    let specimens = -1;
    for (let node = 0; node < graph.nodeCount && specimens < 0; node++) {
      if (propertyOf(node, 'specimen') >= 0 && propertyOf(node, 'weakMap') >= 0) specimens = node;
    }
    return {
      major,
      index,
      scopes: new Scopes(index),
      collections: pieces.flatMap((piece) => (piece.type === 'collection' ? [piece.collection] : [])),
      unparsedLines: splitter.unparsedLines,
      tried,
      v8: tried.v8,
      node: (name) => propertyOf(specimens, name),
      edges,
      kindName: (node) => Object.keys(K).find((name) => K[name as keyof typeof K] === index.kind[node]) ?? '',
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const has = (values: Uint8Array, code: number): boolean => values.includes(code);

/** Each is one thing that the engine relies on. */
const ASSUMPTIONS: Readonly<Record<string, (seen: Seen) => void>> = {
  'every line of --trace-gc is read': ({ collections, unparsedLines }) => {
    expect(unparsedLines).toBe(0);
    expect(new Set(collections.map(({ kind }) => kind))).toEqual(new Set(['minor', 'major']));
    expect(collections.filter(({ kind, forced }) => kind === 'minor' && forced).length).toBeGreaterThanOrEqual(20);
    expect(new Set(collections.map(({ isolate }) => isolate)).size).toBe(1);
  },
  'the reasons of collections tell which were asked for': ({ collections }) => {
    const reasons = new Set(collections.filter(({ forced }) => forced).map(({ reason }) => reason.replace(/;.*$/, '')));
    expect([...reasons].sort()).toEqual(['heap profiler', 'testing']);
  },
  'a minor collection clears registrations of young objects where the one rule says so, and of old ones never': ({
    tried,
    v8,
  }) => {
    expect(tried['young']).toBe(clearsRegistrations('minor', v8) ? 20 : 0);
    expect(tried['old']).toBe(0);
  },
  'a major collection clears all, and callbacks run in a later task, neither at once nor in a microtask': ({
    tried,
  }) => {
    expect(tried).toMatchObject({ atOnce: 0, inMicrotask: 0, afterMajor: 20 });
  },
  'Promise.race keeps earlier results up to Node 24': ({ tried, major }) => {
    expect(tried['keptByRace']).toBe(major >= 26 ? 0 : 20);
  },
  'the types of nodes and edges are known': ({ index: { graph } }) => {
    expect(has(graph.nodeType, NODE_TYPES.indexOf('unknown'))).toBe(false);
    expect(has(graph.edgeType, EDGE_TYPES.indexOf('unknown'))).toBe(false);
  },
  'a weak cell has its target, its registry and its held value, and none of a target that is cleared': ({
    index,
    node,
  }) => {
    const { count, id, target, registry, unreadable } = findRegistrations(index, 1);
    expect({ count, id: [...id], unreadable }).toEqual({ count: 2, id: [17, 18], unreadable: 0 });
    expect([...target]).toEqual([node('specimen'), -1]);
    expect([...registry]).toEqual([node('registry'), node('registry')]);
  },
  'a token for unregistering is held weakly': ({ index: { graph, kind, words } }) => {
    let tokens = 0;
    for (let edge = 0; edge < graph.edgeCount; edge++) {
      if (graph.edgeType[edge] === Edge.weak && words.edgeText(edge) === 'unregister_token') tokens++;
    }
    expect(tokens).toBeGreaterThan(0);
    expect(has(kind, K['weak-cell'])).toBe(true);
  },
  'a function has its scope, and that the names of its variables': ({ index, node, edges, kindName }) => {
    const scope = index.targetOf(node('closure'), W.context);
    expect(kindName(scope)).toBe('context');
    expect(edges(scope, Edge.context).map(({ name }) => name)).toContain('inner');
  },
  'a function has its name, its script and its place': ({ scopes, node }) => {
    expect(scopes.functionName(node('closure'))).toMatchObject({
      name: 'keeper',
      script: PROGRAM,
      place: { file: PROGRAM },
    });
  },
  'a scope tells the function that made it': ({ scopes, index, node }) => {
    const owner = scopes.ownerOf(index.targetOf(node('closure'), W.context));
    expect(owner).toMatchObject({ type: 'function', name: 'makeAll', file: PROGRAM });
  },
  'a bound function has its function, its `this` and its arguments': ({ index, node, edges }) => {
    const bound = node('bound');
    expect(index.words.nodeText(index.targetOf(bound, W.bound_function))).toBe('send');
    expect(index.targetOf(bound, W.bound_this)).toBe(node('key'));
    const given = index.targetOf(bound, W.bound_argument);
    expect(index.words.nodeText(given)).toBe('Specimen');
    expect(edges(bound, Edge.property).length).toBeLessThan(10);
  },
  'a private field is a property with its name': ({ edges, node }) => {
    expect(edges(node('specimen'), Edge.property).map(({ name }) => name)).toContain('#secret');
  },
  'a Proxy has its target': ({ kindName, node, edges, index: { words } }) => {
    const proxy = node('proxy');
    expect(kindName(proxy)).toBe('proxy');
    expect(edges(proxy, Edge.hidden).map(({ target }) => words.nodeText(target))).toContain('Specimen');
  },
  'the table of a Map has each key before its value, that of a Set its elements': ({
    index,
    node,
    edges,
    kindName,
  }) => {
    const rolesOf = (name: string) => {
      const table = index.targetOf(node(name), W.table);
      expect(kindName(table)).toBe('table');
      return [...edges(table, Edge.internal), ...edges(table, Edge.hidden), ...edges(table, Edge.element)]
        .filter(({ target }) => index.words.nodeText(target) === 'Specimen')
        .map(({ edge }) => tableEntry(index, table, edge))
        .map(({ role, key }) => `${role} ${key < 0 ? '' : index.words.nodeText(key)}`.trim());
    };
    expect(rolesOf('map').sort()).toEqual(['map-value first', 'map-value second']);
    expect(rolesOf('set')).toEqual(['set Specimen']);
  },
  'an entry of a WeakMap is told on its key, with the table of its map': ({ index, node }) => {
    const { graph, words } = index;
    const key = node('key');
    const found = [];
    for (let edge = graph.firstEdge[key]!; edge < graph.firstEdge[key + 1]!; edge++) {
      if (words.ofEdge(edge) === W.ephemeron) found.push(edge);
    }
    expect(found.map((edge) => words.nodeText(graph.edgeTarget[edge]!))).toEqual(['Specimen']);
    expect(createWeakMapFinder(index)(found[0]!)).toBe(node('weakMap'));
  },
  'a pending promise has its reactions': ({ index, node, kindName }) => {
    expect(kindName(node('promise'))).toBe('promise');
    expect(kindName(index.targetOf(node('promise'), W.reactions_or_result))).toBe('promise-reaction');
  },
  'a suspended function has its function and its variables': ({ index, node, kindName, edges }) => {
    const generator = node('generator');
    expect(kindName(generator)).toBe('generator');
    expect(index.words.nodeText(index.targetOf(generator, W.function))).toBe('pages');
    const registers = index.targetOf(generator, W.parameters_and_registers);
    const values = [Edge.internal, Edge.hidden, Edge.element].flatMap((type) => edges(registers, type));
    expect(values.map(({ target }) => index.words.nodeText(target))).toContain('Specimen');
  },
  'a timer is in a list, with its callback and arguments': ({ index, node, kindName }) => {
    const timeout = node('timeout');
    expect(kindName(timeout)).toBe('timeout');
    expect(kindName(index.targetOf(timeout, W._idleNext))).toMatch(/^timers-list|timeout$/);
    expect(index.words.nodeText(index.targetOf(timeout, W._onTimeout))).toBe('expire');
    expect(index.targetOf(timeout, W._timerArgs)).toBeGreaterThan(0);
  },
  'emitters and event targets have their listeners': ({ index, node, kindName }) => {
    const events = index.targetOf(node('emitter'), W._events);
    expect(index.words.nodeText(index.propertyOf(events, 'message'))).toBe('onMessage');
    const listeners = index.targetOf(node('target'), W.kEvents);
    expect(index.words.nodeText(listeners)).toMatch(/Map$/);
    expect(kindName(index.targetOf(listeners, W.table))).toBe('table');
  },
  'an abort signal is told from other event targets': ({ index, node }) => {
    const isSignal = (name: string) =>
      index.words.nodeText(node(name)) === 'AbortSignal' || index.targetOf(node(name), W.kAborted) >= 0;
    expect(isSignal('signal')).toBe(true);
    expect(isSignal('target')).toBe(false);
  },
  'modules of both kinds are found, with their files, and what they export': ({ index, scopes }) => {
    const { graph, kind, textOf } = index;
    const everything = new Uint8Array(graph.nodeCount).fill(1);
    const { roots, exportedCells } = findRoots(index, scopes, everything, '');
    const files = roots.map(({ node }) => {
      if (kind[node] === K.module) return basename(scopes.fileOfModule(node));
      return kind[node] === K['commonjs-module'] ? basename(textOf(node, W.filename) ?? '') : '';
    });
    expect(files).toContain('v8-specimens.mjs');
    expect(files).toContain('v8-specimens.cjs');
    expect([...exportedCells.values()].map(({ name }) => name)).toEqual(expect.arrayContaining(['latest', 'forget']));
    expect(roots.some(({ node }) => kind[node] === K.global)).toBe(true);
    expect(roots.some(({ node }) => kind[node] === K['timers-list'])).toBe(true);
    expect(roots.some(({ node }) => kind[node] === K['process-object'])).toBe(true);
  },
};

describe.for(ALL_RUNTIMES)('on $name', ({ nodePath, major, isInstalled }) => {
  let seen: Seen;
  beforeAll(async () => {
    if (isInstalled) seen = await look(major, nodePath, []);
  }, RUN_TIMEOUT_MS);

  it.skipIf(!isInstalled).each(Object.entries(ASSUMPTIONS))('%s', (_title, holds) => holds(seen));

  it.skipIf(!isInstalled)(
    'lines of collections that are incremental, or concurrent with sweeping, are read too',
    { timeout: RUN_TIMEOUT_MS },
    async () => {
      const { collections, unparsedLines } = await look(major, nodePath, ['--stress-incremental-marking']);
      expect(unparsedLines).toBe(0);
      expect(collections.filter(({ kind, forced }) => kind === 'major' && !forced).length).toBeGreaterThan(0);
    },
  );
});
