// The timeline in a real browser, with a synthetic run: what can be pointed at, clicked, pressed and read out.

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveTimelinePage, type TimelineServer } from '../../renderer/dev/timeline-server.ts';
import type {} from '../../renderer/dev/timeline-page.ts';
import { launchBrowser, untilDrawn } from './browser.ts';

let server: TimelineServer;
let browser: Browser;

beforeAll(async () => {
  server = await serveTimelinePage();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Fails the test with whatever went wrong in the page. */
async function withPage(query: string, use: (page: Page) => Promise<void>): Promise<void> {
  // Axe wants a context of its own.
  const context = await browser.newContext({ viewport: { width: 846, height: 560 }, reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`${server.url}?${query}&height=560`);
    await page.getByRole('img', { name: /^Heap/ }).waitFor();
    await use(page);
    expect(errors).toEqual([]);
  } finally {
    await context.close();
  }
}

/** How many pixels of a canvas are painted. */
const paintedPixels = (page: Page, name: RegExp) =>
  page.getByRole('img', { name }).evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('not a canvas');
    const context = canvas.getContext('2d');
    const { data } = context!.getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let index = 3; index < data.length; index += 4) if (data[index] !== 0) painted++;
    return painted;
  });

const STRIPS = [/^Overview/, /^Phases/, /^Heap/, /^Garbage/, /^Blocked/, /^Backlog/, /^Lifelines/];
/** The pipeline's run ends here. */
const END_MS = 6410;

async function boxOf(page: Page, name: RegExp) {
  const box = await page.getByRole('img', { name }).boundingBox();
  if (box === null) throw new Error(`no ${name}`);
  return box;
}
/** Where a time lies while all of the pipeline's run is shown. */
async function pointAt(page: Page, strip: RegExp, timeMs: number, downPx: number) {
  const { x, y, width } = await boxOf(page, strip);
  return { x: x + (timeMs / END_MS) * width, y: y + downPx };
}
/** The window, in ms, as the overview tells it. */
async function shownWindow(page: Page): Promise<[number, number]> {
  const text = (await page.getByRole('img', { name: /^Overview/ }).getAttribute('aria-label')) ?? '';
  const [, from, to] = /shown: ([\d.]+) s to ([\d.]+) s/.exec(text) ?? [];
  return [Number(from) * 1000, Number(to) * 1000];
}
const isAll = (page: Page) => page.getByRole('button', { name: 'Show the whole run' }).isDisabled();
async function untilShown(page: Page, fromMs: number, toMs: number, toleranceMs = 30): Promise<void> {
  await expect
    .poll(async () => {
      const [from, to] = await shownWindow(page);
      return Math.max(Math.abs(from - fromMs), Math.abs(to - toMs));
    })
    .toBeLessThan(toleranceMs);
}
const selection = (page: Page) => page.evaluate(() => window.timelinePage.selection);
/** After this, another movement is a step of its own in the history. */
const rest = (page: Page) => page.waitForTimeout(700);

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 });
  await page.mouse.move(to.x, to.y, { steps: 3 });
  await page.mouse.up();
}

