// Takes the pictures of docs/guide from real runs: `npm run guide:pictures [-- <name> …]`. Each is what the page shows after
// a scenario has run, cut to the part that the text speaks of.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { launchBrowser, untilDrawn } from './browser.ts';
import { serveApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

const folder = resolve('docs/pictures/guide');
/** Whatever a scenario does, and forty runs of one, on a machine that may have other things to do. */
const PATIENCE_MS = 240_000;

interface GuidePicture {
  readonly name: string;
  readonly scenario: string;
  readonly options?: readonly (readonly [parameter: string, option: string])[];
  /** What is done instead of running the scenario once. */
  readonly reach?: (page: Workbench) => Promise<void>;
  /** What is shown, once it has ended; absent: the whole window. */
  readonly part?: (page: Workbench) => Locator | Promise<Locator>;
}

/** Of a row: its left end, since a click on the place in it shows the source. */
const BESIDE_LINKS = { x: 12, y: 10 };

const timeline = (page: Workbench) => page.timeline;
const inspector = (page: Workbench) => page.inspector;
const drawer = (page: Workbench) => page.page.locator('section.drawer');

/** The path of one object, from the root to it. */
async function pathOf(page: Workbench, label: string): Promise<Locator> {
  await page.openTab('Objects');
  await page.objects.locator('.body [role="row"]', { hasText: label }).first().click({ position: BESIDE_LINKS });
  const selected = page.page.getByRole('region', { name: 'Selected object' });
  await selected.waitFor();
  return selected;
}

const PICTURES: readonly GuidePicture[] = [
  {
    name: 'first-callback',
    scenario: 'Simple registration',
    part: async (page) => {
      // The table's link to the line that registers.
      await page.openTab('Objects');
      await page.objects.getByRole('button', { name: /simple\.ts/ }).click();
      return page.page.locator('body');
    },
  },
  { name: 'minor-and-major', scenario: 'Minor and major collections', part: timeline },
  { name: 'object-graph', scenario: 'An object graph and its root', part: timeline },
  { name: 'timing', scenario: 'Timing is not guaranteed', part: timeline },
  {
    name: 'timing-experiment',
    scenario: 'Timing is not guaranteed',
    reach: async ({ page }) => {
      await page.getByRole('button', { name: 'Experiment…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
      await page.getByText(/^40 runs in/).waitFor({ timeout: PATIENCE_MS });
    },
    part: ({ page }) => page.getByRole('group', { name: 'Experiment', exact: true }),
  },
  { name: 'blocked-thread', scenario: 'A thread that never turns', part: timeline },
  { name: 'image-pipeline', scenario: 'Image pipeline', part: timeline },
  {
    name: 'safety-net',
    scenario: 'A safety net for forgotten closes',
    part: async (page) => {
      await page.openTab('Objects');
      return drawer(page);
    },
  },
  { name: 'held-value', scenario: 'Held value reaches its target', part: (page) => pathOf(page, 'alive') },
  { name: 'registry-dropped', scenario: 'The registry itself is dropped', part: inspector },
  { name: 'weak-map', scenario: 'A value that refers to its key', part: (page) => pathOf(page, 'Panel 1') },
  {
    name: 'weak-cache',
    scenario: 'A weak cache and its dead entries',
    part: async (page) => {
      await page.openTab('Console');
      return page.page.locator('main .middle');
    },
  },
  { name: 'listeners', scenario: 'Forgotten listeners and intervals', part: (page) => pathOf(page, 'View 1') },
  {
    name: 'unbounded-cache',
    scenario: 'A cache without a limit',
    reach: async ({ page }) => {
      await page.getByRole('button', { name: 'Run both, compare' }).click();
      const differences = page.getByRole('group', { name: 'Differences' });
      await differences.getByText('Better:').waitFor({ timeout: PATIENCE_MS });
    },
    part: ({ page }) => page.getByRole('region', { name: 'Comparison of two runs' }),
  },
];

async function take(page: Workbench, { name, scenario, options = [], reach, part }: GuidePicture): Promise<void> {
  await page.choose(scenario);
  for (const [parameter, option] of options) {
    await page.page.getByRole('button', { name: new RegExp(`^${parameter}`) }).click();
    await page.page.getByRole('radio', { name: option }).check();
    await page.page.getByRole('button', { name: 'Done' }).click();
  }
  if (reach !== undefined) await reach(page);
  else {
    await page.run();
    await page.ended();
  }
  const shown = (await part?.(page)) ?? page.page.locator('body');
  await page.page.mouse.move(0, 0);
  await untilDrawn(page.page);
  await untilDrawn(page.page);
  await shown.screenshot({ path: join(folder, `${name}.png`) });
  console.info(name);
}

const wanted = process.argv.slice(2);
if (!(await ensureBuilt('application'))) process.exit(1);
await mkdir(folder, { recursive: true });
const rendezvous = await mkdtemp(join(tmpdir(), 'heapline-pictures-'));
const browser = await launchBrowser();
try {
  await using application = await serveApplication(browser, { environment: { HEAPLINE_RENDEZVOUS: rendezvous } });
  const page = workbench(
    await application.openPage({
      context: { colorScheme: 'light', reducedMotion: 'reduce', viewport: { width: 1360, height: 820 } },
    }),
  );
  for (const picture of PICTURES) {
    if (wanted.length === 0 || wanted.includes(picture.name)) await take(page, picture);
  }
} finally {
  await browser.close();
  await rm(rendezvous, { recursive: true, force: true });
}
