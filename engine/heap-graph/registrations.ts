// Finds the observed registrations of a snapshot: a weak cell whose held value is a record of the probe's, which carries the
// registration's number. By shape, since the indices of a weak cell's edges are V8's own and have changed.

import type { GraphIndex } from './graph-index.ts';
import { Edge, K, Node, W } from './heap-words.ts';

/** Row i is one registration; `id` ascending. */
export interface Registrations {
  readonly count: number;
  readonly id: Uint32Array;
  /** Node of the target; -1 where the cell is cleared. */
  readonly target: Int32Array;
  readonly cell: Uint32Array;
  /** The probe's record: what native code holds in place of the program's held value. */
  readonly record: Uint32Array;
  /** -1 if the cell names none. */
  readonly registry: Int32Array;
  /** Registrations with a record whose number could not be read. */
  readonly unreadable: number;
}

const NO_RECORD = -2;
const UNREADABLE = -1;

/** The number in a record of the probe's. */
function readRecord({ graph, words, kind, targetOf }: GraphIndex, node: number): number {
  const { firstEdge, edgeType, edgeName, edgeTarget, nodeType, nodeName, strings } = graph;
  for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
    if (edgeType[edge] !== Edge.property || words.ofEdgeName(edgeName[edge]!) !== W.heaplineId) continue;
    const value = edgeTarget[edge]!;
    // A number's text is behind its edge `value`, and only there if the snapshot was asked to show numbers.
    const text = nodeType[value] === Node.number ? targetOf(value, W.value) : -1;
    const id = text >= 0 && kind[text] === K.leaf ? strings.numberAt(nodeName[text]!) : -1;
    return id >= 0 ? id : UNREADABLE;
  }
  return NO_RECORD;
}

/**
 * @param firstId ids below it are another run's and are left out; the others are told less `firstId - 1`.
 */
export function findRegistrations(index: GraphIndex, firstId: number): Registrations {
  const { graph, kind, words } = index;
  const { nodeCount, firstEdge, edgeType, edgeName, edgeTarget, nodeType } = graph;
  let cellCount = 0;
  for (let node = 0; node < nodeCount; node++) if (kind[node] === K['weak-cell']) cellCount++;
  const cells = new Uint32Array(cellCount);
  for (let node = 0, at = 0; at < cellCount; node++) if (kind[node] === K['weak-cell']) cells[at++] = node;

  const rowId = new Float64Array(cells.length);
  const rowTarget = new Int32Array(cells.length);
  const rowRecord = new Int32Array(cells.length);
  const rowRegistry = new Int32Array(cells.length);
  const rowCell = new Int32Array(cells.length);
  let count = 0;
  let unreadable = 0;
  for (const cell of cells) {
    let target = -1;
    let record = -1;
    let registry = -1;
    let id = NO_RECORD;
    for (let edge = firstEdge[cell]!, end = firstEdge[cell + 1]!; edge < end; edge++) {
      const to = edgeTarget[edge]!;
      const type = edgeType[edge];
      if (type === Edge.weak) {
        if (words.ofEdgeName(edgeName[edge]!) === W.target && nodeType[to] !== Node.hidden) target = to;
      } else if ((type === Edge.hidden || type === Edge.internal) && nodeType[to] === Node.object) {
        const isKnown = id !== NO_RECORD || kind[to] === K['finalization-registry'];
        const found = isKnown ? NO_RECORD : readRecord(index, to);
        if (found !== NO_RECORD) {
          id = found;
          record = to;
        } else if (registry < 0) registry = to;
      }
    }
    if (record < 0) continue;
    if (id === UNREADABLE) unreadable++;
    if (id < firstId) continue;
    // A registry of a subclass has the subclass's name.
    if (registry >= 0) kind[registry] = K['finalization-registry'];
    rowId[count] = id;
    rowTarget[count] = target;
    rowRecord[count] = record;
    rowRegistry[count] = registry;
    rowCell[count] = cell;
    count++;
  }

  const order = orderOfIds(rowId.subarray(0, count));
  const id = new Uint32Array(count);
  const target = new Int32Array(count);
  const cell = new Uint32Array(count);
  const record = new Uint32Array(count);
  const registry = new Int32Array(count);
  // Columns are filled by hand: `from` asks a function for each value, and takes five times as long.
  for (let at = 0; at < count; at++) {
    const row = order[at]!;
    id[at] = rowId[row]! - (firstId - 1);
    target[at] = rowTarget[row]!;
    cell[at] = rowCell[row]!;
    record[at] = rowRecord[row]!;
    registry[at] = rowRegistry[row]!;
  }
  return { count, id, target, cell, record, registry, unreadable };
}

/** Rows by their ids, ascending. Sorts numbers that carry both: with a comparator it would take five times as long. */
function orderOfIds(ids: Float64Array): Uint32Array {
  const rows = ids.length;
  const order = new Uint32Array(rows);
  let isAscending = true;
  let highest = 0;
  for (let row = 0; row < rows; row++) {
    order[row] = row;
    if (ids[row]! < highest) isAscending = false;
    else highest = ids[row]!;
  }
  if (isAscending) return order;
  if (highest >= Number.MAX_SAFE_INTEGER / rows) return order.sort((one, other) => ids[one]! - ids[other]!);
  const both = new Float64Array(rows);
  for (let row = 0; row < rows; row++) both[row] = ids[row]! * rows + row;
  both.sort();
  for (let at = 0; at < rows; at++) order[at] = both[at]! % rows;
  return order;
}