describe('what the timeline shows', () => {
  it('draws every strip on one and the same plot', () =>
    withPage('run=pipeline&marks', async (page) => {
      const boxes = await Promise.all(STRIPS.map((name) => boxOf(page, name)));
      for (const box of boxes) expect([box.x, box.width]).toEqual([boxes[0]?.x, boxes[0]?.width]);
      for (let strip = 1; strip < boxes.length; strip++) {
        // Heights may be fractions of a pixel.
        expect(boxes[strip]!.y).toBeGreaterThan(boxes[strip - 1]!.y + boxes[strip - 1]!.height - 1);
      }
      for (const name of STRIPS) await expect.poll(() => paintedPixels(page, name)).toBeGreaterThan(300);
    }));

  it('tells in words and as a table what it shows', () =>
    withPage('run=pipeline&marks', async (page) => {
      await page.getByRole('img', { name: /48 registrations, 46 called back, 0 unregistered, 2 alive/ }).waitFor();
      await page.getByRole('img', { name: /Garbage collections: \d+ minor, 12 major, \d+ forced/ }).waitFor();
      await page
        .getByRole('img', { name: /Heap: used [\d.]+ MB, external [\d.]+ [kM]?B at [\d.]+ s; peak used/ })
        .waitFor();
      await page.getByRole('img', { name: /Phases and marks: 1 mark and 1 measured stretch/ }).waitFor();
      await page.getByRole('img', { name: /Backlog: 2 registered and not finalized at the end; at most \d/ }).waitFor();
      const table = page.getByRole('table', { name: 'What the timeline shows, in stretches' });
      const cells = await table
        .locator('tbody tr')
        .evaluateAll((rows) =>
          rows.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent))),
        );
      expect(cells).toHaveLength(12);
      const sumOf = (column: number) => cells.reduce((sum, row) => sum + (row[column] ?? NaN), 0);
      // Registered and called back, over all stretches.
      expect([sumOf(4), sumOf(5)]).toEqual([48, 46]);
    }));

  it('reads all figures at the cursor, and an object under it', () =>
    withPage('run=pipeline', async (page) => {
      await page.mouse.move(440, 170);
      const tip = page.locator('.tip');
      await expect
        .poll(() => tip.innerText())
        .toMatch(/used\s+[\d.]+ MB\s+external\s+[\d.]+ [kM]?B[^]+not finalized\s+\d+ of \d+/);
      const { x, y } = await pointAt(page, /^Lifelines/, 145, 6);
      await page.mouse.move(x + 8, y);
      await expect.poll(() => tip.innerText()).toMatch(/Image: \/harbor-01.png[^]+finalized[^]+latency/);
      await page.mouse.click(x + 8, y);
      expect(await page.evaluate(() => window.timelinePage.selectedObjectId)).toBe(1);
      await page.mouse.move(2, 2);
      await expect.poll(() => tip.count()).toBe(0);
    }));

  it('keeps the tip whole where its words become more', () =>
    withPage('run=sites', async (page) => {
      await page.evaluate(() => window.timelinePage.stream(4000, 1));
      await page.getByText('registrations: registered above').waitFor();
      const { x, y, width } = await boxOf(page, /^Lifelines/);
      const heap = await boxOf(page, /^Heap/);
      // From a narrow tip that finds room on the right to a wide one that does not.
      const at = x + width - 215;
      await page.mouse.move(at, heap.y + 30);
      const tip = page.locator('.tip');
      await tip.waitFor();
      await untilDrawn(page);
      const narrow = await tip.boundingBox();
      expect(narrow?.x).toBeGreaterThan(at);
      await page.mouse.move(at, y + 40);
      await tip.getByText(/registered, .* called back/).waitFor();
      await untilDrawn(page);
      const wide = await tip.boundingBox();
      const stage = await page.locator('.timeline').boundingBox();
      expect(wide!.width).toBeGreaterThan(narrow!.width);
      expect(wide!.x + wide!.width).toBeLessThanOrEqual(stage!.x + stage!.width);
    }));

  it('hides a curve, and still does after a reload', () =>
    withPage('run=pipeline', async (page) => {
      const external = page.getByRole('button', { name: 'external' });
      expect(await external.getAttribute('aria-pressed')).toBe('true');
      const before = await paintedPixels(page, /^Heap/);
      await external.click();
      await expect.poll(() => paintedPixels(page, /^Heap/)).toBeLessThan(before);
      await page.reload();
      await expect.poll(() => external.getAttribute('aria-pressed')).toBe('false');
    }));

  it('makes up no scale where all curves are hidden, and says so', () =>
    withPage('run=pipeline', async (page) => {
      const ticks = page.locator('.heap-gutter .tick');
      expect(await ticks.count()).toBeGreaterThan(2);
      for (const name of ['used', 'external', 'total']) await page.getByRole('button', { name }).click();
      await page.getByText('All curves are hidden: choose one beside the chart.').waitFor();
      await expect.poll(() => ticks.count()).toBe(0);
      await page.getByRole('button', { name: 'used' }).click();
      await expect.poll(() => ticks.count()).toBeGreaterThan(2);
    }));

  it('counts by group where there are more objects than lanes, and says what is under the pointer', () =>
    withPage('run=sites', async (page) => {
      const titles = page.locator('.lane-title');
      expect(await titles.allInnerTexts()).toHaveLength(3);
      await page.getByRole('combobox', { name: 'Lanes' }).selectOption('by registry');
      await expect.poll(() => titles.allInnerTexts()).toEqual(['registry 1', 'registry 2', 'registry 3']);
      await page.getByRole('combobox', { name: 'Lanes' }).selectOption('by label');
      await expect.poll(() => titles.allInnerTexts()).toContainEqual('Image: /harbor-….png');
      await page.evaluate(() => window.timelinePage.stream(4000, 2));
      await page.getByText('registrations: registered above').waitFor();
      await expect
        .poll(() => titles.allInnerTexts())
        .toEqual([expect.stringMatching(/^object\s+↑[\d.]+ ↓[\d.]+ k?\/s$/)]);
      const { x, y, width } = await boxOf(page, /^Lifelines/);
      await page.mouse.move(x + width / 3, y + 40);
      await expect
        .poll(() => page.locator('.tip').innerText())
        .toMatch(/object, [\d.]+ ms\s+\d+ registered, \d+ called back/);
    }));

  it('leads from counts to a single object, wherever it is alone', () =>
    withPage('run=sites', async (page) => {
      await page.evaluate(() => window.timelinePage.stream(4000, 2));
      await page.getByText('registrations: registered above').waitFor();
      const { x, y, width, height } = await boxOf(page, /^Lifelines/);
      await page.mouse.move(x + width / 2, y + height / 3);
      for (let press = 0; press < 16; press++) await page.keyboard.press('w');
      await untilDrawn(page);
      const selected = () => page.evaluate(() => window.timelinePage.selectedObjectId);
      let at = x;
      while (at < x + width && (await selected()) === undefined) await page.mouse.click((at += 3), y + height / 3);
      expect(await selected()).toBeGreaterThan(0);
      await page.getByText('registrations: registered above').waitFor();
      await expect.poll(() => page.locator('.tip').innerText()).toMatch(/registered\s+[\d.]+ s\s+released/);
    }));

  it('tells times as the clock had them', () =>
    withPage('run=pipeline', async (page) => {
      await page.getByRole('combobox', { name: 'Times' }).selectOption('clock time');
      await page.mouse.move(440, 170);
      await expect.poll(() => page.locator('.tip-lead').innerText()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
      // What the tip tells of an object, and the grid of every strip, as the axis does.
      const { x, y } = await pointAt(page, /^Lifelines/, 145, 6);
      await page.mouse.move(x + 8, y);
      await expect
        .poll(() => page.locator('.tip').innerText())
        .toMatch(/registered\s+\d\d:\d\d:\d\d\.\d{3}\s[^]+collected\s+\d\d:\d\d:\d\d\.\d{3}–\d\d:\d\d:\d\d\.\d{3}\s/);
      // Here, times from the start would have twice as many lines as the longer ones of the clock.
      await page.setViewportSize({ width: 1333, height: 560 });
      const gridLines = () =>
        page.locator('.heap-plot canvas:first-child, .backlog-plot canvas:first-child').evaluateAll((canvases) =>
          canvases.map((canvas) => {
            if (!(canvas instanceof HTMLCanvasElement)) throw new Error('not a canvas');
            const { data } = canvas.getContext('2d')!.getImageData(0, 3, canvas.width, 1);
            return Array.from({ length: canvas.width }, (_, x) => x)
              .filter((x) => data[4 * x + 3]! > 0)
              .join(' ');
          }),
        );
      await expect.poll(async () => new Set(await gridLines()).size).toBe(1);
      expect((await gridLines())[0]!.split(' ').length).toBeGreaterThan(4);
    }));

  it('has its say when there is nothing to draw', () =>
    withPage('run=empty', async (page) => {
      await page.getByText('Run it:').waitFor();
      await page.getByRole('img', { name: 'How to read a lifeline' }).waitFor();
    }));

  it('is accessible in both themes', async () => {
    for (const theme of ['light', 'dark']) {
      await withPage(`run=sites&theme=${theme}`, async (page) => {
        const { violations } = await new AxeBuilder({ page }).include('.timeline').analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      });
    }
  });
});

