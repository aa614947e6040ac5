// Two real runs compared as a person compares them: which got worse, aligned, swapped, read at the cursor, and closed.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser, untilDrawn } from './browser.ts';
import { serveApplication, type OpenPageOptions, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

let browser: Browser;
let application: ServedApplication;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  application = await serveApplication(browser);
});
// Fails the test if a page complained, or a process or a file was left behind.
afterEach(() => application.close());

const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });
const open = async (options?: OpenPageOptions): Promise<Workbench> => workbench(await application.openPage(options));

const compareButton = ({ page }: Workbench) => page.getByRole('button', { name: 'Compare…' });
const comparison = ({ page }: Workbench) => page.getByRole('region', { name: 'Comparison of two runs' });
const panel = ({ page }: Workbench) => page.getByRole('group', { name: 'Differences' });
const tip = ({ page }: Workbench) => page.locator('section .tip');
const sentence = async (page: Workbench) =>
  (await panel(page).locator('.verdict p').allTextContents()).map(squeeze).join(' ');
const squeeze = (text: string | null) => (text ?? '').replace(/\s+/g, ' ').trim();

async function chooseVariant({ page }: Workbench, option: RegExp): Promise<void> {
  await page.getByRole('button', { name: /^Variant/ }).click();
  await page.getByRole('radio', { name: option }).check();
  await page.getByRole('button', { name: 'Done' }).click();
}
/** @returns what the verdict panel says of it */
async function runVariant(page: Workbench, option: RegExp): Promise<Record<string, number>> {
  await chooseVariant(page, option);
  await page.run();
  await page.ended();
  // The verdict is that of the run before until the report is there.
  await page.inspector.getByText('Predicted and observed').waitFor();
  return page.verdicts();
}
/** The fixed half, then the broken one. */
async function runPair(page: Workbench) {
  await page.choose('Held value reaches its target');
  const fixed = await runVariant(page, /^Fixed/);
  const broken = await runVariant(page, /^Broken/);
  expect([fixed, broken]).toMatchObject([
    { finalized: 5, alive: 0 },
    { finalized: 0, alive: 5 },
  ]);
  return { fixed, broken };
}
async function compareWithNewest(page: Workbench): Promise<void> {
  await compareButton(page).click();
  await page.page.getByRole('menuitem').first().click();
  await comparison(page).waitFor();
}

/** A row of the table of differences: A, B, the change, and its verdict in a word. */
async function difference(page: Workbench, title: string): Promise<string[]> {
  const row = panel(page)
    .getByRole('row')
    .filter({ has: page.page.getByRole('rowheader', { name: title, exact: true }) });
  const cells = await row.getByRole('cell').allTextContents();
  const [a, b, change] = cells.map(squeeze);
  const [figure, verdict] = (change ?? '').split(/\s?, /);
  return [a ?? '', b ?? '', figure ?? '', verdict ?? ''];
}

