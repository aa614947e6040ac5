// The application as a person uses it: a real browser, the real served host, real observed processes.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page, WebSocketRoute } from 'playwright-core';
import { CommandRefused } from '../../cli/engine-client.ts';
import { decodeFrame } from '../../engine/protocol/frame-codec.ts';
import type { RunBatch } from '../../engine/protocol/run-batch.ts';
import { createRunStream } from '../../renderer/src/stream/create-run-stream.ts';
import type { RunStream } from '../../renderer/src/stream/run-stream.ts';
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

/** What is shown follows what happens; a test waits for it, and fails where it does not come. */
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });
const open = async (options?: OpenPageOptions): Promise<Workbench> => workbench(await application.openPage(options));

/** A parameter's chip, its editor and its value. */
async function setChoice({ page }: Workbench, parameter: string, option: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${parameter}`) }).click();
  await page.getByRole('radio', { name: option }).check();
  await page.getByRole('button', { name: 'Done' }).click();
}
async function setNumber({ page }: Workbench, parameter: string, value: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${parameter}`) }).click();
  await page.getByRole('textbox', { name: parameter }).fill(value);
  await page.getByRole('button', { name: 'Done' }).click();
}

/** The heap's curve stands on the canvas, over most of its width, and in the words for those who cannot see it. */
async function expectHeapCurve(page: Workbench): Promise<void> {
  await eventually(() => page.painted('Heap').then(({ reach }) => reach)).toBeGreaterThan(0.5);
  const { pixels, colors } = await page.painted('Heap');
  expect(pixels).toBeGreaterThan(500);
  expect(colors).toBeGreaterThan(1);
  await eventually(() => page.summary('Heap')).toMatch(
    /^Heap: used [\d.]+ [kM]B, external [\d.]+ [kM]?B at [\d.]+ s; peak used [\d.]+ MB/,
  );
}

/** Follows the run that goes on now from its first batch, outside the browser, to its end. */
async function followFromStart(): Promise<{ readonly ended: Promise<RunStream>; readonly runId: string }> {
  const client = await application.connect();
  const { runs } = await client.hello();
  const runId = runs.at(-1)?.description.runId ?? '';
  const stream = createRunStream();
  let sequence = 0;
  const ended = client.follow(runId, (batch: RunBatch) => stream.apply(sequence++, batch)).then(() => stream);
  return { ended, runId };
}

/** The page's figures are those of a client that followed from the start and of the report: nothing lost, nothing twice. */
async function expectSameFigures(page: Workbench, stream: RunStream): Promise<void> {
  const { counters, report } = stream;
  const expected = {
    registered: counters.registered,
    callbacks: counters.finalized,
    minor: counters.minorCollections,
    major: counters.majorCollections,
    forced: counters.forcedCollections,
    droppedRows: 0,
    samples: counters.samples,
  };
  await eventually(() => page.figures()).toEqual(expected);
  expect(expected).toMatchObject({
    registered: report?.registrations.total,
    callbacks: report?.registrations.finalized,
    minor: report?.gc.minor,
    major: report?.gc.major,
    forced: report?.gc.forced,
  });
  // A busy machine leaves some samples without an answer: the report counts those that have one.
  const { values, length } = stream.samples.usedBytes;
  expect(values.subarray(0, length).filter((bytes) => !Number.isNaN(bytes))).toHaveLength(report?.heap.samples ?? NaN);
  expect(await page.tabCount('Events')).toBe(stream.eventCount);
  expect(await page.tabCount('Objects')).toBe(counters.registered);
}

