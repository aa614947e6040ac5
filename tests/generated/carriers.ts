// What an object is wrapped into before it is kept: made for it alone, and gone with it.

import type { Cause } from '../../engine/protocol/vocabulary.ts';
import type { PlaceContext } from './places.ts';

export interface Carrier {
  /** An expression that wraps the object that the expression `value` stands for. */
  wrap(value: string): string;
  /** What the step from it to the object is, where that may be suspected as well. */
  readonly causes: readonly Cause[];
  readonly path: readonly string[];
}

export const CARRIERS: readonly ((context: PlaceContext) => Carrier)[] = [
  () => ({ wrap: (value) => value, causes: [], path: [] }),
  ({ dice }) => {
    const name = dice.name();
    return { wrap: (value) => `({ ${name}: ${value}, at: 1 })`, causes: ['object-property'], path: [`.${name}`] };
  },
  ({ dice }) => {
    const [outer, inner] = [dice.name(), dice.name()];
    return {
      wrap: (value) => `({ ${outer}: { ${inner}: ${value} } })`,
      causes: ['object-property'],
      path: [`.${outer}`, `.${inner}`],
    };
  },
  ({ dice }) => {
    const [first, second] = [dice.name(), dice.name()];
    return { wrap: (value) => `({ ${first}: ${value}, ${second}: ${value} })`, causes: ['object-property'], path: [] };
  },
  ({ dice, file }) => {
    const [service, name] = [dice.className(), dice.name()];
    file.add(
      `class ${service} {`,
      `  #${name}${file.type('any')};`,
      `  constructor(value${file.type('any')}) { this.#${name} = value; }`,
      `  get own() { return this.#${name}; }`,
      '}',
    );
    return { wrap: (value) => `new ${service}(${value})`, causes: ['private-field'], path: [`#${name}`] };
  },
  ({ dice, file }) => {
    const [make, name] = [dice.name(), dice.name()];
    file.add(`function ${make}(${name}${file.type('any')}) {`, `  return () => ${name};`, '}');
    return { wrap: (value) => `${make}(${value})`, causes: ['closure'], path: [name] };
  },
  () => ({
    wrap: (value) => `Object.assign(new Error('failed'), { context: ${value} })`,
    causes: ['object-property'],
    path: ['.context'],
  }),
];
