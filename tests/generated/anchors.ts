// Holders that need no place of the program's: variables, and what V8 and Node keep for it while something goes on.

import type { Keep } from './sites.ts';
import type { PlaceContext } from './places.ts';

/** `names` ignore the place. Keeps one object. */
export type AnchorKind = (context: PlaceContext) => Keep;

const LONG_MS = 3_600_000;

export const ANCHORS: Readonly<Record<string, AnchorKind>> = {
  'module variable': ({ dice, file }) => {
    const [name, read] = [dice.name(), dice.name()];
    file.add(`let ${name}${file.type('any')};`);
    file.export(read, `function ${read}() { return ${name}; }`);
    return {
      keep: `${name} = item;`,
      release: `${name} = undefined;`,
      names: () => [{ causes: ['module-variable'], fix: [name] }],
      isField: true,
      isSingle: true,
    };
  },
  'exported variable': ({ dice, file }) => {
    const name = dice.name();
    const isCommon = file.dialect === 'cjs';
    const access = isCommon ? `exports.${name}` : name;
    if (!isCommon) file.export(name, `let ${name}${file.type('any')};`);
    return {
      keep: `${access} = item;`,
      release: `${access} = undefined;`,
      names: () => [{ causes: ['module-variable'], fix: [name] }],
      isField: true,
      isSingle: true,
    };
  },
  'variable of another module': ({ dice, newFile, file }) => {
    const [name, keep] = [dice.name(), dice.name()];
    const store = newFile();
    store.add(`let ${name}${store.type('any')};`);
    store.export(
      keep,
      `function ${keep}(value${store.type('any')}) { const former = ${name}; ${name} = value; return former; }`,
    );
    file.import(keep, `./${store.name}`);
    return {
      keep: `${keep}(item);`,
      release: `${keep}(undefined);`,
      names: () => [{ causes: ['module-variable'], fix: [name] }],
      path: [store.name],
      isField: true,
      isSingle: true,
    };
  },
  'global variable': ({ dice, file }) => {
    const name = `${dice.name()}_${file.name.replaceAll(/\W/g, '_')}`;
    return {
      keep: `globalThis.${name} = item;`,
      release: `delete globalThis.${name};`,
      names: () => [{ causes: ['global-variable'], fix: [`globalThis.${name}`] }],
      isField: true,
      isSingle: true,
    };
  },
  'static field': ({ dice, file }) => {
    const [service, name] = [dice.className(), dice.name()];
    file.export(service, `class ${service} { static ${name}${file.type('any')}; }`);
    return {
      keep: `${service}.${name} = item;`,
      release: `${service}.${name} = undefined;`,
      names: () => [{ causes: ['object-property'], fix: [name] }],
      isField: true,
      isSingle: true,
    };
  },
  'callback of a timer': ({ dice }) => {
    const [callback, set] = [dice.name(), dice.pick(['setTimeout', 'setInterval'])];
    return {
      keep: `const ${callback} = () => item; const timer = ${set}(${callback}, ${LONG_MS}).unref(); undo = () => clearTimeout(timer);`,
      release: 'undo();',
      names: () => [{ causes: ['timer'], fix: [set, callback] }],
    };
  },
  'argument of a timer': ({ dice, file }) => {
    const [callback, set] = [dice.name(), dice.pick(['setTimeout', 'setInterval'])];
    file.add(`function ${callback}(item${file.type('any')}) { return item; }`);
    return {
      keep: `const timer = ${set}(${callback}, ${LONG_MS}, item).unref(); undo = () => clearTimeout(timer);`,
      release: 'undo();',
      names: () => [{ causes: ['timer'], fix: [set, 'argument'] }],
    };
  },
  'listener of process': ({ dice, file }) => {
    const listener = dice.name();
    const event = `${dice.name()}-${file.name}`;
    return {
      keep: `const ${listener} = () => item; process.on('${event}', ${listener}); undo = () => process.off('${event}', ${listener});`,
      release: 'undo();',
      names: () => [{ causes: ['event-listener'], fix: [event, listener, 'process'] }],
    };
  },
  'async function that waits for a timer': ({ dice, file }) => {
    const wait = dice.name();
    file.import('scheduler', 'node:timers/promises');
    file.add(
      `async function ${wait}(item${file.type('any')}, signal${file.type('any')}) {`,
      `  try { await scheduler.wait(${LONG_MS}, { ref: false, signal }); } catch {}`,
      '  return item;',
      '}',
    );
    return {
      keep: `const stop = new AbortController(); void ${wait}(item, stop.signal); undo = () => stop.abort();`,
      release: 'undo();',
      names: () => [{ causes: ['suspended-function'], fix: [wait] }],
    };
  },
  'async function that waits for an event': ({ dice, file }) => {
    const [wait, bus, event] = [dice.name(), dice.name(), dice.name()];
    file.import('EventEmitter', 'node:events');
    file.import('once', 'node:events');
    file.add(
      `const ${bus} = new EventEmitter();`,
      `async function ${wait}(item${file.type('any')}, event${file.type('string')}) {`,
      `  await once(${bus}, event);`,
      '  return item;',
      '}',
    );
    return {
      keep: `void ${wait}(item, '${event}' + key); undo = () => ${bus}.emit('${event}' + key);`,
      release: 'undo();',
      names: () => [{ causes: ['suspended-function'], fix: [wait] }],
    };
  },
  'subscriber of a diagnostics channel': ({ dice, file }) => {
    const listener = dice.name();
    const channel = `${dice.name()}-${file.name}`;
    file.import('subscribe', 'node:diagnostics_channel');
    file.import('unsubscribe', 'node:diagnostics_channel');
    return {
      keep: `const ${listener} = () => item; subscribe('${channel}', ${listener}); undo = () => unsubscribe('${channel}', ${listener});`,
      release: 'undo();',
      names: () => [
        { causes: ['event-listener', 'array-element', 'object-property', 'map-entry'], fix: ['unsubscribe', listener] },
      ],
    };
  },
  'async context of a timer': ({ dice, file }) => {
    const [storage, tick] = [dice.name(), dice.name()];
    file.import('AsyncLocalStorage', 'node:async_hooks');
    file.export(storage, `const ${storage} = new AsyncLocalStorage();`);
    file.add(`function ${tick}() {}`);
    return {
      keep: `const timer = ${storage}.run(item, () => setInterval(${tick}, ${LONG_MS}).unref()); undo = () => clearInterval(timer);`,
      release: 'undo();',
      names: () => [{ causes: ['node-api'], fix: ['setInterval', 'clearInterval', 'AsyncLocalStorage'] }],
    };
  },
  'held value': () => ({
    // Registered once more, for a value that has the object itself.
    keep: `held.owner = item;`,
    release: 'held.owner = undefined;',
    names: () => [{ causes: ['held-value'], fix: ['.owner'] }],
  }),
};
