import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ALL_RUNTIMES } from '../../tests/runtimes.ts';
import { EDGE_TYPES, NODE_TYPES, SnapshotError, type HeapGraph } from './heap-graph.ts';
import { readSnapshot } from './read-snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'heapline-read-snapshot-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileWith(content: string | Uint8Array): string {
  const path = join(folder, `${++files}.heapsnapshot`);
  writeFileSync(path, content);
  return path;
}

interface RawSnapshot {
  snapshot: {
    meta: {
      node_fields: string[];
      node_types: (string | string[])[];
      edge_fields: string[];
      edge_types: (string | string[])[];
      location_fields?: string[];
    };
    node_count: number;
    edge_count: number;
  };
  nodes: number[];
  edges: number[];
  locations?: number[];
  strings: string[];
}

/** The same graph, made as everybody would make it for a small file. */
/** Characters that V8 has cut to 16 bits are not known. */
const withoutCut = (text: string): string => text.replace(/[\uE000-\uFAFF]/g, '\uFFFD');

function readNaively(text: string) {
  const { snapshot, nodes, edges, locations, strings: written } = JSON.parse(text) as RawSnapshot;
  const strings = written.map(withoutCut);
  const { meta } = snapshot;
  const rows = (flat: number[], fields: string[]) =>
    Array.from({ length: flat.length / fields.length }, (_, row) =>
      Object.fromEntries(fields.map((field, offset) => [field, flat[row * fields.length + offset]!])),
    );
  const known = (names: readonly string[], name: string) => (names.includes(name) ? name : 'unknown');
  const nodeRows = rows(nodes, meta.node_fields);
  const edgeRows = rows(edges, meta.edge_fields);
  let edge = 0;
  return {
    nodes: nodeRows.map((node) => ({
      type: known(NODE_TYPES, (meta.node_types[meta.node_fields.indexOf('type')] as string[])[node['type']!]!),
      name: strings[node['name']!]!,
      id: node['id']!,
      selfBytes: node['self_size']!,
      edges: Array.from({ length: node['edge_count']! }, () => {
        const { type, name_or_index: name, to_node: offset } = edgeRows[edge++]!;
        const typeName = known(EDGE_TYPES, (meta.edge_types[meta.edge_fields.indexOf('type')] as string[])[type!]!);
        return {
          type: typeName,
          name: typeName === 'element' || typeName === 'hidden' ? name! >>> 0 : strings[name!]!,
          target: offset! / meta.node_fields.length,
        };
      }),
    })),
    locations: rows(locations ?? [], meta.location_fields ?? [])
      .map((row) => [row['object_index']! / meta.node_fields.length, row['script_id'], row['line'], row['column']])
      // Lines of code with an offset below zero begin before the first.
      .map((row) => row.map((value = 0) => Math.max(0, value)))
      .toSorted((one, other) => one[0]! - other[0]!),
    strings,
  };
}

function spelledOut(graph: HeapGraph): ReturnType<typeof readNaively> {
  const strings = Array.from({ length: graph.strings.length - 1 }, (_, index) => graph.strings.at(index));
  return {
    nodes: Array.from({ length: graph.nodeCount }, (_, node) => ({
      type: NODE_TYPES[graph.nodeType[node]!]!,
      name: strings[graph.nodeName[node]!]!,
      id: graph.nodeId[node]!,
      selfBytes: graph.nodeSelfBytes[node]!,
      edges: Array.from({ length: graph.firstEdge[node + 1]! - graph.firstEdge[node]! }, (_, index) => {
        const edge = graph.firstEdge[node]! + index;
        const type = EDGE_TYPES[graph.edgeType[edge]!]!;
        const name = graph.edgeName[edge]!;
        return {
          type,
          name: type === 'element' || type === 'hidden' ? name : strings[name]!,
          target: graph.edgeTarget[edge]!,
        };
      }),
    })),
    locations: Array.from(graph.locations.node, (node, row) => [
      node,
      graph.locations.scriptId[row]!,
      graph.locations.line[row]!,
      graph.locations.column[row]!,
    ]),
    strings,
  };
}

const PROGRAM = `
  globalThis.kept = { 'café €': 1, 'quote " and \\\\ backslash\\n': 2, '😀': 3, large: new ArrayBuffer(5e9) };
  globalThis.closure = (() => { const inner = {}; return function keeper() { return inner; }; })();
  globalThis.registry = new FinalizationRegistry(() => {});
  registry.register(kept, 'held');
  require('node:v8').writeHeapSnapshot(process.argv[1], { exposeInternals: true, exposeNumericValues: true });
`;

