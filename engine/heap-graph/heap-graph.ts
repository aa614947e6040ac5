// A heap snapshot in typed arrays: what the reader makes of a `.heapsnapshot` file, and what paths, dominators and causes
// are found in. Nodes are numbered in the order of the file; node 0 is the synthetic root.

/** V8's node types, in the order that `nodeType` codes have; the reader maps a file's own order to this one. */
export const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
  'object shape',
  'unknown',
] as const;
export type NodeType = (typeof NODE_TYPES)[number];

/** V8's edge types, in the order that `edgeType` codes have. */
export const EDGE_TYPES = [
  'context',
  'element',
  'property',
  'internal',
  'hidden',
  'shortcut',
  'weak',
  'unknown',
] as const;
export type EdgeType = (typeof EDGE_TYPES)[number];

/** Where functions were defined: row i is node `node[i]` (ascending). Lines and columns count from 0, as V8 writes them. */
export interface HeapLocations {
  readonly node: Uint32Array;
  readonly scriptId: Uint32Array;
  readonly line: Uint32Array;
  readonly column: Uint32Array;
}

/** Stands for a string that could not be read. */
export const UNREADABLE = '(unreadable)';

/** The strings of a snapshot, decoded only when asked for. */
export interface HeapStrings {
  readonly length: number;
  /** How many of them could not be read; absent: none. */
  readonly unreadable?: number;
  /** UNREADABLE for one that could not be read. @throws RangeError if there is no such string. */
  at(index: number): string;
  /** The whole number that a string is, if it is up to 15 digits and nothing else; otherwise -1. Makes no string of it. */
  numberAt(index: number): number;
  /** The index of a string that is exactly `text`; -1 if there is none. */
  indexOf(text: string): number;
}

export interface HeapGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Codes of NODE_TYPES. */
  readonly nodeType: Uint8Array;
  /** Indices into `strings`. */
  readonly nodeName: Uint32Array;
  /** Ids that stay the same over snapshots of one process. */
  readonly nodeId: Uint32Array;
  /** `Float64Array` only where a node has 4 GiB or more. */
  readonly nodeSelfBytes: Uint32Array | Float64Array;
  /** Edges of node n are `firstEdge[n]` to `firstEdge[n + 1]` (exclusive); has nodeCount + 1 rows. */
  readonly firstEdge: Uint32Array;
  /** Codes of EDGE_TYPES. */
  readonly edgeType: Uint8Array;
  /** For `element` and `hidden` edges the index itself, for all others an index into `strings`. */
  readonly edgeName: Uint32Array;
  /** Node numbers. */
  readonly edgeTarget: Uint32Array;
  readonly strings: HeapStrings;
  readonly locations: HeapLocations;
  /** What could not be read, each as a sentence for a person; everything else is as the file has it. Absent: nothing. */
  readonly missing?: readonly string[];
}

/** The file is no heap snapshot, is cut off, or contradicts itself; the message says which, for a person. */
export class SnapshotError extends Error {
  override name = 'SnapshotError';
}
