// The desktop application as a person uses it: its built main process, its real preload script, real observed processes,
// and pages in a real Chromium. Every title says what it ran in: Electron, or the stand-in for it.

import { copyFile, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { DesktopBridge } from '../../renderer/src/transport/desktop-bridge.ts';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { workbench, type Workbench } from '../e2e/workbench.ts';
import {
  checkDemand,
  isElectron,
  launchDesktop,
  whatRuns,
  type DesktopApplication,
  type DesktopOptions,
} from './desktop-application.ts';

const PAGE_ADDRESS = 'app://heapline/index.html';
const TEST_TIMEOUT_MS = 60_000;

let application: DesktopApplication | undefined;
/** Where the test's scripts lie. */
let folder: string;

beforeAll(async () => {
  checkDemand();
  console.info(`The desktop specification runs ${isElectron ? 'in' : ''} ${whatRuns}.`.replace('  ', ' '));
  expect(await ensureBuilt('application')).toBe(true);
}, 120_000);
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hl-script-')));
});
afterEach(async () => {
  try {
    // Fails the test if page or application complained, or a process or a file was left behind.
    await application?.close();
  } finally {
    application = undefined;
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
afterAll(() => console.info(`What ran was ${whatRuns}.`));

const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });

async function launch(options?: DesktopOptions): Promise<DesktopApplication> {
  application = await launchDesktop(options);
  return application;
}
async function open(options?: DesktopOptions): Promise<Workbench> {
  return workbench(await (await launch(options)).firstWindow());
}
function running(): DesktopApplication {
  if (application === undefined) throw new Error('No application was launched.');
  return application;
}
async function script(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
async function setNumber({ page }: Workbench, parameter: string, value: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${parameter}`) }).click();
  await page.getByRole('textbox', { name: parameter }).fill(value);
  await page.getByRole('button', { name: 'Done' }).click();
}
const subject = (page: Page, name: string) => page.getByRole('heading', { level: 2, name, exact: true });

/** The live curve: its samples grow while the run goes on. */
async function expectGrowth(page: Workbench): Promise<void> {
  await eventually(() => page.figures().then(({ samples }) => samples)).toBeGreaterThan(3);
  const { samples } = await page.figures();
  await eventually(() => page.figures().then((figures) => figures.samples)).toBeGreaterThan(samples + 3);
  expect(await page.stopButton.isEnabled()).toBe(true);
}
async function expectHeapCurve(page: Workbench): Promise<void> {
  await eventually(() => page.painted('Heap').then(({ reach }) => reach)).toBeGreaterThan(0.5);
  await eventually(() => page.summary('Heap')).toMatch(/^Heap: used [\d.]+ [kM]B/);
}
/** A program that gives V8 no reason to collect by itself, for the first of four phases. */
async function startIdleRun(page: Workbench): Promise<void> {
  await page.choose('Timing is not guaranteed');
  await setNumber(page, 'Length of a phase', '3000');
  await page.run();
  await eventually(() => page.figures().then(({ registered }) => registered)).toBeGreaterThan(0);
}

describe(`launch, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  it('shows the whole catalogue in a window of its own', async () => {
    const { page } = await open();
    const front = { title: 'Heapline', isVisible: true, isFocused: true, isMinimized: false };
    await eventually(async () => (await running().state()).windows).toMatchObject([front]);
    const { windows, problems, workArea } = await running().state();
    expect(windows[0]?.address.replace(/#.*/, '')).toBe(PAGE_ADDRESS);
    // As large as it would be, or as the screen is.
    const size = {
      width: Math.max(1_024, Math.min(1_440, workArea.width)),
      height: Math.max(700, Math.min(900, workArea.height)),
    };
    expect(windows[0]?.bounds).toMatchObject(size);
    expect(problems).toEqual([]);
    const titles = page.getByRole('navigation', { name: 'Scenarios' }).locator('li.scenario .title');
    await eventually(() => titles.allTextContents()).toHaveLength(24);
    expect((await titles.allTextContents()).sort()).toEqual(SCENARIOS.map(({ title }) => title).sort());
    // The page fills its window and needs no more room.
    const [width, height, scrollWidth, scrollHeight] = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return [window.innerWidth, window.innerHeight, scrollWidth, scrollHeight] as const;
    });
    expect([scrollWidth, scrollHeight]).toEqual([width, height]);
    expect(width).toBeGreaterThan(size.width - 40);
  });

  it('knows that it is the desktop application, and what it runs on', async () => {
    const { page } = await open();
    const text = (await page.getByRole('contentinfo', { name: 'Status' }).textContent()) ?? '';
    if (isElectron) expect(text).toContain('Electron');
    // The stand-in is never taken for Electron.
    else expect(text).not.toContain('Electron');
  });
});

describe(`each of the first scenarios, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  it('shows the simple registration called back', async () => {
    const page = await open();
    await page.choose('Simple registration');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished in [\d.]+ m?s$/);
    expect(await page.verdicts()).toMatchObject({ finalized: 1, alive: 0, unknown: 0 });
    await page.inspector.getByText('prediction held').waitFor();
    await expectHeapCurve(page);
    expect(await page.figures()).toMatchObject({ registered: 1, callbacks: 1, droppedRows: 0 });
    expect((await running().state()).utilityPids).toEqual([]);
  });

  it('shows the image pipeline while it goes on, with its pictures', async () => {
    const page = await open();
    await page.choose('Image pipeline');
    await setNumber(page, 'Images', '4');
    await setNumber(page, 'Scale', '60');
    await page.run();
    await expectGrowth(page);
    // It is a process of Electron's own Node, not a plain one.
    expect((await running().state()).utilityPids).toHaveLength(1);
    expect(await page.ended()).toMatch(/^Finished/);
    const { finalized, alive } = await page.verdicts();
    expect({ finalized, alive }).toEqual({ finalized: 16, alive: 0 });
    await page.inspector.getByText('prediction held').waitFor();
    await expectHeapCurve(page);
    await page.openTab('Pictures');
    const picture = page.page
      .getByRole('group', { name: /^Steps of/ })
      .getByRole('img')
      .first();
    await picture.waitFor();
    const width = await picture.evaluate(async (image) => {
      await (image as HTMLImageElement).decode();
      return (image as HTMLImageElement).naturalWidth;
    });
    expect(width).toBeGreaterThan(40);
  });

  it('shows the four phases of timing, whose callbacks follow the load', async () => {
    const page = await open();
    await page.choose('Timing is not guaranteed');
    await setNumber(page, 'Length of a phase', '1000');
    await page.run();
    await expectGrowth(page);
    expect(await page.ended()).toMatch(/^Finished/);
    const verdicts = await page.verdicts();
    expect(Object.values(verdicts).reduce((sum, count) => sum + count, 0)).toBe(800);
    await page.inspector.getByText('prediction held').waitFor();
    await expectHeapCurve(page);
  });

  it('shows the forgotten handle of the critical resource, alive', async () => {
    const page = await open();
    await page.choose('Not for critical resources');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toMatchObject({ finalized: 0, alive: 1, unregistered: 1 });
    await page.inspector.getByText('prediction held').waitFor();
    await page.inspector.getByText('Why 1 object is still alive').waitFor();
  });

  it('shows held values that reach their targets beside those that do not', async () => {
    const page = await open();
    await page.choose('Held value reaches its target');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toMatchObject({ finalized: 5, alive: 5 });
    await page.inspector.getByText('prediction held').waitFor();
  });
});

describe(`a run that goes on, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  it('grows while one looks at it, and is stopped with its process', async () => {
    const page = await open();
    await startIdleRun(page);
    await expectGrowth(page);
    expect((await running().state()).utilityPids).toHaveLength(1);
    await page.stopButton.click();
    expect(await page.ended()).toMatch(/^Stopped after/);
    await eventually(async () => (await running().state()).utilityPids).toEqual([]);
    await expectHeapCurve(page);
  });

  it('collects garbage when asked, by key and by menu', async () => {
    const page = await open();
    await startIdleRun(page);
    const forced = () => page.figures().then((figures) => figures.forced);
    expect(await forced()).toBe(0);
    await page.page.keyboard.press('g');
    await eventually(forced).toBe(1);
    await page.page.getByRole('button', { name: /^Collect now/ }).click();
    await page.page.getByRole('menuitem', { name: /^Major/ }).click();
    await eventually(forced).toBe(2);
    await eventually(() => page.figures().then(({ callbacks }) => callbacks)).toBeGreaterThanOrEqual(200);
    await page.stopButton.click();
    expect(await page.ended()).toMatch(/^Stopped/);
  });

  it('that runs out of memory is a finished run that says so', async () => {
    const page = await open();
    await page.choose('A cache without a limit');
    await setNumber(page, 'Requests', '1000');
    await page.page.getByRole('button', { name: /^Limits/ }).click();
    await page.page.getByRole('textbox', { name: 'Heap limit' }).fill('24');
    await page.page.getByRole('button', { name: 'Done' }).click();
    await page.run();
    expect(await page.ended()).toMatch(/^Out of memory/);
    expect((await page.figures()).registered).toBeGreaterThan(0);
    expect((await running().state()).utilityPids).toEqual([]);
  });

  it('that is ended from outside is a finished run that says by what', async () => {
    // Where there are no signals, its end is an exit code.
    if (process.platform === 'win32') return;
    const page = await open();
    await startIdleRun(page);
    const [pid] = (await running().state()).utilityPids;
    process.kill(pid!, 'SIGSEGV');
    expect(await page.ended()).toMatch(/^Crashed/);
    await page.page
      .getByText(/SIGSEGV/)
      .first()
      .waitFor();
    expect((await page.figures()).registered).toBeGreaterThan(0);
  });

  it('goes on while the page’s process crashes, and is shown from its beginning by the page that comes back', async () => {
    const page = await open({ expected: [/page's process is gone/] });
    await startIdleRun(page);
    await expectGrowth(page);
    const before = await page.figures();
    const [pid] = (await running().state()).utilityPids;
    const back = workbench(await running().crashRenderer(page.page));
    await back.began();
    const { windows, utilityPids } = await running().state();
    expect(utilityPids).toEqual([pid]);
    expect(windows).toHaveLength(1);
    expect(windows[0]).toMatchObject({ isVisible: true, isCrashed: false });
    // What was recorded before and meanwhile is there: it is caught up with from the application's recording.
    await eventually(() => back.figures().then(({ samples }) => samples)).toBeGreaterThan(before.samples + 5);
    expect((await back.figures()).registered).toBeGreaterThanOrEqual(before.registered);
    await expectGrowth(back);
    await back.stopButton.click();
    expect(await back.ended()).toMatch(/^Stopped/);
    expect((await back.figures()).droppedRows).toBe(0);
    await expectHeapCurve(back);
  });

  it('is caught up with after the page was loaded again', async () => {
    const page = await open();
    await startIdleRun(page);
    await expectGrowth(page);
    const { samples } = await page.figures();
    const isLoaded = page.page.waitForEvent('domcontentloaded');
    await running().clickMenu('View', 'Reload');
    await isLoaded;
    await page.began();
    await eventually(() => page.figures().then((figures) => figures.samples)).toBeGreaterThan(samples);
    await page.stopButton.click();
    expect(await page.ended()).toMatch(/^Stopped/);
  });
});

describe(`the end, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  it('comes at once where nothing runs', async () => {
    await open();
    await running().quit();
    expect(await running().exited).toBe(0);
  });

  it('comes with the last window', async () => {
    if (process.platform === 'darwin') return;
    await open();
    await running().closeWindow();
    expect(await running().exited).toBe(0);
  });

  it('is asked about while a run goes on: canceling keeps it, quitting ends the observed process', async () => {
    const page = await open();
    await startIdleRun(page);
    const [pid] = (await running().state()).utilityPids;
    await running().quit();
    const question = await running().dialog('message');
    expect(question.buttons.length).toBeGreaterThanOrEqual(2);
    await running().answer(question, { response: question.buttons.length - 1, checkboxChecked: false });
    await expectGrowth(page);
    expect((await running().state()).utilityPids).toEqual([pid]);

    await running().quit();
    await running().answer(await running().dialog('message'), { response: 0, checkboxChecked: false });
    expect(await running().exited).toBe(0);
    expect(running().observedProcesses()).toEqual([]);
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  });

  it('is asked about as well when the last window is closed', async () => {
    if (process.platform === 'darwin') return;
    const page = await open();
    await startIdleRun(page);
    await running().closeWindow();
    const question = await running().dialog('message');
    expect((await running().state()).windows).toHaveLength(1);
    await running().answer(question, { response: question.buttons.length - 1, checkboxChecked: false });
    await expectGrowth(page);
  });
});

describe(`a script of one’s own, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  const HELLO = `console.log('hello from ' + process.argv[1]);
const registry = new FinalizationRegistry(() => {});
registry.register({}, 'dropped');
`;

  it('is chosen in the system’s dialog, and runs on the user’s own node', async () => {
    const path = await script('leak.mjs', HELLO);
    const page = await open();
    await page.page.keyboard.press('ControlOrMeta+o');
    const dialog = await running().dialog('open');
    expect(dialog.extensions).toEqual(['js', 'mjs', 'cjs', 'ts', 'mts', 'cts']);
    await running().answer(dialog, { canceled: false, filePaths: [path] });
    await subject(page.page, 'leak.mjs').waitFor();
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.figures()).toMatchObject({ registered: 1, droppedRows: 0 });
    await page.openTab('Console');
    await page.page.getByRole('log').getByText(`hello from ${path}`).waitFor();
  });

  it('is not opened where the dialog is canceled', async () => {
    const page = await open();
    const before = await page.page.getByRole('heading', { level: 2 }).first().textContent();
    await running().clickMenu('File', 'Open Script…');
    await running().answer(await running().dialog('open'), { canceled: true, filePaths: [] });
    expect((await running().state()).dialogs).toEqual([]);
    expect(await page.page.getByRole('heading', { level: 2 }).first().textContent()).toBe(before);
  });

  it('is shown, and not run, until the user runs it', async () => {
    const path = await script('named.mjs', HELLO);
    const page = await open({ words: [path] });
    const nothingRan = async () => {
      // As long as a run takes to begin, several times over.
      await page.page.waitForTimeout(1_000);
      expect(running().observedProcesses()).toEqual([]);
      expect(await page.state()).toBe('Ready');
    };
    await subject(page.page, 'named.mjs').waitFor();
    await nothingRan();
    await running().dropFiles(page.page, [await script('dropped.mjs', HELLO)]);
    await subject(page.page, 'dropped.mjs').waitFor();
    await nothingRan();
    expect(await running().launchAgain([await script('second.mjs', HELLO)], folder)).toMatchObject({ exitCode: 0 });
    await subject(page.page, 'second.mjs').waitFor();
    await nothingRan();
  });

  it('is opened by the command line, seen from its folder', async () => {
    await script('named.mjs', HELLO);
    const page = await open({ words: ['named.mjs'], workingDirectory: folder });
    await subject(page.page, 'named.mjs').waitFor();
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
  });

  it('is opened by a second launch in the window of the first, which comes to the front', async () => {
    await script('second.mjs', HELLO);
    const page = await open();
    await running().minimize();
    await eventually(async () => (await running().state()).windows[0]?.isMinimized).toBe(true);
    const again = await running().launchAgain(['second.mjs'], folder);
    expect(again).toEqual({ exitCode: 0, output: '' });
    await subject(page.page, 'second.mjs').waitFor();
    await eventually(async () => (await running().state()).windows).toMatchObject([
      { isMinimized: false, isFocused: true },
    ]);
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
  });

  it('is opened by dropping its file on the window', async () => {
    const path = await script('dropped.mjs', HELLO);
    const page = await open();
    await running().dropFiles(page.page, [path]);
    await subject(page.page, 'dropped.mjs').waitFor();
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
    await page.openTab('Console');
    // The file itself, not a copy of its text.
    await page.page.getByRole('log').getByText(`hello from ${path}`).waitFor();
  });

  it('that crashes is a finished run with its reason', async () => {
    const path = await script(
      'crashes.mjs',
      `const registry = new FinalizationRegistry(() => {});
registry.register({}, 'x');
setTimeout(() => process.abort(), 300);
`,
    );
    const page = await open({ words: [path] });
    await subject(page.page, 'crashes.mjs').waitFor();
    await page.run();
    expect(await page.ended()).toMatch(/^Crashed/);
    await page.page
      .getByText(/SIGABRT|abort/i)
      .first()
      .waitFor();
    expect(await page.figures()).toMatchObject({ registered: 1 });
    // The application goes on.
    await page.choose('Simple registration');
    await page.run();
    expect(await page.ended()).toMatch(/^Finished/);
  });
});

describe(`a recording, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  const RUNS = `import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
appendFileSync(join(import.meta.dirname, 'ran'), 'once ');
const registry = new FinalizationRegistry(() => {});
const cache = new Map();
(() => { for (const user of ['ada', 'max']) { const session = {}; cache.set(user, session); registry.register(session, user); } })();
globalThis.kept = [cache, registry];
`;
  const recordingOf = (name: string) => join(folder, `${name}.heapline`);
  const source = ({ page }: Workbench) => page.locator('.from .file');
  const opened = (page: Workbench, name: string) =>
    eventually(() => source(page).textContent()).toBe(`${name}.heapline`);
  /** Runs a script that leaks, and saves that by menu and dialog. */
  async function record(name: string): Promise<Record<string, number>> {
    const page = await open({ words: [await script('leak.mjs', RUNS)] });
    await subject(page.page, 'leak.mjs').waitFor();
    expect((await running().menu('File', 'Save Recording As…'))?.enabled).toBe(false);
    await page.run();
    await page.ended();
    const verdicts = await page.verdicts();
    await eventually(async () => (await running().menu('File', 'Save Recording As…'))?.enabled).toBe(true);
    expect((await running().menu('File', 'Show Recording in Folder'))?.enabled).toBe(false);
    await running().clickMenu('File', 'Save Recording As…');
    const dialog = await running().dialog('save');
    expect(dialog.defaultPath).toMatch(/^leak-[\d.-]+\.heapline$/);
    expect(dialog.extensions).toEqual(['heapline']);
    await running().answer(dialog, { canceled: false, filePath: recordingOf(name) });
    await eventually(async () => (await running().menu('File', 'Show Recording in Folder'))?.enabled).toBe(true);
    return verdicts;
  }

  it('is saved by the menu, shown in its folder, and opened by the dialog after the application was started again', async () => {
    const verdicts = await record('saved');
    await running().clickMenu('File', 'Show Recording in Folder');
    await eventually(async () => (await running().state()).outside).toEqual([
      { what: 'showItemInFolder', target: recordingOf('saved') },
    ]);
    await running().close();

    const page = await open();
    await running().clickMenu('File', 'Open Recording…');
    const dialog = await running().dialog('open');
    expect(dialog.extensions).toEqual(['heapline']);
    await running().answer(dialog, { canceled: false, filePaths: [recordingOf('saved')] });
    await opened(page, 'saved');
    expect(await page.ended()).toMatch(/^Finished/);
    expect(await page.verdicts()).toEqual(verdicts);
    await page.objects.locator('.body [role="row"]').first().click();
    await page.inspector
      .getByText(/Delete its entry from the Map/)
      .first()
      .waitFor();
    // It has a file from the beginning.
    expect((await running().menu('File', 'Show Recording in Folder'))?.enabled).toBe(true);
    await page.page.getByRole('button', { name: 'Show in folder' }).click();
    await eventually(async () => (await running().state()).outside).toEqual([
      { what: 'showItemInFolder', target: recordingOf('saved') },
    ]);
  });

  it('is opened, and never run, by the command line, a second launch, a drop and the list of recent files', async () => {
    await record('one');
    await running().close();
    await copyFile(recordingOf('one'), recordingOf('two'));
    const ranPath = join(folder, 'ran');
    await rm(ranPath);
    const nothingRan = async (page: Workbench) => {
      // As long as a run takes to begin, several times over.
      await page.page.keyboard.press('ControlOrMeta+Enter');
      await page.page.waitForTimeout(1_000);
      expect(running().observedProcesses()).toEqual([]);
      await expect(readFile(ranPath)).rejects.toThrow('ENOENT');
    };
    const page = await open({ words: [recordingOf('one')] });
    await opened(page, 'one');
    await nothingRan(page);
    expect(await running().launchAgain([recordingOf('two')], folder)).toEqual({ exitCode: 0, output: '' });
    // The same recording under another name: it is open already.
    await opened(page, 'one');
    await page.choose('Simple registration');
    await running().dropFiles(page.page, [recordingOf('two')]);
    await opened(page, 'one');
    await nothingRan(page);
    await page.choose('Simple registration');
    await eventually(async () =>
      (await running().menu('File', 'Open Recent'))?.items?.map(({ label }) => label).slice(0, 2),
    ).toEqual([`two.heapline — ${folder}`, `one.heapline — ${folder}`]);
    await running().clickMenu('File', 'Open Recent', `one.heapline — ${folder}`);
    await opened(page, 'one');
    await nothingRan(page);
  });

  it('that is none is refused in the page, also where the application is started with it', async () => {
    await script('none.heapline', 'dear diary');
    const { toasts } = await open({ words: ['none.heapline'], workingDirectory: folder });
    await toasts.getByText('none.heapline was not opened').waitFor();
    await toasts.getByText('It is not a recording of Heapline. Open one that Heapline has saved.').waitFor();
  });
});

describe(`what the desktop adds, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  it('is a menu that does what the page does', async () => {
    const page = await open();
    await page.choose('Timing is not guaranteed');
    await setNumber(page, 'Length of a phase', '3000');
    await running().clickMenu('Run', 'Run');
    await eventually(() => page.figures().then(({ registered }) => registered)).toBeGreaterThan(0);
    await running().clickMenu('Run', 'Collect Now: Major GC');
    await eventually(() => page.figures().then(({ forced }) => forced)).toBe(1);
    await running().clickMenu('Run', 'Collect Now: Minor GC');
    await eventually(() => page.figures().then(({ forced }) => forced)).toBe(2);
    await running().clickMenu('Run', 'Stop');
    expect(await page.ended()).toMatch(/^Stopped/);
    await running().clickMenu('View', 'Theme', 'Light');
    await eventually(() => page.theme()).toBe('light');
    await eventually(async () => (await running().state()).themeSource).toBe('light');
    await eventually(async () => (await running().menu('View', 'Theme', 'Light'))?.checked).toBe(true);
  });

  it('is a page that the menu makes larger and smaller', async () => {
    await open();
    const zoomLevel = async () => (await running().state()).windows[0]?.zoomLevel;
    expect(await zoomLevel()).toBe(0);
    await running().clickMenu('View', 'Zoom In');
    await eventually(zoomLevel).toBeGreaterThan(0);
    await running().clickMenu('View', 'Actual Size');
    await eventually(zoomLevel).toBe(0);
    await running().clickMenu('View', 'Zoom Out');
    await eventually(zoomLevel).toBeLessThan(0);
  });

  it('is a list of the scripts that were opened, in the menu, over launches', async () => {
    const [first, second] = [await script('one.mjs', ''), await script('two.mjs', '')];
    const userData = join(folder, 'user-data');
    await open({ userData, words: [first] });
    const again = await running().launchAgain([second], folder);
    expect(again.exitCode).toBe(0);
    const listed = async () =>
      (await running().menu('File', 'Open Recent'))?.items
        ?.map(({ label }) => label)
        .filter((label) => label.includes('.mjs'));
    await eventually(listed).toEqual([`two.mjs — ${folder}`, `one.mjs — ${folder}`]);
    await running().close();

    const page = await open({ userData });
    expect(await listed()).toEqual([`two.mjs — ${folder}`, `one.mjs — ${folder}`]);
    await running().clickMenu('File', 'Open Recent', `one.mjs — ${folder}`);
    await subject(page.page, 'one.mjs').waitFor();
    await running().clickMenu('File', 'Open Recent', 'Clear the List');
    await eventually(listed).toEqual([]);
  });

  it('is a window that comes back where it was', async () => {
    const userData = join(folder, 'user-data');
    await open({ userData });
    const { workArea } = await running().state();
    // Within the smallest of screens, and not where a window opens by itself.
    const bounds = {
      x: workArea.x + Math.max(0, Math.min(60, workArea.width - 1_024)),
      y: workArea.y + Math.max(0, Math.min(40, workArea.height - 700)),
      width: 1_024,
      height: 700,
    };
    await running().setBounds(bounds);
    await running().quit();
    expect(await running().exited).toBe(0);
    await running().close();

    const { page } = await open({ userData });
    expect((await running().state()).windows[0]?.bounds).toEqual(bounds);
    await eventually(() => page.evaluate(() => window.innerWidth)).toBeLessThanOrEqual(bounds.width);
  });

  it('is progress while something runs, and a notice of a long run that ended unseen, which leads back', async () => {
    const page = await open();
    await page.choose('Timing is not guaranteed');
    await setNumber(page, 'Length of a phase', '2600');
    const progress = async () => (await running().state()).windows[0]?.progress;
    expect(await progress()).toBeLessThan(0);
    await page.run();
    await eventually(progress).toBeGreaterThan(0);
    await running().blur();
    expect(await page.ended()).toMatch(/^Finished/);
    await eventually(progress).toBeLessThan(0);
    await eventually(async () => (await running().state()).notifications).toHaveLength(1);
    const [notice] = (await running().state()).notifications;
    expect(notice?.title).toContain('Timing is not guaranteed');
    expect(notice?.body).toMatch(/^Finished after \d+ s\. The prediction held\.$/);
    expect((await running().state()).windows[0]?.isFocused).toBe(false);
    await running().clickNotification(0);
    await eventually(async () => (await running().state()).windows[0]?.isFocused).toBe(true);
  });
});

