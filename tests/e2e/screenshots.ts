// Takes pictures of real runs in the served application: `npm run screenshots -- [folder]`, `docs/pictures` unless named.
// Each state in both themes and two sizes: `<state>-<theme>.png` is the large one, `<state>-<theme>-1024.png` the small.

import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { launchBrowser } from './browser.ts';
import { serveApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

const folder = resolve(process.argv[2] ?? 'docs/pictures');
const THEMES = ['dark', 'light'] as const;
const SIZES = [
  { width: 1440, height: 900, suffix: '' },
  { width: 1024, height: 700, suffix: '-1024' },
] as const;

async function takePictures(page: Workbench, state: string): Promise<void> {
  // What was clicked last shall not look as if it were about to be clicked again.
  await page.page.mouse.move(0, 0);
  for (const theme of THEMES) {
    await page.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const { width, height, suffix } of SIZES) {
      await page.page.setViewportSize({ width, height });
      // Two frames: one in which the layout is known, one in which the canvases are drawn for it.
      await page.page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(drawn), 300))),
      );
      await page.page.screenshot({ path: join(folder, `${state}-${theme}${suffix}.png`) });
    }
  }
  await page.page.setViewportSize({ width: 1440, height: 900 });
}

if (!(await ensureBuilt('application'))) process.exit(1);
await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
try {
  // In a folder that says nothing of this machine.
  const script = join(tmpdir(), 'shop', 'four-leaks.mjs');
  await mkdir(dirname(script), { recursive: true });
  await copyFile('examples/four-leaks.mjs', script);
  const rendezvous = await mkdtemp(join(tmpdir(), 'heapline-pictures-'));
  await using application = await serveApplication(browser, {
    words: [script],
    environment: { HEAPLINE_RENDEZVOUS: rendezvous },
  });
  const page = workbench(await application.openPage());

  await page.page.getByRole('heading', { level: 2, name: 'four-leaks.mjs' }).waitFor();
  await takePictures(page, 'script');
  await page.page.getByRole('button', { name: /^Major/ }).click();
  await page.run();
  await page.ended();
  await page.openTab('Objects');
  await page.objects.locator('.body [role="row"]', { hasText: 'visitor 10' }).click();
  await takePictures(page, 'why');
  await page.page.keyboard.press('Control+o');
  await page.page.getByRole('dialog', { name: 'Open script' }).waitFor();
  await takePictures(page, 'open');
  await page.page.keyboard.press('Escape');

  await page.choose('Image pipeline');
  await takePictures(page, 'empty');

  await page.run();
  await page.page.waitForFunction(() => {
    const counted = /callbacks\s*([\d,]+)/.exec(document.querySelector('footer')?.textContent ?? '')?.[1];
    return Number((counted ?? '0').replaceAll(',', '')) >= 12;
  });
  await takePictures(page, 'running');
  await page.ended();
  await takePictures(page, 'finished');
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
} finally {
  await browser.close();
}
console.info(`Pictures are in ${folder}`);
