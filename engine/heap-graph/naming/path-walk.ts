// The state of one walk along a path: the steps named so far, and what the readers of the different kinds of holders have to
// know of the part that they passed without a step of its own.

import type { GraphIndex } from '../graph-index.ts';
import { NO_EDGE } from '../cheapest-paths.ts';
import { K, W } from '../heap-words.ts';
import type { RawPath } from '../raw-path.ts';
import { describeNode, type NodeSources } from './describe-node.ts';
import type { NamedStep } from './named-step.ts';
import { shorten } from './step-texts.ts';

export interface Naming extends NodeSources {
  /** For cells of ES modules the name that the module exports them by. */
  readonly exportedCells: ReadonlyMap<number, { readonly module: number; readonly name: string }>;
  /** Returns the source expression of an object, along its own path; undefined if it has none. */
  expressionOf(node: number): string | undefined;
  /** Returns the source expression of the WeakMap that an entry's edge belongs to; undefined if it is unknown. */
  weakMapOf(edge: number): string | undefined;
}

/**
 * Names what leaves the node at position `at` and returns the position to go on from. A reader that moves on without a step
 * makes what it passed part of the next step.
 */
export type Reader = (walk: PathWalk, at: number) => number;

/** What a reader returns to leave the position to the next one. */
export const NOT_MINE = -1;

/** A step along `edges[at]` to `nodes[at + 1]`, with what differs from that. */
export type StepParts = Omit<NamedStep, 'node' | 'head' | 'fanOut' | 'rawEdge'> &
  Partial<Pick<NamedStep, 'node' | 'head' | 'fanOut' | 'rawEdge'>>;

export class PathWalk {
  readonly naming: Naming;
  readonly index: GraphIndex;
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  /** Edges that are left out of a long path. */
  readonly omittedEdges: number;
  readonly steps: NamedStep[] = [];

  /** The generator whose scope or registers the path is in; -1: none. */
  generator = -1;
  /** The closure whose scope the path is in; -1: none. */
  closure = -1;
  isInPendingPromise = false;
  /** Whether the last step is the one from a list of timers to a timer. */
  isAtTimer = false;

  constructor(naming: Naming, path: RawPath) {
    this.naming = naming;
    this.index = naming.index;
    this.nodes = path.nodes;
    this.edges = path.edges;
    this.omittedEdges = path.gap?.count ?? 0;
  }

  get last(): NamedStep | undefined {
    return this.steps.at(-1);
  }

  hasEdge(at: number): boolean {
    const edge = this.edges[at];
    return edge !== undefined && edge !== NO_EDGE;
  }

  kindAt(at: number): number {
    return this.index.kind[this.nodes[at] ?? 0] ?? K.hidden;
  }

  wordAt(at: number): number {
    return this.hasEdge(at) ? this.index.words.ofEdge(this.edges[at]!) : W.other;
  }

  /** The code of the type of `edges[at]`; -1 if there is no such edge. */
  typeAt(at: number): number {
    return this.hasEdge(at) ? this.index.graph.edgeType[this.edges[at]!]! : -1;
  }

  edgeTextAt(at: number): string {
    return this.index.words.edgeText(this.edges[at]!);
  }

  push(at: number, step: StepParts): void {
    const head = this.nodes[at + 1]!;
    const described = describeNode(this.naming, head);
    // Where a function is says more than where the variable is that has it.
    const place = described.place ?? step.place;
    this.steps.push({
      head,
      rawEdge: this.edges[at]!,
      fanOut: 1,
      node: described.text,
      ...step,
      ...(place === undefined ? {} : { place }),
    });
    this.enter(head);
  }

  pushInternal(at: number): void {
    const name = this.edgeTextAt(at);
    // V8 gives no names to the fields of its own objects.
    this.push(at, { hold: 'internal', edge: /^\d+$/.test(name) ? 'inside' : `(${shorten(name)})` });
  }

  /** Stands in for the edges that are left out of a long path. */
  pushGap(at: number): void {
    const head = this.nodes[at + 1]!;
    this.steps.push({ hold: 'gap', edge: '', node: '…', head, rawEdge: NO_EDGE, fanOut: this.omittedEdges });
    this.enter(head);
  }

  /** The expression of the last step with `suffix`, where it has one. */
  prefixed(suffix: string): { expression?: string } {
    const before = this.last?.expression;
    return before === undefined ? {} : { expression: `${before}${suffix}` };
  }

  /** A step ends what readers noted about the part before it. */
  private enter(head: number): void {
    this.generator = -1;
    this.closure = this.index.kind[head] === K.closure ? head : -1;
    this.isInPendingPromise = false;
    this.isAtTimer = false;
  }
}
