// The states of the application that docs/design.md shows, and how each is reached: by real runs, through the page.
// Shared by the pictures (screenshots.ts) and by the test that looks for faults in them (pictures.test.ts).

import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Workbench } from './workbench.ts';

/** In the order in which they are to be reached: what is running is what finishes. `why` is a leak that was found. */
export const PICTURE_STATES = [
  'empty',
  'running',
  'finished',
  'why',
  'error',
  'comparison',
  'guess',
  'experiment',
  'mine',
  'recording',
] as const;
export type PictureState = (typeof PICTURE_STATES)[number];

/** Reads a price of a product that is not there, after some carts were let go of. */
const CHECKOUT = `const carts = new FinalizationRegistry((customer) => console.log(\`cart of \${customer} is gone\`));
const prices = new Map([['tea', { euros: 4 }], ['cake', { euros: 6 }]]);

function priceOf(product) {
  return prices.get(product).euros;
}

async function checkOut(customer, products) {
  const cart = { customer, products };
  carts.register(cart, customer);
  await new Promise((resolve) => setTimeout(resolve, 150));
  return cart.products.reduce((sum, product) => sum + priceOf(product), 0);
}

for (const customer of ['Ada', 'Grace', 'Barbara', 'Radia', 'Frances', 'Hedy']) {
  console.log(customer, await checkOut(customer, ['tea', 'cake']));
}
console.log('Jean', await checkOut('Jean', ['tea', 'biscuit']));
`;

/** A scenario of the user's own that cannot be loaded. */
const UNFINISHED = `// What becomes of the rows of a query that nobody reads to its end?
export const scenario = {
  id: 'unread-rows',
  title: 'Rows that nobody reads',
  category: ,
};
`;

export interface PictureScripts {
  readonly leaking: string;
  readonly throwing: string;
  /** Where a run is saved, and opened from. */
  readonly recordingFile: string;
  /** Of the user's own; the application is to be started with it as HEAPLINE_SCENARIOS. */
  readonly scenariosFolder: string;
}

/** Puts the scripts in a folder whose name says nothing of the machine, since paths are shown. */
export async function writePictureScripts(): Promise<PictureScripts> {
  const folder = join(tmpdir(), 'shop');
  await mkdir(folder, { recursive: true });
  const leaking = join(folder, 'four-leaks.mjs');
  const throwing = join(folder, 'checkout.mjs');
  await copyFile(resolve(import.meta.dirname, '../../examples/four-leaks.mjs'), leaking);
  await writeFile(throwing, CHECKOUT);
  const scenariosFolder = join(folder, 'scenarios');
  await rm(scenariosFolder, { recursive: true, force: true });
  return { leaking, throwing, recordingFile: join(folder, 'four-leaks-on-staging.heapline'), scenariosFolder };
}

/** Pictures are decoded, and what keeps them is explained, on a machine that may have other things to do. */
const PATIENCE_MS = 240_000;

export interface ReachOptions {
  readonly scripts: PictureScripts;
  /** For whoever looks at states longer than a picture takes: what runs lasts until it is stopped, what finishes is short. */
  readonly isTest?: boolean;
}

