// The states that docs/design.md shows, at the sizes and in the themes that they are made for, in the real application:
// nothing is cut, covered or too small, and nothing keeps somebody from using it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, untilDrawn } from './browser.ts';
import { findLayoutFaults } from './layout-faults.ts';
import { PICTURE_STATES, reachPictureState, writePictureScripts, type PictureScripts } from './picture-states.ts';
import { serveApplication, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
  /** Axe takes a hundred times as long as all else here. What it finds depends on colors and on what a small window leaves out. */
  readonly withAxe?: true;
}
const LOOKS: readonly Look[] = [
  { width: 1440, height: 900, colorScheme: 'light', withAxe: true },
  { width: 1440, height: 900, colorScheme: 'dark' },
  { width: 1024, height: 700, colorScheme: 'dark', withAxe: true },
  { width: 1024, height: 700, colorScheme: 'light' },
  { width: 2560, height: 1440, colorScheme: 'light' },
  { width: 2560, height: 1440, colorScheme: 'dark' },
];
/** A state takes its runs, and six looks at it. */
const STATE_TIMEOUT_MS = 180_000;
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });

let browser: Browser;
let application: ServedApplication;
let page: Workbench;
let scripts: PictureScripts;
let rendezvous: string;

// One page for all states: each is reached from the one before, as a person would.
beforeAll(async () => {
  browser = await launchBrowser();
  scripts = await writePictureScripts();
  rendezvous = await mkdtemp(join(tmpdir(), 'hl-pictures-'));
  application = await serveApplication(browser, {
    environment: { HEAPLINE_RENDEZVOUS: rendezvous, HEAPLINE_SCENARIOS: scripts.scenariosFolder },
  });
  page = workbench(await application.openPage({ context: { reducedMotion: 'reduce' } }));
});
afterAll(async () => {
  try {
    await application.close();
  } finally {
    await browser.close();
    await rm(rendezvous, { recursive: true, force: true });
  }
});

/** Findings of axe that keep somebody from using the page. */
async function seriousFindings(): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page: page.page })
    .options({ resultTypes: ['violations'] })
    // There are no frames, for whose sake results would otherwise be gathered in another page, which takes twice as long.
    .setLegacyMode(true)
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

/** Names of lanes that reach into the axis below: where lanes are low, there is not room for all. */
const titlesBelowTheirLanes = (): Promise<string[]> =>
  page.page.evaluate(() => {
    const bottom = document.querySelector('.lifelines-plot')?.getBoundingClientRect().bottom ?? Infinity;
    return [...document.querySelectorAll('.lane-title')]
      .filter((title) => title.getBoundingClientRect().bottom > bottom + 1)
      .map((title) => `The name of a lane lies on the axis: ${title.textContent.trim()}`);
  });

describe('the application has no fault of layout and no serious accessibility finding', () => {
  it.each(PICTURE_STATES)(
    '%s',
    async (state) => {
      await reachPictureState(page, state, { scripts, isTest: true });
      const faults: string[] = [];
      for (const { width, height, colorScheme, withAxe } of LOOKS) {
        await page.page.setViewportSize({ width, height });
        await page.page.emulateMedia({ colorScheme });
        await eventually(page.theme).toBe(colorScheme);
        // Once for the new size, once for what was measured in it.
        await untilDrawn(page.page);
        await untilDrawn(page.page);
        const found = await findLayoutFaults(page.page);
        found.push(...(await titlesBelowTheirLanes()));
        if (withAxe) found.push(...(await seriousFindings()));
        faults.push(...found.map((fault) => `${width} × ${height}, ${colorScheme}: ${fault}`));
      }
      await page.page.setViewportSize({ width: 1440, height: 900 });
      expect(faults).toEqual([]);
    },
    STATE_TIMEOUT_MS,
  );
});
