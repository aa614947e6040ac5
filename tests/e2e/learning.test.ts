// Learning with the page, as a person does it: guess and see, go along the path, run both halves of a pair, make an
// experiment and look at one of its runs, and write a scenario of one's own.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { GOOD } from '../own-scenarios/own-scenario-files.ts';
import { launchBrowser } from './browser.ts';
import { serveApplication, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

let browser: Browser;
let application: ServedApplication;
let scenarios: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  scenarios = mkdtempSync(join(tmpdir(), 'heapline-mine-'));
  application = await serveApplication(browser, { environment: { HEAPLINE_SCENARIOS: scenarios } });
});
// Fails the test if a page complained, or a process or a file was left behind.
afterEach(async () => {
  await application.close();
  rmSync(scenarios, { recursive: true, force: true });
});

const open = async (): Promise<Workbench> => workbench(await application.openPage());
const TIMEOUT_MS = 120_000;

describe('learning with the page', { timeout: TIMEOUT_MS }, () => {
  it('holds a guess against the prediction and what happened, and explains the difference with the path', async () => {
    const page = await open();
    await page.choose('Held value reaches its target');
    await page.inspector.getByText('Shown once you have guessed.').waitFor();
    await page.inspector.getByText('Called back', { exact: true }).click();
    await page.inspector.getByText(/^Broken: no callback ever/).waitFor();
    await page.run();
    await page.ended();
    const panel = page.inspector.locator('section', { hasText: 'Your guess' });
    await panel.getByText('Otherwise').waitFor();
    expect(await panel.locator('dd').allTextContents()).toEqual(['Called back', 'Never', 'Never']);
    await panel.getByText('5 never').waitFor();
    // In the program's own names, from the snapshot of this run.
    await panel.getByText(/owner/).first().waitFor();
  });

  it('keeps the progress on the learning path', async () => {
    const page = await open();
    await page.page.getByText('Learning path').click();
    const titles = await page.page.locator('nav .section-label').allTextContents();
    expect(titles).toEqual(expect.arrayContaining(['First steps', 'Everyday use', 'Not guaranteed', 'Hard cases']));
    await page.page.getByText('0/24').waitFor();
    await page.choose('Simple registration');
    await page.run();
    await page.ended();
    await page.page.getByText('1/24').waitFor();
    await page.page.reload();
    await page.page.getByText('1/24').waitFor();
    await page.scenario('Simple registration ?, step 1, seen to its end').waitFor();
  });

  it('runs both halves of a pair and lays them over each other', async () => {
    const page = await open();
    await page.choose('The registry itself is dropped');
    await page.page.getByRole('button', { name: 'Run both, compare' }).click();
    const differences = page.page.getByRole('group', { name: 'Differences' });
    await differences.getByText('Better:').waitFor({ timeout: 40_000 });
    expect(await differences.textContent()).toMatch(/Variant\s*broken\s*→\s*fixed/);
  });

  it('makes an experiment whose policies differ, and opens one of its runs and comes back', async () => {
    const page = await open();
    await page.choose('Simple registration');
    await page.page.getByRole('button', { name: 'Experiment…' }).click();
    const form = page.page.getByRole('dialog');
    await form.getByText('Minor').click();
    await form.getByText('Pressure').click();
    await form.getByLabel('Runs under each').fill('2');
    await form.getByText('4 runs').waitFor();
    await form.getByRole('button', { name: 'Start' }).click();
    await page.page.getByText(/^4 runs in/).waitFor({ timeout: 40_000 });
    const shows = page.page.getByRole('group', { name: 'What the experiment shows' });
    await shows.getByText('Major: every registered object was called back, in every run.').waitFor();
    await shows.getByText('Natural: not a single callback.').waitFor();
    const { violations } = await new AxeBuilder({ page: page.page }).include('main').include('aside').analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);

    await shows.getByRole('button', { name: /^Major, run 2: 1 of 1 called back/ }).click();
    await page.timeline.waitFor();
    expect(await page.ended()).toMatch(/^Finished/);
    await page.page.getByRole('button', { name: /^Experiment Major, run 2 of 2/ }).click();
    await shows.waitFor();
    await page.page.keyboard.press('Escape');
    await shows.waitFor({ state: 'detached' });
  });

  it('cancels an experiment and keeps what is done', async () => {
    const page = await open();
    await page.choose('Simple registration');
    await page.page.getByRole('button', { name: 'Experiment…' }).click();
    const form = page.page.getByRole('dialog');
    await form.getByLabel('Runs under each').fill('20');
    await form.getByRole('button', { name: 'Start' }).click();
    await page.page.getByText(/^[4-9] of 80 runs/).waitFor({ timeout: 40_000 });
    await page.page.getByRole('banner').getByRole('button', { name: 'Cancel' }).first().click();
    await page.page.getByText(/^Cancelled: \d+ of 80 runs came to their end/).waitFor({ timeout: 20_000 });
  });

  it('writes a scenario from the template, runs it, and shows what is wrong with another in place', async () => {
    const page = await open();
    await page.page.getByRole('button', { name: 'New', exact: true }).click();
    await page.page.getByPlaceholder('my-first-scenario').fill('My own');
    await page.page.getByRole('button', { name: 'Write it' }).click();
    await page.page.getByRole('heading', { level: 2, name: 'My own' }).waitFor({ timeout: 20_000 });
    expect(readdirSync(scenarios)).toEqual(['my-own.mjs']);
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    await page.inspector.getByText('Predicted and observed').waitFor();

    // A prediction that cannot be checked says why, and leads to its line.
    const own = join(scenarios, 'my-own.mjs');
    const text = readFileSync(own, 'utf8');
    const line = text.slice(0, text.indexOf('function predict(')).split('\n').length + 1;
    writeFileSync(own, text.replace(/(function predict\(.*\{\n)/, "$1  throw new Error('not thought of yet');\n"));
    await page.run();
    await page.ended();
    await page.inspector.getByText(/could not be checked: .*not thought of yet/).waitFor();
    await page.inspector
      .getByRole('button', { name: new RegExp(`^Show my-own\\.mjs:${line}(?::\\d+)? in the source$`) })
      .click();
    await page.page.getByText("throw new Error('not thought of yet');").first().waitFor();

    writeFileSync(join(scenarios, 'broken.mjs'), 'export const scenario = {\n  id: "broken",\n  title: ;\n};\n');
    const broken = page.page.getByRole('button', { name: /broken\.mjs:3/ });
    await broken.waitFor({ timeout: 20_000 });
    await broken.click();
    await page.page.getByRole('tab', { name: 'Source', selected: true }).waitFor();
    await page.page.getByText('title: ;').first().waitFor();
    // The others go on as before.
    await page.choose('Simple registration');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
  });

  it('reads the source of a scenario of one’s own when it is looked at, and again when it changes', async () => {
    const path = join(scenarios, 'mine.mjs');
    writeFileSync(path, `// the first text\n${GOOD}`);
    const received: string[] = [];
    const page = workbench(
      await application.openPage({
        prepare: async (prepared) =>
          prepared.on('websocket', (socket) => {
            socket.on('framereceived', ({ payload }) => received.push(payload.toString('latin1')));
          }),
      }),
    );
    const wasSent = (text: string) => received.some((frame) => frame.includes(text));
    await page.scenario('Good').waitFor();
    expect(wasSent('What becomes of it?')).toBe(true);
    expect(wasSent('// the first text')).toBe(false);

    // What has not run yet is shown by its source.
    await page.choose('Good');
    await page.page.getByRole('tabpanel').getByText('// the first text').waitFor();
    writeFileSync(path, `// the second text\n${GOOD}`);
    await page.page.getByRole('tabpanel').getByText('// the second text').waitFor();
  });
});