describe(`the look, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  it('follows the choice of a theme, and keeps it', async () => {
    const page = await open();
    await page.chooseTheme('Light');
    await eventually(() => page.theme()).toBe('light');
    await page.chooseTheme('Dark');
    await eventually(() => page.theme()).toBe('dark');
    await page.page.reload();
    await eventually(() => page.theme()).toBe('dark');
  });

  it('follows the system', async () => {
    const page = await open();
    await page.chooseTheme('Like the system');
    for (const isDark of [true, false]) {
      await running().becomeDark(isDark);
      await eventually(() => page.theme()).toBe(isDark ? 'dark' : 'light');
    }
  });
});

describe(`what the page may not, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  it('go elsewhere', async () => {
    const { page } = await open();
    for (const address of ['https://example.org/', 'http://127.0.0.1:9/', 'app://heapline/other.html']) {
      const target = await page.evaluate(
        ([wished, origin]) => (wished!.startsWith('app:') ? wished!.replace('app://heapline', origin!) : wished!),
        [address, await page.evaluate(() => window.location.origin)],
      );
      await page.evaluate((wished) => {
        window.location.href = wished;
      }, target);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(running().addressOf(page).replace(/#.*/, '')).toBe(PAGE_ADDRESS);
    }
    expect((await running().state()).windows[0]?.address.replace(/#.*/, '')).toBe(PAGE_ADDRESS);
    expect((await running().state()).outside).toEqual([]);
    await page.getByRole('navigation', { name: 'Scenarios' }).waitFor();
  });

  it('open windows; what the application itself links opens in the browser, and nothing else unasked', async () => {
    const { page } = await open({ expected: [/Not allowed to load local resource/] });
    const known = ['https://v8.dev/blog/trash-talk', 'https://developer.mozilla.org/en-US/'];
    const openWindow = (address: string) =>
      page.evaluate((wished) => {
        window.open(wished, '_blank');
      }, address);
    for (const address of [known[0]!, 'http://v8.dev/', 'file:///etc/passwd', 'https://a:b@v8.dev/']) {
      await openWindow(address);
    }
    await page.evaluate((href) => {
      const link = document.createElement('a');
      Object.assign(link, { href, target: '_blank', rel: 'noreferrer' });
      document.body.append(link);
      link.click();
      link.remove();
    }, known[1]!);
    const opened = async () => (await running().state()).outside;
    const inBrowser = (addresses: readonly string[]) => addresses.map((target) => ({ what: 'openExternal', target }));
    await eventually(opened).toEqual(inBrowser(known));

    // What it does not come with is shown to the user first.
    for (const [address, response] of [
      ['https://example.org/no', 1],
      ['https://example.org/yes', 0],
    ] as const) {
      await openWindow(address);
      const question = await running().dialog('message');
      expect(`${question.message} ${question.detail}`).toContain(address);
      expect(await opened()).toEqual(inBrowser(known));
      await running().answer(question, { response, checkboxChecked: false });
    }
    await eventually(opened).toEqual(inBrowser([...known, 'https://example.org/yes']));
    const pages = () =>
      page
        .context()
        .pages()
        .filter((one) => one.url() !== 'about:blank');
    await eventually(() => pages().length).toBe(1);
    expect((await running().state()).windows).toHaveLength(1);
  });

  it('have a permission but to copy text', async () => {
    const page = await open();
    const answers = await page.page.evaluate(async () => {
      const query = (name: string) =>
        navigator.permissions.query({ name: name as PermissionName }).then(({ state }) => state);
      return {
        notifications: await Notification.requestPermission(),
        geolocation: await new Promise<string>((resolve) => {
          navigator.geolocation.getCurrentPosition(
            () => resolve('granted'),
            ({ code }) => resolve(code === 1 ? 'denied' : 'no place'),
          );
        }),
        camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
          () => 'granted',
          (error: DOMException) => error.name,
        ),
        read: await navigator.clipboard.readText().then(
          () => 'granted',
          (error: DOMException) => error.name,
        ),
        microphone: await query('microphone'),
        write: await query('clipboard-write'),
      };
    });
    expect(answers).toMatchObject({
      notifications: 'denied',
      geolocation: 'denied',
      read: 'NotAllowedError',
      microphone: 'denied',
      write: 'granted',
    });
    expect(answers.camera).toMatch(/^NotAllowedError|NotFoundError$/);
  });

  it('reach Node or Electron: it sees one object, with its documented functions', async () => {
    const { page } = await open();
    const seen = await page.evaluate(() => {
      const bridge = Reflect.get(window, 'heaplineDesktop') as Record<string, unknown>;
      const names = ['require', 'process', 'module', 'exports', 'Buffer', 'ipcRenderer', 'electron', 'global'];
      return {
        reached: names.filter((name) => Reflect.get(window, name) !== undefined),
        functions: Object.keys(bridge).filter((name) => typeof bridge[name] === 'function'),
        others: Object.keys(bridge).filter((name) => typeof bridge[name] !== 'function'),
        isFixed: (() => {
          try {
            Reflect.set(window, 'heaplineDesktop', {});
            Reflect.set(bridge, 'connect', () => 'mine');
          } catch {
            // In Electron as well, that may throw.
          }
          return Reflect.get(window, 'heaplineDesktop') === bridge && (bridge['connect'] as () => unknown)() !== 'mine';
        })(),
      };
    });
    expect(seen.reached).toEqual([]);
    expect(seen.functions.sort()).toEqual(Object.keys(DesktopBridge.entries).sort());
    expect(seen.others).toEqual([]);
    expect(seen.isFixed).toBe(true);
  });

  it('run code that is not a file of its own', async () => {
    const { page } = await open({ expected: [/Content Security Policy|EvalError|unsafe-eval/] });
    const policy = await page.evaluate(() =>
      fetch(window.location.href).then((response) => response.headers.get('content-security-policy')),
    );
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(policy).not.toMatch(/unsafe-eval|unsafe-inline/);
    const ran = await page.evaluate(() => {
      const inline = document.createElement('script');
      inline.textContent = 'window.ranInline = true;';
      document.body.append(inline);
      const outside = document.createElement('script');
      outside.src = 'https://example.org/a.js';
      document.body.append(outside);
      return Reflect.get(window, 'ranInline') === true;
    });
    expect(ran).toBe(false);
    const evaluated = await page.evaluate(
      () =>
        new Promise((resolve) => {
          // Asked for by the page itself: what a debugger evaluates is under no policy.
          setTimeout(() => {
            try {
              resolve(new Function('return 1')());
            } catch (error) {
              resolve(error instanceof Error ? error.name : String(error));
            }
          }, 0);
        }),
    );
    expect(evaluated).toBe('EvalError');
  });
});

describe(`whom the application answers, in ${whatRuns}`, { timeout: TEST_TIMEOUT_MS }, () => {
  /** Asks through the bridge in this page. @returns how many ports came */
  const askForPort = (page: Page) =>
    page.evaluate(async () => {
      let ports = 0;
      window.addEventListener('message', (message) => (ports += message.ports.length));
      const bridge = Reflect.get(window, 'heaplineDesktop') as Record<string, () => void> | undefined;
      bridge?.['connect']?.();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { ports, hasBridge: bridge !== undefined };
    });

  it('its own page', async () => {
    const { page } = await open();
    expect(await askForPort(page)).toEqual({ ports: 1, hasBridge: true });
  });

  it('no frame within its page', async () => {
    const { page } = await open({ expected: [/^The application said: Refused what/] });
    await page.evaluate(async () => {
      const frame = document.createElement('iframe');
      frame.srcdoc = '<p>within</p>';
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
      document.body.append(frame);
      await loaded;
    });
    // The bridge is not there.
    const within = page.frames().find((frame) => frame !== page.mainFrame());
    expect(await within?.evaluate(() => Reflect.get(window, 'heaplineDesktop') === undefined)).toBe(true);
    await running().sendFromFrameWithin('heapline:ask', 'connect');
    await running().sendFromFrameWithin('heapline:ask', 'choose-script');
    await eventually(
      () =>
        running()
          .output()
          .match(/Refused what app:\/\/heapline asked for/g)?.length,
    ).toBe(2);
    expect((await running().state()).dialogs).toEqual([]);
  });

  it('no page of another origin', async () => {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><link rel="icon" href="data:,"><title>elsewhere</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const { page } = await open({ expected: [/^The application said: Refused what http:\/\/127\.0\.0\.1/] });
      await running().load(`http://127.0.0.1:${port}/`);
      await page.waitForURL(/127\.0\.0\.1/);
      await eventually(() => page.title()).toBe('elsewhere');
      expect(await askForPort(page)).toEqual({ ports: 0, hasBridge: true });
      await eventually(() => running().output()).toContain(`Refused what http://127.0.0.1:${port} asked for`);
      expect((await running().state()).dialogs).toEqual([]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
