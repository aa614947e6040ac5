// Saving a run and opening it again, as a person does in a browser: real files, the real served host, a real Chromium.

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeRecording } from '../../engine/session/recording-file.ts';
import { hourRecording } from '../bench/hour-recording.ts';
import { launchBrowser, untilDrawn } from './browser.ts';
import { findLayoutFaults } from './layout-faults.ts';
import { serveApplication, type OpenPageOptions, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

let browser: Browser;
const applications: ServedApplication[] = [];
let folder: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hl-recordings-'));
});
afterEach(async () => {
  try {
    // Fails the test if a page complained, or a process or a file was left behind.
    for (const application of applications) await application.close();
  } finally {
    applications.length = 0;
    await rm(folder, { recursive: true, force: true });
  }
});

/** A host of its own each time: another person's machine. */
async function openWorkbench(words: readonly string[] = [], options: OpenPageOptions = {}): Promise<Workbench> {
  const application = await serveApplication(browser, { words });
  applications.push(application);
  return workbench(await application.openPage(options));
}

const savedBy = async ({ page }: Workbench, act: () => Promise<unknown>): Promise<string> => {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  expect(download.suggestedFilename()).toMatch(/\.heapline$/);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
};
const saveButton = ({ page }: Workbench) => page.getByRole('button', { name: /^Save (this run|what is recorded)/ });
async function choose({ page }: Workbench, path: string, act: () => Promise<unknown>): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), act()]);
  await chooser.setFiles(path);
}
const openButton = ({ page }: Workbench) => page.getByRole('button', { name: 'Open recording…' });
const source = ({ page }: Workbench) => page.locator('.from');
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([text, fileName]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], fileName));
      return data;
    },
    [bytes.toString('base64'), name] as const,
  );
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('body', type, { dataTransfer: transfer });
  }
}
/** To be looked at, where HEAPLINE_PICTURES names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const pictures = process.env['HEAPLINE_PICTURES'];
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
}
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });

const LEAK = `import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
appendFileSync(join(import.meta.dirname, 'ran'), 'once ');
const registry = new FinalizationRegistry(() => {});
const cache = new Map();
(() => { for (const user of ['ada', 'max']) { const session = {}; cache.set(user, session); registry.register(session, user); } })();
globalThis.kept = [cache, registry];
`;

/** A run of a script that leaks, in a host that is gone then, and its file. */
async function recordLeak(): Promise<{ readonly path: string; readonly verdicts: Record<string, number> }> {
  const script = join(folder, 'leak.mjs');
  await writeFile(script, LEAK);
  const page = await openWorkbench([script]);
  await page.page.getByRole('heading', { level: 2, name: 'leak.mjs' }).waitFor();
  await page.run();
  await page.ended();
  await page.objects.locator('.body [role="row"]').first().waitFor();
  const verdicts = await page.verdicts();
  return { path: await savedBy(page, () => saveButton(page).click()), verdicts };
}