describe('two runs of a broken and fixed pair', () => {
  it('are compared by button: what got worse is named, with the figures of both verdicts', async () => {
    const page = await open();
    const { fixed, broken } = await runPair(page);
    await compareButton(page).click();
    const items = page.page.getByRole('menuitem');
    expect((await items.allTextContents()).map(squeeze)).toEqual([
      expect.stringMatching(/^run 1fixedFinishedMajor · 500 ms\d/),
    ]);
    await items.first().click();
    await comparison(page).waitFor();
    expect(await page.timeline.count()).toBe(0);

    await eventually(() => sentence(page)).toMatch(/^Worse in B: 5 objects stay alive \(none in A\)/);
    const text = (count: number | undefined) => String(count);
    expect(await difference(page, 'alive at the end')).toEqual([
      text(fixed['alive']),
      text(broken['alive']),
      '+5',
      'worse',
    ]);
    expect(await difference(page, 'finalized')).toEqual([
      text(fixed['finalized']),
      text(broken['finalized']),
      '−5',
      'different',
    ]);
    expect(await difference(page, 'share finalized')).toEqual(['100 %', '0 %', '−100 pp', 'worse']);
    expect(await difference(page, 'registered')).toEqual(['5', '5', '0', 'the same']);
    // Without a callback there is no latency, and no zero in its place.
    const [latencyOfA, ...others] = await difference(page, 'p50 latency');
    expect(latencyOfA).toMatch(/^[\d.]+ m?s$/);
    expect(others).toEqual(['–', '–', 'not known']);

    // What differs besides is told before the figures.
    const circumstances = panel(page).getByRole('table', { name: 'What else differs between the runs' });
    expect(squeeze(await circumstances.getByRole('row').last().innerText())).toBe('Variant fixed → broken');
    const chips = page.page.getByRole('group', { name: 'Compared runs' });
    expect(squeeze(await chips.innerText())).toMatch(/^A run 1 fixed .+ B run 2 broken .+ Align by start$/);
  });

  it('are drawn over each other, told to those who cannot see them, and read by one cursor', async () => {
    const page = await open();
    await runPair(page);
    await compareWithNewest(page);
    const strip = (name: string): Locator => comparison(page).getByRole('img', { name: new RegExp(`^${name}`) });
    await eventually(() => strip('Alive at the end').getAttribute('aria-label')).toBe(
      'Alive at the end: A 0 of 5; B 5 of 5',
    );
    expect(await strip('Finalized at the end').getAttribute('aria-label')).toBe(
      'Finalized at the end: A 5 of 5; B 0 of 5',
    );
    expect(await strip('Heap').getAttribute('aria-label')).toMatch(
      /^Heap, used: A at its end [\d.]+ MB, peak [\d.]+ MB; B at its end [\d.]+ MB, peak [\d.]+ MB$/,
    );
    const rows = comparison(page).getByRole('table', { name: 'Both runs over time' }).getByRole('row');
    expect(await rows.count()).toBe(10);

    const box = (await strip('Alive at the end').boundingBox())!;
    await page.page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2);
    await tip(page).waitFor();
    const told = (await tip(page).locator('tbody tr').allTextContents()).map(squeeze);
    expect(told.slice(1, 3)).toEqual(['alive05+5', 'finalized50−5']);
    expect(told[0]).toMatch(/^used[\d.]+ MB[\d.]+ MB[+−]?[\d.]+( [kM]?B)?$/);

    // The chosen curve is another one, by pointer and by key.
    await page.page.getByRole('radio', { name: 'external' }).click();
    await eventually(() => strip('Heap').getAttribute('aria-label')).toMatch(/^Heap, external: /);
    await page.page.keyboard.press('ArrowDown');
    await eventually(() => strip('Heap').getAttribute('aria-label')).toMatch(/^Heap, total: /);

    // A cursor that is moved by keys is read aloud.
    await comparison(page).focus();
    await page.page.keyboard.press('.');
    await eventually(() => comparison(page).getByRole('status').textContent()).toMatch(
      /: total A .+, B .+; alive A \d, B \d/,
    );
  });

  it('are aligned by where their programs ended, and count from there', async () => {
    const page = await open();
    await runPair(page);
    await compareWithNewest(page);
    const overview = comparison(page).getByRole('img', { name: /^Overview/ });
    await eventually(() => overview.getAttribute('aria-label')).toMatch(/shown: 0\.000 s to [\d.]+ s$/);
    await page.page.getByRole('button', { name: /^Align by/ }).click();
    const moment = page.page.getByRole('menuitemradio', { name: /^program ended/ });
    const [atA = NaN, atB = NaN] = [...((await moment.textContent()) ?? '').matchAll(/\d+\.\d+/g)].map(Number);
    await moment.click();
    const origin = Math.max(atA, atB);
    // The later of the two ends stays where it is; the axis begins as long before it.
    await eventually(() => overview.getAttribute('aria-label')).toMatch(
      new RegExp(`shown: −${origin.toFixed(3).replace('.', '\\.')} s to \\+[\\d.]+ s$`),
    );
    const box = (await overview.boundingBox())!;
    await page.page.mouse.move(box.x + 1, box.y + 200);
    await eventually(() => tip(page).locator('thead th').first().textContent()).toMatch(/^−/);
    // Where only one of them had begun, the other's figures are not known.
    if (Math.abs(atA - atB) > 0.02) {
      const told = (await tip(page).locator('tbody tr').nth(1).locator('td').allTextContents()).map(squeeze);
      expect(told.filter((figure) => figure === '–')).toHaveLength(2);
    }
  });

  it('are swapped, so that what got worse is what got better', async () => {
    const page = await open();
    await runPair(page);
    await compareWithNewest(page);
    await eventually(() => sentence(page)).toMatch(/^Worse in B: 5 objects/);
    await page.page.getByRole('button', { name: 'Swap A and B' }).click();
    await eventually(() => sentence(page)).toContain('Better: no object stays alive (5 in A)');
    expect(await difference(page, 'alive at the end')).toEqual(['5', '0', '−5', 'better']);
    // What is below belongs to B, which is on screen.
    await eventually(() => page.figures().then(({ callbacks }) => callbacks)).toBe(5);
    const chips = page.page.getByRole('group', { name: 'Compared runs' });
    expect(squeeze(await chips.innerText())).toMatch(/^A run 2 broken .+ B run 1 fixed/);
  });
});

