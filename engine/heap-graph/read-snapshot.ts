// Makes a heap graph of a `.heapsnapshot` file of any size: read once, in chunks, straight into typed arrays, so that V8's
// own heap stays small. Runs in the thread that explains snapshots; reads what Node and Chromium write.
//
// The format is V8's (`HeapSnapshotJSONSerializer`): one object whose member `snapshot` comes first and says how the rows
// of the flat arrays `nodes`, `edges` and `locations` are made up, and how many there are.

import * as v from 'valibot';
import { ChunkedFile, type ReadOptions } from './chunked-file.ts';
import {
  EDGE_TYPES,
  NODE_TYPES,
  SnapshotError,
  UNREADABLE,
  type HeapGraph,
  type HeapLocations,
  type HeapStrings,
} from './heap-graph.ts';
import { parse } from '../protocol/parse.ts';
import {
  expectEnd,
  expectToken,
  peekToken,
  readKey,
  readNumbers,
  readValue,
  skipNumbers,
  type TakeNumbers,
} from './json-reader.ts';
import { readStrings } from './snapshot-strings.ts';

/** Of members that are no flat arrays; `snapshot` has about two thousand. Larger ones are passed over. */
const MAXIMUM_VALUE_BYTES = 1 << 24;
const MAXIMUM_COUNT = 2 ** 32 - 2;
const MAXIMUM_UINT32 = 2 ** 32 - 1;
const MINIMUM_INT32 = -(2 ** 31);
const IS_SIGNED = true;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAXIMUM_COUNT));
/** Of each field its type's name, or the names that its codes stand for. */
const FieldTypes = v.array(v.union([v.string(), v.array(v.string())]));
const Header = v.object({
  meta: v.object({
    node_fields: v.array(v.string()),
    node_types: FieldTypes,
    edge_fields: v.array(v.string()),
    edge_types: FieldTypes,
    location_fields: v.optional(v.array(v.string()), []),
  }),
  node_count: v.pipe(Count, v.minValue(1)),
  edge_count: Count,
});
type Header = v.InferOutput<typeof Header>;

async function readHeader(file: ChunkedFile): Promise<Header> {
  const parsed = parse(Header, await readValue(file, MAXIMUM_VALUE_BYTES));
  if (!parsed.success) {
    const { issue, problem } = parsed;
    const path = issue === undefined ? null : v.getDotPath(issue);
    throw file.wrong(`\`${path ?? 'snapshot'}\` is not what V8 writes (${issue?.message ?? problem})`);
  }
  // Every number has a digit and a comma at least: a count that the file has no room for would only ask for memory.
  const { node_count: nodes, edge_count: edges, meta } = parsed.output;
  if ((nodes * meta.node_fields.length + edges * meta.edge_fields.length) * 2 > file.sizeBytes + 2) {
    throw file.wrong(`it speaks of ${nodes} nodes and ${edges} edges, more than ${file.sizeBytes} bytes can hold`);
  }
  return parsed.output;
}

/** Where `name` is in each row. */
function fieldOffset(file: ChunkedFile, fields: readonly string[], name: string): number {
  const offset = fields.indexOf(name);
  if (offset === -1) throw file.wrong(`the field \`${name}\` is missing`);
  return offset;
}

/** Turns the file's own type codes into those of `known`. */
function typeCodes(
  file: ChunkedFile,
  names: string | readonly string[] | undefined,
  known: readonly string[],
): Uint8Array {
  if (names === undefined || typeof names === 'string') throw file.wrong('the names of the types are missing');
  return Uint8Array.from(names, (name) => known.indexOf(known.includes(name) ? name : 'unknown'));
}

/** Some whole rows of one of the flat arrays, and where they belong in the columns. */
interface Rows {
  readonly file: ChunkedFile;
  readonly numbers: Float64Array;
  /** Of numbers. */
  readonly count: number;
  readonly stride: number;
  readonly firstRow: number;
}

// One plain loop a column, over plain locals: two to three times as fast as one loop over rows in a closure.

/** @throws SnapshotError if a value does not fit 32 bits. */
function copyField({ file, numbers, count, stride, firstRow }: Rows, offset: number, column: Uint32Array): void {
  let row = firstRow;
  for (let at = offset; at < count; at += stride) {
    const value = numbers[at]!;
    if (value > MAXIMUM_UINT32) throw file.wrong(`${value} is too large`);
    column[row++] = value;
  }
}

