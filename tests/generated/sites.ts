// The ways by which a place keeps an object: each knows the code that keeps one, the code that lets go of it, and how a
// person would name it.

import type { HolderName } from './expectation.ts';
import type { Place, PlaceContext } from './places.ts';

export interface Keep {
  /** Code in which `item` is what is to be kept, `it` the container, and `key` a text of its own. */
  readonly keep: string;
  /** Code that undoes it: with `it` and `key`, and what `keep` has assigned to `undo`. */
  readonly release: string;
  /** How the holder may be named. `key` as it stands in the source; several objects: not known. */
  names(place: Place, key: string, count: number): readonly HolderName[];
  /** Names that stand in the path. */
  readonly path?: readonly string[];
  /** Whether what is kept is itself a field of something, so that a field behind it may be named as well. */
  readonly isField?: boolean;
  /** It holds one object at a time. */
  readonly isSingle?: boolean;
  /** The way to what it keeps leads through something else than its place. */
  readonly isElsewhere?: boolean;
  /** There is no way to let go of it. */
  readonly isForEver?: boolean;
}

export interface Site {
  /** An expression that makes the container. */
  readonly initial: string;
  readonly site: Keep;
}

export type SiteKind = (context: PlaceContext) => Site;

const entry = (causes: HolderName['causes']) => (place: Place) => [{ causes, fix: [place.leaf] }];
const mapEntry: Keep = {
  keep: 'it.set(key, item);',
  release: 'it.delete(key);',
  names: (place, key, count) => [{ causes: ['map-entry'], fix: count === 1 ? [place.leaf, `"${key}"`] : [place.leaf] }],
};
const MANY = 8;