describe('each scenario, chosen in the catalogue and run', () => {
  it('shows the simple registration called back', async () => {
    const page = await open();
    await page.choose('Simple registration');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished in [\d.]+ m?s$/);
    expect(await page.verdicts()).toMatchObject({ finalized: 1, alive: 0, unknown: 0 });
    await page.inspector.getByText('prediction held').waitFor();
    await page.inspector.getByText('2 of 2 held').waitFor();
    await expectHeapCurve(page);
    expect(await page.figures()).toMatchObject({ registered: 1, callbacks: 1, droppedRows: 0 });
    expect((await page.figures()).forced).toBeGreaterThan(0);
    expect(await page.summary('Lifelines')).toBe('Lifelines: 1 registration, 1 called back, 0 unregistered, 0 alive');
    expect((await page.painted('Lifelines')).pixels).toBeGreaterThan(50);

    const [row] = await page.rowsInSight(page.objects);
    expect(row?.slice(0, 4)).toEqual(['Object 1', 'finalized', '–', expect.stringMatching(/^simple\.ts:\d+/)]);
    expect(row?.[4]).toMatch(/^\d+\.\d{3} s$/);
    expect(row?.[5]).toMatch(/^[\d.]+\sm?s$/);
    await page.openTab('Console');
    await page.page.getByRole('log').getByText('Clean up: Object 1').waitFor();
    await page.scenario('Simple registration ?, prediction held').waitFor();
  });

  it('shows the pictures of the image pipeline, before and after, with real pixels', async () => {
    const page = await open();
    await page.choose('Image pipeline');
    await setNumber(page, 'Images', '3');
    await setNumber(page, 'Scale', '40');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    const { finalized = 0, alive } = await page.verdicts();
    expect({ finalized, alive }).toEqual({ finalized: 12, alive: 0 });
    await page.inspector.getByText('prediction held').waitFor();
    await expectHeapCurve(page);
    expect(await page.figures()).toMatchObject({ registered: 12, callbacks: 12 });
    await eventually(() => page.objects.getAttribute('aria-rowcount')).toBe('13');
    const verdicts = (await page.rowsInSight(page.objects)).map((cells) => cells[1]);
    expect(new Set(verdicts)).toEqual(new Set(['finalized']));

    await page.openTab('Pictures');
    const pictures = page.page.getByRole('group', { name: /^Steps of/ }).getByRole('img');
    await pictures.nth(1).waitFor();
    const steps = await pictures.evaluateAll(async (images) => {
      const signatures: { width: number; colors: number; isGray: boolean }[] = [];
      for (const image of images as HTMLImageElement[]) {
        await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        const colors = new Set<number>();
        let isGray = true;
        for (let at = 0; at < data.length; at += 4) {
          colors.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
          isGray &&= data[at] === data[at + 1] && data[at] === data[at + 2];
        }
        signatures.push({ width: image.getBoundingClientRect().width, colors: colors.size, isGray });
      }
      return signatures;
    });
    expect(steps.length).toBeGreaterThanOrEqual(2);
    for (const { width, colors } of steps) {
      expect(width).toBeGreaterThan(40);
      expect(colors).toBeGreaterThan(30);
    }
    expect(steps[0]?.isGray).toBe(false);
    expect(steps.some(({ isGray }) => isGray)).toBe(true);
  });

  it('shows the four phases of timing, whose callbacks follow the load', async () => {
    const page = await open();
    await page.choose('Timing is not guaranteed');
    await setNumber(page, 'Length of a phase', '1000');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    const verdicts = await page.verdicts();
    expect(Object.values(verdicts).reduce((sum, count) => sum + count, 0)).toBe(800);
    await page.inspector.getByText('prediction held').waitFor();
    await expectHeapCurve(page);
    const { registered, callbacks, minor, forced } = await page.figures();
    expect({ registered, callbacks, forced }).toEqual({ registered: 800, callbacks: verdicts['finalized'], forced: 0 });
    expect(callbacks).toBeGreaterThan(0);
    expect(minor).toBeGreaterThan(0);
    await page.page.getByRole('button', { name: 'Filter' }).click();
    await page.page.getByRole('checkbox', { name: /^finalized/ }).check();
    await eventually(() => page.objects.getAttribute('aria-rowcount')).toBe(String(callbacks + 1));
  });

  it('shows the forgotten handle of the critical resource, alive', async () => {
    const page = await open();
    await page.choose('Not for critical resources');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toMatchObject({ finalized: 0, alive: 1, unregistered: 1 });
    await page.inspector.getByText('prediction held').waitFor();
    await page.inspector.getByText('Why 1 object is still alive').waitFor();
    await expectHeapCurve(page);
    expect((await page.rowsInSight(page.objects)).map((cells) => [cells[0], cells[1]])).toEqual([
      ['LogFile disposed.log', 'unregistered'],
      ['LogFile forgotten.log', 'alive'],
    ]);
  });

  it('shows process.exit as the end, and what it kept from running', async () => {
    const page = await open();
    await page.choose('Not for critical resources');
    await setChoice(page, 'Ending', 'Let go of, then process.exit()');
    await page.run();
    expect(await page.ended()).toMatch(/^Exited after [\d.]+ m?s$/);
    expect(await page.verdicts()).toMatchObject({ finalized: 0, 'exited first': 1, unregistered: 1 });
    await page.inspector.getByText('Why 1 object never had a callback').waitFor();
    await page.inspector
      .getByText(/Node runs no cleanup callbacks at exit/)
      .first()
      .waitFor();
    await page.inspector.getByText('prediction held').waitFor();
  });

  it('shows held values that reach their targets beside those that do not', async () => {
    const page = await open();
    await page.choose('Held value reaches its target');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toMatchObject({ finalized: 5, alive: 5 });
    await page.inspector.getByText('prediction held').waitFor();
    await expectHeapCurve(page);
    expect(await page.figures()).toMatchObject({ registered: 10, callbacks: 5 });
    // Choosing one tells its story.
    await page.objects.locator('.body [role="row"]').first().click();
    await page.inspector.getByText('Kept by its own held value, which reaches it.').waitFor();
  });
});

