// Where a program has the thing that keeps an object: a variable, a field, a scope, an entry of a registry that is large and
// innocent. A place is infrastructure: nobody would let go of it.

import type { Cause } from '../../engine/protocol/vocabulary.ts';
import type { Dice } from './dice.ts';
import { SourceFile } from './source-file.ts';

export interface PlaceContext {
  readonly dice: Dice;
  readonly file: SourceFile;
  /** A further file of the program, made by the place. */
  newFile(): SourceFile;
}

export interface Place {
  /** Code that runs `body`, in which `it` is what the place has. */
  use(body: string): string;
  /** The name that a fix says: that of the variable or field that has it. */
  readonly leaf: string;
  /** Further names that stand in the path. */
  readonly path: readonly string[];
  readonly innocent?: string;
  /** What keeps the place itself: where that is as likely as a field in it, a fix says both, and the cause may be either. */
  readonly rivals?: readonly Cause[];
}

/** Puts what `initial` makes into a place. */
export type PlaceKind = (context: PlaceContext, initial: string) => Place;

const accessed = (access: string, leaf: string, path: readonly string[] = [], innocent?: string): Place => ({
  use: (body) => `{ const it = ${access}; ${body} }`,
  leaf,
  path,
  ...(innocent === undefined ? {} : { innocent }),
});

const MANY_ENTRIES = 12;

