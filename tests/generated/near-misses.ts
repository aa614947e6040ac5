// Code that looks as if it kept an object, and lets go of it by itself: what it is done to must be finalized.

import type { PlaceContext } from './places.ts';

/** Code in which `item` is the object. */
export type NearMiss = (context: PlaceContext) => string;

export const NEAR_MISSES: Readonly<Record<string, NearMiss>> = {
  'WeakRef in a Set': ({ dice, file }) => {
    const name = dice.name();
    file.export(name, `const ${name} = new Set();`);
    return `${name}.add(new WeakRef(item));`;
  },
  'key of a WeakMap': ({ dice, file }) => {
    const name = dice.name();
    file.export(name, `const ${name} = new WeakMap();`);
    return `${name}.set(item, { of: item });`;
  },
  'element of a WeakSet': ({ dice, file }) => {
    const name = dice.name();
    file.export(name, `const ${name} = new WeakSet();`);
    return `${name}.add(item);`;
  },
  immediate: () => 'setImmediate(() => item);',
  microtask: () => 'queueMicrotask(() => item);',
  'next tick': () => 'process.nextTick((given) => given, item);',
  'short timer': () => 'setTimeout(() => item, 1);',
  'promise that settles': ({ dice, file }) => {
    const name = dice.name();
    file.export(name, `const ${name} = Promise.resolve(1);`);
    return `void ${name}.then(() => item).then(() => undefined);`;
  },
  'listener that is called once': ({ dice, file }) => {
    const [name, event] = [dice.name(), dice.name()];
    file.import('EventEmitter', 'node:events');
    file.export(name, `const ${name} = new EventEmitter();`);
    return `${name}.once('${event}', () => item); ${name}.emit('${event}');`;
  },
  'listener of a signal that is aborted': () =>
    `const controller = new AbortController(); controller.signal.addEventListener('abort', () => item, { once: true }); controller.abort();`,
  'cleared Map': ({ dice, file }) => {
    const name = dice.name();
    file.export(name, `const ${name} = new Map();`);
    return `${name}.set('one', item); ${name}.clear();`;
  },
  'emptied array': ({ dice, file }) => {
    const name = dice.name();
    file.export(name, `const ${name}${file.type('any[]')} = [];`);
    return `${name}.push(item, item); ${name}.length = 0;`;
  },
  'function of another variable': ({ dice, file }) => {
    const [name, make] = [dice.name(), dice.name()];
    file.export(name, `const ${name}${file.type('any[]')} = [];`);
    file.add(`function ${make}(item${file.type('any')}) { const { id } = item; return () => id; }`);
    return `${name}.push(${make}(item));`;
  },
  'pair of objects that have each other': () => 'const other = { item }; item.other = other;',
};
