// What a place of registration is called everywhere: in reports, on the command line and in the page. Pure.

import { visibleText } from './visible-text.ts';

export interface NamedSite {
  /** Its file's short name, as `pino/lib/proto.js`; absent in recordings made before files had one. */
  readonly name?: string | undefined;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Returns a site as one reads it.
 * @example siteText({ name: 'src/cart.ts', file: '/shop/src/cart.ts', line: 12, column: 3 }) // 'src/cart.ts:12:3'
 */
export function siteText({ name, file, line, column }: NamedSite): string {
  const shown = name ?? file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return visibleText(`${shown}:${line}:${column}`);
}
