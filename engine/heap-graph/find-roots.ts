// Where paths begin: what is alive because it is the program (modules, globals), or because something is yet to happen
// (timers). A path need not show how V8 or Node hold those.

import type { Root } from './cheapest-paths.ts';
import type { GraphIndex } from './graph-index.ts';
import { K, Node, W } from './heap-words.ts';
import type { Scopes } from './scopes.ts';
import { fileOfScript } from './scopes.ts';

export interface PathRoots {
  readonly roots: readonly Root[];
  /** Of cells of ES modules the name that the module exports it by. */
  readonly exportedCells: ReadonlyMap<number, { readonly module: number; readonly name: string }>;
}

/**
 * @param isReached 1 for each node that is alive: what is not is no root.
 * @param probeScript the probe is a CommonJS module too, and none of the program's.
 */
export function findRoots(index: GraphIndex, scopes: Scopes, isReached: Uint8Array, probeScript: string): PathRoots {
  const { graph, kind, textOf, edgeOf } = index;
  const probeFile = fileOfScript(probeScript);
  const roots: Root[] = [{ node: 0, cost: 0 }];
  const exportedCells = new Map<number, { module: number; name: string }>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (isReached[node] === 0) continue;
    switch (kind[node]) {
      case K.global:
      case K['timers-list']:
        roots.push({ node, cost: 0 });
        break;
      case K['process-object']:
        if (edgeOf(node, W._events) >= 0) roots.push({ node, cost: 0 });
        break;
      case K.module: {
        const file = scopes.fileOfModule(node);
        if (file === '' || file.startsWith('node:')) break;
        roots.push({ node, cost: 0 });
        const own = ownCellsOf(index, node);
        for (const [cell, name] of exportsOf(index, node)) {
          // A module that exports what it imports has the same cell.
          if (own.has(cell) || !exportedCells.has(cell)) exportedCells.set(cell, { module: node, name });
        }
        break;
      }
      case K['commonjs-module']: {
        const file = textOf(node, W.filename) ?? '';
        // Those of ES modules come first: their scopes live as long as they do.
        if (file !== probeFile) roots.push({ node, cost: 1 });
        break;
      }
      default:
        break;
    }
  }
  for (const node of scopes.scriptContexts) if (isReached[node] === 1) roots.push({ node, cost: 0 });
  return { roots, exportedCells };
}

/** The cells in a module's table of exports, each with its name: a hash table has a key right before its value. */
function exportsOf({ graph, kind, words }: GraphIndex, module: number): [cell: number, name: string][] {
  const found: [number, string][] = [];
  for (let edge = graph.firstEdge[module]!, end = graph.firstEdge[module + 1]!; edge < end; edge++) {
    const table = graph.edgeTarget[edge]!;
    if (kind[table] !== K.array) continue;
    for (let entry = graph.firstEdge[table]! + 1, last = graph.firstEdge[table + 1]!; entry < last; entry++) {
      const cell = graph.edgeTarget[entry]!;
      const key = graph.edgeTarget[entry - 1]!;
      if (kind[cell] === K.cell && graph.nodeType[key] === Node.string) found.push([cell, words.nodeText(key)]);
    }
  }
  return found;
}

/** The cells of the variables that a module exports itself: V8 lists them in the array after the table of all exports. */
function ownCellsOf({ graph, kind }: GraphIndex, module: number): ReadonlySet<number> {
  const own = new Set<number>();
  let arrays = 0;
  for (let edge = graph.firstEdge[module]!, end = graph.firstEdge[module + 1]!; edge < end; edge++) {
    const array = graph.edgeTarget[edge]!;
    if (kind[array] !== K.array || ++arrays !== 2) continue;
    for (let entry = graph.firstEdge[array]!, last = graph.firstEdge[array + 1]!; entry < last; entry++) {
      if (kind[graph.edgeTarget[entry]!] === K.cell) own.add(graph.edgeTarget[entry]!);
    }
  }
  return own;
}
