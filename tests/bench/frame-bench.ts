// Measures the frame loop's own work while 50,000 events a second stream into the timeline, in Chromium with software
// rendering: `npm run bench:frame`. The bar: under 16.7 ms at p95.

import { chromium } from 'playwright-core';
import sparticuz from '@sparticuz/chromium';
import type {} from '../../renderer/dev/timeline-page.ts';
import { serveTimelinePage } from '../../renderer/dev/timeline-server.ts';

const EVENTS_PER_SECOND = 50_000;
const SECONDS = 10;
const BAR_MS = 16.7;

const server = await serveTimelinePage();
const browser = await chromium.launch({
  executablePath: process.env['HEAPLINE_BROWSER'] ?? (await sparticuz.executablePath()),
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-gpu',
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 846, height: 520 } });
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`${server.url}?theme=dark&run=empty`);
  await page.waitForSelector('.timeline');
  // With the pointer on it, so that the crosshair and its readings are part of every frame.
  await page.mouse.move(480, 200);
  const { events, longestApplyMs } = await page.evaluate(
    ([rate, seconds]) => window.timelinePage.stream(rate, seconds),
    [EVENTS_PER_SECOND, SECONDS] as const,
  );
  const { frames, p50Ms, p95Ms, longestMs } = await page.evaluate(() => window.timelinePage.frameStatistics());
  const text = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`;
  console.info(`${events} events in ${SECONDS} s, ${frames} frames drawn`);
  console.info(
    `work per frame: p50 ${text(p50Ms)}, p95 ${text(p95Ms)}, longest ${text(longestMs)} (bar: p95 < ${BAR_MS} ms)`,
  );
  console.info(`longest time to apply a batch: ${text(longestApplyMs)}`);
  if (!(p95Ms < BAR_MS)) process.exitCode = 1;
} finally {
  await browser.close();
  await server.close();
}