describe('moving through the timeline', () => {
  it('zooms at the pointer, pans by dragging, and goes back and forward', () =>
    withPage('run=pipeline', async (page) => {
      expect(await isAll(page)).toBe(true);
      const at = await pointAt(page, /^Heap/, 3000, 40);
      await page.mouse.move(at.x, at.y);
      await page.mouse.wheel(0, -600);
      await expect.poll(() => isAll(page)).toBe(false);
      await expect.poll(async () => (await shownWindow(page))[1]).toBeLessThan(6000);
      await page.mouse.move(at.x + 1, at.y);
      // What was under the pointer still is.
      await expect.poll(() => page.locator('.tip-lead').innerText()).toMatch(/^(2\.99|3\.00)\d+ s$/);
      const zoomed = await shownWindow(page);
      await rest(page);
      await drag(page, at, { x: at.x - 100, y: at.y });
      const { width } = await boxOf(page, /^Heap/);
      const movedMs = (100 / width) * (zoomed[1] - zoomed[0]);
      await untilShown(page, zoomed[0] + movedMs, zoomed[1] + movedMs);
      await page.getByRole('button', { name: 'Back to what was shown before' }).click();
      await untilShown(page, ...zoomed);
      await page.getByRole('button', { name: 'Back to what was shown before' }).click();
      await expect.poll(() => isAll(page)).toBe(true);
      await page.getByRole('button', { name: 'Forward again' }).click();
      await untilShown(page, ...zoomed);
    }));

  it('shows what is drawn in the overview, and moves its window', () =>
    withPage('run=pipeline', async (page) => {
      const box = await boxOf(page, /^Overview/);
      const at = (share: number) => ({ x: box.x + box.width * share, y: box.y + 12 });
      await drag(page, at(0.25), at(0.5));
      await untilShown(page, 1602, 3205);
      await drag(page, at(0.375), at(0.625));
      await untilShown(page, 3205, 4808);
      await drag(page, at(0.75), at(0.875));
      await untilShown(page, 3205, 5609);
      await page.mouse.dblclick(at(0.5).x, at(0.5).y);
      await expect.poll(() => isAll(page)).toBe(true);
    }));

  it('zooms to what is double-clicked: an object, a collection, a phase, and otherwise further in', () =>
    withPage('run=pipeline&marks', async (page) => {
      const life = await pointAt(page, /^Lifelines/, 145, 6);
      await page.mouse.dblclick(life.x + 8, life.y);
      await expect.poll(async () => (await shownWindow(page))[1]).toBeLessThan(700);
      await page.keyboard.press('0');
      await untilShown(page, 0, END_MS);
      const mark = await pointAt(page, /^Phases/, 1800, 22);
      await page.mouse.dblclick(mark.x, mark.y);
      await untilShown(page, 1162, 2206);
      await page.keyboard.press('0');
      await untilShown(page, 0, END_MS);
      const nothing = await pointAt(page, /^Heap/, 2000, 30);
      await page.mouse.dblclick(nothing.x, nothing.y);
      await untilShown(page, 1200, 3764, 60);
    }));

  it('is pinched with two fingers', () =>
    withPage('run=pipeline', async (page) => {
      const { x, y } = await pointAt(page, /^Heap/, 3205, 40);
      const session = await page.context().newCDPSession(page);
      const fingers = (apart: number) => [
        { x: x - apart, y },
        { x: x + apart, y },
      ];
      await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(50) });
      for (const apart of [60, 75, 90, 100]) {
        await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(apart) });
      }
      await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      await untilShown(page, 1602, 4808, 200);

      // The first finger had begun to drag when the second came: with both gone, nothing is dragged any more.
      const dragged = page.locator('.timeline.is-dragging');
      await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
      await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: x - 20, y }] });
      await expect.poll(() => dragged.count()).toBe(1);
      await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(50) });
      await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      await expect.poll(() => dragged.count()).toBe(0);
    }));

  it('selects a range by dragging on the axis or with Shift, changes it at its edges, and takes it off', () =>
    withPage('run=pipeline', async (page) => {
      const heap = await boxOf(page, /^Heap/);
      const lanes = await boxOf(page, /^Lifelines/);
      const x = (timeMs: number) => heap.x + (timeMs / END_MS) * heap.width;
      const axisY = lanes.y + lanes.height + 12;
      await drag(page, { x: x(2000), y: axisY }, { x: x(3000), y: axisY });
      const near = (fromMs: number, toMs: number) => ({
        fromMs: expect.closeTo(fromMs, -2) as number,
        toMs: expect.closeTo(toMs, -2) as number,
      });
      expect(await selection(page)).toEqual(near(2000, 3000));
      expect(await isAll(page)).toBe(true);
      await drag(page, { x: x(3000), y: heap.y + 30 }, { x: x(4000), y: heap.y + 30 });
      expect(await selection(page)).toEqual(near(2000, 4000));
      await page.keyboard.down('Shift');
      await drag(page, { x: x(5000), y: heap.y + 30 }, { x: x(4500), y: heap.y + 30 });
      await page.keyboard.up('Shift');
      expect(await selection(page)).toEqual(near(4500, 5000));
      await page.mouse.click(x(1000), axisY);
      expect(await selection(page)).toBeUndefined();
    }));

  it('needs no pointer: every movement, the cursor, a range and an object by keys', () =>
    withPage('run=pipeline', async (page) => {
      await page.keyboard.press('Tab');
      const timeline = page.getByRole('region', { name: 'Timeline of the run' });
      await expect.poll(() => timeline.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await timeline.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
      await page.keyboard.press('w');
      await untilShown(page, 961, 5448);
      await page.keyboard.press('d');
      await untilShown(page, 1500, 5987);
      await page.keyboard.press('ArrowLeft');
      await untilShown(page, 961, 5448);
      await page.keyboard.press('s');
      await expect.poll(() => isAll(page)).toBe(true);
      await page.keyboard.press('[');
      await page.keyboard.press('0');
      await untilShown(page, 0, END_MS);

      await page.keyboard.press('.');
      const spoken = page.getByRole('status');
      await expect.poll(() => spoken.innerText()).toMatch(/^3\.333 s: used [\d.]+ MB.* not finalized \d+ of \d+/);
      await page.keyboard.press('Shift+Period');
      await page.keyboard.press('Shift+Period');
      const range = await selection(page);
      expect([range?.fromMs, range?.toMs]).toEqual([expect.closeTo(3333.2, 0), expect.closeTo(3589.6, 0)]);
      await page.keyboard.press('z');
      await untilShown(page, 3312, 3610);
      await page.keyboard.press('Escape');
      expect(await selection(page)).toBeUndefined();
      await page.keyboard.press('x');
      expect((await selection(page))?.fromMs).toBeCloseTo(3312.7, 0);

      await page.keyboard.press('Escape');
      await page.keyboard.press('0');
      await page.keyboard.press('n');
      await page.keyboard.press('n');
      expect(await page.evaluate(() => window.timelinePage.selectedObjectId)).toBe(2);
      await page.keyboard.press('p');
      await page.keyboard.press('z');
      await expect.poll(async () => (await shownWindow(page))[1]).toBeLessThan(700);
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => window.timelinePage.opened)).toBe(1);
      await page.keyboard.press('Alt+ArrowLeft');
      await expect.poll(() => isAll(page)).toBe(true);
    }));

  it('hears its keys wherever the focus was left, also with caps lock on, but not from what has them itself', () =>
    withPage('run=pipeline', async (page) => {
      await page.getByRole('button', { name: 'external' }).click();
      await page.keyboard.press('w');
      await untilShown(page, 961, 5448);
      await page.keyboard.press('ArrowRight');
      await untilShown(page, 1500, 5987);
      // Without Shift, a capital is what caps lock makes of a letter.
      await page.keyboard.press('A');
      await untilShown(page, 961, 5448);
      await page.getByRole('combobox', { name: 'Lanes' }).focus();
      await page.keyboard.press('w');
      const elsewhere = await page.evaluateHandle(() => document.body.appendChild(document.createElement('button')));
      await elsewhere.evaluate((button) => button.focus());
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('s');
      await untilShown(page, 0, END_MS);
      await page.keyboard.press('[');
      await untilShown(page, 961, 5448);
      await elsewhere.evaluate((button) => button.remove());
    }));

  it('follows the live end, lets go when the user looks back, and comes back with one key', () =>
    withPage('run=live', async (page) => {
      const follow = page.getByRole('button', { name: /^Follow live/ });
      await expect.poll(async () => (await shownWindow(page))[1]).toBeGreaterThan(2200);
      await page.locator('.timeline').focus();
      await page.keyboard.press('w');
      await page.keyboard.press('a');
      await follow.waitFor();
      // What the strips say is renewed once a second.
      await page.waitForTimeout(1500);
      const [, before] = await shownWindow(page);
      await page.waitForTimeout(1500);
      expect((await shownWindow(page))[1]).toBeCloseTo(before, -1);
      await page.keyboard.press('f');
      await expect.poll(() => follow.count()).toBe(0);
      const [, followed] = await shownWindow(page);
      await expect.poll(async () => (await shownWindow(page))[1]).toBeGreaterThan(followed + 300);

      // Nor does what is selected slide away under the pointer.
      const { x, y, width } = await boxOf(page, /^Heap/);
      await page.keyboard.down('Shift');
      await drag(page, { x: x + width * 0.2, y: y + 30 }, { x: x + width * 0.4, y: y + 30 });
      await page.keyboard.up('Shift');
      await follow.waitFor();
      await page.keyboard.press('f');
      await expect.poll(() => follow.count()).toBe(0);
    }));
});
