// A process that somebody started elsewhere, watched in the page of the real served host: it is paused for a heap snapshot
// only where the user says so.

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTarget, targetScript, temporaryFolder, type TargetProcess } from '../targets/watching.ts';
import { launchBrowser } from './browser.ts';
import { serveApplication, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const question = (page: Page) =>
  page.getByRole('alertdialog', { name: /^Pause obedient\.cjs \(\d+\) for a heap snapshot\?$/ });
const whyAlive = (page: Page) => page.getByRole('region', { name: 'Why alive' });
const focused = (page: Page) => page.locator(':focus');

/** Opens a page in which the process is watched and has registered a few objects that it keeps. */
async function watchInPage(application: ServedApplication, target: TargetProcess): Promise<Workbench> {
  await target.untilPrints(/ready/);
  const page = workbench(await application.openPage());
  await page.page
    .getByRole('navigation')
    .getByRole('button', { name: /^obedient\.cjs/ })
    .click();
  await page.page.getByRole('button', { name: /^Watch Ctrl/ }).click();
  await page.page.getByRole('button', { name: 'Leave', exact: true }).and(page.page.locator(':enabled')).waitFor();
  await page.status.getByText(/samples\s*[1-9]/).waitFor();
  await target.ask('register', { count: 3, keep: 3 });
  await expect.poll(async () => (await page.figures()).registered).toBe(3);
  return page;
}

it('is paused for a snapshot only where the user confirms the question about it', async () => {
  using folder = temporaryFolder();
  await using application = await serveApplication(browser, { environment: { HEAPLINE_RENDEZVOUS: folder.path } });
  await using target = startTarget(targetScript('obedient.cjs'), { folder: folder.path });
  const { page, ended } = await watchInPage(application, target);
  const snapshots: string[] = [];
  const client = await application.connect();
  const runId = (await client.hello()).runs.at(-1)!.description.runId;
  void client.follow(runId, (batch) => {
    if (batch.type === 'status' && batch.step !== undefined) snapshots.push(batch.step);
  });

  // The question says what it costs. Enter answers with what is safe, Escape cancels, and neither stops the run.
  const ask = page.getByRole('button', { name: 'Ask why', exact: true });
  for (const key of ['Enter', 'Escape']) {
    await ask.press('Enter');
    await question(page)
      .getByText(/^A heap snapshot of [\d.]+ MB pauses the process for about [\d.]+ to [\d.]+ s/)
      .waitFor();
    await question(page)
      .getByRole('button', { name: /^Cancel/ })
      .and(focused(page))
      .waitFor();
    const { violations } = await new AxeBuilder({ page }).include('[role="alertdialog"]').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await page.keyboard.press('Tab');
    await question(page).getByRole('button', { name: 'Take snapshot' }).and(focused(page)).waitFor();
    // A letter that is a shortcut elsewhere does nothing in here.
    await page.keyboard.press('g');
    await page.keyboard.press('Tab');
    await question(page)
      .getByRole('button', { name: /^Cancel/ })
      .and(focused(page))
      .waitFor();
    await page.keyboard.press(key);
    await question(page).waitFor({ state: 'detached' });
    await ask.and(focused(page)).waitFor();
  }
  await page.getByRole('button', { name: 'Leave', exact: true }).and(page.locator(':enabled')).waitFor();
  expect(snapshots).toEqual([]);
  expect(await target.ask('state')).toMatchObject({ called: 0 });

  await whyAlive(page).getByRole('button', { name: 'Ask why now' }).click();
  await question(page).getByRole('button', { name: 'Take snapshot' }).click();
  await question(page).waitFor({ state: 'detached' });
  await whyAlive(page).getByRole('heading', { name: 'Why 3 objects are still alive' }).waitFor({ timeout: 30_000 });
  expect(snapshots).toContain('writing-snapshot');

  // What has ended is not asked about any more.
  await whyAlive(page).getByRole('button', { name: 'Ask again now' }).click();
  await question(page).waitFor();
  target.child.kill('SIGKILL');
  await question(page).waitFor({ state: 'detached' });
  expect(await ended()).toMatch(/^Crashed/);
});