describe('a recording in the browser', { timeout: 90_000 }, () => {
  it('is saved, and opened by another Heapline: timeline, objects, reasons and a comparison are there', async () => {
    const { path, verdicts } = await recordLeak();
    const page = await openWorkbench();
    await choose(page, path, () => openButton(page).click());
    await page.page.getByRole('heading', { level: 2, name: 'leak.mjs' }).waitFor();
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await source(page).textContent()).toMatch(/from\s+leak-.*\.heapline/);
    expect(await page.verdicts()).toEqual(verdicts);
    expect((await page.painted('Heap')).reach).toBeGreaterThan(0.5);
    await page.objects.locator('.body [role="row"]').first().click();
    await page.inspector
      .getByText(/Delete its entry from the Map `?cache`?/)
      .first()
      .waitFor();
    await page.page.keyboard.press('Escape');
    // It is listed, and stays when the page is loaded again.
    await page.page
      .getByRole('navigation')
      .getByRole('button', { name: /^leak-.*a recording/ })
      .waitFor();
    await page.page.reload();
    await page.page.getByRole('heading', { level: 2, name: 'leak.mjs' }).waitFor();
    expect(await page.verdicts()).toEqual(verdicts);
    // Beside a run of this machine.
    await page.choose('Simple registration');
    await page.run();
    await page.ended();
    await page.page.keyboard.press('c');
    await page.page.getByRole('menuitem', { name: /leak-.*\.heapline/ }).click();
    await page.page.getByRole('heading', { level: 2, name: 'Two programs' }).waitFor();
  });

  it('is opened however long its dialog stays open: what waits for the file is not collected meanwhile', async () => {
    const { path } = await recordLeak();
    const { page } = await openWorkbench();
    await page.evaluate(() => {
      const create = document.createElement.bind(document);
      Reflect.set(document, 'createElement', (name: string) => {
        const element = create(name);
        if (name === 'input') Reflect.set(window, 'waiting', new WeakRef(element));
        return element;
      });
    });
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Control+Shift+O')]);
    // The chooser of the test would keep it too.
    await chooser.element().dispose();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('HeapProfiler.collectGarbage');
    const waiting = await page.evaluateHandle(() => {
      const reference: unknown = Reflect.get(window, 'waiting');
      return reference instanceof WeakRef ? (reference.deref() as HTMLInputElement | undefined) : undefined;
    });
    await waiting.asElement()?.setInputFiles(path);
    await page.getByRole('heading', { level: 2, name: 'leak.mjs' }).waitFor();
  });

  it('that is long is read before any of it is shown, and says how far it is', async () => {
    const batches = [...hourRecording({ registrations: 1_000_000, durationMs: 600_000, busyShare: 0.1 })];
    const [first] = batches;
    if (first?.type !== 'started') throw new Error('A run begins with its description.');
    const header = {
      type: 'recording' as const,
      formatVersion: 1,
      heapline: '0',
      savedAtEpochMs: 0,
      run: first.description,
    };
    const path = join(folder, 'long.heapline');
    await writeFile(path, encodeRecording(header, batches));
    const page = await openWorkbench([path], {
      prepare: (opened) =>
        opened.addInitScript(() => {
          const said = new Set<string>();
          Reflect.set(window, 'said', said);
          new MutationObserver(() => {
            for (const part of document.querySelectorAll('.empty h2, footer .state, .timeline .heap-plot')) {
              said.add(part.matches('.heap-plot') ? 'timeline' : part.textContent.replace(/[\s\d]+/g, ' ').trim());
            }
          }).observe(document, { subtree: true, childList: true, characterData: true });
        }),
    });
    expect(await page.ended()).toMatch(/^Finished/);
    await eventually(() => page.figures()).toMatchObject({ registered: 1_000_000, droppedRows: 0 });
    expect((await page.painted('Heap')).reach).toBeGreaterThan(0.5);
    const said = await page.page.evaluate(() => [...(Reflect.get(window, 'said') as Set<string>)]);
    expect(said).toContain('Reading the recording');
    expect(said).toContain('Reading what was recorded, %');
    // Nothing of a part was drawn, and nobody was told that it runs.
    expect(said.indexOf('timeline')).toBeGreaterThan(said.indexOf('Reading what was recorded, %'));
    expect(said.filter((words) => words.startsWith('Running'))).toEqual([]);
  });

  it('never runs the script that it was made from', async () => {
    const { path } = await recordLeak();
    expect(await readFile(join(folder, 'ran'), 'utf8')).toBe('once ');
    await rm(join(folder, 'ran'));
    const page = await openWorkbench();
    await choose(page, path, () => page.page.keyboard.press('Control+Shift+O'));
    await page.page.getByRole('heading', { level: 2, name: 'leak.mjs' }).waitFor();
    expect(await page.runButton.isDisabled()).toBe(true);
    await page.page.keyboard.press('Control+Enter');
    await page.page.waitForTimeout(1_000);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
    // Nor is it known that there is one.
    expect(await page.page.getByRole('button', { name: 'Go to the script' }).count()).toBe(0);
  });

  it('is saved by its key, also while the run goes on, and says then how far it goes', async () => {
    const page = await openWorkbench();
    expect(await page.page.getByRole('button', { name: /^Run it first, to have something to save/ }).count()).toBe(1);
    await page.choose('Timing is not guaranteed');
    await page.run();
    await page.began();
    await eventually(() => page.figures().then(({ registered }) => registered)).toBeGreaterThan(0);
    const path = await savedBy(page, () => page.page.keyboard.press('Control+s'));
    await page.stopButton.click();
    await page.ended();
    // The session that recorded it has it beside the run.
    await choose(page, path, () => openButton(page).click());
    await source(page).waitFor();
    expect(await page.ended()).toMatch(/^Stopped/);
    await page.inspector.getByText(/saved while the run still went on/).waitFor();
    // And leads back to what can be run.
    await page.page.getByRole('button', { name: 'Go to the scenario' }).click();
    expect(await page.runButton.isEnabled()).toBe(true);
  });

  it('is opened by dropping its file, and by the command line', async () => {
    const { path, verdicts } = await recordLeak();
    const page = await openWorkbench();
    await drop(page.page, 'dropped.heapline', await readFile(path));
    await eventually(() => source(page).textContent()).toContain('dropped.heapline');
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toEqual(verdicts);
    const other = await openWorkbench([path]);
    expect(await other.ended()).toMatch(/^Finished/);
    expect(await source(other).textContent()).toMatch(/leak-.*\.heapline/);
    expect(await other.verdicts()).toEqual(verdicts);
  });

  it('is closed in its header, by a key and in the list; the keyboard goes on there, and its file stays', async () => {
    const { path } = await recordLeak();
    const page = await openWorkbench([path]);
    await page.ended();
    const entry = page.page.getByRole('navigation').getByRole('button', { name: /^leak-.*a recording/ });
    const focused = () => page.page.evaluate(() => document.activeElement?.textContent.trim());
    const isClosed = async () => {
      await entry.waitFor({ state: 'detached' });
      // Nothing was run here: the first scenario is what there is.
      await page.page.getByRole('heading', { level: 2, name: 'Simple registration' }).waitFor();
      await eventually(focused).toMatch(/Simple registration/);
    };
    const openAgain = async () => {
      await choose(page, path, () => openButton(page).click());
      await entry.waitFor();
      await source(page).waitFor();
    };
    await page.page.getByRole('main').getByRole('button', { name: 'Close', exact: true }).press('Enter');
    await isClosed();
    await openAgain();
    await entry.press('Delete');
    await isClosed();
    await openAgain();
    await page.choose('Simple registration');
    await entry.hover();
    await page.page.getByRole('button', { name: /^Close leak-/ }).click();
    await isClosed();
    // Nobody else has it any more, either.
    await page.page.reload();
    await page.page.getByRole('heading', { level: 2, name: 'Simple registration' }).waitFor();
    expect(await entry.count()).toBe(0);
    expect(existsSync(path)).toBe(true);
  });

  it('that is cut off, or none, says what is wrong and what to do', async () => {
    const { path } = await recordLeak();
    const page = await openWorkbench([], { expected: [/status of 422/] });
    await truncate(path, (await stat(path)).size - 9);
    await choose(page, path, () => openButton(page).click());
    await page.toasts.getByText(/^leak-.* was not opened$/).waitFor();
    await page.toasts.getByText(/The file ends too early: .* Save or copy it again/).waitFor();
    await picture(page.page, 'refused');
    await drop(page.page, 'notes.heapline', Buffer.from('dear diary'));
    await page.toasts.getByText(/not a recording of Heapline\. Open one that Heapline has saved/).waitFor();
  });

  it('takes time where it is large: how far it is is shown, and it can be given up', async () => {
    const page = await openWorkbench([], {
      // A slow way to the host; what is given up is told as that by the browser, too.
      prepare: (loading) =>
        loading.route('**/recordings?*', async (route) => {
          await new Promise((resolve) => setTimeout(resolve, 3_000));
          await route.abort().catch(() => {});
        }),
    });
    await drop(page.page, 'large.heapline', Buffer.alloc(100_000));
    const notice = page.page.getByRole('group', { name: 'Recording' });
    await notice.getByRole('progressbar', { name: 'Opening large.heapline' }).waitFor();
    await picture(page.page, 'opening');
    await notice.getByRole('button', { name: 'Cancel' }).click();
    await notice.waitFor({ state: 'detached' });
    expect(await page.toasts.getByText('large.heapline').count()).toBe(0);
  });

  it('is shown whole and accessibly in either theme and in a small window', async () => {
    const { path } = await recordLeak();
    const page = await openWorkbench([path]);
    await page.ended();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.page.emulateMedia({ colorScheme });
      for (const viewport of [
        { width: 1440, height: 900 },
        { width: 1024, height: 700 },
      ]) {
        await page.page.setViewportSize(viewport);
        // Once for the new size, once for what was measured in it.
        await untilDrawn(page.page);
        await untilDrawn(page.page);
        await picture(page.page, `recording-${colorScheme}-${viewport.width}`);
        expect(await findLayoutFaults(page.page)).toEqual([]);
      }
      const { violations } = await new AxeBuilder({ page: page.page })
        .options({ resultTypes: ['violations'] })
        .setLegacyMode(true)
        .analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
    }
  });
});
