// The guide speaks of scenarios, pictures and pages that are there, and of every scenario on the page of its category.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../engine/scenarios/index.ts';

const folder = resolve(import.meta.dirname, '../docs/guide');
const pageOf = (category: string) => `${category.toLowerCase().replaceAll(' ', '-')}.md`;
/** Its text without its line breaks, which may fall anywhere. */
const read = (page: string) => readFileSync(join(folder, page), 'utf8').replace(/\n>? */g, ' ');
const pages = readdirSync(folder);

describe('the guide', () => {
  it('has a page for each category, and its first page links all of them', () => {
    const expected = new Set(SCENARIOS.map(({ category }) => pageOf(category)));
    expect(new Set(pages)).toEqual(new Set([...expected, 'README.md']));
    for (const page of expected) expect(read('README.md')).toContain(`](${page})`);
    expect(readFileSync(resolve(folder, '../../README.md'), 'utf8')).toContain('](docs/guide/README.md)');
  });

  it.each(SCENARIOS)('explains $title on the page of its category', ({ title, category }) => {
    expect(read(pageOf(category))).toContain(title);
  });

  it.each(pages)('leads nowhere but to what is there: %s', (page) => {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      expect(existsSync(resolve(folder, target)), target).toBe(true);
    }
    const titles = SCENARIOS.map(({ title }) => title);
    for (const [, named = ''] of read(page).matchAll(/Try it: ([^.,*]+)/g)) expect(titles).toContain(named.trim());
  });

  it('shows every picture that is taken for it, and no other', () => {
    const shown = pages
      .flatMap((page) => [...read(page).matchAll(/pictures\/guide\/([\w-]+)\.png/g)])
      .map(([, name]) => name);
    const taken = readFileSync(resolve(import.meta.dirname, 'e2e/guide-pictures.ts'), 'utf8');
    // What the page's own parts are called begins with a capital.
    const named = [...taken.matchAll(/\bname: '([a-z][\w-]*)'/g)].map(([, name]) => name);
    expect(new Set(shown)).toEqual(new Set(named));
    const files = readdirSync(resolve(folder, '../pictures/guide')).map((file) => basename(file, '.png'));
    expect(new Set(files)).toEqual(new Set(named));
  });
});
