// A script of one's own, from opening it to its output: a real browser, the real served host, real files and processes.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runtimeOf } from '../runtimes.ts';
import { launchBrowser, untilDrawn } from './browser.ts';
import {
  serveApplication,
  type OpenPageOptions,
  type ServeApplicationOptions,
  type ServedApplication,
} from './served-application.ts';
import { workbench } from './workbench.ts';

const projectFolder = resolve(import.meta.dirname, '../..');
let browser: Browser;
let application: ServedApplication | undefined;
/** Where the test's scripts lie, and where processes and host find each other. */
let folder: string;
let rendezvous: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hl-open-')));
  rendezvous = await mkdtemp(join(tmpdir(), 'hl-meet-'));
});
afterEach(async () => {
  try {
    // Fails the test if a page complained, or a process or a file was left behind.
    await application?.close();
    expect(readdirSync(rendezvous)).toEqual([]);
  } finally {
    application = undefined;
    await rm(folder, { recursive: true, force: true });
    await rm(rendezvous, { recursive: true, force: true });
  }
});

const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });

/** Prints what it was started with. */
const ECHO = `import { readFileSync } from 'node:fs';
console.log('started with ' + JSON.stringify({
  args: process.argv.slice(2),
  cwd: process.cwd(),
  greeting: process.env.GREETING,
  isInherited: process.env.HL_OPEN_TEST !== undefined,
  node: process.version,
  input: readFileSync(0, 'utf8'),
}));
const registry = new FinalizationRegistry(() => {});
registry.register({}, 'dropped');
`;
interface StartedWith {
  readonly args: string[];
  readonly cwd: string;
  readonly greeting?: string;
  readonly isInherited: boolean;
  readonly node: string;
  readonly input: string;
}

async function openWorkbench(options: ServeApplicationOptions & OpenPageOptions = {}) {
  application ??= await serveApplication(browser, {
    ...options,
    environment: { HEAPLINE_RENDEZVOUS: rendezvous, HL_OPEN_TEST: 'yes', ...options.environment },
  });
  const page = await application.openPage(options);
  const self = workbench(page);
  const chip = (name: string) =>
    page
      .getByRole('group', { name: 'How the next run is started' })
      .getByRole('button', { name: new RegExp(`^${name}`) });
  return {
    ...self,
    heading: (name: string) => page.getByRole('heading', { level: 2, name, exact: true }),
    item: (name: string | RegExp): Locator =>
      page.getByRole('region', { name: 'Your scripts' }).getByRole('listitem').getByRole('button', { name }).first(),
    dialog: page.getByRole('dialog', { name: 'Open script' }),
    path: page.getByRole('combobox', { name: /^Path of/ }),
    chip,
    /** Opens a setting's editor. */
    async edit(name: string): Promise<Locator> {
      await chip(name).click();
      return page.locator('.editor.launch');
    },
    async done(): Promise<void> {
      await page.locator('.editor.launch').getByRole('button', { name: 'Done' }).click();
      await page.locator('.editor.launch').waitFor({ state: 'detached' });
    },
    /** By typing its path into the dialog. */
    async openByPath(path: string): Promise<void> {
      await page.keyboard.press('Control+o');
      await page.getByRole('combobox', { name: /^Path of/ }).fill(path);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Open script' }).waitFor({ state: 'detached' });
    },
    async startedWith(): Promise<StartedWith> {
      await self.openTab('Console');
      const line = await page
        .getByRole('log')
        .getByText(/^started with/)
        .first()
        .textContent();
      return JSON.parse((line ?? '').replace('started with ', '')) as StartedWith;
    },
    editor: page.getByRole('textbox', { name: 'Scratch script' }),
    /** As a browser would after a drag from the desktop. */
    drop: (files: readonly { name: string; text: string }[]) =>
      page.evaluate((dropped) => {
        const dataTransfer = new DataTransfer();
        for (const { name, text } of dropped) dataTransfer.items.add(new File([text], name));
        for (const type of ['dragenter', 'dragover', 'drop']) {
          window.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }
      }, files),
  };
}

