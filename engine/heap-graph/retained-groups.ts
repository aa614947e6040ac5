// Bytes that would be freed if all objects of one reason were let go: the sum over those that no other of them dominates.

import type { Dominators } from './dominators.ts';
import { NO_NODE } from './dominators.ts';

/** Objects of one reason inside each other, through objects of other reasons, are looked for so far out. */
const MAXIMUM_NESTING = 1_000;

/**
 * @param target node of each row's target; below 0 where it has none.
 * @param groupOfRow `groupCount` or above: none.
 */
export function retainedOfGroups(
  { immediateDominator, retainedBytes }: Dominators,
  target: Int32Array,
  groupOfRow: Uint32Array,
  groupCount: number,
): Float64Array {
  const nodeCount = immediateDominator.length;
  const groupOfNode = new Uint32Array(nodeCount).fill(NO_NODE);
  for (let row = 0; row < target.length; row++) {
    if (target[row]! >= 0 && groupOfRow[row]! < groupCount) groupOfNode[target[row]!] = groupOfRow[row]!;
  }
  // The next target above each node; UNKNOWN until asked for.
  const UNKNOWN = NO_NODE - 1;
  const above = new Uint32Array(nodeCount).fill(UNKNOWN);
  const nextTargetAbove = (node: number): number => {
    let at = immediateDominator[node]!;
    while (at !== NO_NODE && groupOfNode[at] === NO_NODE && above[at] === UNKNOWN) at = immediateDominator[at]!;
    const found = at === NO_NODE || groupOfNode[at] !== NO_NODE ? at : above[at]!;
    for (let mark = node; mark !== at && mark !== NO_NODE; mark = immediateDominator[mark]!) above[mark] = found;
    return found;
  };

  const total = new Float64Array(groupCount);
  const isCounted = new Uint8Array(nodeCount);
  for (let row = 0; row < target.length; row++) {
    const node = target[row]!;
    const group = groupOfRow[row]!;
    // An object that is registered twice is freed once.
    if (node < 0 || group >= groupCount || isCounted[node] === 1) continue;
    isCounted[node] = 1;
    let outer = nextTargetAbove(node);
    for (let nesting = 0; outer !== NO_NODE && groupOfNode[outer] !== group && nesting < MAXIMUM_NESTING; nesting++) {
      outer = nextTargetAbove(outer);
    }
    if (outer === NO_NODE || groupOfNode[outer] !== group) total[group]! += retainedBytes[node]!;
  }
  return total;
}