describe('a run that goes on', () => {
  /** Two hundred pictures, which nobody waits for. */
  async function startLongRun(page: Workbench): Promise<void> {
    await page.choose('Image pipeline');
    await setNumber(page, 'Images', '200');
    await setNumber(page, 'Scale', '10');
    await page.page.getByRole('button', { name: /^Natural/ }).click();
    await page.run();
    await eventually(() => page.figures().then(({ registered }) => registered)).toBeGreaterThan(0);
  }
  /** A program that gives V8 no reason to collect by itself, for the first of four phases of three seconds. */
  async function startIdleRun(page: Workbench): Promise<void> {
    await page.choose('Timing is not guaranteed');
    await setNumber(page, 'Length of a phase', '3000');
    await page.run();
    await eventually(() => page.figures().then(({ registered }) => registered)).toBeGreaterThan(0);
  }

  it('is stopped, and what was recorded stays', async () => {
    const page = await open();
    await startLongRun(page);
    const before = await page.figures();
    await page.stopButton.click();
    expect(await page.ended()).toMatch(/^Stopped after/);
    const after = await page.figures();
    expect(after.registered).toBeGreaterThanOrEqual(before.registered);
    expect(after.samples).toBeGreaterThanOrEqual(before.samples);
    expect(await page.tabCount('Objects')).toBe(after.registered);
    expect(Object.values(await page.verdicts()).reduce((sum, count) => sum + count, 0)).toBe(after.registered);
    await expectHeapCurve(page);
    await eventually(() => page.runButton.isEnabled()).toBe(true);
    expect(await page.stopButton.isDisabled()).toBe(true);
  });

  it('collects garbage when asked, by key and by menu, and marks that it was asked', async () => {
    const page = await open();
    await startIdleRun(page);
    const forced = () => page.figures().then((figures) => figures.forced);
    expect(await forced()).toBe(0);
    await page.page.keyboard.press('g');
    await eventually(forced).toBe(1);
    await page.page.keyboard.press('Shift+G');
    await eventually(forced).toBe(2);
    for (const [item, count] of [
      [/^Major/, 3],
      [/^Minor/, 4],
    ] as const) {
      await page.page.getByRole('button', { name: /^Collect now/ }).click();
      await page.page.getByRole('menuitem', { name: item }).click();
      await eventually(forced).toBe(count);
    }
    // A major GC was asked for, so the dropped objects of the first phase are called back.
    await eventually(() => page.figures().then(({ callbacks }) => callbacks)).toBeGreaterThanOrEqual(200);
    await page.page.keyboard.press('Escape');
    expect(await page.ended()).toMatch(/^Stopped/);
    await eventually(() => page.summary('Garbage collections')).toContain('4 forced');
    await page.openTab('Events');
    const events = page.page.getByRole('grid', { name: 'Events' });
    const marks = (await page.rowsInSight(events)).filter(([, kind]) => kind === 'mark');
    expect(marks.length).toBeGreaterThan(0);
  });

  it('changes its GC policy', async () => {
    const page = await open();
    await startIdleRun(page);
    expect((await page.figures()).forced).toBe(0);
    await page.page.getByRole('button', { name: /^Major/ }).click();
    await eventually(() => page.figures().then(({ forced }) => forced)).toBeGreaterThanOrEqual(2);
    await page.page.getByRole('button', { name: /^Natural/ }).click();
    const { ended } = await followFromStart();
    await page.stopButton.click();
    expect(await page.ended()).toMatch(/^Stopped/);
    const changes = (await ended).marks.filter(({ kind }) => kind === 'gc-policy-changed');
    expect(changes.map(({ name }) => name)).toEqual([
      expect.stringContaining('major'),
      expect.stringContaining('none'),
    ]);
  });

  it('is caught up with after a reload, without a gap', async () => {
    const page = await open();
    await startLongRun(page);
    const { ended } = await followFromStart();
    await page.page.reload();
    await page.began();
    await eventually(() => page.figures().then(({ registered }) => registered)).toBeGreaterThan(0);
    await page.page.keyboard.press('g');
    await eventually(() => page.figures().then(({ callbacks }) => callbacks)).toBeGreaterThan(0);
    await page.page.reload();
    await page.began();
    await page.page.keyboard.press('Escape');
    const stream = await ended;
    expect(await page.ended()).toMatch(/^Stopped/);
    await expectSameFigures(page, stream);
  });

  it('is taken up where the connection broke, without a gap or a batch twice', async () => {
    const routes: WebSocketRoute[] = [];
    const sequences: number[] = [];
    const askedFrom: number[] = [];
    let isCut = false;
    const page = await open({
      prepare: (target) =>
        target.routeWebSocket(/\/socket/, (route) => {
          if (isCut) return void route.close({ code: 4000 });
          routes.push(route);
          const server = route.connectToServer();
          route.onMessage((message) => {
            const command = decode(message);
            if (command['type'] === 'follow-run') askedFrom.push(Number(command['fromSequence']));
            server.send(message);
          });
          server.onMessage((message) => {
            const event = decode(message);
            // What is on its way when the connection breaks never arrives.
            if (isCut) return;
            if (event['type'] === 'run-events') {
              for (let each = 0; each < Number(event['count']); each++)
                sequences.push(Number(event['sequence']) + each);
            }
            route.send(message);
          });
        }),
    });
    await startLongRun(page);
    const { ended } = await followFromStart();
    isCut = true;
    await routes[0]?.close({ code: 4001 });
    await page.banner.waitFor();
    expect(await page.runButton.isDisabled()).toBe(true);
    const before = await page.figures();
    expect(before.registered).toBeGreaterThan(0);
    isCut = false;
    // The next attempt may have come by itself in the meantime.
    await page.banner
      .getByRole('button', { name: 'Try now' })
      .click({ timeout: 1_000 })
      .catch(() => {});
    await page.banner.waitFor({ state: 'detached' });
    await page.page.keyboard.press('g');
    await page.page.keyboard.press('Escape');
    const stream = await ended;
    expect(await page.ended()).toMatch(/^Stopped/);
    await expectSameFigures(page, stream);
    expect(askedFrom).toEqual([0, expect.any(Number)]);
    expect(askedFrom[1]).toBeGreaterThan(0);
    expect(sequences).toEqual(Array.from({ length: stream.nextSequence }, (_, sequence) => sequence));
  });

  it('is the only one: a second page is told so, and so is one that had not heard of it', async () => {
    const first = await open();
    const unaware = await open({
      prepare: (target) =>
        target.routeWebSocket(/\/socket/, (route) => {
          const server = route.connectToServer();
          server.onMessage((message) => {
            if (decode(message)['type'] !== 'run-listed') route.send(message);
          });
        }),
    });
    await startLongRun(first);
    const second = await open();
    await second.choose('Simple registration');
    expect(await second.runButton.getAttribute('aria-disabled')).toBe('true');
    await second.page.getByText(/Image pipeline is still running: one run at a time/).waitFor();

    await unaware.choose('Simple registration');
    await unaware.page.keyboard.press('Control+Enter');
    await unaware.toasts.getByText('Simple registration was not started').waitFor();
    await unaware.toasts.getByText(/Image pipeline/).waitFor();

    const client = await application.connect();
    await expect(
      client.request({ type: 'start-run', program: { kind: 'scenario', id: 'simple', parameters: {} } }),
    ).rejects.toSatisfy((error) => error instanceof CommandRefused && error.refusal === 'busy');
    await second.page.keyboard.press('Escape');
    expect(await first.ended()).toMatch(/^Stopped/);
  });
});