describe('a script is opened', () => {
  it('by going through the folders with the keyboard', async () => {
    await mkdir(join(folder, 'lib', 'deep'), { recursive: true });
    await writeFile(join(folder, 'lib', 'deep', 'echo.mjs'), ECHO);
    await writeFile(join(folder, 'lib', 'deep', 'notes.txt'), '');
    const { page, path, dialog, heading, status } = await openWorkbench();
    await page
      .getByRole('button', { name: /^Open script/ })
      .first()
      .click();
    await dialog.waitFor();
    expect(await path.evaluate((element) => element === document.activeElement)).toBe(true);
    await path.fill(`${folder}/`);
    await dialog.getByRole('option', { name: 'lib' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await dialog.getByRole('option', { name: 'deep' }).waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await dialog.getByRole('option', { name: 'lib', selected: true }).waitFor();
    await page.keyboard.press('Enter');
    await path.fill('dee');
    await page.keyboard.press('Enter');
    await dialog.getByRole('option', { name: 'echo.mjs' }).waitFor();
    // Nothing that Node does not run is offered.
    expect(await dialog.getByRole('option').allTextContents()).toEqual(['echo.mjs']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await heading('echo.mjs').waitFor();
    await page.getByText('started with ', { exact: false }).first().waitFor();
    expect(await status.textContent()).toContain('Ready');
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#script=${join(folder, 'lib', 'deep', 'echo.mjs')}`);
  });

  it('by its path, which is refused in place where nothing is there, and remembered over a reload', async () => {
    await writeFile(join(folder, 'echo.mjs'), ECHO);
    await writeFile(join(folder, 'image.png'), 'x');
    const { page, path, dialog, heading, item, openByPath } = await openWorkbench();
    await page.keyboard.press('Control+o');
    for (const [typed, words] of [
      [join(folder, 'ecko.mjs'), /There is no file .*ecko\.mjs\. Did you mean .*echo\.mjs/],
      [join(folder, 'image.png'), /image\.png is not a script that Node\.js runs\. Allowed: \.js/],
      [join(folder, 'nowhere', 'x') + '/', /There is no folder/],
    ] as const) {
      await path.fill(typed);
      await page.keyboard.press('Enter');
      await dialog.getByRole('alert').getByText(words).waitFor();
      expect(await path.getAttribute('aria-invalid')).toBe('true');
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await openByPath(join(folder, 'echo.mjs'));
    await heading('echo.mjs').waitFor();
    await page.reload();
    await heading('echo.mjs').waitFor();
    await item(/^echo\.mjs/).waitFor();

    // Recent ones come first in the dialog.
    await page.keyboard.press('Control+o');
    await dialog.getByRole('option').first().getByText('echo.mjs').waitFor();
    await page.keyboard.press('Escape');
    await item(/^echo\.mjs/).focus();
    await page.keyboard.press('Delete');
    await item(/^echo\.mjs/).waitFor({ state: 'detached' });
  });

  it('by dropping it, as the text that a browser gives', async () => {
    const { page, drop, editor, heading, run, ended, openTab, toasts } = await openWorkbench();
    await drop([{ name: 'dropped.cjs', text: "console.log('dropped ' + typeof require);\n" }]);
    await heading('dropped.cjs').waitFor();
    await editor.getByText('dropped').first().waitFor();
    await page.getByText(/relative imports cannot be found/).waitFor();
    await run();
    expect(await ended()).toMatch(/^Finished/);
    await openTab('Console');
    await page.getByRole('log').getByText('dropped function').waitFor();
    await openTab('Source');
    await page.getByRole('button', { name: 'Undo the drop' }).click();
    await heading('scratch.mjs').waitFor();
    await editor.getByText('openSessions').first().waitFor();

    await drop([{ name: 'photo.png', text: '' }]);
    await toasts.getByText('It is neither a recording nor a script that Node.js runs.').waitFor();
    await drop([{ name: 'binary.js', text: 'a\0b' }]);
    await toasts.getByText(/zero bytes/).waitFor();
    await drop([
      { name: 'a.js', text: '' },
      { name: 'b.js', text: '' },
    ]);
    await toasts.getByText(/one at a time/).waitFor();
    await editor.getByText('openSessions').first().waitFor();
  });

  it('by the command line of the host', async () => {
    const script = join(folder, 'ä echo#1.mjs');
    await writeFile(script, ECHO);
    const { heading, item } = await openWorkbench({ words: [script] });
    await heading('ä echo#1.mjs').waitFor();
    await item(/^ä echo#1\.mjs/).waitFor();
  });

  it('and is marked where it is gone', async () => {
    await writeFile(join(folder, 'echo.mjs'), ECHO);
    const { page, heading, item, openByPath, scenario } = await openWorkbench();
    await openByPath(join(folder, 'echo.mjs'));
    await scenario('Simple registration').click();
    await rename(join(folder, 'echo.mjs'), join(folder, 'moved.mjs'));
    await item(/^echo\.mjs/).click();
    await page
      .getByRole('alert')
      .getByText(/There is no file/)
      .waitFor();
    await item(/^echo\.mjs.*cannot be read any more$/).waitFor();
    await rename(join(folder, 'moved.mjs'), join(folder, 'echo.mjs'));
    await page.getByRole('button', { name: 'Look again' }).click();
    await page
      .getByRole('alert')
      .getByText(/There is no file/)
      .waitFor({ state: 'detached' });
    await heading('echo.mjs').waitFor();
  });
});

describe('a script is started', () => {
  it('in its own folder, with a minimal environment and nothing to read', async () => {
    await writeFile(join(folder, 'echo.mjs'), ECHO);
    const { openByPath, run, ended, startedWith, figures, scenario } = await openWorkbench();
    await openByPath(join(folder, 'echo.mjs'));
    await run();
    expect(await ended()).toMatch(/^Finished/);
    expect(await startedWith()).toEqual({
      args: [],
      cwd: folder,
      isInherited: false,
      node: process.version,
      input: '',
    });
    expect((await figures()).registered).toBe(1);
    // Other subjects have settings of their own.
    await scenario('Simple registration').click();
  });

  it('with the arguments, folder, environment and input that were set, also after a reload', async () => {
    await writeFile(join(folder, 'echo.mjs'), ECHO);
    await mkdir(join(folder, 'elsewhere'));
    const { page, openByPath, edit, done, chip, run, ended, startedWith, heading } = await openWorkbench();
    await openByPath(join(folder, 'echo.mjs'));

    const args = await edit('Arguments');
    await args.getByRole('textbox').fill(`--port 80 "open`);
    await args
      .getByRole('alert')
      .getByText(/is open/)
      .waitFor();
    await args.getByRole('textbox').fill(`--port 80 'two words' ""`);
    expect(await args.getByRole('listitem').allInnerTexts()).toEqual(['--port', '80', 'two words', 'an empty one']);
    await done();

    const working = await edit('Folder');
    await working.getByRole('button', { name: 'Browse…' }).click();
    const folders = page.getByRole('dialog', { name: 'Choose a folder' });
    await folders.getByRole('option', { name: 'elsewhere' }).click();
    await folders.getByText('elsewhere').waitFor();
    await folders.getByRole('button', { name: 'Use this folder' }).click();
    await chip('Folder').getByText('elsewhere').waitFor();

    const environment = await edit('Environment');
    await environment.getByRole('button', { name: 'Add a variable' }).click();
    await page.keyboard.type('GREETING=good day');
    expect(await environment.getByRole('textbox', { name: 'Value of GREETING' }).inputValue()).toBe('good day');
    await environment.getByRole('checkbox', { name: /^Inherit/ }).check();
    await done();

    const input = await edit('Input');
    await input.getByText('This text').click();
    await input.getByRole('textbox').fill('first line\nsecond line');
    await done();

    await page.reload();
    await heading('echo.mjs').waitFor();
    await run();
    expect(await ended()).toMatch(/^Finished/);
    expect(await startedWith()).toEqual({
      args: ['--port', '80', 'two words', ''],
      cwd: join(folder, 'elsewhere'),
      greeting: 'good day',
      isInherited: true,
      node: process.version,
      input: 'first line\nsecond line',
    });
    await page.getByRole('button', { name: 'Reset settings' }).click();
    await chip('Arguments').getByText('none').waitFor();
    await chip('Environment').getByText('minimal').waitFor();
  });

  it('not at all where a setting cannot be, which opens and says why', async () => {
    await writeFile(join(folder, 'echo.mjs'), ECHO);
    const { page, openByPath, edit, chip, state, run, ended, done } = await openWorkbench();
    await openByPath(join(folder, 'echo.mjs'));
    const working = await edit('Folder');
    await working.getByRole('textbox').fill(join(folder, 'nowhere'));
    await done();
    await page.keyboard.press('Control+Enter');
    await working
      .getByRole('alert')
      .getByText(/There is no folder .*nowhere/)
      .waitFor();
    expect(await working.getByRole('textbox').evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await chip('Folder').textContent()).toContain('has to be changed');
    expect(await state()).toBe('Ready');
    await working.getByRole('textbox').fill('');
    await done();

    const environment = await edit('Environment');
    for (const value of ['one', 'two']) {
      await environment.getByRole('button', { name: 'Add a variable' }).click();
      await page.keyboard.type(`SAME=${value}`);
    }
    await done();
    await page.keyboard.press('Control+Enter');
    await environment.getByRole('alert').getByText('SAME is there twice').waitFor();
    await environment.getByRole('button', { name: 'Remove SAME' }).first().click();
    await done();
    await run();
    expect(await ended()).toMatch(/^Finished/);
  });

  const node22 = runtimeOf(22);
  it.skipIf(!node22.isInstalled)('on the node that was named, once it has told its version', async () => {
    await writeFile(join(folder, 'echo.mjs'), ECHO);
    const { openByPath, edit, done, chip, run, ended, startedWith, page } = await openWorkbench();
    await openByPath(join(folder, 'echo.mjs'));
    const node = await edit('Node');
    await node.getByRole('radio', { name: /the default/ }).waitFor();
    expect(await node.getByRole('radio', { name: /the default/ }).isChecked()).toBe(true);
    await node.getByText(process.versions.node).first().waitFor();
    await node.getByText('Another').click();
    const named = node.getByRole('textbox', { name: 'Path of the node' });
    await named.fill(join(folder, 'echo.mjs'));
    await node
      .getByText(/echo\.mjs/)
      .first()
      .waitFor();
    await eventually(() => named.getAttribute('aria-invalid')).toBe('true');
    await named.fill(node22.nodePath);
    await node.getByText(/^Node 22\./).waitFor();
    await done();
    await run();
    expect(await ended()).toMatch(/^Finished/);
    expect((await startedWith()).node).toMatch(/^v22\./);
    await page.getByText(/^node 22\./).waitFor();
    await chip('Node').getByText('node-22-linux-x64').waitFor();
  });
});

describe('the scratch', () => {
  it('is typed, run from the keyboard, and remembered', async () => {
    const { page, item, editor, ended, openTab, heading, figures } = await openWorkbench();
    await item(/^Scratch/).click();
    await editor.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(
      "const name: string = 'typed';\nconsole.log(`hello from ${name}`);\nnew FinalizationRegistry(() => {}).register({}, name);\n",
    );
    await page.getByRole('combobox', { name: 'Kind of script' }).selectOption('.mts');
    await page.getByRole('textbox', { name: 'Name of the scratch' }).fill('mine');
    await editor.click();
    // Letters are text here, not shortcuts.
    await page.keyboard.press('Control+End');
    await page.keyboard.type('// g 1 ?');
    await page.keyboard.press('Control+Enter');
    expect(await ended()).toMatch(/^Finished/);
    await openTab('Console');
    await page.getByRole('log').getByText('hello from typed').waitFor();
    expect((await figures()).registered).toBe(1);
    await page.reload();
    await heading('mine.mts').waitFor();
    await openTab('Source');
    await editor.getByText('hello from').first().waitFor();
    await editor.getByText('// g 1 ?').waitFor();
    await page.getByRole('button', { name: 'Back to the example' }).click();
    await editor.getByText('openSessions').first().waitFor();
    await editor.click();
    await page.keyboard.press('Control+z');
    await editor.getByText('// g 1 ?').waitFor();
  });

  it('begins with an object that is finalized and one that leaks', async () => {
    const { page, item, editor, run, ended, verdicts, inspector } = await openWorkbench();
    await item(/^Scratch/).click();
    await editor.waitFor();
    await run();
    expect(await ended()).toMatch(/^Finished/);
    expect(await verdicts()).toMatchObject({ finalized: 1, alive: 1 });
    await inspector.getByText('openSessions').first().waitFor();
    // A place leads into the editor, where it can be changed.
    await inspector
      .getByRole('button', { name: /scratch\.mjs:24/ })
      .first()
      .click();
    await eventually(() => editor.evaluate((element) => element.matches(':focus'))).toBe(true);
    await page.keyboard.press('Home');
    await page.keyboard.type('/* here */');
    await editor.getByText('/* here */').waitFor();
    expect(await editor.locator('.cm-activeLine').textContent()).toBe('/* here */const openSessions = new Map();');
    await page.getByRole('button', { name: 'Enlarge the editor' }).click();
    await page.getByRole('region', { name: 'Timeline of the run' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Show the run' }).click();
    await page.getByRole('region', { name: 'Timeline of the run' }).waitFor();
  });
});

describe('a process that was started elsewhere', () => {
  it('is listed, watched, marked, collected and left, and goes on', async () => {
    const script = join(folder, 'service.mjs');
    await writeFile(
      script,
      `const registry = new FinalizationRegistry(() => {});
       let served = 0;
       setInterval(() => registry.register({}, 'request ' + ++served), 20);
       process.on('message', () => process.send({ served }));
       process.on('disconnect', () => process.exit());`,
    );
    const { page, figures, ended, item } = await openWorkbench();
    const processes = page.getByRole('region', { name: 'Running processes' });
    await processes.getByText('node --import heapline/observe app.js').waitFor();
    const child = spawn(process.execPath, ['--import', 'heapline/observe', script], {
      cwd: projectFolder,
      env: { PATH: process.env['PATH'] ?? '', HEAPLINE_RENDEZVOUS: rendezvous },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = new Promise((gone) => child.once('exit', gone));
    try {
      const served = () =>
        new Promise<number>((answered) => {
          child.once('message', (message) => answered((message as { served: number }).served));
          child.send('served?');
        });
      const entry = processes.getByRole('button', { name: /^service\.mjs/ });
      await entry.click();
      await page.getByRole('heading', { level: 2, name: 'service.mjs' }).waitFor();
      await page.getByText(String(child.pid)).first().waitFor();
      await page.getByRole('button', { name: /^Watch Ctrl/ }).click();
      await eventually(() => figures().then(({ registered }) => registered)).toBeGreaterThan(5);
      const client = await application!.connect();
      const { runs } = await client.hello();
      const marks: string[] = [];
      void client.follow(runs.at(-1)?.description.runId ?? '', (batch) => {
        if (batch.type === 'marks') marks.push(...batch.items.map(({ name }) => name));
      });
      const leave = page.getByRole('button', { name: 'Leave', exact: true });
      expect(await leave.isEnabled()).toBe(true);
      await page.keyboard.press('g');
      await eventually(() => figures().then(({ callbacks }) => callbacks)).toBeGreaterThan(0);
      await page.keyboard.press('m');
      await page.getByRole('textbox', { name: 'Mark this moment' }).fill('after the first');
      await page.keyboard.press('Enter');
      await eventually(() => marks).toContain('after the first');
      await leave.click();
      await ended();
      const before = await served();
      await eventually(served).toBeGreaterThan(before);

      // And again, without a trace of the first time.
      await page.getByRole('button', { name: /^Watch Ctrl/ }).click();
      await page.getByRole('button', { name: /^Run 2 of 2/ }).waitFor();
      await leave.click();
      await ended();
    } finally {
      child.disconnect();
      await exited;
    }
    await processes.getByRole('button', { name: /^service\.mjs.*has ended/ }).waitFor();
    await page
      .getByText(/has ended, or has let go of Heapline/)
      .first()
      .waitFor();
    await item(/^Scratch/).click();
  });
});

it(
  'has no serious accessibility finding where scripts are opened and set up, in both themes',
  { timeout: 240_000 },
  async () => {
    await writeFile(join(folder, 'echo.mjs'), ECHO);
    const { page, openByPath, edit, done, item, dialog, theme, drop } = await openWorkbench({
      context: { colorScheme: 'dark', reducedMotion: 'reduce' },
    });
    const findings: string[] = [];
    const look = async (state: string) => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        await eventually(theme).toBe(colorScheme);
        await untilDrawn(page);
        const { violations } = await new AxeBuilder({ page }).analyze();
        for (const { id, impact, nodes } of violations) {
          if (impact !== 'serious' && impact !== 'critical') continue;
          findings.push(...nodes.map(({ html }) => `${state}, ${colorScheme}: ${id}: ${html.slice(0, 160)}`));
        }
      }
    };
    await openByPath(join(folder, 'echo.mjs'));
    await look('script');
    await page.keyboard.press('Control+o');
    await dialog.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await look('dialog');
    await page.keyboard.press('Escape');
    for (const name of ['Arguments', 'Folder', 'Environment', 'Input', 'Node']) {
      const editor = await edit(name);
      if (name === 'Arguments') await editor.getByRole('textbox').fill('a "" "open');
      if (name === 'Environment') await editor.getByRole('button', { name: 'Add a variable' }).click();
      if (name === 'Node') await editor.getByText('Another').click();
      await look(name);
      await done();
    }
    await item(/^Scratch/).click();
    await drop([{ name: 'dropped.ts', text: 'const a = (1);' }]);
    await page.getByText(/relative imports cannot be found/).waitFor();
    await look('scratch');
    expect(findings).toEqual([]);
  },
);
