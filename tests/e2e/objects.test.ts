// What became of each object, and why those that are alive are: real scripts in the real served host, read in a real browser.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GcPolicy } from '../../engine/protocol/run-description.ts';
import { launchBrowser, untilDrawn } from './browser.ts';
import { serveApplication, type OpenPageOptions, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

let browser: Browser;
let application: ServedApplication;
let folder: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-objects-'));
  application = await serveApplication(browser);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await application.close();
});

const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });
const MAJOR: GcPolicy = { kind: 'major', intervalMs: 250 };

/** Starts a script from outside the browser, and opens a page that shows it. */
async function openRun(
  text: string,
  { explain = true, name = 'sessions.mjs', open = {} as OpenPageOptions } = {},
): Promise<{ page: Workbench; path: string }> {
  const path = join(folder, name);
  await writeFile(path, text);
  const client = await application.connect();
  await client.request({
    type: 'start-run',
    program: { kind: 'file', path, args: [] },
    gcPolicy: MAJOR,
    ...(explain ? { explain: true } : {}),
  });
  return { page: workbench(await application.openPage(open)), path };
}
const rowCount = (page: Workbench) => page.objects.getAttribute('aria-rowcount').then((count) => Number(count) - 1);
const filterField = ({ page }: Workbench) => page.getByRole('searchbox', { name: /^Only objects whose label/ });
const details = ({ page }: Workbench) => page.getByRole('region', { name: 'Selected object' });
const whyAlive = ({ page }: Workbench) => page.getByRole('region', { name: 'Why alive' });

const SESSIONS = `class Session {
  constructor(name) {
    this.name = name;
  }
}
const registry = new FinalizationRegistry(() => {});
const sessions = new Map();
function open(name, isForgotten) {
  const session = new Session(name);
  registry.register(session, 'session ' + name);
  if (isForgotten) sessions.set(name, session);
}
for (let index = 0; index < 30; index += 1) open('s-' + index, index % 10 === 3);
const registerOwner = () => {
  const owner = new Session('owner');
  registry.register(owner, { owner });
};
registerOwner();
await new Promise((resolve) => setTimeout(resolve, 600));
globalThis.served = { sessions, registry };
`;

const BUSY = `const registry = new FinalizationRegistry(() => {});
const sleep = () => new Promise((resolve) => setTimeout(resolve, 400));
registry.register({}, 'an object');
await sleep();
const startMs = performance.now();
while (performance.now() - startMs < 400);
performance.measure('a long stretch of busy work', { start: startMs });
await sleep();
`;

describe('the inspector in a small window', () => {
  it('cuts no figure, and has each on its own line', async () => {
    const { page } = await openRun(BUSY, { open: { context: { viewport: { width: 1024, height: 700 } } } });
    expect(await page.ended()).toMatch(/^Finished/);
    await page.page.keyboard.press('x');
    const selection = page.page.getByRole('region', { name: 'Selection' });
    await selection.getByText('a long stretch of busy work').waitFor();
    const isCut = (elements: Element[]) => elements.filter((each) => each.scrollWidth > each.clientWidth).length;
    expect(await selection.locator('dd.value').evaluateAll(isCut)).toBe(0);

    await page.objects.getByText('an object').click();
    const table = details(page).getByRole('table');
    const right = (elements: Element[]) => elements.map((each) => each.getBoundingClientRect().right);
    const [edge = 0] = await table.evaluateAll(right);
    expect(Math.max(...(await table.locator('td *').evaluateAll(right)))).toBeLessThanOrEqual(edge + 0.5);
    const heights = await table.getByRole('row').evaluateAll((rows) => rows.map((row) => row.clientHeight));
    expect(new Set(heights).size).toBe(1);
  });
});

