// How late callbacks came and what they held up, in the real application: figures of each kind and registry, stalls as a
// way to their place on the timeline, and what of it is still seen with a reader's own few colors.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, untilDrawn } from './browser.ts';
import { findLayoutFaults } from './layout-faults.ts';
import { openScript } from './picture-states.ts';
import { serveApplication, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

/** Three callbacks of one registry in a row, each of which blocks the thread; those of another hardly take time. */
const SCRIPT = `const block = (milliseconds) => {
  const untilMs = performance.now() + milliseconds;
  while (performance.now() < untilMs);
};
const slow = new FinalizationRegistry(() => block(300));
const brief = new FinalizationRegistry(() => block(3));
for (let index = 0; index < 3; index++) slow.register({ index }, \`slow \${index}\`);
for (let index = 0; index < 40; index++) brief.register({ index }, \`brief \${index}\`);
for (let index = 0; index < 10; index++) performance.mark(\`release:brief \${index}\`);
await new Promise((resolve) => setTimeout(resolve, 1_500));
globalThis.kept = [slow, brief];
`;
const FILE = 'sessions-of-the-shop.mjs';

let browser: Browser;
let application: ServedApplication;
let page: Workbench;
let folder: string;

beforeAll(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), 'hl-latency-'));
  await writeFile(join(folder, FILE), SCRIPT);
  application = await serveApplication(browser);
  page = workbench(await application.openPage({ context: { reducedMotion: 'reduce', colorScheme: 'light' } }));
  await openScript(page, join(folder, FILE));
  await page.page.getByRole('button', { name: /^Major/ }).click();
  await page.run();
  await page.ended();
}, 60_000);
afterAll(async () => {
  try {
    await application.close();
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
});

const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });
const panel = () =>
  page.inspector.locator('section', { has: page.page.getByRole('radiogroup', { name: 'Counted from' }) });
const histogram = () => panel().getByRole('img');
const summary = async () => (await histogram().getAttribute('aria-label')) ?? '';
/** In ms. */
const durationIn = (text: string) => {
  const [, figure, unit] = /([\d.]+)\s(µs|ms|s)/.exec(text) ?? [];
  return Number(figure) * ({ µs: 0.001, ms: 1, s: 1_000 }[unit ?? ''] ?? NaN);
};
const stalls = () => page.inspector.getByRole('button', { name: /^Show the stall of/ });

describe('latencies', () => {
  it('are counted from what the reader chooses, where the run tells it', async () => {
    await eventually(summary).toMatch(/^Registered → callback of 43 callbacks: p50 .+, p95 .+, longest .+\./);
    await panel().getByText('Collected', { exact: true }).click();
    await eventually(summary).toMatch(/^Collecting GC → callback of 43 callbacks/);
    // The program marks the release of ten.
    await panel().getByText('Released', { exact: true }).click();
    await eventually(summary).toMatch(/^Released → callback of 10 callbacks: p50 .+, p95 .+, longest .+\./);
    await panel().getByText('Registered', { exact: true }).click();
    await eventually(summary).toMatch(/^Registered → callback/);
  });

  it('are told of one registry, and of each beside the others, by names that differ', async () => {
    const registry = panel().getByRole('combobox', { name: 'Registry' });
    const titles = await registry.getByRole('option').allInnerTexts();
    await registry.selectOption(titles.find((title) => title.startsWith(`${FILE}:5:`)) ?? '');
    await eventually(summary).toMatch(/ of 3 callbacks/);
    await registry.selectOption('All registries');
    await panel().getByRole('button', { name: 'Compare 2 registries' }).click();
    const names = panel().getByRole('group', { name: 'Latency of each registry' }).locator('th > [aria-hidden]');
    const lines = (await names.allInnerTexts()).map((name) => /:(\d+)(?::\d+)?$/.exec(name)?.[1]);
    expect(lines.toSorted()).toEqual(['5', '6']);
  });

  it('lists stalls by length, each a way to its place, and tells how long the thread was blocked', async () => {
    await eventually(() => stalls().count()).toBeGreaterThanOrEqual(2);
    const texts = await stalls().allInnerTexts();
    const lengths = texts.map((text) => durationIn(text));
    expect(lengths).toEqual(lengths.toSorted((one, other) => other - one));
    expect(lengths[0]).toBeGreaterThan(890);
    expect(texts[0]).toMatch(/3 callbacks\s+\S+…:5\s/);
    expect(texts[1]).toMatch(/40 callbacks\s+\S+…:6\s/);
    // The observer tells long stretches in pieces of 200 ms.
    expect(durationIn(/longest (.+)/.exec(await page.summary('Blocked thread'))?.[1] ?? '')).toBeGreaterThan(890);
    const startMs = durationIn((await stalls().first().getAttribute('aria-label'))?.split(' at ')[1] ?? '');
    await stalls().first().click();
    await eventually(async () => {
      const [, from, to] = /shown: ([\d.]+) s to ([\d.]+) s/.exec(await page.summary('Overview')) ?? [];
      return [Number(from) * 1_000 <= startMs, Number(to) * 1_000 >= startMs + 890, Number(to) - Number(from) < 1.5];
    }).toEqual([true, true, true]);
    await untilDrawn(page.page);
    expect(await findLayoutFaults(page.page)).toEqual([]);
  });
});

/** How many pixels a part of the page has of each color. */
async function colorsOf(
  part: Locator,
): Promise<{ readonly red: number; readonly green: number; readonly blue: number; readonly pixels: number }[]> {
  const { data, channels } = decode(await part.screenshot());
  const pixels = new Map<number, number>();
  for (let at = 0; at < data.length; at += channels) {
    const color = (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;
    pixels.set(color, (pixels.get(color) ?? 0) + 1);
  }
  return [...pixels]
    .map(([color, count]) => ({ red: color >> 16, green: (color >> 8) & 255, blue: color & 255, pixels: count }))
    .sort((one, other) => other.pixels - one.pixels);
}

it('keeps bars, switches and what is chosen where the reader’s own colors take all backgrounds away', async () => {
  await page.page.emulateMedia({ forcedColors: 'active' });
  try {
    await untilDrawn(page.page);
    for (const bars of [histogram(), page.inspector.getByRole('img', { name: /^Verdicts/ })]) {
      const green = (await colorsOf(bars)).filter(({ red, green, blue }) => green > red + 40 && green > blue + 10);
      expect(green[0]?.pixels ?? 0).toBeGreaterThan(100);
    }
    const track = await colorsOf(page.page.getByRole('switch', { name: /^Explain/ }).locator('.track'));
    expect(track.some(({ red, blue, pixels }) => blue > red + 60 && pixels > 50)).toBe(true);
    const backgrounds = await Promise.all(
      [/^Major/, 'Natural'].map(async (name) => (await colorsOf(page.page.getByRole('button', { name }).first()))[0]),
    );
    expect({ ...backgrounds[0], pixels: 0 }).not.toEqual({ ...backgrounds[1], pixels: 0 });
    await page.page.getByRole('button', { name: /^Theme:/ }).focus();
    await page.page.keyboard.press('Enter');
    const [focused, other] = ['[data-highlighted]', ':not([data-highlighted])'].map((state) =>
      page.page.locator(`[role="menuitemradio"]${state}`).first(),
    );
    const [ofFocused] = await colorsOf(focused!);
    const [ofOther] = await colorsOf(other!);
    await page.page.keyboard.press('Escape');
    expect({ ...ofFocused, pixels: 0 }).not.toEqual({ ...ofOther, pixels: 0 });
  } finally {
    await page.page.emulateMedia({ forcedColors: 'none' });
  }
});
