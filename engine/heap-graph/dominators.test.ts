import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDominators, NO_NODE } from './dominators.ts';
import { NOT_RETAINING } from './not-retaining.ts';
import type { HeapGraph } from './heap-graph.ts';

type Edge = readonly [from: number, to: number];

/** A graph of nodes that have 1, 2, 4, 8, … bytes, so that every sum tells of what it is made. */
function graphOf(nodeCount: number, edges: readonly Edge[], bytes = (node: number) => 2 ** (node % 32)): HeapGraph {
  const sorted = edges.toSorted((one, other) => one[0] - other[0]);
  const firstEdge = Uint32Array.from({ length: nodeCount + 1 }, (_, node) => {
    const index = sorted.findIndex(([from]) => from >= node);
    return index === -1 ? sorted.length : index;
  });
  return {
    nodeCount,
    edgeCount: edges.length,
    nodeType: new Uint8Array(nodeCount),
    nodeName: new Uint32Array(nodeCount),
    nodeId: new Uint32Array(nodeCount),
    nodeSelfBytes: Uint32Array.from({ length: nodeCount }, (_, node) => bytes(node)),
    firstEdge,
    edgeType: new Uint8Array(edges.length),
    edgeName: new Uint32Array(edges.length),
    edgeTarget: Uint32Array.from(sorted, ([, to]) => to),
    strings: { length: 0, at: () => '', numberAt: () => -1, indexOf: () => -1 },
    locations: {
      node: new Uint32Array(0),
      scriptId: new Uint32Array(0),
      line: new Uint32Array(0),
      column: new Uint32Array(0),
    },
  };
}

/** Nodes that can be reached when one is not there. */
function reachedWithout(graph: HeapGraph, edgeCost: Uint8Array, absent: number): Set<number> {
  const reached = new Set<number>();
  const waiting = [0];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === absent || reached.has(node)) continue;
    reached.add(node);
    for (let edge = graph.firstEdge[node]!; edge < graph.firstEdge[node + 1]!; edge++) {
      if (edgeCost[edge] !== NOT_RETAINING) waiting.push(graph.edgeTarget[edge]!);
    }
  }
  return reached;
}

/** By definition: a node dominates what cannot be reached without it. */
function dominatorsByDefinition(graph: HeapGraph, edgeCost: Uint8Array) {
  const nodes = Array.from({ length: graph.nodeCount }, (_, node) => node);
  const all = reachedWithout(graph, edgeCost, NO_NODE);
  const dominated = nodes.map((node) => {
    const reached = reachedWithout(graph, edgeCost, node);
    return new Set([...all].filter((other) => !reached.has(other)));
  });
  return {
    dominated,
    /** Edges to each reached node that do not come from what only that node reaches. */
    entries: nodes.map((node) => {
      const reached = nodes.filter((from) => all.has(from) && all.has(node) && !dominated[node]!.has(from));
      return reached.reduce((sum, from) => {
        const own = graph.edgeTarget.subarray(graph.firstEdge[from], graph.firstEdge[from + 1]);
        const retaining = [...own].filter(
          (to, edge) => to === node && edgeCost[graph.firstEdge[from]! + edge] !== NOT_RETAINING,
        );
        return sum + retaining.length;
      }, 0);
    }),
    retainedBytes: nodes.map((node) =>
      all.has(node) ? [...dominated[node]!].reduce((sum, other) => sum + graph.nodeSelfBytes[other]!, 0) : Number.NaN,
    ),
    immediateDominator: nodes.map((node) => {
      if (node === 0 || !all.has(node)) return NO_NODE;
      const dominators = nodes.filter((other) => other !== node && dominated[other]!.has(node));
      // Of all dominators, the one that all others dominate.
      return dominators.find((one) => dominators.every((other) => dominated[other]!.has(one)));
    }),
  };
}

const randomGraph = fc.integer({ min: 1, max: 24 }).chain((nodeCount) => {
  const node = fc.nat(nodeCount - 1);
  return fc.record({
    nodeCount: fc.constant(nodeCount),
    edges: fc.array(fc.tuple(node, node), { maxLength: nodeCount * 3 }),
    leftOut: fc.array(fc.nat(nodeCount * 3), { maxLength: 5 }),
  });
});

describe('dominators', () => {
  it('are what removing each node shows, in any graph', () => {
    fc.assert(
      fc.property(randomGraph, ({ nodeCount, edges, leftOut }) => {
        const graph = graphOf(nodeCount, edges);
        const edgeCost = Uint8Array.from(edges, (_, edge) => (leftOut.includes(edge) ? NOT_RETAINING : edge % 7));
        const { immediateDominator, retainedBytes, isThrough, hasOneEntry } = findDominators(graph, edgeCost);
        const expected = dominatorsByDefinition(graph, edgeCost);
        expect([...immediateDominator]).toEqual(expected.immediateDominator);
        expect([...retainedBytes]).toEqual(expected.retainedBytes);
        for (const [node, entries] of expected.entries.entries()) expect(hasOneEntry(node)).toBe(entries === 1);
        const reached = expected.dominated.keys().filter((node) => expected.dominated[0]!.has(node));
        for (const through of reached) {
          for (const node of expected.dominated[0]!) {
            expect(isThrough(node, through)).toBe(expected.dominated[through]!.has(node));
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('are known for a graph that needs more than semidominators', () => {
    // Figure 1 of the paper of Lengauer and Tarjan; R is 0, A to L are 1 to 12.
    const [R, A, B, C, D, E, F, G, H, I, J, K, L] = Array.from({ length: 13 }, (_, node) => node) as number[];
    const edges = [
      [R, A], [R, B], [R, C], [A, D], [B, A], [B, D], [B, E], [C, F], [C, G], [D, L], [E, H], [F, I], [G, I], [G, J],
      [H, E], [H, K], [I, K], [J, I], [K, R], [K, I], [L, H],
    ] as [number, number][]; // prettier-ignore
    const { immediateDominator } = findDominators(graphOf(13, edges), new Uint8Array(edges.length));
    expect([...immediateDominator]).toEqual([NO_NODE, R, R, R, R, R, C, C, R, R, G, R, D]);
  });

  it('of a list of a million links are found, to and fro', () => {
    const nodeCount = 1_000_000;
    const firstEdge = Uint32Array.from({ length: nodeCount + 1 }, (_, node) => Math.min(node * 2, nodeCount * 2));
    const edgeTarget = Uint32Array.from({ length: nodeCount * 2 }, (_, edge) =>
      edge % 2 === 0 ? Math.min((edge >> 1) + 1, nodeCount - 1) : Math.max((edge >> 1) - 1, 0),
    );
    const graph = { ...graphOf(1, []), nodeCount, edgeCount: nodeCount * 2, firstEdge, edgeTarget };
    const { immediateDominator, retainedBytes } = findDominators(
      { ...graph, nodeSelfBytes: new Uint32Array(nodeCount).fill(3) },
      new Uint8Array(nodeCount * 2),
    );
    expect(immediateDominator[nodeCount - 1]).toBe(nodeCount - 2);
    expect(immediateDominator.every((dominator, node) => node === 0 || dominator === node - 1)).toBe(true);
    expect(retainedBytes[1]).toBe((nodeCount - 1) * 3);
    expect(retainedBytes[nodeCount - 1]).toBe(3);
  });
});
