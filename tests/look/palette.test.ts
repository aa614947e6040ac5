// The palette, measured: hues that mean different things stay apart for every kind of color vision or are told apart by
// something else as well, small text can be read on every ground, and docs/design.md tells the figures as they are.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { wcagContrast } from 'culori';
import { describe, expect, it } from 'vitest';
import { difference, readTokens, THEMES, VISIONS, type Theme, type Vision } from './palette.ts';

/** What means something by its hue; `ink-faint` is the grey of lines that mean nothing in particular. */
const HUES = ['blue', 'cyan', 'green', 'amber', 'red', 'violet', 'ink-faint'] as const;
type Hue = (typeof HUES)[number];

/** ΔE (CIEDE2000) from which two thin lines or small shapes are told apart by hue alone, at a glance. */
const APART_BY_HUE = 15;

/** Whatever nobody with normal color vision may take for one another, whether or not something else tells them apart. */
const APART_FOR_MOST = 14;

interface Carrier {
  readonly pair: readonly [Hue, Hue];
  /** What else tells them apart. */
  readonly by: 'shape' | 'dash' | 'position';
  readonly how: string;
  /** ΔE that is kept all the same where the two can touch; 0 where they never do. */
  readonly keeps: number;
}

/** Pairs that some reader cannot tell by hue alone, and what they are told apart by as well. */
const TOLD_APART_OTHERWISE: readonly Carrier[] = [
  {
    pair: ['amber', 'red'],
    by: 'shape',
    how: 'alive ends in an arrow; what was lost ends in a square, a bar or a cross',
    keeps: 10,
  },
  {
    pair: ['blue', 'violet'],
    by: 'position',
    how: 'used heap is a curve; a GC is a bar in a strip of its own',
    keeps: 9,
  },
  {
    pair: ['cyan', 'violet'],
    by: 'position',
    how: 'external is a curve; a GC is a bar in a strip of its own',
    keeps: 0,
  },
  { pair: ['cyan', 'green'], by: 'position', how: 'external is a curve; a callback is a dot on a lifeline', keeps: 0 },
  { pair: ['green', 'ink-faint'], by: 'shape', how: 'a callback is a dot; what is grey is a line or a ring', keeps: 8 },
  {
    pair: ['blue', 'ink-faint'],
    by: 'dash',
    how: 'used is unbroken; total and RSS are dashed, each in its way',
    keeps: 11,
  },
  { pair: ['cyan', 'ink-faint'], by: 'dash', how: 'external is unbroken; total and RSS are dashed', keeps: 12 },
];

const GROUNDS = ['ground', 'panel', 'raised', 'selection'] as const;
const SMALL_TEXT = 4.5;
const GRAPHICS = 3;

const tokens = readTokens();
const read = (theme: Theme, name: string): string => {
  const color = tokens[theme].get(name);
  if (color === undefined) throw new Error(`tokens.css has no --${name}.`);
  return color;
};
const visions = Object.keys(VISIONS) as Vision[];
const pairs = HUES.flatMap((first, index) => HUES.slice(index + 1).map((second) => [first, second] as const));
const leastDifference = (theme: Theme, [first, second]: readonly [string, string], among = visions) =>
  Math.min(...among.map((vision) => difference(read(theme, first), read(theme, second), vision)));
const otherCarrier = ([first, second]: readonly [Hue, Hue]) =>
  TOLD_APART_OTHERWISE.find(({ pair }) => pair.includes(first) && pair.includes(second));
const contrast = (theme: Theme, name: string, ground: string) => wcagContrast(read(theme, name), read(theme, ground));

