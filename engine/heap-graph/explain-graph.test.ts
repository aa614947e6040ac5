// What a real process cannot show on demand: graphs made by hand.

import { describe, expect, it } from 'vitest';
import { explainGraph } from './explain-graph.ts';
import { CELL_STATES, type SnapshotExplanation } from './explanation.ts';
import { GraphMaker } from './graph-maker.ts';
import { SourceTexts } from './source-text.ts';

const explain = (maker: GraphMaker, firstId = 1): Promise<SnapshotExplanation> =>
  explainGraph(maker.finish(), {
    firstId,
    sources: new SourceTexts(() => {
      throw new Error('no files');
    }),
  });

const decoder = new TextDecoder();
function told({ id, state, reasonId, reasons, entryEnd, entryBytes }: SnapshotExplanation) {
  return Array.from(id, (number, row) => ({
    id: number,
    state: CELL_STATES[state[row]!],
    cause: reasons.find((reason) => reason.id === reasonId[row])?.cause,
    entry: decoder.decode(entryBytes.subarray(row === 0 ? 0 : entryEnd[row - 1], entryEnd[row])),
  }));
}
const pathTexts = ({ reasons }: SnapshotExplanation, reason = 0): string[] =>
  (reasons[reason]?.paths ?? []).map((path) =>
    path.map(({ edge, node, suspect }) => `${suspect ? '!' : ''}${edge === '' ? '' : `${edge} `}${node}`).join(' → '),
  );