describe('the objects of a run that was explained', () => {
  it('lead from the verdict to the cause, the path, the fix and the line of source', async () => {
    const { page, path } = await openRun(SESSIONS, {
      open: { context: { permissions: ['clipboard-read', 'clipboard-write'] } },
    });
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toMatchObject({ finalized: 27, alive: 4 });
    const why = whyAlive(page);
    await why.getByRole('heading', { name: 'Why 4 objects are still alive' }).waitFor();
    await page.inspector
      .getByText(/heldValue\.owner|\.owner is the target/)
      .first()
      .waitFor();

    // A click on a cause leaves its objects alone in the table.
    await why.getByRole('button', { name: /^3\s*Map entry/ }).click();
    await eventually(() => rowCount(page)).toBe(3);
    const rows = await page.rowsInSight(page.objects);
    expect(rows.map((cells) => cells.slice(0, 3))).toEqual(
      ['s-3', 's-13', 's-23'].map((name) => [`session ${name}`, 'alive', 'Map entry']),
    );
    // The column gives way where the table is narrow.
    expect(rows[0]?.[3]).toMatch(/^(?:.*\/)?sessions\.mjs:10(?::\d+)?$/);

    // By keyboard: Enter goes on in the inspector.
    await page.objects.focus();
    await page.page.keyboard.press('End');
    await page.page.keyboard.press('Enter');
    const selected = details(page);
    await selected.getByRole('heading', { name: 'session s-23' }).and(page.page.locator(':focus')).waitFor();
    // Back with Escape, which stops nothing from in there, and in again.
    await page.page.keyboard.press('Escape');
    await selected.waitFor({ state: 'detached' });
    await page.objects.and(page.page.locator(':focus')).waitFor();
    await page.page.keyboard.press('End');
    await selected.getByText('Kept by an entry of a Map.').waitFor();
    const line = selected.locator('p.line');
    expect((await line.textContent())?.replace(/\s+/g, ' ')).toMatch(/sessions.*→.*entry "s-23".*→ Session/);
    expect(await line.locator('mark').textContent()).toContain('"s-23"');
    await selected.getByRole('button', { name: /^Path in full/ }).click();
    const steps = selected.getByRole('listitem');
    expect(await steps.first().textContent()).toContain('sessions.mjs');
    expect(await steps.filter({ hasText: 'suspect' }).textContent()).toContain('"s-23"');
    await selected.getByText('To let it go:').waitFor();
    await selected.getByRole('button', { name: 'Copy this sentence' }).click();
    await selected.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.page.evaluate(() => navigator.clipboard.readText())).toContain('sessions');

    // The place of registration, at its line.
    await selected.getByRole('button', { name: /^Show sessions\.mjs:10:\d+ in the source$/ }).click();
    const marked = page.page.locator('.cm-place');
    expect(await marked.textContent()).toBe("  registry.register(session, 'session ' + name);");
    expect(await page.page.locator('.cm-place-column').textContent()).toBe('register');

    // What is not the file that ran is said to be so, in place.
    await writeFile(path, `// another first line\n${SESSIONS}`);
    await selected.getByRole('button', { name: /^Show sessions\.mjs:10:\d+ in the source$/ }).click();
    await page.page.getByText('Changed since the run began: lines may have moved.').waitFor();
    await rm(path);
    await selected.getByRole('button', { name: /^Show sessions\.mjs:10:\d+ in the source$/ }).click();
    await page.page.getByText('This file cannot be shown.').waitFor();
  });

  it('are told with the times that the axis has', async () => {
    const { page } = await openRun(SESSIONS);
    await page.ended();
    await page.objects
      .locator('.body [role="row"]')
      .first()
      .click({ position: { x: 12, y: 10 } });
    const events = page.page.getByRole('grid', { name: /Events/ });
    const expectTimes = async (pattern: RegExp) => {
      await page.openTab('Objects');
      // Its columns are those that it has room for, which it knows a moment later.
      await eventually(() => page.objects.innerText()).toMatch(pattern);
      await eventually(() => details(page).innerText()).toMatch(pattern);
      await page.openTab('Events');
      await eventually(() => events.innerText()).toMatch(pattern);
    };
    const FROM_START = /\d\.\d{3}\ss/;
    await expectTimes(FROM_START);
    await page.page.getByRole('combobox', { name: 'Times' }).selectOption('clock time');
    await expectTimes(/\b\d\d:\d\d:\d\d\.\d{3}\b/);
    for (const text of [await details(page).innerText(), await events.innerText()]) {
      expect(text).not.toMatch(FROM_START);
    }
  });

  it('can be filtered by verdict, cause and label, and keep that over a reload', async () => {
    const { page } = await openRun(SESSIONS);
    await page.ended();
    await page.page.getByRole('button', { name: 'Filter', exact: true }).click();
    const facet = (name: RegExp) => page.page.getByRole('checkbox', { name });
    await facet(/^finalized\s*27$/).waitFor();
    await facet(/^alive\s*4$/).check();
    await eventually(() => rowCount(page)).toBe(4);
    await facet(/^held value\s*1$/).check();
    await eventually(() => rowCount(page)).toBe(1);
    // The other causes stay, with what they would add.
    await facet(/^Map entry\s*3$/).waitFor();
    await page.page.keyboard.press('Escape');
    await page.page.reload();
    await page.ended();
    await eventually(() => rowCount(page)).toBe(1);

    const group = page.page.getByRole('group', { name: 'Filters that are on' });
    expect(await group.getByRole('button').allTextContents()).toEqual(['alive', 'held value', 'Clear filters']);
    await group.getByRole('button', { name: 'held value' }).click();
    await eventually(() => rowCount(page)).toBe(4);
    await filterField(page).fill('no such label');
    await page.page.getByText('None of the 31 objects passes the filters.').waitFor();
    await page.page.getByRole('button', { name: 'Clear filters' }).last().click();
    await eventually(() => rowCount(page)).toBe(31);
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`breaks no rule of accessibility, with an object and its source open, in ${theme}`, async () => {
      const { page } = await openRun(SESSIONS, { open: { context: { colorScheme: theme } } });
      await page.ended();
      await whyAlive(page)
        .getByRole('button', { name: /^3\s*Map entry/ })
        .click();
      await page.objects.locator('.body [role="row"]').first().click();
      await details(page)
        .getByRole('button', { name: /^Path in full/ })
        .click();
      await page.page.getByRole('button', { name: /^Filter/ }).click();
      await page.page.getByRole('checkbox', { name: /^alive/ }).waitFor();
      await untilDrawn(page.page);
      expect(
        (await new AxeBuilder({ page: page.page }).analyze()).violations.map(({ id, nodes }) => [id, nodes[0]?.html]),
      ).toEqual([]);
      await page.page.keyboard.press('Escape');
      await details(page)
        .getByRole('button', { name: /^Show sessions\.mjs:10:\d+ in the source$/ })
        .click();
      await page.page.locator('.cm-place').waitFor();
      await untilDrawn(page.page);
      expect(
        (await new AxeBuilder({ page: page.page }).analyze()).violations.map(({ id, nodes }) => [id, nodes[0]?.html]),
      ).toEqual([]);
    });
  }
});

