// One file of a generated program while it is written: an ES module, a CommonJS module or TypeScript, from the same text.

export type Dialect = 'mjs' | 'cjs' | 'ts';

export class SourceFile {
  readonly name: string;
  readonly dialect: Dialect;
  readonly #imports = new Map<string, Set<string>>();
  readonly #lines: string[] = [];

  constructor(name: string, dialect: Dialect) {
    this.name = `${name}.${dialect}`;
    this.dialect = dialect;
  }

  /** Makes `name` of the module `from` known here. */
  import(name: string, from: string): void {
    const names = this.#imports.get(from) ?? new Set();
    this.#imports.set(from, names.add(name));
  }

  add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  /** Adds a declaration that others may import: `const name = …`, `function name() {…}`. */
  export(name: string, declaration: string): void {
    if (this.dialect === 'cjs') this.add(declaration, `exports.${name} = ${name};`);
    else this.add(`export ${declaration}`);
  }

  /** `: Type` in TypeScript, nothing elsewhere. */
  type(type: string): string {
    return this.dialect === 'ts' ? `: ${type}` : '';
  }

  get text(): string {
    const imports = this.#imports.entries().map(([from, names]) => {
      const list = `{ ${[...names].join(', ')} }`;
      return this.dialect === 'cjs' ? `const ${list} = require('${from}');` : `import ${list} from '${from}';`;
    });
    return `${[...imports, ...this.#lines].join('\n')}\n`;
  }
}
