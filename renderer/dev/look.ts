// Takes a picture of each state of the page, and lets axe look at it: `node renderer/dev/look.ts <folder> [state...]`.
// Starts its own server and browser, on 127.0.0.1, and ends both.

import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import sparticuz from '@sparticuz/chromium';
import { chromium, type Page } from 'playwright-core';
import { createServer } from 'vite';

const [folder = 'look', ...wanted] = process.argv.slice(2);
const SIZES = [
  [1440, 900],
  [1024, 700],
] as const;
/** A state, and with `:` what is done to it then: keys of `ACTIONS`. */
const STATES = [
  ...['first-launch', 'connecting', 'unreachable', 'running', 'settling', 'finished', 'lost', 'held', 'dropped'],
  ...['threw', 'out-of-memory', 'timed-out', 'crashed', 'exited', 'notice', 'no-catalogue', 'refused'],
  ...['finished:events', 'finished:console', 'finished:source', 'finished:pictures', 'finished:object'],
  ...['finished:parameter', 'finished:limits', 'finished:shortcuts', 'running:collect', 'held:about', 'million'],
  ...['alive', 'alive:living', 'alive:place', 'alive:filter', 'alive:filtered', 'alive:nothing', 'explaining'],
  ...['hundred-thousand', 'hundred-thousand:filter', 'syntax-error'],
];
const ACTIONS: Record<string, (page: Page) => Promise<void>> = {
  events: (page) => page.keyboard.press('2'),
  console: (page) => page.keyboard.press('3'),
  source: (page) => page.keyboard.press('4'),
  pictures: (page) => page.keyboard.press('5'),
  object: (page) =>
    page.locator('.body .row', { hasText: 'alive' }).first().or(page.locator('.body .row').nth(2)).first().click(),
  living: async (page) => {
    await page.locator('.body .row', { hasText: 'Map entry' }).first().click();
    await page
      .getByRole('button', { name: /^Path in full/ })
      .first()
      .click();
  },
  place: async (page) => {
    await page.locator('.body .row', { hasText: 'Map entry' }).first().click();
    await page.getByRole('button', { name: 'Show sessions.js:12 in the source' }).first().click();
    await page.waitForTimeout(600);
  },
  filter: (page) => page.getByRole('button', { name: /^Filter/ }).click(),
  filtered: async (page) => {
    await page.getByRole('button', { name: /^\d+\s*event listener/ }).click();
    await page.getByRole('grid').locator('.body .row').first().click();
  },
  nothing: (page) => page.getByRole('searchbox', { name: /^Only objects/ }).fill('no such thing'),
  parameter: async (page) => {
    await page.locator('.chip').first().click();
    await page.locator('.editor input').first().fill('99999');
  },
  limits: (page) => page.getByRole('button', { name: /^Limits/ }).click(),
  shortcuts: (page) => page.keyboard.press('?'),
  collect: (page) => page.getByRole('button', { name: 'Collect now' }).click(),
  about: (page) => page.getByRole('button', { name: 'About this scenario' }).click(),
};
const quick = process.env['LOOK_QUICK'] !== undefined;

await mkdir(folder, { recursive: true });
const server = await createServer({
  configFile: resolve(import.meta.dirname, 'vite.config.ts'),
  server: { port: 18_211 },
});
await server.listen();
const browser = await chromium.launch({
  executablePath: process.env['HEAPLINE_BROWSER'] ?? (await sparticuz.executablePath()),
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
});
let violations = 0;
try {
  for (const wantedState of wanted.length > 0 ? wanted : STATES) {
    const [state = '', action = ''] = wantedState.split(':');
    for (const theme of quick ? (['dark'] as const) : (['dark', 'light'] as const)) {
      for (const [width, height] of quick ? SIZES.slice(0, 1) : SIZES) {
        const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
        const page = await context.newPage();
        page.on('console', (message) => {
          if (message.type() === 'error' || message.type() === 'warning') console.log(`${state}: ${message.text()}`);
        });
        page.on('pageerror', (error) => console.log(`${state}: ${error.stack ?? error.message}`));
        await page.goto(`http://127.0.0.1:18211/dev/index.html#${state},${theme}`);
        await page.waitForSelector('.status');
        await page.waitForTimeout(state === 'lost' ? 1_200 : 500);
        if (state === 'refused') {
          await page.keyboard.press('Control+Enter');
          await page.waitForSelector('.toast');
        }
        await ACTIONS[action]?.(page);
        await page.waitForTimeout(action === '' ? 0 : 500);
        await page.screenshot({ path: resolve(folder, `${wantedState.replace(':', '-')}-${theme}-${width}.png`) });
        const { violations: found } = await new AxeBuilder({ page }).analyze();
        for (const { id, impact, nodes } of found) {
          violations += 1;
          console.log(
            `${wantedState} ${theme} ${width}: axe ${impact}: ${id}: ${nodes
              .map(({ html, failureSummary }) => `${html.slice(0, 140)} ${failureSummary?.split('\n')[1] ?? ''}`)
              .slice(0, 3)
              .join(' | ')}`,
          );
        }
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
console.log(`${violations} findings of axe`);
