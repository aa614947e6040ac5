// The colors of tokens.css as readers with each kind of color vision see them, and how far apart they are for them.
// Runs in Node; used by the palette's test, which also checks the figures that docs/design.md tells.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  converter,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  type Color,
  type Rgb,
} from 'culori';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Name without its dashes → `#rrggbb`. */
export type Tokens = ReadonlyMap<string, string>;

const toLinear = converter('lrgb');
const toRgb = converter('rgb');
const differenceOf = differenceCiede2000();

type Filter = (color: Color) => Color;

/** Channels that a simulation moves out of what a screen can show are cut, as a screen would cut them. */
const shown = ({ r, g, b }: Pick<Rgb, 'r' | 'g' | 'b'>): Rgb => {
  const cut = (channel: number) => Math.min(1, Math.max(0, channel));
  return { mode: 'rgb', r: cut(r), g: cut(g), b: cut(b) };
};

/**
 * The filters are Machado's matrices (2009), which are meant for light. Culori, like many tools, applies them to encoded
 * values. The two disagree by up to ΔE 8 for these hues and nobody's eyes are exactly either, so both are to be met.
 */
function inBothWays(filter: Filter): readonly Filter[] {
  const inLight = (color: Color) => {
    const { r, g, b } = toLinear(color);
    return toRgb({ ...shown(toRgb(filter({ mode: 'rgb', r, g, b }))), mode: 'lrgb' });
  };
  return [(color) => shown(toRgb(filter(color))), inLight];
}

/** Kinds of color vision, each with the ways in which it is simulated. */
export const VISIONS: Readonly<Record<'normal' | 'protanopia' | 'deuteranopia' | 'tritanopia', readonly Filter[]>> = {
  normal: [(color) => color],
  protanopia: inBothWays(filterDeficiencyProt(1)),
  deuteranopia: inBothWays(filterDeficiencyDeuter(1)),
  tritanopia: inBothWays(filterDeficiencyTrit(1)),
};
export type Vision = keyof typeof VISIONS;

/** CIEDE2000 between two colors in a kind of color vision; the smaller one where ways of simulating it disagree. */
export function difference(first: string, second: string, vision: Vision): number {
  return Math.min(...VISIONS[vision].map((see) => differenceOf(see(toRgb(first)!), see(toRgb(second)!))));
}

/** The color tokens of each theme; the dark theme has those of the light one that it does not name. */
export function readTokens(): Readonly<Record<Theme, Tokens>> {
  const css = readFileSync(resolve(import.meta.dirname, '../../renderer/src/styles/tokens.css'), 'utf8');
  const colorsIn = (selector: string): [string, string][] => {
    const start = css.indexOf(`${selector} {`);
    if (start < 0) throw new Error(`tokens.css has no ${selector}.`);
    const block = css.slice(start, css.indexOf('}', start));
    return [...block.matchAll(/--([\w-]+):\s*(#[\da-f]{6});/g)].map(([, name = '', color = '']) => [name, color]);
  };
  const light = new Map(colorsIn(':root'));
  return { light, dark: new Map([...light, ...colorsIn(":root[data-theme='dark']")]) };
}
