// What each object's own path has in place of `[…]`: found again along the tree of paths, with no object for a row.

import { NO_EDGE, type PathTree } from './cheapest-paths.ts';
import type { GraphIndex } from './graph-index.ts';
import { entryText } from './naming/containers.ts';
import { ENTRY, type NamedStep } from './naming/named-step.ts';
import type { RawPath } from './raw-path.ts';

/** Where the path of a group has an index or a key. */
export interface EntryPositions {
  /** Edges of the path; all paths of a group have as many, but for parts that repeat. */
  readonly length: number;
  /** Steps, and how many edges before the object their edge is. */
  readonly step: readonly number[];
  readonly back: readonly number[];
}

export function entryPositions(path: RawPath, steps: readonly NamedStep[]): EntryPositions {
  const step: number[] = [];
  const back: number[] = [];
  if (path.gap === undefined) {
    for (const [at, { edge, rawEdge }] of steps.entries()) {
      const position = edge.includes(ENTRY) ? path.edges.indexOf(rawEdge) : -1;
      if (position < 0) continue;
      step.push(at);
      back.push(path.edges.length - 1 - position);
    }
  }
  return { length: path.edges.length, step, back };
}

const MISSING = '…';
const encoder = new TextEncoder();

export interface RowEntries {
  readonly entryEnd: Uint32Array;
  readonly entryBytes: Uint8Array;
  /** Of each group the steps in which its objects differ. */
  readonly differing: readonly ReadonlySet<number>[];
}

/** @param groupOfRow `positions.length` or above: none. */
export function findRowEntries(
  index: GraphIndex,
  tree: PathTree,
  target: Int32Array,
  groupOfRow: Uint32Array,
  positions: readonly EntryPositions[],
): RowEntries {
  const rows = target.length;
  // Of each group and position the edge of the first object, until another has another one.
  const firstEdge = positions.map(({ back }) => new Float64Array(back.length).fill(-1));
  const isDiffering = positions.map(({ back }) => new Uint8Array(back.length));
  const edgeNodes = new Uint32Array(64);
  const edges = new Uint32Array(64);

  /** Fills `edges` with those at the positions; false if this path is not as long as the group's first. */
  const walk = (row: number, { length, back }: EntryPositions): boolean => {
    let node = target[row]!;
    for (let at = 0; at < length; at++) {
      const edge = tree.parentEdge[node]!;
      if (edge === NO_EDGE) return false;
      node = tree.parent[node]!;
      for (let position = 0; position < back.length && position < edges.length; position++) {
        if (back[position] !== at) continue;
        edges[position] = edge;
        edgeNodes[position] = node;
      }
    }
    return tree.parentEdge[node] === NO_EDGE;
  };

  for (let row = 0; row < rows; row++) {
    const group = groupOfRow[row]!;
    const own = positions[group];
    if (own === undefined || own.back.length === 0) continue;
    if (!walk(row, own)) {
      isDiffering[group]!.fill(1);
      continue;
    }
    for (let position = 0; position < own.back.length; position++) {
      const known = firstEdge[group]![position]!;
      if (known < 0) firstEdge[group]![position] = edges[position]!;
      else if (known !== edges[position]) isDiffering[group]![position] = 1;
    }
  }

  const entryEnd = new Uint32Array(rows);
  let bytes = new Uint8Array(1 << 16);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const group = groupOfRow[row]!;
    const own = positions[group];
    if (own !== undefined && isDiffering[group]!.includes(1) && walk(row, own)) {
      let text = '';
      for (let position = 0; position < own.back.length; position++) {
        if (isDiffering[group]![position] === 0) continue;
        const one = entryText(index, edgeNodes[position]!, edges[position]!) ?? MISSING;
        text += `${text === '' ? '' : '\n'}${one.replaceAll('\n', ' ')}`;
      }
      while (bytes.length - end < text.length * 3) {
        const larger = new Uint8Array(bytes.length * 2);
        larger.set(bytes);
        bytes = larger;
      }
      end += encoder.encodeInto(text, bytes.subarray(end)).written;
    }
    entryEnd[row] = end;
  }
  const differing = positions.map(
    ({ step }, group) => new Set(step.filter((_, position) => isDiffering[group]![position] === 1)),
  );
  return { entryEnd, entryBytes: bytes.slice(0, end), differing };
}