describe('a run that nobody asked why', () => {
  it('says that no snapshot was taken, and asks at the end of the next', async () => {
    const { page } = await openRun(SESSIONS, { explain: false });
    await page.ended();
    await whyAlive(page).getByText('No heap snapshot was taken, so what holds them is not known.').waitFor();
    expect(await whyAlive(page).getByRole('checkbox', { name: 'Ask at the end of every run' }).isChecked()).toBe(true);
    await page.page
      .getByRole('radio', { name: /^Major/ })
      .or(page.page.getByRole('button', { name: /^Major/ }))
      .click();
    await page.run();
    await page.ended();
    await whyAlive(page).getByRole('heading', { name: 'Why 4 objects are still alive' }).waitFor();
  });

  it('can be asked while it goes on, and goes on', async () => {
    const { page } = await openRun(`${SESSIONS}\nsetInterval(() => {}, 1_000);\n`, { explain: false });
    await eventually(() => page.figures().then(({ registered }) => registered)).toBe(31);
    await whyAlive(page).getByRole('button', { name: 'Ask why now' }).click();
    const group = whyAlive(page).getByRole('button', { name: /^3\s*Map entry/ });
    await group.waitFor({ timeout: 20_000 });
    await group.click();
    await eventually(() => rowCount(page)).toBe(3);
    expect(await page.state()).toMatch(/^Running/);
    await page.stopButton.click();
    expect(await page.ended()).toMatch(/^Stopped/);
  });
});