export const PLACES: Readonly<Record<string, PlaceKind>> = {
  variable({ dice, file }, initial) {
    const name = dice.name();
    file.add(`const ${name} = ${initial};`);
    return accessed(name, name);
  },
  exported({ dice, file }, initial) {
    const name = dice.name();
    file.export(name, `const ${name} = ${initial};`);
    return accessed(name, name);
  },
  imported({ dice, file, newFile }, initial) {
    const [name, keep, get] = [dice.name(), dice.name(), dice.name()];
    const store = newFile();
    store.add(`let ${name}${store.type('any')};`);
    store.export(keep, `function ${keep}(value${store.type('any')}) { ${name} = value; }`);
    store.export(get, `function ${get}() { return ${name}; }`);
    file.import(keep, `./${store.name}`);
    file.import(get, `./${store.name}`);
    file.add(`${keep}(${initial});`);
    return accessed(`${get}()`, name, [store.name]);
  },
  property({ dice, file }, initial) {
    const [app, part] = [dice.name(), dice.name()];
    file.add(`const ${app} = { port: 8080, ${part}: ${initial} };`);
    return accessed(`${app}.${part}`, part, [app]);
  },
  'deep property'({ dice, file }, initial) {
    const [app, services, part] = [dice.name(), dice.name(), dice.name()];
    file.add(`const ${app} = { ${services}: { ${part}: ${initial}, port: 1 }, port: 2 };`);
    return accessed(`${app}.${services}.${part}`, part, [app, services]);
  },
  field({ dice, file }, initial) {
    const [service, name, part] = [dice.className(), dice.name(), dice.name()];
    file.add(`class ${service} {`, `  ${part} = ${initial};`, '}', `const ${name} = new ${service}();`);
    return accessed(`${name}.${part}`, part, [name]);
  },
  'private field'({ dice, file }, initial) {
    const [service, name, part] = [dice.className(), dice.name(), dice.name()];
    file.add(
      `class ${service} {`,
      `  #${part} = ${initial};`,
      `  get all() { return this.#${part}; }`,
      '}',
      `const ${name} = new ${service}();`,
    );
    return accessed(`${name}.all`, `#${part}`, [name]);
  },
  'static field'({ dice, file }, initial) {
    const [service, part] = [dice.className(), dice.name()];
    file.add(`class ${service} {`, `  static ${part} = ${initial};`, '}');
    return accessed(`${service}.${part}`, part, [service]);
  },
  'static private field'({ dice, file }, initial) {
    const [service, part] = [dice.className(), dice.name()];
    file.add(
      `class ${service} {`,
      `  static #${part} = ${initial};`,
      `  static all() { return ${service}.#${part}; }`,
      '}',
    );
    return accessed(`${service}.all()`, `#${part}`, [service]);
  },
  singleton({ dice, file }, initial) {
    const [service, part] = [dice.className(), dice.name()];
    file.add(
      `class ${service} {`,
      `  static #instance${file.type('any')};`,
      `  ${part} = ${initial};`,
      `  static get() { return (${service}.#instance ??= new ${service}()); }`,
      '}',
    );
    return accessed(`${service}.get().${part}`, part, [service]);
  },
  closure({ dice, file }, initial) {
    const [make, name, part] = [dice.name(), dice.name(), dice.name()];
    file.add(
      `function ${make}() {`,
      `  const ${part} = ${initial};`,
      `  return { all: () => ${part} };`,
      '}',
      `const ${name} = ${make}();`,
    );
    return accessed(`${name}.all()`, part, [name]);
  },
  'property of a function'({ dice, file }, initial) {
    const [name, part] = [dice.name(), dice.name()];
    file.add(`function ${name}() { return ${name}.${part}; }`, `${name}.${part} = ${initial};`);
    return accessed(`${name}()`, part, [name]);
  },
  'property of a prototype'({ dice, file }, initial) {
    const [service, part] = [dice.className(), dice.name()];
    file.add(
      `class ${service} {}`,
      `(${service}.prototype${file.dialect === 'ts' ? ' as any' : ''}).${part} = ${initial};`,
    );
    return accessed(`${service}.prototype.${part}`, part, [service]);
  },
  'property of a symbol'({ dice, file }, initial) {
    const [app, key] = [dice.name(), dice.name()];
    file.add(`const ${key}Key = Symbol('${key}');`, `const ${app} = { port: 80, [${key}Key]: ${initial} };`);
    return accessed(`${app}[${key}Key]`, key, [app]);
  },
  'entry of a large Map'({ dice, file }, initial) {
    const [routes, part] = [dice.name(), dice.name()];
    file.add(
      `const ${routes} = new Map();`,
      `for (let at = 0; at < ${MANY_ENTRIES}; at++) ${routes}.set('/route/' + at, { at, ${part}: ${initial} });`,
    );
    return accessed(`${routes}.get('/route/${dice.integer(MANY_ENTRIES)}').${part}`, part, [routes], routes);
  },
  'entry of a large object'({ dice, file }, initial) {
    const [plugins, part] = [dice.name(), dice.name()];
    file.add(
      `const ${plugins}${file.type('any')} = {};`,
      `for (let at = 0; at < ${MANY_ENTRIES}; at++) ${plugins}['plugin-' + at] = { at, ${part}: ${initial} };`,
    );
    return accessed(`${plugins}['plugin-${dice.integer(MANY_ENTRIES)}'].${part}`, part, [plugins], plugins);
  },
  'entry of a large array'({ dice, file }, initial) {
    const [layers, part] = [dice.name(), dice.name()];
    file.add(`const ${layers} = Array.from({ length: ${MANY_ENTRIES} }, (_, at) => ({ at, ${part}: ${initial} }));`);
    return accessed(`${layers}[${dice.integer(MANY_ENTRIES)}].${part}`, part, [layers], layers);
  },
  'value of a WeakMap'({ dice, file }, initial) {
    const [privates, owner, part] = [dice.name(), dice.name(), dice.name()];
    file.add(
      `const ${privates} = new WeakMap();`,
      `const ${owner} = { port: 1 };`,
      `${privates}.set(${owner}, { ${part}: ${initial} });`,
    );
    return accessed(`${privates}.get(${owner}).${part}`, part, [owner]);
  },
  'scope of a listener'({ dice, file }, initial) {
    const [bus, setUp, part] = [dice.name(), dice.name(), dice.name()];
    file.import('EventEmitter', 'node:events');
    file.add(
      `const ${bus} = new EventEmitter();`,
      `function ${setUp}() {`,
      `  const ${part} = ${initial};`,
      `  ${bus}.on('use', (use) => use(${part}));`,
      '}',
      `${setUp}();`,
    );
    return {
      use: (body) => `${bus}.emit('use', (it${file.type('any')}) => { ${body} });`,
      leaf: part,
      path: [bus],
      rivals: ['event-listener'],
    };
  },
  global({ dice, file }, initial) {
    const [name, part] = [dice.name(), dice.name()];
    // Programs that share a process must not share a global.
    const own = `${name}_${file.name.replaceAll(/\W/g, '_')}`;
    file.add(`globalThis.${own} = { ${part}: ${initial} };`);
    return accessed(`globalThis.${own}.${part}`, part, [own]);
  },
};