/** A type without a name is an unknown one. */
function copyTypes(
  { numbers, count, stride, firstRow }: Rows,
  offset: number,
  codes: Uint8Array,
  unknown: number,
  column: Uint8Array,
): void {
  let row = firstRow;
  for (let at = offset; at < count; at += stride) column[row++] = codes[numbers[at]!] ?? unknown;
}

/**
 * V8 writes an index of 2³¹ and above as a negative number of 32 bits since 13.6 (Node 24); turns each into the index.
 * @throws SnapshotError if anything else is negative
 */
function restoreIndices(
  { file, numbers, stride }: Pick<Rows, 'file' | 'numbers' | 'stride'>,
  offset: number,
  negative: readonly number[],
): void {
  for (const at of negative) {
    const value = numbers[at]!;
    if (at % stride !== offset || value < MINIMUM_INT32) throw file.wrong(`${value} is a number below 0`);
    numbers[at] = value >>> 0;
  }
}

/** Returns the column, or a wider one that has taken its place. */
function copySizes(
  { numbers, count, stride, firstRow }: Rows,
  offset: number,
  column: HeapGraph['nodeSelfBytes'],
): HeapGraph['nodeSelfBytes'] {
  let row = firstRow;
  for (let at = offset; at < count; at += stride) {
    const bytes = numbers[at]!;
    if (bytes > MAXIMUM_UINT32 && column instanceof Uint32Array) column = new Float64Array(column);
    column[row++] = bytes;
  }
  return column;
}

/** Adds up the numbers of edges. @throws SnapshotError if there are more than there should be. */
function copyEdgeCounts(
  { file, numbers, count, stride, firstRow }: Rows,
  offset: number,
  edgeCount: number,
  firstEdge: Uint32Array,
): void {
  let row = firstRow;
  let edges = firstEdge[row]!;
  for (let at = offset; at < count; at += stride) {
    edges += numbers[at]!;
    if (edges > edgeCount) throw file.wrong(`node ${row} has more edges than the snapshot speaks of`);
    firstEdge[++row] = edges;
  }
}

/** Turns offsets into the flat array of nodes into numbers of nodes. @throws SnapshotError if no node is there. */
function copyNodes(
  { file, numbers, count, stride, firstRow }: Rows,
  offset: number,
  nodeStride: number,
  nodeCount: number,
  column: Uint32Array,
): void {
  let row = firstRow;
  for (let at = offset; at < count; at += stride) {
    const place = numbers[at]!;
    const node = Math.floor(place / nodeStride);
    if (node >= nodeCount || node * nodeStride !== place) {
      throw file.wrong(`row ${row} points to ${place}, where no node begins`);
    }
    column[row++] = node;
  }
}

type Nodes = Pick<HeapGraph, 'nodeType' | 'nodeName' | 'nodeId' | 'nodeSelfBytes' | 'firstEdge'>;

async function readNodes(
  file: ChunkedFile,
  { meta, node_count: nodeCount, edge_count: edgeCount }: Header,
): Promise<Nodes> {
  const fields = meta.node_fields;
  const stride = fields.length;
  const typeOffset = fieldOffset(file, fields, 'type');
  const nameOffset = fieldOffset(file, fields, 'name');
  const idOffset = fieldOffset(file, fields, 'id');
  const sizeOffset = fieldOffset(file, fields, 'self_size');
  const edgesOffset = fieldOffset(file, fields, 'edge_count');
  const codes = typeCodes(file, meta.node_types[typeOffset], NODE_TYPES);
  const nodeType = new Uint8Array(nodeCount);
  const nodeName = new Uint32Array(nodeCount);
  const nodeId = new Uint32Array(nodeCount);
  let nodeSelfBytes: HeapGraph['nodeSelfBytes'] = new Uint32Array(nodeCount);
  const firstEdge = new Uint32Array(nodeCount + 1);
  let firstRow = 0;
  await readNumbers(file, stride, (numbers, count) => {
    const rows: Rows = { file, numbers, count, stride, firstRow };
    firstRow += count / stride;
    if (firstRow > nodeCount)
      throw file.wrong(`there are more than the ${nodeCount} nodes that the snapshot speaks of`);
    copyTypes(rows, typeOffset, codes, NODE_TYPES.indexOf('unknown'), nodeType);
    copyField(rows, nameOffset, nodeName);
    copyField(rows, idOffset, nodeId);
    nodeSelfBytes = copySizes(rows, sizeOffset, nodeSelfBytes);
    copyEdgeCounts(rows, edgesOffset, edgeCount, firstEdge);
  });
  if (firstRow !== nodeCount) {
    throw file.wrong(`there are ${firstRow} nodes, but the snapshot speaks of ${nodeCount}`);
  }
  const edges = firstEdge[nodeCount];
  if (edges !== edgeCount) throw file.wrong(`they have ${edges} edges, but the snapshot speaks of ${edgeCount}`);
  return { nodeType, nodeName, nodeId, nodeSelfBytes, firstEdge };
}