describe.each(THEMES)('the hues of the %s theme', (theme) => {
  it('are told apart by every kind of color vision, or by something else as well', () => {
    const confused = pairs
      .filter((pair) => otherCarrier(pair) === undefined)
      .map((pair) => ({ pair: pair.join('/'), least: leastDifference(theme, pair) }))
      .filter(({ least }) => least < APART_BY_HUE);
    expect(confused).toEqual([]);
  });

  it('keep some distance also where something else tells them apart', () => {
    const tooClose = TOLD_APART_OTHERWISE.map(({ pair, keeps }) => ({
      pair: pair.join('/'),
      keeps,
      least: leastDifference(theme, pair),
    })).filter(({ keeps, least }) => least < keeps);
    expect(tooClose).toEqual([]);
  });

  it('are plainly different to normal color vision, all of them', () => {
    const alike = pairs.filter((pair) => leastDifference(theme, pair, ['normal']) < APART_FOR_MOST);
    expect(alike).toEqual([]);
  });

  it('stand out as graphics from whatever they are drawn on', () => {
    const faint = HUES.flatMap((hue) =>
      GROUNDS.map((ground) => ({ hue, ground, contrast: contrast(theme, hue, ground) })).filter(
        (entry) => entry.contrast < GRAPHICS,
      ),
    );
    expect(faint).toEqual([]);
  });
});

describe.each(THEMES)('small text of the %s theme', (theme) => {
  const inks = [...tokens[theme].keys()].filter((name) => /^ink\b/.test(name) || name.endsWith('-ink'));

  it('is read on every ground', () => {
    expect(inks).toEqual(expect.arrayContaining(['ink', 'ink-soft', 'ink-faint', 'green-ink', 'amber-ink', 'red-ink']));
    const faint = inks.flatMap((ink) =>
      GROUNDS.map((ground) => ({ ink, ground, contrast: contrast(theme, ink, ground) })).filter(
        (entry) => entry.contrast < SMALL_TEXT,
      ),
    );
    expect(faint).toEqual([]);
  });

  it('is read on its own wash, and on the button that leads', () => {
    const washes = [...tokens[theme].keys()].filter((name) => name.endsWith('-wash'));
    expect(washes.length).toBeGreaterThan(0);
    for (const wash of washes) {
      for (const ink of ['ink', wash.replace('-wash', '-ink')]) {
        expect(contrast(theme, ink, wash), `${ink} on ${wash}`).toBeGreaterThanOrEqual(SMALL_TEXT);
      }
    }
    expect(contrast(theme, 'on-blue', 'blue')).toBeGreaterThanOrEqual(SMALL_TEXT);
  });
});

it('lists no pair that every reader tells by hue alone', () => {
  const needless = TOLD_APART_OTHERWISE.filter(({ pair }) =>
    THEMES.every((theme) => leastDifference(theme, pair) >= APART_BY_HUE),
  );
  expect(needless.map(({ pair }) => pair.join('/'))).toEqual([]);
});

describe('docs/design.md', () => {
  const design = readFileSync(resolve(import.meta.dirname, '../../docs/design.md'), 'utf8');
  const rows = design
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

  it('tells every color and its lowest contrast as they are', () => {
    const told = rows.filter(([, name]) => name?.startsWith('--') && tokens.light.has(name.slice(2)));
    const written = told.map(([, name = '', , light, lightContrast, dark, darkContrast]) =>
      [name.slice(2), light, lightContrast, dark, darkContrast].join(' '),
    );
    const measured = told.map(([, dashed = '', , , lightContrast]) => {
      const name = dashed.slice(2);
      const lowest = (theme: Theme) =>
        lightContrast === '' ? '' : Math.min(...GROUNDS.map((ground) => contrast(theme, name, ground))).toFixed(1);
      return [name, read('light', name), lowest('light'), read('dark', name), lowest('dark')].join(' ');
    });
    expect(written).toEqual(measured);
    expect(told.map(([, name = '']) => name.slice(2)).sort()).toEqual([...tokens.light.keys()].sort());
  });

  it('tells how far apart hues are that something else tells apart too', () => {
    const figures = TOLD_APART_OTHERWISE.map(({ pair, by }) =>
      [pair.join(' / '), by, ...THEMES.map((theme) => leastDifference(theme, pair).toFixed(0))].join(' '),
    );
    const told = rows
      .filter(([, name]) => name?.includes(' / '))
      .map(([, name, by, , light, dark]) => [name, by, light, dark].join(' '));
    expect(told).toEqual(figures);
  });

  it('points at pictures and files that exist', () => {
    const links = [...design.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThanOrEqual(12);
    expect(links.filter((path) => !existsSync(resolve(import.meta.dirname, '../../docs', path)))).toEqual([]);
  });
});
