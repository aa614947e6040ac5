// In any graph: each object is shown a path that exists, edge by edge; the holder of its group lies on it; and cutting the
// edges that its fix names makes it unreachable.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathOfForm } from '../protocol/explanation.ts';
import { analyzeGraph } from './analyze-graph.ts';
import { explainGraph } from './explain-graph.ts';
import { GraphMaker } from './graph-maker.ts';
import { indexGraph } from './graph-index.ts';
import type { HeapGraph } from './heap-graph.ts';
import { EDGE_TYPES } from './heap-graph.ts';
import { findRegistrations } from './registrations.ts';
import { simulateCuts } from './simulate-cuts.ts';
import { SourceTexts } from './source-text.ts';

const sources = new SourceTexts(() => {
  throw new Error('no files');
});
const NAMES = ['next', 'left', 'cache', 'owner'] as const;
const CLASSES = ['Session', 'Array', 'Object', 'Link'] as const;
const LARGEST = 24;

const node = fc.nat({ max: LARGEST });
const AnyGraph = fc.record({
  classes: fc.array(fc.constantFrom(...CLASSES), { minLength: LARGEST + 1, maxLength: LARGEST + 1 }),
  edges: fc.array(fc.record({ from: node, to: node, name: fc.oneof(fc.constantFrom(...NAMES), fc.nat({ max: 5 })) }), {
    maxLength: 60,
  }),
  globals: fc.array(node, { minLength: 1, maxLength: 4 }),
  registered: fc.array(node, { minLength: 1, maxLength: 12 }),
  /** So many links of a list, each of them registered. */
  links: fc.nat({ max: 8 }),
});
type AnyGraph = typeof AnyGraph extends fc.Arbitrary<infer Shape> ? Shape : never;

/** An object has a property or an index once. */
function build({ classes, edges, globals, registered, links }: AnyGraph): { graph: HeapGraph; nodes: number[] } {
  const maker = new GraphMaker();
  const nodes = classes.map((name) => maker.object(name));
  for (const [number, own] of globals.entries())
    maker.property(maker.global, `global${'abcd'[number] ?? ''}`, nodes[own]!);
  const seen = new Set<string>();
  for (const { from, to, name } of edges) {
    if (seen.size === seen.add(`${from} ${name}`).size) continue;
    maker.edge(nodes[from]!, typeof name === 'number' ? 'element' : 'property', name, nodes[to]!);
  }
  let link = nodes[0]!;
  for (let number = 0; number < links; number++) {
    const next = maker.object('Link');
    maker.property(link, 'further', next);
    link = next;
    maker.registration(100 + number, next);
  }
  for (const [number, own] of registered.entries()) maker.registration(number + 1, nodes[own]!);
  return { graph: maker.finish(), nodes };
}

/** Follows a path as it is written; -1 where the graph has no such edge. */
function follow(graph: HeapGraph, texts: readonly string[]): number {
  const nameOf = (edge: number): string => {
    const type = EDGE_TYPES[graph.edgeType[edge]!];
    return type === 'element' ? `[${graph.edgeName[edge]}]` : `.${graph.strings.at(graph.edgeName[edge]!)}`;
  };
  let at = 1;
  for (const text of texts) {
    let next = -1;
    for (let edge = graph.firstEdge[at]!; edge < graph.firstEdge[at + 1]!; edge++) {
      if (nameOf(edge) === text) next = graph.edgeTarget[edge]!;
    }
    if (next < 0) return -1;
    at = next;
  }
  return at;
}

describe('an object’s own path', () => {
  it('exists in the graph, edge by edge, whatever the graph', async () => {
    await fc.assert(
      fc.asyncProperty(AnyGraph, async (shape) => {
        const { graph } = build(shape);
        const { id, reasonId, form, reasons, entryEnd, entryBytes } = await explainGraph(graph, {
          firstId: 1,
          sources,
        });
        const { target } = findRegistrations(indexGraph(graph), 1);
        for (const row of id.keys()) {
          const reason = reasons.find((candidate) => candidate.id === reasonId[row]);
          if (reason === undefined || reason.cause === 'not-collected-yet') continue;
          const bytes = entryBytes.subarray(row === 0 ? 0 : entryEnd[row - 1], entryEnd[row]);
          const entries = new TextDecoder().decode(bytes).split('\n');
          let entry = 0;
          const path = pathOfForm(reason, form[row]!);
          const texts = path.slice(1).map(({ edge }) => edge.replace('[…]', () => entries[entry++] ?? '?'));
          expect(path.filter(({ suspect }) => suspect)).toHaveLength(1);
          expect(path.some(({ node: text }) => text.startsWith('…'))).toBe(false);
          expect(follow(graph, texts), texts.join('')).toBe(target[row]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('goes through its group’s holder, and no other does once the named edges are cut', async () => {
    await fc.assert(
      fc.asyncProperty(AnyGraph, async (shape) => {
        const index = indexGraph(build(shape).graph);
        const registrations = findRegistrations(index, 1);
        const { drafts, tree, cost, edgesOf } = await analyzeGraph(index, registrations, {
          sources,
          done: () => Promise.resolve(),
        });
        for (const { rows, holder, release } of drafts) {
          for (const row of rows) {
            const object = registrations.target[row]!;
            const onPath = new Set<number>([object]);
            for (let at = object; tree.parent[at] !== at; at = tree.parent[at]!) onPath.add(tree.parent[at]!);
            expect(onPath.has(holder)).toBe(true);
            const edges = edgesOf(row);
            if (edges === undefined) expect(release.outcome).not.toBe('freed');
            else expect(simulateCuts(index, cost, new Set(edges))[object]).toBe(0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