describe('a run with 100,000 objects', () => {
  const MANY = `const registry = new FinalizationRegistry(() => {});
const kept = [];
for (let index = 0; index < 100_000; index += 1) {
  const item = { index };
  registry.register(item, 'item ' + index);
  if (index % 1_000 === 0) kept.push(item);
}
await new Promise((resolve) => setTimeout(resolve, 500));
globalThis.kept = { kept, registry };
`;
  const first = async (page: Workbench) => (await page.rowsInSight(page.objects)).map(([label]) => label);

  it('scrolls to its end, filters, sorts and is walked through by keyboard', async () => {
    const { page } = await openRun(MANY, { name: 'many.mjs' });
    await page.ended();
    await eventually(() => rowCount(page)).toBe(100_000);
    expect((await first(page))[0]).toBe('item 0');
    // Only what is in sight is there.
    expect((await first(page)).length).toBeLessThan(60);

    await page.objects.evaluate((grid) => (grid.scrollTop = grid.scrollHeight));
    await eventually(() => first(page).then((labels) => labels.at(-1))).toBe('item 99999');
    await page.objects.focus();
    await page.page.keyboard.press('Home');
    await eventually(() => first(page).then((labels) => labels[0])).toBe('item 0');
    await page.page.keyboard.press('End');
    await page.page.keyboard.press('ArrowUp');
    await page.page.keyboard.press('Enter');
    await details(page).getByRole('heading', { name: 'item 99998' }).waitFor();

    await page.objects.focus();
    await page.page.keyboard.press('/');
    await page.page.keyboard.type('ITEM 9999');
    await eventually(() => rowCount(page)).toBe(11);
    await page.page.getByText('11 of 100,000').waitFor();
    expect(await first(page)).toEqual(['item 9999', ...Array.from({ length: 10 }, (_, index) => `item 9999${index}`)]);
    // Twice: the text first, then back to the rows; a run is not stopped by it.
    await page.page.keyboard.press('Escape');
    await eventually(() => rowCount(page)).toBe(100_000);
    await page.page.keyboard.press('Escape');
    await page.objects.and(page.page.locator(':focus')).waitFor();

    await whyAlive(page)
      .getByRole('button', { name: /^100\b/ })
      .first()
      .click();
    await eventually(() => rowCount(page)).toBe(100);
    await page.objects.getByRole('button', { name: 'Registered' }).click();
    await eventually(() => first(page).then((labels) => labels[0])).toBe('item 99000');
    await page.objects.getByRole('button', { name: 'Latency' }).click();
    await eventually(() => first(page).then((labels) => labels[0])).toBe('item 0');
    await page.objects.focus();
    await page.page.keyboard.press('Escape');
    await eventually(() => rowCount(page)).toBe(100_000);
  });
});

describe('a script that cannot run', () => {
  it('shows the line of a syntax error, with its frame, and opens it', async () => {
    const { page } = await openRun('const sessions = new Map();\nsessions.set("a", { id: 1 )};\n', {
      name: 'broken.mjs',
    });
    await page.ended();
    await page.inspector
      .getByText(/SyntaxError/)
      .first()
      .waitFor();
    const frame = page.page.getByLabel('The lines around the error');
    expect(await frame.textContent()).toContain('sessions.set("a", { id: 1 )};');
    await page.inspector.getByRole('button', { name: 'Show broken.mjs:2 in the source' }).click();
    expect(await page.page.locator('.cm-place').textContent()).toBe('sessions.set("a", { id: 1 )};');
  });
});