type Edges = Pick<HeapGraph, 'edgeType' | 'edgeName' | 'edgeTarget'>;

async function readEdges(
  file: ChunkedFile,
  { meta, node_count: nodeCount, edge_count: edgeCount }: Header,
): Promise<Edges> {
  const fields = meta.edge_fields;
  const stride = fields.length;
  const typeOffset = fieldOffset(file, fields, 'type');
  const nameOffset = fieldOffset(file, fields, 'name_or_index');
  const targetOffset = fieldOffset(file, fields, 'to_node');
  const codes = typeCodes(file, meta.edge_types[typeOffset], EDGE_TYPES);
  const nodeStride = meta.node_fields.length;
  const edgeType = new Uint8Array(edgeCount);
  const edgeName = new Uint32Array(edgeCount);
  const edgeTarget = new Uint32Array(edgeCount);
  let firstRow = 0;
  const take: TakeNumbers = (numbers, count, negative) => {
    const rows: Rows = { file, numbers, count, stride, firstRow };
    if (negative.length > 0) restoreIndices(rows, nameOffset, negative);
    firstRow += count / stride;
    if (firstRow > edgeCount)
      throw file.wrong(`there are more than the ${edgeCount} edges that the snapshot speaks of`);
    copyTypes(rows, typeOffset, codes, EDGE_TYPES.indexOf('unknown'), edgeType);
    copyField(rows, nameOffset, edgeName);
    copyNodes(rows, targetOffset, nodeStride, nodeCount, edgeTarget);
  };
  await readNumbers(file, stride, take, IS_SIGNED);
  if (firstRow !== edgeCount) {
    throw file.wrong(`there are ${firstRow} edges, but the snapshot speaks of ${edgeCount}`);
  }
  return { edgeType, edgeName, edgeTarget };
}

/** @returns undefined if they cannot be read; the file is behind them all the same */
async function readLocations(file: ChunkedFile, header: Header): Promise<HeapLocations | undefined> {
  try {
    return await readLocationRows(file, header);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    await skipNumbers(file);
    return undefined;
  }
}

async function readLocationRows(
  file: ChunkedFile,
  { meta, node_count: nodeCount }: Header,
): Promise<HeapLocations | undefined> {
  const fields = meta.location_fields;
  const stride = fields.length;
  const nodeOffset = fieldOffset(file, fields, 'object_index');
  const offsets = ['script_id', 'line', 'column'].map((name) => fieldOffset(file, fields, name));
  const nodeStride = meta.node_fields.length;
  // How many there are is nowhere said.
  let capacity = 1 << 12;
  let columns = [0, 1, 2, 3].map(() => new Uint32Array(capacity));
  let firstRow = 0;
  const take: TakeNumbers = (numbers, count) => {
    // A program may compile code with a line offset below zero: its first lines are none of a file.
    for (const offset of offsets) {
      for (let at = offset; at < count; at += stride) if (numbers[at]! < 0) numbers[at] = 0;
    }
    for (let at = nodeOffset; at < count; at += stride) {
      if (numbers[at]! < 0) throw file.wrong('a row points to a node before the first');
    }
    const rows: Rows = { file, numbers, count, stride, firstRow };
    firstRow += count / stride;
    while (firstRow > capacity) {
      capacity *= 2;
      columns = columns.map((column) => {
        const larger = new Uint32Array(capacity);
        larger.set(column);
        return larger;
      });
    }
    copyNodes(rows, nodeOffset, nodeStride, nodeCount, columns[0]!);
    offsets.forEach((offset, index) => copyField(rows, offset, columns[index + 1]!));
  };
  let isReadable = true;
  // All of them are gone through, so that the file is behind them.
  const takeReadable: TakeNumbers = (numbers, count, negative) => {
    if (!isReadable) return;
    try {
      take(numbers, count, negative);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      isReadable = false;
    }
  };
  await readNumbers(file, stride, takeReadable, IS_SIGNED);
  if (!isReadable) return undefined;
  const node = columns[0]!;
  const order = Uint32Array.from({ length: firstRow }, (_, row) => row);
  order.sort((one, other) => node[one]! - node[other]! || one - other);
  const [sorted, scriptId, line, column] = columns.map((values) => order.map((row) => values[row]!));
  return { node: sorted!, scriptId: scriptId!, line: line!, column: column! };
}