export async function reachPictureState(
  page: Workbench,
  state: PictureState,
  { scripts, isTest = false }: ReachOptions,
): Promise<void> {
  switch (state) {
    case 'empty':
      await page.choose('Image pipeline');
      break;
    case 'running':
      await page.choose('Image pipeline');
      if (isTest) await setNumber(page, 'Images', '200');
      await page.run();
      await page.page.waitForFunction(
        () => {
          const counted = /callbacks\s*([\d,]+)/.exec(document.querySelector('footer')?.textContent ?? '')?.[1];
          return Number((counted ?? '0').replaceAll(',', '')) >= 12;
        },
        undefined,
        { timeout: PATIENCE_MS },
      );
      break;
    case 'finished':
      await page.choose('Image pipeline');
      if (isTest) {
        if (await page.stopButton.isEnabled()) {
          await page.stopButton.click();
          await ended(page);
        }
        await setNumber(page, 'Images', '6');
        await setNumber(page, 'Scale', '30');
      }
      if (!(await page.stopButton.isEnabled())) await page.run();
      await ended(page);
      await page.openTab('Objects');
      break;
    case 'why':
      await openScript(page, scripts.leaking);
      await page.page.getByRole('button', { name: /^Major/ }).click();
      await page.run();
      await ended(page);
      await page.openTab('Objects');
      await page.objects.locator('.body [role="row"]', { hasText: 'visitor 10' }).click();
      await page.page.getByRole('region', { name: 'Selected object' }).waitFor();
      break;
    case 'error':
      await openScript(page, scripts.throwing);
      await page.page.getByRole('button', { name: /^Major/ }).click();
      await page.run();
      await ended(page);
      await page.page.getByLabel('The lines around the error').waitFor();
      break;
    case 'comparison':
      // The same pipeline once more, now as an application that holds on to the pictures that it showed last.
      await page.choose('Image pipeline');
      await setNumber(page, 'Keep last', '8');
      await page.run();
      await ended(page);
      await page.page.getByRole('button', { name: /^Compare/ }).click();
      await page.page.getByRole('menu').getByRole('menuitem').first().click();
      await page.page.getByRole('region', { name: 'Comparison of two runs' }).waitFor();
      // Pictures are outside of V8's heap: that is the curve on which the two differ.
      await page.page.getByRole('radio', { name: 'external' }).click();
      break;
    case 'guess':
      // What nobody who meets it for the first time expects.
      await page.choose('Held value reaches its target');
      await page.inspector.getByText('Called back', { exact: true }).click();
      await page.run();
      await ended(page);
      await page.inspector.locator('section', { hasText: 'Your guess' }).getByText('Otherwise').waitFor();
      break;
    case 'experiment': {
      await page.choose(isTest ? 'Simple registration' : 'Timing is not guaranteed');
      await page.page.getByRole('button', { name: 'Experiment…' }).click();
      const form = page.page.getByRole('dialog');
      if (isTest) await form.getByLabel('Runs under each').fill('2');
      await form.getByRole('button', { name: 'Start' }).click();
      await page.page.getByText(/^\d+ runs in/).waitFor({ timeout: PATIENCE_MS });
      break;
    }
    case 'mine': {
      if (await page.page.getByRole('group', { name: 'Experiment', exact: true }).isVisible()) {
        await page.page.keyboard.press('Escape');
      }
      await page.page.getByRole('button', { name: 'New', exact: true }).click();
      await page.page.getByPlaceholder('my-first-scenario').fill('Carts of the shop');
      await page.page.getByRole('button', { name: 'Write it' }).click();
      await page.page.getByRole('heading', { level: 2, name: 'Carts of the shop' }).waitFor({ timeout: PATIENCE_MS });
      await writeFile(join(scripts.scenariosFolder, 'unread-rows.mjs'), UNFINISHED);
      const broken = page.page.getByRole('button', { name: /unread-rows\.mjs:5/ });
      await broken.waitFor({ timeout: PATIENCE_MS });
      await page.run();
      await ended(page);
      await broken.scrollIntoViewIfNeeded();
      break;
    }
    case 'recording': {
      await openScript(page, scripts.leaking);
      await page.page.getByRole('button', { name: /^Major/ }).click();
      await page.run();
      await ended(page);
      const [download] = await Promise.all([page.page.waitForEvent('download'), page.page.keyboard.press('Control+s')]);
      await download.saveAs(scripts.recordingFile);
      const [chooser] = await Promise.all([
        page.page.waitForEvent('filechooser'),
        page.page.keyboard.press('Control+Shift+O'),
      ]);
      await chooser.setFiles(scripts.recordingFile);
      const entry = page.page.getByRole('navigation').getByRole('button', { name: /^four-leaks-on-staging/ });
      await entry.waitFor();
      await page.page.getByRole('definition').first().waitFor();
      await ended(page);
      await page.openTab('Objects');
      await entry.scrollIntoViewIfNeeded();
      break;
    }
  }
  // What was clicked last shall not look as if it were about to be clicked again.
  await page.page.mouse.move(0, 0);
}

async function ended({ status }: Workbench): Promise<void> {
  await status.getByText(/^(Finished|Stopped|Threw)/).waitFor({ timeout: PATIENCE_MS });
}

async function setNumber({ page }: Workbench, parameter: string, value: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${parameter}`) }).click();
  await page.getByRole('textbox', { name: parameter }).fill(value);
  await page.getByRole('button', { name: 'Done' }).click();
}

export async function openScript({ page }: Workbench, path: string): Promise<void> {
  await page.keyboard.press('Control+o');
  await page.getByRole('combobox', { name: /^Path of/ }).fill(path);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Open script' }).waitFor({ state: 'detached' });
  await page.getByRole('heading', { level: 2, name: path.split(/[\\/]/).at(-1)! }).waitFor();
}
