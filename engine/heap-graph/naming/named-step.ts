// A step of a path in the program's own names: what readers of paths make, and what causes and fix sentences are made from.

import type { Place } from '../../protocol/explanation.ts';
import type { ScopeOwner } from '../scopes.ts';

/** The kind of hold that one step has on the next; causes are named after it. */
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
  /** Node's own machinery, which a public API controls; has a `fix`. */
  | 'node-api'
  /** Belongs to the step before it, and cannot be removed by itself. */
  | 'part'
  /** V8's or Node's own. */
  | 'internal'
  /** Stands for omitted steps. */
  | 'gap';

export interface NamedStep {
  readonly hold: Hold;
  /** With `[…]` in place of an index or a key where `entry` has one. */
  readonly edge: string;
  readonly node: string;
  /** The text that `[…]` stands for here; absent if `edge` has none, or if the key is unknown. */
  readonly entry?: string;
  readonly place?: Place;
  /** The node that the step leads to. */
  readonly head: number;
  /** The edge whose removal undoes the step; NO_EDGE where there is none. */
  readonly rawEdge: number;
  /** The number of entries of the container, this one included. */
  readonly fanOut: number;
  /** The source expression for the node that the step leads to, if known: `state.current`. */
  readonly expression?: string;
  /** The bare identifier of the step: variable, property or field, event. */
  readonly identifier?: string;
  readonly owner?: ScopeOwner;
  /**
   * The sentence that releases what the step holds, where a public API of Node does. `{holder}` stands for what the step
   * leaves, `{entry}` for the key of that, `{value}` for what it leads to, `{close}` for how the holder is ended.
   */
  readonly fix?: string;
  /** The closure through which the path entered this variable's scope; absent if there is none. */
  readonly closure?: number;
  /** That closure does not name the variable, but calls `eval`, for which V8 keeps every variable around it. */
  readonly isByEval?: boolean;
}

/** Stands in `NamedStep.edge` for an index or a key. */
export const ENTRY = '[…]';

export const fileOf = (owner: ScopeOwner): string => (owner.type === 'internal' ? '' : owner.file);