describe.for(ALL_RUNTIMES)('a snapshot of $name', ({ nodePath, isInstalled }) => {
  const path = join(folder, `${nodePath.replaceAll('/', '-')}.heapsnapshot`);
  beforeAll(() => {
    if (!isInstalled) return;
    const { status, stderr } = spawnSync(nodePath, ['-e', PROGRAM, path], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.skipIf(!isInstalled)('is read as JSON.parse reads it', async () => {
    const graph = await readSnapshot(path);
    const expected = readNaively(readFileSync(path, 'utf8'));
    // As text: comparing a million small objects takes a test framework half a minute.
    const read = JSON.stringify(spelledOut(graph));
    expect(read === JSON.stringify(expected)).toBe(true);
    expect(graph.locations.node.length).toBeGreaterThan(100);
    expect(expected.nodes.some(({ selfBytes }) => selfBytes >= 5e9)).toBe(true);
    expect(expected.strings).toContain('café €');
  });

  it.skipIf(!isInstalled)('is read the same when chunks end in the middle of everything', async () => {
    const expected = JSON.stringify(spelledOut(await readSnapshot(path)));
    for (const chunkBytes of [997, 4_093]) {
      expect(JSON.stringify(spelledOut(await readSnapshot(path, { chunkBytes }))) === expected).toBe(true);
    }
  });

  it.skipIf(!isInstalled)('finds its strings', async () => {
    for (const chunkBytes of [4_093, undefined]) {
      const { strings } = await readSnapshot(path, { chunkBytes });
      for (let index = 0; index < strings.length; index += 97) expect(strings.indexOf(strings.at(index))).toBe(index);
      for (const text of ['system / WeakCell', 'café €', 'quote " and \\ backslash\n']) {
        expect(strings.at(strings.indexOf(text))).toBe(text);
      }
      expect(strings.indexOf('no string is this one')).toBe(-1);
    }
  });
});

const meta = {
  node_fields: ['type', 'name', 'id', 'self_size', 'edge_count'],
  node_types: [['hidden', 'object', 'of a later V8'], 'string', 'number', 'number', 'number'],
  edge_fields: ['type', 'name_or_index', 'to_node'],
  edge_types: [['element', 'property', 'weak'], 'string_or_number', 'node'],
  location_fields: ['object_index', 'script_id', 'line', 'column'],
};
const small = {
  snapshot: { meta, node_count: 3, edge_count: 3, something: { of: ['a', '"]}\\', 'later'] } },
  nodes: [0, 0, 1, 0, 2, 1, 1, 3, 4294967295, 1, 2, 2, 5, 9007199254740, 0],
  edges: [1, 1, 5, 0, 17, 10, 2, 2, 10],
  trace_function_infos: [],
  trace_tree: [1, 2, [3, '[{"']],
  samples: [],
  locations: [10, 7, 8, 9, 5, 1, 2, 3],
  strings: ['', 'A', 'é€\u{1f600} "\\\n\u0001/'],
};
const text = JSON.stringify(small);
type Change = (snapshot: typeof small) => void;
const changed = (change: Change): string => {
  const copy = structuredClone(small);
  change(copy);
  return JSON.stringify(copy);
};

describe('a small snapshot', () => {
  it('finds a string of the delete character, which JSON does not encode though it cannot be printed', async () => {
    const path = fileWith(JSON.stringify({ ...small, strings: [...small.strings, '\u007f'] }));
    const { strings } = await readSnapshot(path, {});
    expect(strings.indexOf('\u007f')).toBe(3);
  });

  it('is read whatever the size of the chunks', async () => {
    const path = fileWith(text);
    const expected = readNaively(text);
    for (let chunkBytes = 1; chunkBytes <= Buffer.byteLength(text) + 1; chunkBytes++) {
      const { strings, ...graph } = await readSnapshot(path, { chunkBytes });
      expect(spelledOut({ strings, ...graph })).toEqual(expected);
      expect(small.strings.map((one) => strings.indexOf(one))).toEqual([0, 1, 2]);
      expect(['B', 'AA', '\n', 'é', 'é€\u{1f600} "\\\n\u0001-'].map((one) => strings.indexOf(one))).toEqual([
        -1, -1, -1, -1, -1,
      ]);
    }
  });

  it('is read with any white space, escapes and order of fields', async () => {
    const pretty = JSON.stringify(
      {
        ...small,
        snapshot: {
          ...small.snapshot,
          meta: { ...meta, node_fields: meta.node_fields.toReversed(), node_types: meta.node_types.toReversed() },
        },
      },
      undefined,
      ' \t',
    )
      .replaceAll('\n', '\r\n')
      .replace('é€\u{1f600}', '\\u00E9\\u20aC\\ud83d\\uDe00\\b\\/');
    const nodes = [2, 0, 1, 0, 0, 1, 4294967295, 3, 1, 1, 0, 9007199254740, 5, 2, 2];
    const path = fileWith(pretty.replace(/("nodes": \[)[^\]]*/, (_, opening) => `${opening}${nodes.join(' ,\n')}`));
    for (const chunkBytes of [1, 2, 3, 5, 8, 1000]) {
      const graph = await readSnapshot(path, { chunkBytes });
      expect([...graph.nodeSelfBytes]).toEqual([0, 4294967295, 9007199254740]);
      expect([...graph.nodeId]).toEqual([1, 3, 5]);
      expect(graph.strings.at(2)).toBe('é€\u{1f600}\b/ "\\\n\u0001/');
      expect(graph.strings.indexOf('é€\u{1f600}\b/ "\\\n\u0001/')).toBe(2);
    }
  });

  it('keeps sizes in 32 bits where they fit', async () => {
    const graph = await readSnapshot(fileWith(changed(({ nodes }) => (nodes[13] = 4294967294))));
    expect(graph.nodeSelfBytes).toEqual(Uint32Array.of(0, 4294967295, 4294967294));
  });

  it('takes lines before the first of a file, as code with an offset has them, for that one', async () => {
    const file = fileWith(changed((s) => (s.locations[2] = -1)));
    const { locations } = await readSnapshot(file);
    expect(Array.from(locations.line)).toContain(0);
    await expect(readSnapshot(fileWith(changed((s) => (s.edges[2] = -5))))).rejects.toThrow(SnapshotError);
  });

  it('has its locations in the order of nodes', async () => {
    const { locations } = await readSnapshot(fileWith(text));
    expect(locations).toEqual({
      node: Uint32Array.of(1, 2),
      scriptId: Uint32Array.of(1, 7),
      line: Uint32Array.of(2, 8),
      column: Uint32Array.of(3, 9),
    });
  });

  it('reads numbers without making strings of them, wherever a chunk of the file ends', async () => {
    const names = ['0', '42', '123456789012345', '1234567890123456', '', '-1', '4a', '1 / part of key', '\u00b2', '\n'];
    const file = fileWith(changed((s) => s.strings.push(...names)));
    for (const chunkBytes of [1, 7, 1 << 20]) {
      const { strings } = await readSnapshot(file, { chunkBytes });
      const numbers = names.map((name) => strings.numberAt(strings.indexOf(name)));
      expect(numbers).toEqual([0, 42, 123_456_789_012_345, -1, -1, -1, -1, -1, -1, -1]);
      expect(names.map((name) => strings.at(strings.indexOf(name)))).toEqual(names);
      expect(strings.numberAt(strings.length)).toBe(-1);
    }
  });

  it('refuses to make up a string', async () => {
    const { strings } = await readSnapshot(fileWith(text));
    expect(() => strings.at(4)).toThrow(RangeError);
    expect(() => strings.at(-1)).toThrow(RangeError);
    expect(() => strings.at(0.5)).toThrow(RangeError);
  });

  it('says how far it is, up to the end', async () => {
    const seen: number[] = [];
    await readSnapshot(fileWith(text), { chunkBytes: 100, onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(1);
    expect(seen.length).toBeGreaterThan(5);
  });
});

describe('a part that cannot be read', () => {
  const cases: readonly [name: string, content: string, missing: RegExp | undefined][] = [
    ['an unknown type of node', changed((s) => (s.nodes[5] = 3)), undefined],
    ['an unknown type of edge', changed((s) => (s.edges[3] = 3)), /^1 names could not be read/],
    ['a name that is no string', changed((s) => (s.nodes[6] = 3)), /^1 names could not be read/],
    ['an edge name that is no string', changed((s) => (s.edges[7] = 3)), /^1 names could not be read/],
    ['a location of no node', changed((s) => (s.locations[0] = 15)), /^Where functions were defined/],
    ['a location between two nodes', changed((s) => (s.locations[0] = 4)), /^Where functions were defined/],
    ['a location that is no number', text.replace('10,7,8,9', '10,null,8,9'), /^Where functions were defined/],
    ['an escape that is none', text.replace('"A"', '"\\x41"'), /^1 names could not be read/],
    ['an escape that is not hexadecimal', text.replace('"A"', '"\\u00g1"'), /^1 names could not be read/],
    ['a control character in a string', text.replace('"A"', '"\u0007"'), /^1 names could not be read/],
  ];
  it.for(cases)('costs that part alone: %s', async ([, content, missing]) => {
    const whole = await readSnapshot(fileWith(text));
    for (const chunkBytes of [1, 7, undefined]) {
      const graph = await readSnapshot(fileWith(content), { chunkBytes });
      expect(graph.missing).toEqual(missing === undefined ? [] : [expect.stringMatching(missing)]);
      expect(graph.edgeTarget).toEqual(whole.edgeTarget);
      expect(graph.nodeSelfBytes).toEqual(whole.nodeSelfBytes);
      expect(graph.strings.at(2)).toBe(whole.strings.at(2));
    }
  });

  it('is no index of 2³¹ and above, which V8 writes as a negative number', async () => {
    const [first, last] = [-(2 ** 31), -1];
    const graph = await readSnapshot(
      fileWith(
        changed((s) => {
          // Types 1 and 2 of an edge are an element and a property there.
          const element = (s.snapshot.meta.edge_types[0] as string[]).indexOf('element');
          s.edges.splice(0, 2, element, first);
          s.edges.splice(3, 2, element, last);
        }),
      ),
    );
    expect([...graph.edgeName].slice(0, 2)).toEqual([2 ** 31, 2 ** 32 - 1]);
    const beyond = fileWith(changed((s) => (s.edges[1] = first - 1)));
    await expect(readSnapshot(beyond)).rejects.toThrow(/-2147483649 is a number below 0/);
  });

  it('never asks for another snapshot that would be the same', async () => {
    const failure = readSnapshot(fileWith(changed((s) => (s.edges[2] = 11))));
    await expect(failure).rejects.toThrow(/another one would be the same/);
    await expect(failure).rejects.not.toThrow(/again/);
  });

  it('is a character beyond the 16 bits of an escape, of which V8 writes the rest as another letter', async () => {
    const { strings } = await readSnapshot(fileWith(text.replace('"A"', '"a \\uF600 \\u6F22 \\uF916"')));
    expect(strings.at(1)).toBe('a \uFFFD \u6F22 \uFFFD');
  });
});

describe('what is no snapshot', () => {
  const notThere = join(folder, 'not-there.heapsnapshot');
  const cases: readonly [name: string, content: string | Uint8Array, message: RegExp][] = [
    ['an empty file', '', /is empty/],
    ['a binary file', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46), /not JSON/],
    ['white space', ' \n', /cut off after 2 bytes/],
    ['a number', '17', /not JSON/],
    ['an empty object', '{}', /no heap snapshot/],
    ['other JSON', '{"head":{"a":[1,2,{"b":"}"}]},"samples":[]}', /no heap snapshot/],
    ['a CPU profile', '{"nodes":[{"id":1}]}', /no heap snapshot/],
    ['a header of something else', '{"snapshot":{"meta":7}}', /`meta/],
    ['a header that is no object', '{"snapshot":7}', /`snapshot` is not what V8 writes/],
    ['a header that is not JSON', '{"snapshot":{meta:7}}', /not valid JSON/],
    ['a member without a name', '{snapshot:{}}', /name of a member/],
    ['a snapshot of no nodes', changed((s) => (s.snapshot.node_count = 0)), /node_count/],
    ['counts for which the file is too small', changed((s) => (s.snapshot.edge_count = 4e9)), /can hold/],
    ['more nodes than it says', changed((s) => (s.snapshot.node_count = 2)), /more than the 2 nodes/],
    ['fewer nodes than it says', changed((s) => (s.snapshot.node_count = 4)), /3 nodes, but .* 4/],
    ['more edges than it says', changed((s) => (s.snapshot.edge_count = 2)), /more edges than/],
    ['fewer edges than it says', changed((s) => (s.snapshot.edge_count = 4)), /3 edges, but .* 4/],
    ['nodes that have fewer edges', changed((s) => (s.nodes[4] = 1)), /2 edges, but .* 3/],
    ['missing edges', changed((s) => s.edges.splice(3)), /1 edges, but .* 3/],
    ['surplus edges', changed((s) => s.edges.push(1, 1, 5)), /more than the 3 edges/],
    ['half a node', changed((s) => s.nodes.pop()), /last row has 4 of 5/],
    ['an edge to the outside', changed((s) => (s.edges[2] = 15)), /row 0 points to 15, where no node begins/],
    ['an edge to the middle of a node', changed((s) => (s.edges[5] = 11)), /row 1 points to 11/],
    ['an id that is too large', changed((s) => (s.nodes[7] = 2 ** 32)), /4294967296 is too large/],
    ['a number that is too large', text.replace('4294967295', '4294967295000000'), /a number is too large/],
    ['a fraction', changed((s) => (s.nodes[8] = 1.5)), /"\." is not a part/],
    ['a negative number', changed((s) => (s.nodes[8] = -1)), /"-" is not a part/],
    ['a number with an exponent', text.replace('4294967295', '1e3'), /"e" is not a part/],
    ['null for a number', text.replace('4294967295', 'null'), /"n" is not a part/],
    ['a number in quotes', text.replace('4294967295', '"7"'), /is not a part/],
    ['a number that begins with 0', text.replace('4294967295', '007'), /begins with 0/],
    ['two commas', text.replace('4294967295', ''), /a number is missing/],
    ['a comma at the end', text.replace('2,2,10]', '2,2,10,]'), /a number is missing/],
    ['a missing comma', text.replace('4294967295,', '4294967295 '), /not a part|is missing/],
    ['a string that is a number', text.replace('"A"', '17'), /not a string/],
    ['strings without a comma', text.replace('"A",', '"A" '), /comma is missing/],
    ['no nodes at all', text.replace('"nodes"', '"knots"'), /`nodes` is missing/],
    ['no strings at all', text.replace('"strings"', '"things"'), /`strings` is missing/],
    ['nodes twice', text.replace('"samples":[]', '"nodes":[]'), /`nodes` is there twice/],
    ['a header twice', text.replace('"samples":[]', '"snapshot":[]'), /`snapshot` is there twice/],
    ['brackets that do not match', text.replace('"samples":[]', '"samples":[}'), /brackets/],
    ['endless nesting', text.replace('"samples":[', `"samples":[${'['.repeat(100_000)}`), /nested too deeply/],
    ['a passed over value that is not JSON', text.replace('"samples":[]', '"samples":[no]'), /not valid JSON/],
    ['a missing value', text.replace('"samples":[]', '"samples":'), /value is missing/],
    ['something behind the end', `${text}{}`, /follows the end/],
    ['a field too few', changed((s) => (s.snapshot.meta.node_fields[3] = 'size')), /`self_size` is missing/],
    ['types without names', changed((s) => (s.snapshot.meta.edge_types[0] = 'type')), /names of the types/],
  ];
  it.for(cases)('%s is refused, and the message says so', async ([, content, message]) => {
    const path = fileWith(content);
    for (const chunkBytes of [1, 7, undefined]) {
      const failure = await readSnapshot(path, { chunkBytes }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(SnapshotError);
      expect((failure as Error).message).toMatch(message);
      expect((failure as Error).message).toContain(path);
    }
  });

  it('a missing file, a folder and a device are refused', async () => {
    await expect(readSnapshot(notThere)).rejects.toThrow(new SnapshotError(`There is no file ${notThere}.`));
    await expect(readSnapshot(folder)).rejects.toThrow(/is a folder/);
    if (existsSync('/dev/zero')) await expect(readSnapshot('/dev/zero')).rejects.toThrow(/not a regular file/);
  });

  it('a pipe that nobody writes to is refused, not waited for', async ({ skip }) => {
    const path = join(folder, 'pipe');
    if (spawnSync('mkfifo', [path]).status !== 0) skip('there are no named pipes here');
    await expect(readSnapshot(path)).rejects.toThrow(/not a regular file/);
  });
});

describe('a snapshot that is still being written', () => {
  it('is refused as such, not as broken', async () => {
    const path = fileWith(text.slice(0, -20));
    const reading = readSnapshot(path, { chunkBytes: 64, onProgress: () => writeFileSync(path, text) });
    await expect(reading).rejects.toThrow(/changed while it was read/);
  });

  it('is refused when it becomes shorter', async () => {
    const path = fileWith(text);
    const reading = readSnapshot(path, { chunkBytes: 64, onProgress: () => writeFileSync(path, '{') });
    await expect(reading).rejects.toThrow(/changed while it was read/);
  });
});

describe('reading', () => {
  it('ends with the reason of its signal, before and in the middle', async () => {
    const path = fileWith(text);
    await expect(readSnapshot(path, { signal: AbortSignal.abort('not wanted') })).rejects.toBe('not wanted');
    const controller = new AbortController();
    const onProgress = (progress: number) => progress > 0.5 && controller.abort('enough');
    await expect(readSnapshot(path, { chunkBytes: 10, signal: controller.signal, onProgress })).rejects.toBe('enough');
  });
});

describe('a damaged snapshot', () => {
  const bytes = Buffer.from(text);
  const chunkBytes = fc.constantFrom(1, 3, 64, undefined);

  /** Either refused as a snapshot, or what JSON.parse makes of the same bytes. */
  async function isReadOrRefused(damaged: Buffer, size: number | undefined): Promise<void> {
    const path = fileWith(damaged);
    let graph: HeapGraph;
    try {
      graph = await readSnapshot(path, { chunkBytes: size });
    } catch (error) {
      expect(error).toBeInstanceOf(SnapshotError);
      return;
    } finally {
      rmSync(path);
    }
    // What could not be read costs that alone.
    if (graph.missing !== undefined && graph.missing.length > 0) return;
    expect(spelledOut(graph)).toEqual(readNaively(damaged.toString('utf8')));
  }

  it('is refused wherever it is cut off, and the message says so', async () => {
    for (let length = 1; length < bytes.length; length++) {
      const path = fileWith(bytes.subarray(0, length));
      await expect(readSnapshot(path, { chunkBytes: 1 + (length % 50) })).rejects.toThrow(
        new RegExp(`cut off after ${length} bytes, in its|what follows its`),
      );
      rmSync(path);
    }
  });

  it('is refused or read as JSON.parse reads it, whatever bytes are changed', async () => {
    const byte = fc.oneof(fc.constantFrom(...Buffer.from('0179,[]{}":\\u -.e')), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), byte), { minLength: 1, maxLength: 4 }),
        chunkBytes,
        async (changes, size) => {
          const damaged = Buffer.from(bytes);
          for (const [at, value] of changes) damaged[at] = value;
          await isReadOrRefused(damaged, size);
        },
      ),
      { numRuns: 800 },
    );
  });

  it('is refused or read as JSON.parse reads it, whatever piece is missing or there twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length),
        fc.nat(bytes.length),
        fc.boolean(),
        chunkBytes,
        async (one, other, twice, size) => {
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          await isReadOrRefused(
            twice
              ? Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
              : Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
            size,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is refused or read as JSON.parse reads it, wherever a real one is cut off or changed', async () => {
    const path = join(folder, 'to-damage.heapsnapshot');
    expect(spawnSync(process.execPath, ['-e', PROGRAM, path], { encoding: 'utf8' }).stderr).toBe('');
    const whole = readFileSync(path);
    const place = fc.nat(whole.length - 1);
    await fc.assert(
      fc.asyncProperty(place, fc.array(fc.tuple(place, fc.integer({ min: 0x20, max: 0x7e }))), async (end, changes) => {
        const damaged = changes.length === 0 ? whole.subarray(0, end) : Buffer.from(whole);
        for (const [at, value] of changes) damaged[at] = value;
        writeFileSync(path, damaged);
        let graph: HeapGraph;
        try {
          graph = await readSnapshot(path);
        } catch (error) {
          expect(error).toBeInstanceOf(SnapshotError);
          return;
        }
        if (graph.missing !== undefined && graph.missing.length > 0) return;
        const { nodes, edges, strings, snapshot } = JSON.parse(damaged.toString('utf8')) as RawSnapshot;
        const stride = snapshot.meta.node_fields.length;
        expect(graph.edgeTarget.every((target, edge) => target * stride === edges[edge * 3 + 2])).toBe(true);
        expect(graph.nodeName.every((name, node) => name === nodes[node * stride + 1])).toBe(true);
        expect(strings.every((string, index) => graph.strings.at(index) === withoutCut(string))).toBe(true);
        expect(graph.strings.length).toBe(strings.length + 1);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