describe('a comparison', () => {
  it('opens and closes by key, and gives the timeline back', async () => {
    const page = await open();
    await page.choose('Simple registration');
    expect(await compareButton(page).getAttribute('aria-disabled')).toBe('true');
    await page.page.keyboard.press('c');
    await page.run();
    await page.ended();
    expect(await compareButton(page).getAttribute('title')).toBe(
      'Run it once more, or run another scenario, to compare',
    );
    // Forced, since a button that says so is not waited for.
    await compareButton(page).click({ force: true });
    expect(await page.page.getByRole('menu').count()).toBe(0);
    await page.run();
    await page.ended();
    await eventually(() => compareButton(page).getAttribute('aria-disabled')).toBe('false');

    await page.page.locator('body').press('c');
    await page.page.getByRole('menu').waitFor();
    await page.page.keyboard.press('Enter');
    await comparison(page).waitFor();
    // The same program twice: nothing that is counted differs, however long it took on a busy machine.
    for (const title of ['registered', 'finalized', 'alive at the end', 'callback threw']) {
      const [a, b, change, verdict] = await difference(page, title);
      expect([a === b, change, verdict]).toEqual([true, '0', 'the same']);
    }
    expect(await panel(page).getByText('Not run under the same circumstances').count()).toBe(0);
    await page.page.keyboard.press('c');
    await page.timeline.waitFor();
    expect(await comparison(page).count()).toBe(0);

    await compareWithNewest(page);
    await page.page.keyboard.press('Escape');
    await page.timeline.waitFor();
    await page.inspector.getByText('Predicted and observed').waitFor();
    await compareWithNewest(page);
    await page.page.getByRole('button', { name: /^Close/ }).click();
    await page.timeline.waitFor();
  });

  it('shows an object that is chosen meanwhile, and comes back when it is let go of', async () => {
    const page = await open();
    await runPair(page);
    await compareWithNewest(page);
    await page.objects.locator('.body [role="row"]').first().click();
    await page.inspector.getByText('Kept by its own held value, which reaches it.').waitFor();
    await page.page.keyboard.press('Escape');
    await panel(page).waitFor();
    await comparison(page).waitFor();
  });

  it('takes a run that goes on for B, leaves open what its end decides, and goes to its end', async () => {
    const page = await open();
    await page.choose('Held value reaches its target');
    await runVariant(page, /^Fixed/);
    await runVariant(page, /^Fixed/);
    await compareWithNewest(page);
    await page.page.keyboard.press('Control+Enter');
    await eventually(() => sentence(page)).toContain('A run goes on');
    expect((await difference(page, 'alive at the end'))[3]).toBe('not known');
    const chips = page.page.getByRole('group', { name: 'Compared runs' });
    await eventually(async () => squeeze(await chips.innerText())).toMatch(/^A run 1 .+ B run 3 /);
    await page.ended();
    await eventually(() => sentence(page)).not.toContain('A run goes on');
    await eventually(() => difference(page, 'finalized')).toEqual(['5', '5', '0', 'the same']);
  });

  it('reaches to other programs, which are told apart by their titles', async () => {
    const page = await open();
    await page.choose('Simple registration');
    await page.run();
    await page.ended();
    await page.choose('Held value reaches its target');
    await page.run();
    await page.ended();
    await compareWithNewest(page);
    await page.page.getByRole('heading', { level: 2, name: 'Two programs' }).waitFor();
    const circumstances = panel(page).getByRole('table', { name: 'What else differs between the runs' });
    expect(squeeze(await circumstances.getByRole('row').nth(1).innerText())).toBe(
      'Program Simple registration → Held value reaches its target',
    );
    await page.page.getByRole('button', { name: 'Swap A and B' }).click();
    await eventually(() => page.figures().then(({ registered }) => registered)).toBe(1);
    await comparison(page).waitFor();
    // Going elsewhere is the end of it.
    await page.choose('Image pipeline');
    await eventually(() => comparison(page).count()).toBe(0);
  });

  it('has no serious accessibility finding, and keeps everything in sight in a small window', async () => {
    const page = await open({ context: { colorScheme: 'dark', reducedMotion: 'reduce' } });
    await runPair(page);
    await compareWithNewest(page);
    const findings: string[] = [];
    const look = async (colorScheme: 'dark' | 'light') => {
      await page.page.emulateMedia({ colorScheme });
      await eventually(page.theme).toBe(colorScheme);
      await untilDrawn(page.page);
      findings.push(...(await seriousFindings(page.page)).map((finding) => `${colorScheme}: ${finding}`));
    };
    await look('dark');
    await page.page.setViewportSize({ width: 1024, height: 700 });
    await look('light');
    for (const name of ['Compare…', 'Swap A and B', /^Close/, /^Align by/, 'Keyboard shortcuts']) {
      const box = await page.page.getByRole('button', { name, exact: true }).boundingBox();
      const isInSight = box !== null && box.x >= 0 && box.x + box.width <= 1024;
      expect({ name, isInSight }).toEqual({ name, isInSight: true });
    }
    const overflow = await panel(page).evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    expect(overflow).toBe(0);
    expect(findings).toEqual([]);
    // Looking for findings takes its time on a busy machine.
  }, 120_000);

  it('leaves room for its button beside those of a script', async () => {
    const page = await open();
    await page.page
      .getByRole('navigation', { name: 'Scenarios' })
      .getByRole('button', { name: /^Scratch/ })
      .click();
    for (const width of [1440, 1024]) {
      await page.page.setViewportSize({ width, height: 700 });
      await untilDrawn(page.page);
      const help = await page.page.getByRole('button', { name: 'Keyboard shortcuts' }).boundingBox();
      expect(help!.x + help!.width).toBeLessThanOrEqual(width);
    }
  });
});

/** Findings of axe that keep somebody from using the page. */
async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}