/** @returns how many names are the index of no string; those get the last one, which is none of the file's */
function settleNames({ nodeName }: Nodes, { edgeType, edgeName }: Edges, { length }: HeapStrings): number {
  const hasIndex = EDGE_TYPES.map((type) => type === 'element' || type === 'hidden');
  const isIndex = Uint8Array.from(hasIndex, Number);
  const last = length - 1;
  let missing = 0;
  for (let node = 0; node < nodeName.length; node++) {
    if (nodeName[node]! < last) continue;
    nodeName[node] = last;
    missing++;
  }
  for (let edge = 0; edge < edgeName.length; edge++) {
    if (edgeName[edge]! < last || isIndex[edgeType[edge]!] === 1) continue;
    edgeName[edge] = last;
    missing++;
  }
  return missing;
}

async function readMembers(file: ChunkedFile): Promise<HeapGraph> {
  let header: Header | undefined;
  let nodes: Nodes | undefined;
  let edges: Edges | undefined;
  let locations: HeapLocations | undefined;
  let strings: HeapStrings | undefined;
  const missing: string[] = [];
  const foreign = () =>
    new SnapshotError(
      `${file.path} is JSON, but no heap snapshot: it does not begin with \`snapshot\`. Choose a .heapsnapshot file.`,
    );
  const once = (known: unknown, key: string): Header => {
    if (header === undefined) throw foreign();
    if (known !== undefined) throw file.wrong(`\`${key}\` is there twice`);
    file.reading = `its ${key}`;
    return header;
  };

  if ((await peekToken(file)) !== 0x7b) {
    throw new SnapshotError(`${file.path} is not a heap snapshot: it is not JSON. Choose a .heapsnapshot file.`);
  }
  await expectToken(file, '{');
  if ((await peekToken(file)) === 0x7d) throw foreign();
  do {
    const key = await readKey(file);
    switch (key) {
      case 'snapshot':
        if (header !== undefined) throw file.wrong('`snapshot` is there twice');
        file.reading = 'its header';
        header = await readHeader(file);
        break;
      case 'nodes':
        nodes = await readNodes(file, once(nodes, key));
        break;
      case 'edges':
        edges = await readEdges(file, once(edges, key));
        break;
      case 'locations':
        locations = await readLocations(file, once(locations, key));
        if (locations === undefined) {
          missing.push('Where functions were defined could not be read, so paths name them without a line.');
        }
        break;
      case 'strings':
        once(strings, key);
        await expectToken(file, '[');
        strings = await readStrings(file);
        break;
      default:
        if (header === undefined) throw foreign();
        file.reading = `its ${key}`;
        await readValue(file, MAXIMUM_VALUE_BYTES);
    }
    file.reading = `what follows its ${key}`;
  } while ((await expectToken(file, ',}')) === ',');
  await expectEnd(file);
  if (header === undefined) throw foreign();
  for (const [name, value] of Object.entries({ nodes, edges, strings })) {
    if (value === undefined) throw file.wrong(`\`${name}\` is missing`);
  }
  if (nodes === undefined || edges === undefined || strings === undefined) throw foreign();
  const namesMissing = settleNames(nodes, edges, strings) + (strings.unreadable ?? 0);
  if (namesMissing > 0) {
    missing.push(`${namesMissing} names could not be read; paths have ${UNREADABLE} in their place.`);
  }
  const none = new Uint32Array(0);
  return {
    nodeCount: header.node_count,
    edgeCount: header.edge_count,
    ...nodes,
    ...edges,
    strings,
    missing,
    locations: locations ?? { node: none, scriptId: none, line: none, column: none },
  };
}

/**
 * Reads a `.heapsnapshot` file.
 * @throws SnapshotError with a sentence for a person if it cannot be read or contradicts itself; the signal's reason if it
 * is aborted.
 */
export async function readSnapshot(path: string, options: ReadOptions = {}): Promise<HeapGraph> {
  await using file = await ChunkedFile.open(path, options);
  try {
    const graph = await readMembers(file);
    await file.assertUnchanged();
    options.onProgress?.(1);
    return graph;
  } catch (error) {
    if (error instanceof RangeError && error.message.includes('allocation')) {
      throw new SnapshotError(`There is not enough memory to read ${path} (${file.sizeBytes} bytes).`, {
        cause: error,
      });
    }
    // What looks broken may only not be written yet, which is the more useful thing to say.
    if (error instanceof SnapshotError) await file.assertUnchanged();
    throw error;
  }
}
