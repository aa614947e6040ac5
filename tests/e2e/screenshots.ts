// Takes pictures of real runs in the served application. `npm run screenshots` takes those that the documents show, again;
// `npm run screenshots -- <folder>` puts these and more into a folder, in a small window too, to be looked at.
// `<state>-<theme>.png` is of 1440 × 900 pixels, `<state>-<theme>-1024.png` of 1024 × 700.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { launchBrowser, untilDrawn } from './browser.ts';
import { openScript, PICTURE_STATES, reachPictureState, writePictureScripts } from './picture-states.ts';
import { serveApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

const [, , named] = process.argv;
const folder = resolve(named ?? 'docs/pictures');
const THEMES = ['dark', 'light'] as const;
const FULL = { width: 1440, height: 900, suffix: '' } as const;
const SIZES = named === undefined ? [FULL] : [FULL, { width: 1024, height: 700, suffix: '-1024' }];
/** What is drawn once a size is known is drawn by then: several frames later, on a busy machine too. */
const DRAWN_AFTER_MS = 300;

async function takePictures(page: Workbench, state: string): Promise<void> {
  // What was clicked last shall not look as if it were about to be clicked again.
  await page.page.mouse.move(0, 0);
  for (const colorScheme of THEMES) {
    await page.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const { width, height, suffix } of SIZES) {
      await page.page.setViewportSize({ width, height });
      await page.page.waitForTimeout(DRAWN_AFTER_MS);
      await untilDrawn(page.page);
      await page.page.screenshot({ path: join(folder, `${state}-${colorScheme}${suffix}.png`) });
    }
  }
  await page.page.setViewportSize(FULL);
}

/** States that no document shows, but that deserve the same care. */
async function takeMorePictures(page: Workbench, leakingScript: string): Promise<void> {
  await page.page.keyboard.press('Control+o');
  await page.page.getByRole('dialog', { name: 'Open script' }).waitFor();
  await page.page.getByRole('combobox', { name: /^Path of/ }).fill(leakingScript);
  await takePictures(page, 'open');
  await page.page.keyboard.press('Escape');
  await page.page.getByRole('dialog', { name: 'Open script' }).waitFor({ state: 'detached' });

  await page.choose('Image pipeline');
  await page.openTab('Pictures');
  await page.page
    .getByRole('group', { name: /^Steps of/ })
    .getByRole('img')
    .first()
    .waitFor();
  await takePictures(page, 'finished-pictures');
  await page.openTab('Objects');

  await page.choose('Held value reaches its target');
  await page.run();
  await page.ended();
  await page.objects.locator('.body [role="row"]').first().click();
  await takePictures(page, 'held-value');

  await page.choose('Not for critical resources');
  await page.page.getByRole('button', { name: /^Ending/ }).click();
  await page.page.getByRole('radio', { name: 'Let go of, then process.exit()' }).check();
  await page.page.getByRole('button', { name: 'Done' }).click();
  await page.run();
  await page.ended();
  await takePictures(page, 'exited');
}

if (!(await ensureBuilt('application'))) process.exit(1);
await mkdir(folder, { recursive: true });
const rendezvous = await mkdtemp(join(tmpdir(), 'heapline-pictures-'));
const browser = await launchBrowser();
try {
  const scripts = await writePictureScripts();
  await using application = await serveApplication(browser, {
    environment: { HEAPLINE_RENDEZVOUS: rendezvous, HEAPLINE_SCENARIOS: scripts.scenariosFolder },
  });
  const page = workbench(await application.openPage());
  if (named !== undefined) {
    await openScript(page, scripts.leaking);
    await takePictures(page, 'script');
  }
  for (const state of PICTURE_STATES) {
    await reachPictureState(page, state, { scripts });
    await takePictures(page, state);
  }
  if (named !== undefined) await takeMorePictures(page, scripts.leaking);
} finally {
  await browser.close();
  await rm(rendezvous, { recursive: true, force: true });
}
console.info(`Pictures are in ${folder}`);