describe('what the next run is asked to do', () => {
  it('takes a parameter within its bounds, and no other', async () => {
    const page = await open();
    await page.choose('Held value reaches its target');
    await page.page.getByRole('button', { name: /^Objects/ }).click();
    const field = page.page.getByRole('textbox', { name: 'Objects' });
    const editor = page.page.getByRole('dialog', { name: 'Objects' });
    for (const [value, message] of [
      ['1001', 'At most 1,000.'],
      ['0', 'At least 1.'],
      ['2.5', 'A whole number, please.'],
      ['many', 'A whole number, please.'],
    ] as const) {
      await field.fill(value);
      await editor.getByText(message).waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      await editor.getByRole('button', { name: 'Done' }).click();
      await editor.waitFor();
    }
    await field.fill('7');
    await editor.getByText('1 to 1,000').waitFor();
    await editor.getByRole('button', { name: 'Done' }).click();
    await page.run();
    await page.ended();
    expect(await page.verdicts()).toMatchObject({ finalized: 7, alive: 7 });
  });

  it('asks for the GC policy that was chosen: without a major GC, no callback', async () => {
    const page = await open();
    await page.choose('Simple registration');
    await page.page
      .getByRole('toolbar')
      .getByRole('button', { name: /^Minor/ })
      .click();
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toMatchObject({ finalized: 0, alive: 1 });
    await page.inspector.getByText('prediction held').waitFor();
    const { major, forced } = await page.figures();
    expect(major).toBe(0);
    expect(forced).toBeGreaterThan(0);
  });
});

