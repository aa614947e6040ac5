// The timeline in a real browser, with a synthetic run: what can be pointed at, clicked, pressed and read out.

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveTimelinePage, type TimelineServer } from '../../renderer/dev/timeline-server.ts';
import type {} from '../../renderer/dev/timeline-page.ts';
import { launchBrowser } from './browser.ts';

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
  const context = await browser.newContext({ viewport: { width: 846, height: 520 }, reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`${server.url}?${query}`);
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

const STRIPS = [/^Overview/, /^Heap/, /^Garbage/, /^Blocked/, /^Lifelines/];

describe('the timeline', () => {
  it('draws every strip on one and the same plot', () =>
    withPage('run=pipeline', async (page) => {
      const boxes = await Promise.all(STRIPS.map((name) => page.getByRole('img', { name }).boundingBox()));
      for (const box of boxes) expect([box?.x, box?.width]).toEqual([boxes[0]?.x, boxes[0]?.width]);
      for (const name of STRIPS) await expect.poll(() => paintedPixels(page, name)).toBeGreaterThan(500);
    }));

  it('tells in words what it shows', () =>
    withPage('run=pipeline', async (page) => {
      await page.getByRole('img', { name: /48 registrations, 46 called back, 0 unregistered, 2 alive/ }).waitFor();
      await page.getByRole('img', { name: /Garbage collections: \d+ minor, 12 major, \d+ forced/ }).waitFor();
      await page
        .getByRole('img', { name: /Heap: used [\d.]+ MB, external [\d.]+ [kM]?B at [\d.]+ s; peak used/ })
        .waitFor();
    }));

  it('reads all figures at the cursor, and an object under it', () =>
    withPage('run=pipeline', async (page) => {
      await page.mouse.move(440, 150);
      const tip = page.locator('.tip');
      await expect
        .poll(() => tip.innerText())
        .toMatch(/used\s+[\d.]+ MB\s+external\s+[\d.]+ [kM]?B[^]+alive\s+\d+ of \d+/);
      const lifelines = await page.getByRole('img', { name: /^Lifelines/ }).boundingBox();
      if (lifelines === null) throw new Error('no lifelines');
      const registeredMs = 145;
      const x = lifelines.x + (registeredMs / 6410) * lifelines.width + 8;
      await page.mouse.move(x, lifelines.y + 6);
      await expect.poll(() => tip.innerText()).toMatch(/Image: \/harbor-01.png[^]+finalized[^]+latency/);
      await page.mouse.click(x, lifelines.y + 6);
      expect(await page.evaluate(() => window.timelinePage.selectedObjectId)).toBe(1);
      await page.mouse.move(2, 2);
      await expect.poll(() => tip.count()).toBe(0);
    }));

  it('zooms at the wheel, pans and resets by keys, and by the overview', () =>
    withPage('run=pipeline', async (page) => {
      const overview = page.getByRole('img', { name: /^Overview/ });
      const showAll = page.getByRole('button', { name: 'show all' });
      expect(await showAll.count()).toBe(0);
      await page.mouse.move(480, 150);
      await page.mouse.wheel(0, -600);
      await showAll.waitFor();
      await page.getByRole('img', { name: /shown: (?!0\.000)/ }).waitFor();
      await page.locator('.timeline').focus();
      const before = await overview.getAttribute('aria-label');
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => overview.getAttribute('aria-label')).not.toBe(before);
      await page.keyboard.press('0');
      await expect.poll(() => showAll.count()).toBe(0);
      const box = await overview.boundingBox();
      if (box === null) throw new Error('no overview');
      await page.mouse.move(box.x + box.width * 0.25, box.y + 10);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.5, box.y + 10, { steps: 4 });
      await page.mouse.up();
      await page.getByRole('img', { name: /shown: 1\.60\d s to 3\.20\d s/ }).waitFor();
      await showAll.click();
      await expect.poll(() => showAll.count()).toBe(0);
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

  it('counts where there are more objects than lanes', () =>
    withPage('run=sites', async (page) => {
      expect(await page.locator('.lane-title').allInnerTexts()).toHaveLength(3);
      await page.evaluate(() => window.timelinePage.stream(4000, 2));
      await page.getByText('registrations · density').waitFor();
      await expect.poll(() => page.locator('.band').allInnerTexts()).toHaveLength(3);
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