export const SITES: Readonly<Record<string, SiteKind>> = {
  Map: () => ({ initial: 'new Map()', site: mapEntry }),
  'Map by a composed key': () => ({
    initial: 'new Map()',
    site: {
      keep: "it.set('customer:' + key + ':invoice', item);",
      release: "it.delete('customer:' + key + ':invoice');",
      names: (place, key, count) => [
        { causes: ['map-entry'], fix: count === 1 ? [place.leaf, `customer:${key}:invoice`] : [place.leaf] },
      ],
    },
  }),
  'Map by object': () => ({
    initial: 'new Map()',
    site: {
      keep: 'const by = { key }; it.set(by, item); undo = () => it.delete(by);',
      release: 'undo();',
      names: entry(['map-entry']),
    },
  }),
  'Map of Maps': () => ({
    initial: "new Map([['north', new Map()], ['south', new Map()]])",
    site: {
      keep: "it.get('south').set(key, item);",
      release: "it.get('south').delete(key);",
      names: mapEntry.names,
    },
  }),
  'key of a Map': () => ({
    initial: 'new Map()',
    site: {
      keep: 'it.set(item, 12); undo = () => it.delete(item);',
      release: 'undo();',
      names: entry(['map-entry']),
    },
  }),
  Set: () => ({
    initial: 'new Set()',
    site: {
      keep: 'it.add(item); undo = () => it.delete(item);',
      release: 'undo();',
      names: entry(['set-entry']),
    },
  }),
  array: () => ({
    initial: '[]',
    site: {
      keep: 'it.push(item); undo = () => it.splice(it.indexOf(item), 1);',
      release: 'undo();',
      names: entry(['array-element']),
    },
  }),
  dictionary: () => ({
    initial: '{}',
    site: { keep: 'it[key] = item;', release: 'delete it[key];', names: entry(['object-property']), isField: true },
  }),
  'property of a fixed name': ({ dice }) => {
    const [kept, other] = [dice.name(), dice.name()];
    return {
      initial: `{ ${kept}: undefined, ${other}: 0 }`,
      site: {
        keep: `it.${kept} = item;`,
        release: `it.${kept} = undefined;`,
        names: () => [{ causes: ['object-property'], fix: [kept] }],
        isField: true,
        isSingle: true,
      },
    };
  },
  'linked list': () => ({
    initial: '{ head: undefined }',
    site: {
      keep: 'it.head = { item, next: it.head };',
      release: 'it.head = it.head.next;',
      names: () => [{ causes: ['object-property'], fix: ['head'] }],
      isField: true,
    },
  }),
  'value of a WeakMap': ({ dice, file }) => {
    const keys = dice.name();
    file.add(`const ${keys}${file.type('any')} = {};`);
    return {
      initial: 'new WeakMap()',
      site: {
        keep: `it.set((${keys}[key] = { key }), item);`,
        release: `it.delete(${keys}[key]); delete ${keys}[key];`,
        names: () => [
          { causes: ['weak-map-key'], fix: [keys] },
          { causes: ['object-property'], fix: [keys] },
        ],
        isElsewhere: true,
        isField: true,
      },
    };
  },
  'array of functions': ({ dice }) => {
    const callback = dice.name();
    return {
      initial: '[]',
      site: {
        keep: `const ${callback} = () => item; it.push(${callback}); undo = () => it.splice(it.indexOf(${callback}), 1);`,
        release: 'undo();',
        names: (place) => [
          { causes: ['array-element'], fix: [place.leaf] },
          { causes: ['closure'], fix: [callback, 'item'] },
        ],
      },
    };
  },
  'array of bound functions': ({ dice, file }) => {
    const send = dice.name();
    file.add(`function ${send}(item${file.type('any')}, text${file.type('string')}) { return item === text; }`);
    return {
      initial: '[]',
      site: {
        keep: `const bound = ${send}.bind(null, item); it.push(bound); undo = () => it.splice(it.indexOf(bound), 1);`,
        release: 'undo();',
        names: (place) => [
          { causes: ['array-element'], fix: [place.leaf] },
          { causes: ['closure'], fix: [send] },
        ],
      },
    };
  },
  'listener of an EventEmitter': ({ dice, file }) => {
    const [listener, event] = [dice.name(), dice.name()];
    const method = dice.pick(['on', 'once', 'prependListener', 'addListener']);
    file.import('EventEmitter', 'node:events');
    return {
      initial: 'new EventEmitter().setMaxListeners(100)',
      site: {
        keep: `function ${listener}() { return item; } it.${method}('${event}', ${listener}); undo = () => it.off('${event}', ${listener});`,
        release: 'undo();',
        names: (place) => [{ causes: ['event-listener'], fix: [event, listener, place.leaf] }],
      },
    };
  },
  'listener of an EventTarget': ({ dice }) => {
    const [listener, event] = [dice.name(), dice.name()];
    return {
      initial: 'new EventTarget()',
      site: {
        keep: `const ${listener} = () => item; it.addEventListener('${event}', ${listener}); undo = () => it.removeEventListener('${event}', ${listener});`,
        release: 'undo();',
        names: (place) => [{ causes: ['event-listener'], fix: [event, listener, place.leaf] }],
      },
    };
  },
  'listener that is an object': ({ dice }) => {
    const event = dice.name();
    return {
      initial: 'new EventTarget()',
      site: {
        keep: `const by = { item, handleEvent() {} }; it.addEventListener('${event}', by); undo = () => it.removeEventListener('${event}', by);`,
        release: 'undo();',
        names: (place) => [{ causes: ['event-listener'], fix: [event, place.leaf] }],
      },
    };
  },
  'listener of an AbortSignal': ({ dice }) => {
    const listener = dice.name();
    return {
      initial: 'new AbortController()',
      site: {
        keep: `const ${listener} = () => item; it.signal.addEventListener('abort', ${listener}); undo = () => it.signal.removeEventListener('abort', ${listener});`,
        release: 'undo();',
        names: () => [{ causes: ['abort-signal-listener'], fix: ['abort', listener] }],
      },
    };
  },
  'listener of a stream': ({ dice, file }) => {
    const listener = dice.name();
    file.import('PassThrough', 'node:stream');
    return {
      initial: 'new PassThrough().setMaxListeners(100)',
      site: {
        keep: `const ${listener} = () => item; it.on('data', ${listener}); undo = () => it.off('data', ${listener});`,
        release: 'undo();',
        names: (place) => [{ causes: ['event-listener'], fix: ['data', listener, place.leaf] }],
      },
    };
  },
  'what a stream has not been read': ({ file }) => {
    file.import('PassThrough', 'node:stream');
    return {
      initial: 'new PassThrough({ objectMode: true, highWaterMark: 100 })',
      site: {
        keep: 'it.write(item); undo = () => it.read();',
        release: 'undo();',
        names: (place) => [{ causes: ['node-api'], fix: [place.leaf, 'read it'] }],
      },
    };
  },
  'callback of a promise': ({ dice }) => {
    const method = dice.pick(['then', 'finally', 'catch']);
    return {
      initial: 'new Promise(() => {})',
      site: {
        keep: `it.${method}(() => item);`,
        release: '',
        isForEver: true,
        names: (place) => [{ causes: ['pending-promise'], fix: [place.leaf] }],
      },
    };
  },
  'suspended async function': ({ dice, file }) => {
    const wait = dice.name();
    file.add(
      `async function ${wait}(it${file.type('any')}, key${file.type('string')}, item${file.type('any')}) {`,
      '  await new Promise((resolve) => { it[key] = resolve; });',
      '  return item;',
      '}',
    );
    return {
      initial: '{}',
      site: {
        keep: `void ${wait}(it, key, item);`,
        release: 'it[key](); delete it[key];',
        names: (place, _key, count) => [
          { causes: ['suspended-function'], fix: [wait] },
          ...(count < MANY ? [] : [{ causes: ['object-property'] as const, fix: [place.leaf] }]),
        ],
      },
    };
  },
  'suspended generator': ({ dice, file }) => {
    const steps = dice.name();
    const kind = dice.pick(['function*', 'async function*']);
    file.add(`${kind} ${steps}(item${file.type('any')}) {`, '  yield 1;', '  yield item;', '}');
    return {
      initial: '[]',
      site: {
        keep: `const open = ${steps}(item); void open.next(); it.push(open); undo = () => { void open.return(); it.splice(it.indexOf(open), 1); };`,
        release: 'undo();',
        names: (place, _key, count) => [
          { causes: ['suspended-function'], fix: [steps] },
          ...(count < MANY ? [] : [{ causes: ['array-element'] as const, fix: [place.leaf] }]),
        ],
      },
    };
  },
  'private field': ({ dice, file }) => {
    const [service, name] = [dice.className(), dice.name()];
    file.add(
      `class ${service} {`,
      `  #${name}${file.type('any')};`,
      `  hold(value${file.type('any')}) { this.#${name} = value; }`,
      `  get held() { return this.#${name}; }`,
      '}',
    );
    return {
      initial: `new ${service}()`,
      site: {
        keep: 'it.hold(item);',
        release: 'it.hold(undefined);',
        names: () => [{ causes: ['private-field'], fix: [`#${name}`] }],
        isField: true,
        isSingle: true,
      },
    };
  },
};