describe('the window', () => {
  it('follows the system’s theme, takes another, and keeps it over a reload', async () => {
    const page = await open({ context: { colorScheme: 'dark' } });
    const ground = () => page.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await page.theme()).toBe('dark');
    const dark = await ground();
    await page.page.emulateMedia({ colorScheme: 'light' });
    await eventually(page.theme).toBe('light');
    expect(await ground()).not.toBe(dark);
    await page.chooseTheme('Dark');
    await eventually(page.theme).toBe('dark');
    expect(await ground()).toBe(dark);
    await page.page.reload();
    await page.search.waitFor();
    expect(await page.theme()).toBe('dark');
    await page.chooseTheme('Light');
    await eventually(page.theme).toBe('light');
    await page.page.emulateMedia({ colorScheme: 'dark' });
    await page.page.reload();
    await page.search.waitFor();
    expect(await page.theme()).toBe('light');
    await page.chooseTheme('Like the system');
    await eventually(page.theme).toBe('dark');
  });

  it('is worked by keyboard, and leaves keys alone while somebody types', async () => {
    const page = await open();
    const { keyboard } = page.page;
    const isSearching = () => page.search.evaluate((element) => element === document.activeElement);
    await page.scenario('Simple registration').focus();
    await keyboard.press('/');
    expect(await isSearching()).toBe(true);
    await keyboard.type('/g2');
    expect(await page.search.inputValue()).toBe('/g2');
    expect(await page.page.getByRole('tab', { name: /^Source/ }).getAttribute('aria-selected')).toBe('true');
    await page.search.fill('not guaranteed');
    await eventually(() => page.scenario('Simple registration').count()).toBe(0);
    // The chosen scenario is filtered away, so the arrow goes to the only one that is left.
    await keyboard.press('ArrowDown');
    await page.page.getByRole('heading', { level: 2, name: 'Timing is not guaranteed' }).waitFor();
    await page.search.fill('');
    await page.scenario('Timing is not guaranteed').focus();
    await keyboard.press('Home');
    await page.page.getByRole('heading', { level: 2, name: 'scratch.mjs' }).waitFor();
    await keyboard.press('ArrowDown');
    await page.page.getByRole('heading', { level: 2, name: 'Simple registration' }).waitFor();
    await keyboard.press('End');
    const last = await page.page.getByRole('heading', { level: 2 }).allTextContents();
    expect(last).not.toContain('Simple registration');
    await page.choose('Timing is not guaranteed');

    await keyboard.press('Control+Enter');
    await page.began();
    await eventually(() => page.figures().then(({ samples }) => samples)).toBeGreaterThan(0);
    await keyboard.press('/');
    await keyboard.type('g');
    await page.search.fill('');
    await keyboard.press('Escape');
    expect(await page.state()).toMatch(/^Running/);
    expect((await page.figures()).forced).toBe(0);
    await keyboard.press('g');
    await eventually(() => page.figures().then(({ forced }) => forced)).toBe(1);
    await keyboard.press('Escape');
    expect(await page.ended()).toMatch(/^Stopped/);
    await keyboard.press('2');
    await page.page.getByRole('grid', { name: 'Events' }).waitFor();
    await keyboard.press('?');
    await page.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await keyboard.press('Escape');
    await page.page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('says what to do where the token is wrong', async () => {
    const address = new URL(application.address);
    address.searchParams.set('token', 'wrong');
    const page = await application.openPage({ address: address.href, expected: [/status of 403/] });
    const text = await page.locator('body').innerText();
    expect(text).toContain('token');
    expect(text).toContain('Open the address that Heapline printed when it started.');
    expect(await page.getByRole('button').count()).toBe(0);
  });

  it('has no serious accessibility finding, empty, running and finished, in both themes', async () => {
    const page = await open({ context: { colorScheme: 'dark', reducedMotion: 'reduce' } });
    const findings: string[] = [];
    const look = async (state: string) => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.page.emulateMedia({ colorScheme });
        await eventually(page.theme).toBe(colorScheme);
        await untilDrawn(page.page);
        findings.push(...(await seriousFindings(page.page)).map((finding) => `${state}, ${colorScheme}: ${finding}`));
      }
    };
    await page.choose('Held value reaches its target');
    await look('empty');
    await page.choose('Image pipeline');
    await setNumber(page, 'Images', '200');
    await page.run();
    await eventually(() => page.figures().then(({ callbacks }) => callbacks)).toBeGreaterThan(0);
    await look('running');
    expect(await page.state()).toMatch(/^Running/);
    await page.stopButton.click();
    await page.ended();
    await page.choose('Held value reaches its target');
    await page.run();
    await page.ended();
    await look('finished');
    expect(findings).toEqual([]);
  }, 120_000);
});

/** Findings of axe that keep somebody from using the page. */
async function seriousFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

function decode(message: string | Buffer): Record<string, unknown> {
  return decodeFrame(typeof message === 'string' ? Buffer.from(message) : message) as Record<string, unknown>;
}