describe('explaining a graph', () => {
  it('tells apart what is reached, what only waits for a collection, and what was collected', async () => {
    const maker = new GraphMaker();
    const kept = maker.object('Session');
    const loose = maker.object('Session');
    const around = maker.object('Object');
    maker.property(maker.global, 'kept', kept);
    // Reached from what is itself not reached.
    maker.property(around, 'inner', loose);
    maker.registration(3, -1);
    maker.registration(1, kept);
    maker.registration(2, loose);
    const explanation = await explain(maker);
    expect(told(explanation)).toEqual([
      { id: 1, state: 'reachable', cause: 'global-variable', entry: '' },
      { id: 2, state: 'unreachable', cause: 'not-collected-yet', entry: '' },
      { id: 3, state: 'cleared', cause: undefined, entry: '' },
    ]);
    expect(explanation.reasons.map(({ count }) => count)).toEqual([1, 1]);
    expect(explanation.reasons[1]?.fix).toMatch(/next major collection/);
  });

  it('leaves out other runs, and registrations of which no row was written', async () => {
    const maker = new GraphMaker();
    const kept = maker.object('Session');
    maker.property(maker.global, 'kept', kept);
    for (const id of [0, 4, 5, 9]) maker.registration(id, kept);
    expect(told(await explain(maker, 5)).map(({ id }) => id)).toEqual([1, 5]);
  });

  it('says so where a snapshot does not show numbers', async () => {
    const maker = new GraphMaker();
    const kept = maker.object('Session');
    maker.property(maker.global, 'kept', kept);
    maker.registration(1, kept, { showsNumber: false });
    const { id, isComplete, warnings } = await explain(maker);
    expect(id).toHaveLength(0);
    expect(isComplete).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/numbers of 1 registrations/)]);
  });

  it('does not take the table of a WeakMap for what keeps a value', async () => {
    const maker = new GraphMaker();
    const map = maker.object('WeakMap');
    const table = maker.node('array', '');
    const [key, value, otherKey, otherValue] = ['Key', 'Value', 'Key', 'Value'].map((name) => maker.object(name));
    maker.property(maker.global, 'details', map);
    maker.edge(map, 'internal', 'table', table);
    maker.property(maker.global, 'key', key!);
    for (const [from, to] of [
      [key!, value!],
      [otherKey!, otherValue!],
    ] as const) {
      const pair = `3 / part of key (Key @${from * 2 + 1}) -> value (Value @${to * 2 + 1}) pair in WeakMap (table @${table * 2 + 1})`;
      maker.edge(from, 'internal', pair, to);
      maker.edge(table, 'internal', pair, to);
    }
    maker.registration(1, value!);
    maker.registration(2, otherValue!);
    const explanation = await explain(maker);
    expect(told(explanation).map(({ cause }) => cause)).toEqual(['weak-map-key', 'not-collected-yet']);
    expect(explanation.reasons[0]?.fix).toContain('`globalThis.details`');
    expect(explanation.reasons[0]?.fix).toContain('`globalThis.key`');
  });

  it('names a container behind a WeakMap as the program gets at it, or else by the way to it', async () => {
    const maker = new GraphMaker();
    const map = maker.object('WeakMap');
    const table = maker.node('array', '');
    maker.property(maker.global, 'details', map);
    maker.edge(map, 'internal', 'table', table);
    const keepIn = (id: number, tableId: number): void => {
      const [key, value, list, session] = ['Key', 'Object', 'Array', 'Session'].map((name) => maker.object(name));
      maker.property(maker.global, `key${id}`, key!);
      const pair = `3 / part of key (Key @1) -> value (Object @3) pair in WeakMap (table @${tableId})`;
      maker.edge(key!, 'internal', pair, value!);
      maker.property(value!, 'list', list!);
      maker.edge(list!, 'element', 0, session!);
      maker.registration(id, session!);
    };
    keepIn(1, table * 2 + 1);
    keepIn(2, 999_999);
    const { reasons } = await explain(maker);
    expect(reasons.map(({ fix }) => fix).sort()).toEqual([
      'Remove `[0]` from the Array `globalThis.details.get(globalThis.key1).list` when it is no longer needed.',
      'Remove `[0]` from the Array in `.list` when it is no longer needed.',
    ]);
  });

  it('finds the collection of a second holder, although all paths come by the first, and shows no index of one object', async () => {
    const maker = new GraphMaker();
    const [recent, app, open] = ['Array', 'Object', 'Array'].map((name) => maker.object(name));
    maker.property(maker.global, 'recent', recent!);
    maker.property(maker.global, 'app', app!);
    maker.property(app!, 'open', open!);
    for (let number = 0; number < 10; number++) {
      const [session, wrapper, inner] = ['Session', 'Object', 'Object'].map((name) => maker.object(name));
      maker.edge(recent!, 'element', number, session!);
      maker.edge(open!, 'element', number, wrapper!);
      maker.property(wrapper!, 'inner', inner!);
      maker.property(inner!, 'session', session!);
      maker.registration(number + 1, session!);
    }
    const { reasons } = await explain(maker);
    expect(reasons.map(({ count }) => count)).toEqual([10]);
    expect(reasons[0]?.fix).toBe(
      '2 references keep it, and each of them has to go. Remove the Session from the Array `globalThis.recent` when it is no longer needed. ' +
        'Remove the Object from the Array `globalThis.app.open` when it is no longer needed (the object is reached from there through `.inner.session`). ' +
        'Equally likely: delete `globalThis.app.open[…].inner.session`, or set it to undefined, when it is no longer needed.',
    );
  });

  it('calls nothing equally likely that would not free the object in place of the other', async () => {
    const maker = new GraphMaker();
    const [list, wrapper, session] = ['Array', 'Object', 'Session'].map((name) => maker.object(name));
    maker.property(maker.global, 'latest', session!);
    maker.property(maker.global, 'open', list!);
    maker.edge(list!, 'element', 0, wrapper!);
    maker.property(wrapper!, 'own', session!);
    maker.registration(1, session!);
    const removal = 'Remove `[0]` from the Array `globalThis.open` when it is no longer needed';
    expect((await explain(maker)).reasons[0]?.fix).toContain(
      `${removal} (the object is reached from there through \`.own\`). Equally likely: delete \`globalThis.open[0].own\``,
    );
    maker.property(wrapper!, 'other', session!);
    const { fix } = (await explain(maker)).reasons[0]!;
    expect(fix).toContain(removal);
    expect(fix).not.toContain('Equally likely');
  });

  it('tells a second path that differs in more than an index, each with its suspect', async () => {
    const maker = new GraphMaker();
    const session = maker.object('Session');
    for (const name of ['recent', 'open']) {
      const list = maker.object('Array');
      maker.property(maker.global, name, list);
      maker.edge(list, 'element', 0, session);
      maker.edge(list, 'element', 1, session);
    }
    maker.registration(1, session);
    const explanation = await explain(maker);
    expect(explanation.reasons[0]?.fix).toMatch(/^4 references keep it, and each of them has to go\. /);
    expect(pathTexts(explanation).sort()).toEqual([
      'globalThis → .open Array → ![0] Session',
      'globalThis → .recent Array → ![0] Session',
    ]);
  });

  it('gives each object of a reason its own index, and what they retain together', async () => {
    const maker = new GraphMaker();
    const list = maker.object('Array');
    maker.property(maker.global, 'list', list);
    for (let number = 0; number < 3; number++) {
      const session = maker.object('Session', 100);
      maker.edge(list, 'element', number * 10, session);
      maker.property(session, 'page', maker.object('Page', 1_000));
      maker.registration(number + 1, session);
    }
    const explanation = await explain(maker);
    expect(explanation.reasons).toHaveLength(1);
    expect(explanation.reasons[0]).toMatchObject({ cause: 'array-element', count: 3, retainedBytes: 3_300 });
    expect(pathTexts(explanation)).toEqual(['globalThis → .list Array → ![…] Session']);
    expect(told(explanation).map(({ entry }) => entry)).toEqual(['[0]', '[10]', '[20]']);
    expect([...explanation.retainedBytes]).toEqual([1_100, 1_100, 1_100]);
  });

  it('does not count twice what one object of a reason holds of another', async () => {
    const maker = new GraphMaker();
    let holder = maker.global;
    for (let number = 1; number <= 3; number++) {
      const link = maker.object('Link', 100);
      maker.property(holder, 'next', link);
      maker.registration(number, link);
      holder = link;
    }
    const explanation = await explain(maker);
    expect(explanation.reasons).toHaveLength(1);
    expect(explanation.reasons[0]).toMatchObject({ count: 3, retainedBytes: 300 });
    expect([...explanation.retainedBytes]).toEqual([300, 200, 100]);
  });

  it('shortens a list of a hundred thousand links, and says how many are left out', async () => {
    const links = 100_000;
    const maker = new GraphMaker();
    const list = maker.object('List');
    maker.property(maker.global, 'list', list);
    let holder = list;
    for (let number = 0; number < links; number++) {
      const link = maker.object('Link');
      maker.property(holder, 'next', link);
      holder = link;
    }
    const session = maker.object('Session');
    maker.property(holder, 'session', session);
    maker.registration(1, session);
    const explanation = await explain(maker);
    const [path = []] = explanation.reasons[0]?.paths ?? [];
    expect(path.length).toBeLessThan(30);
    const hidden = path.findIndex(({ node }) => node.startsWith('…'));
    const left = Number(/([\d,]+) more \.next/.exec(path[hidden]?.node ?? '')?.[1]?.replaceAll(',', ''));
    const shown = path.filter(({ edge }) => edge === '.next').length;
    expect(left + shown).toBe(links);
    expect(path.filter(({ suspect }) => suspect)).toHaveLength(1);
    expect(explanation.reasons[0]?.cause).toBe('object-property');
  });

  it('lists no more reasons than anybody reads, and says how many there are besides', async () => {
    const maker = new GraphMaker();
    for (let number = 0; number < 5_010; number++) {
      const session = maker.object('Session');
      maker.property(maker.global, `session${String.fromCharCode(97 + (number % 26))}x${number}`, session);
      maker.registration(number + 1, session);
    }
    const explanation = await explain(maker);
    expect(explanation.reasons).toHaveLength(5_000);
    expect(explanation.warnings).toEqual([expect.stringMatching(/^10 objects .* 10 further reasons/)]);
    expect(told(explanation).filter(({ cause }) => cause === undefined)).toHaveLength(10);
    expect(told(explanation).every(({ state }) => state === 'reachable')).toBe(true);
  });

  it('guesses nothing where V8 alone holds an object', async () => {
    const maker = new GraphMaker();
    const session = maker.object('Session');
    const roots = maker.node('synthetic', '(GC roots)');
    const stack = maker.node('synthetic', '(Stack roots)');
    maker.edge(0, 'element', 1, roots);
    maker.edge(roots, 'element', 1, stack);
    maker.edge(stack, 'internal', '4', session);
    maker.registration(1, session);
    const explanation = await explain(maker);
    expect(explanation.reasons[0]).toMatchObject({
      cause: 'unknown',
      summary: 'running code → local variable → Session',
    });
    expect(pathTexts(explanation)).toEqual(['running code → !local variable Session']);
  });

  it('notices an abort', async () => {
    const maker = new GraphMaker();
    maker.registration(1, maker.global);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(explainGraph(maker.finish(), { firstId: 1, signal })).rejects.toThrow('stopped');
  });

  it('stands a graph without a registration, and one whose target is a root itself', async () => {
    expect((await explain(new GraphMaker())).id).toHaveLength(0);
    const maker = new GraphMaker();
    maker.registration(1, maker.global);
    const explanation = await explain(maker);
    expect(explanation.reasons[0]).toMatchObject({ cause: 'unknown', summary: 'globalThis' });
    expect(pathTexts(explanation)).toEqual(['!globalThis']);
  });
});
