// The wiring of the desktop application's main process, run as it is with a stand-in for Electron and a real engine.

import { mkdtemp, readFile, rm, symlink, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PROTOCOL_VERSION } from '../../engine/protocol/command.ts';
import { EngineEvent } from '../../engine/protocol/event.ts';
import { ensureBuilt, projectFolder } from '../../scripts/built-parts.ts';
import * as electron from './electron-stand-in.ts';

vi.mock('electron', () => import('./electron-stand-in.ts'));

const { app, dialog, ipcMain, protocol, session, shell } = electron;
const ORIGIN = 'app://heapline';
const PAGE = 'app://heapline/index.html';
let outFolder: string;

/** The built engine with a page of the test's own, so that the page need not be built. */
async function makeOutFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'heapline-desktop-'));
  await symlink(join(projectFolder, 'out', 'engine'), join(folder, 'engine'));
  await symlink(join(projectFolder, 'out', 'scenarios'), join(folder, 'scenarios'));
  await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
  await writeFile(join(folder, 'renderer', 'index.html'), '<title>page</title>');
  await writeFile(join(folder, 'renderer', 'assets', 'index.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await symlink(join(folder, 'secret.txt'), join(folder, 'renderer', 'link.txt'));
  return folder;
}

beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  outFolder = await makeOutFolder();
  app.userData = join(outFolder, 'user-data');
  // Whoever runs these tests may have scenarios of their own.
  vi.stubEnv('HEAPLINE_SCENARIOS', join(outFolder, 'no-scenarios'));
  const { startDesktop } = await import('../../electron/main/lifecycle.ts');
  startDesktop({ outFolder });
  app.isReadyNow = true;
  app.ready.resolve();
  await vi.waitFor(() => expect(electron.BrowserWindow.getAllWindows()).toHaveLength(1));
}, 120_000);
afterAll(async () => {
  await vi.waitFor(() => {
    app.quit();
    expect(dialog.questions).toEqual([]);
  });
  await app.quitted.promise;
  await rm(outFolder, { recursive: true });
});

const firstWindow = () => {
  const [window] = electron.BrowserWindow.getAllWindows();
  if (window === undefined) throw new Error('expected a window');
  return window;
};

const nothing = () => {};
const menuOptions = {
  isDevelopment: false,
  recentFiles: [],
  canSaveRecording: true,
  canShowRecording: true,
  theme: 'system',
  openScript: nothing,
  openRecent: nothing,
  clearRecent: nothing,
  tell: nothing,
  showAbout: nothing,
  openOutside: nothing,
} as const;

/** All items of a menu, with those of its submenus. */
function itemsOf(template: readonly Electron.MenuItemConstructorOptions[]): Electron.MenuItemConstructorOptions[] {
  return template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? itemsOf(item.submenu) : [])]);
}
const menuItem = (label: string) => {
  const found = itemsOf(electron.Menu.template ?? []).find((item) => item.label === label);
  if (found === undefined) throw new Error(`The menu has no “${label}”.`);
  return found;
};
/** As the user does; a menu may be called like one of its items. */
function choose(label: string): void {
  const item = itemsOf(electron.Menu.template ?? []).find(
    ({ label: other, click }) => other === label && click !== undefined,
  );
  if (item === undefined) throw new Error(`Nothing in the menu that is called “${label}” can be chosen.`);
  (item.click as () => void)();
}
const told = () => firstWindow().webContents.mainFrame.received.splice(0);

/** Speaks as the page does, over the port that it was handed. */
function connect() {
  const { webContents } = firstWindow();
  const { mainFrame } = webContents;
  ipcMain.emit('heapline:ask', { sender: webContents, senderFrame: mainFrame }, 'connect');
  const handed = mainFrame.received.pop();
  expect(handed?.channel).toBe('heapline:port');
  const port = handed?.ports[0]?.node;
  if (port === undefined) throw new Error('expected a port');
  const events: EngineEvent[] = [];
  port.on('message', (message) => events.push(v.parse(EngineEvent, message)));
  return {
    port,
    events,
    event: <Type extends EngineEvent['type']>(type: Type) =>
      vi.waitFor(
        () => {
          const found = events.find((event): event is Extract<EngineEvent, { type: Type }> => event.type === type);
          if (found === undefined) throw new Error(`no ${type} among ${events.map((event) => event.type).join(', ')}`);
          return found;
        },
        { timeout: 30_000 },
      ),
  };
}

describe('the window', () => {
  it('shows the built page in a sandbox of its own', () => {
    const { options, webContents } = firstWindow();
    expect(webContents.getURL()).toBe(PAGE);
    // All that is set: no blink features, no additional arguments.
    expect(options.webPreferences).toEqual({
      preload: join(outFolder, 'preload', 'index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      spellcheck: false,
    });
    expect(app.isSandboxed).toBe(true);
  });

  it('is not shown before there is something to see', () => {
    const window = firstWindow();
    expect(window.options.show).toBe(false);
    expect(window.isShown).toBe(false);
    window.emit('ready-to-show');
    expect(window.isShown).toBe(true);
  });

  it('comes to the front when the application is started again', () => {
    const window = firstWindow();
    window.isMinimizedNow = true;
    app.emit('second-instance', {}, ['electron', '.'], outFolder);
    expect({ minimized: window.isMinimizedNow, focused: window.isFocused }).toEqual({
      minimized: false,
      focused: true,
    });
  });

  it('can be reloaded and zoomed, and has no developer tools in its menu when packaged', async () => {
    const roles = (template: readonly { role?: string; submenu?: unknown }[] | undefined): string[] =>
      (template ?? []).flatMap(({ role, submenu }) => [
        ...(role === undefined ? [] : [role]),
        ...(Array.isArray(submenu) ? roles(submenu) : []),
      ]);
    expect(roles(electron.Menu.template)).toEqual(
      expect.arrayContaining(['editMenu', 'reload', 'zoomIn', 'toggleDevTools']),
    );
    const { menuTemplate } = await import('../../electron/main/menu.ts');
    expect(roles(menuTemplate({ ...menuOptions, platform: 'linux' }))).not.toContain('toggleDevTools');
  });
});

describe('the page may not', () => {
  it.each(['https://example.org/', 'file:///etc/passwd', 'app://heapline/other.html', 'app://other/index.html'])(
    'go to %s',
    (url) => {
      const preventDefault = vi.fn();
      firstWindow().webContents.emit('will-frame-navigate', { url, isMainFrame: true, preventDefault });
      expect(preventDefault).toHaveBeenCalledOnce();
    },
  );

  it('load anything into a frame, be redirected, or embed a web view', () => {
    for (const event of ['will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      const preventDefault = vi.fn();
      firstWindow().webContents.emit(event, { url: PAGE, isMainFrame: false, preventDefault });
      expect(preventDefault, event).toHaveBeenCalledOnce();
    }
  });

  it('be kept from reloading itself', () => {
    const preventDefault = vi.fn();
    firstWindow().webContents.emit('will-frame-navigate', { url: `${PAGE}#a`, isMainFrame: true, preventDefault });
    expect(preventDefault).not.toHaveBeenCalled();
  });

  it('open windows; links of the web open in the browser, and nothing else does', async () => {
    const open = firstWindow().webContents.windowOpenHandler;
    const details = {
      frameName: '',
      features: '',
      disposition: 'default',
      referrer: { url: '', policy: 'default' },
    } as const;
    for (const url of [
      'https://example.org/a',
      'http://example.org/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      '::',
    ]) {
      expect(open?.({ ...details, url })).toEqual({ action: 'deny' });
    }
    // What the application does not come with is shown to the user first.
    await vi.waitFor(() =>
      expect(dialog.questions.map(({ options }) => options.detail)).toEqual(['https://example.org/a']),
    );
    expect(shell.opened).toEqual([]);
    dialog.questions.pop()?.answer(1);
    open?.({ ...details, url: 'https://somebody@developer.mozilla.org/' });
    open?.({ ...details, url: 'https://developer.mozilla.org/en-US/docs/Web' });
    await vi.waitFor(() => expect(shell.opened.splice(0)).toEqual(['https://developer.mozilla.org/en-US/docs/Web']));
    expect(dialog.questions).toEqual([]);
  });

  it('open what the application does not come with, unless the user wants it', async () => {
    const open = (url: string) =>
      firstWindow().webContents.windowOpenHandler?.({
        url,
        frameName: '',
        features: '',
        disposition: 'default',
        referrer: { url: '', policy: 'default' },
      });
    open('https://example.org/b');
    await vi.waitFor(() => expect(dialog.questions).toHaveLength(1));
    dialog.questions.pop()?.answer(0);
    await vi.waitFor(() => expect(shell.opened.splice(0)).toEqual(['https://example.org/b']));
  });

  it('have a permission or a device, but for copying text', () => {
    const { permissionRequest, permissionCheck, devicePermission } = session.defaultSession;
    const { webContents } = firstWindow();
    const request = (permission: string, isMainFrame = true) => {
      const answer = vi.fn();
      permissionRequest?.(webContents as never, permission as never, answer, { isMainFrame } as never);
      expect(answer).toHaveBeenCalledOnce();
      return answer.mock.calls[0]?.[0] as boolean;
    };
    const check = (permission: string, origin = ORIGIN) =>
      permissionCheck?.(webContents as never, permission as never, origin, {} as never);
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'clipboard-read',
      'openExternal',
      'hid',
      'usb',
    ]) {
      expect([request(permission), check(permission)], permission).toEqual([false, false]);
    }
    expect(devicePermission?.({} as never)).toBe(false);
    const copying = 'clipboard-sanitized-write';
    expect([request(copying), check(copying)]).toEqual([true, true]);
    expect([request(copying, false), check(copying, 'https://example.org')]).toEqual([false, false]);
  });
});

describe('the page', () => {
  it('cannot save a file by a download', () => {
    const preventDefault = vi.fn();
    session.defaultSession.emit('will-download', { preventDefault }, {}, firstWindow().webContents, null);
    expect(preventDefault).toHaveBeenCalledOnce();
  });
});

describe('the page’s files', () => {
  const get = async (path: string, init: RequestInit = {}) => {
    const handler = protocol.handlers.get('app');
    if (handler === undefined) throw new Error('expected a handler');
    return handler(new Request(`app://heapline${path}`, init));
  };

  it('come from a scheme with an origin of its own', () => {
    expect(protocol.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
    ]);
  });

  it('are sent with their type and a strict policy', async () => {
    const page = await get('/index.html');
    expect(await page.text()).toBe('<title>page</title>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe/);
    expect((await get('/assets/index.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/link.txt',
    '/',
    '/none.js',
    '/%',
  ])('are all that there is: %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('secret');
  });

  it('are of one origin', async () => {
    const answer = await protocol.handlers.get('app')?.(new Request('app://other/index.html'));
    expect(answer?.status).toBe(404);
  });

  it('are only read', async () => {
    expect((await get('/index.html', { method: 'POST' })).status).toBe(404);
  });
});

describe('the way to the engine', () => {
  it('is opened for the page: a real engine answers over the port', async () => {
    const { port, event } = connect();
    port.postMessage({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
    const welcome = await event('welcome');
    expect(welcome.host).toMatchObject({ kind: 'desktop', version: '0.1.0' });
    expect(welcome.catalogue.map(({ id }) => id)).toContain('simple');
    port.close();
  });

  it('carries a whole run of a built-in scenario in a utility process', { timeout: 60_000 }, async () => {
    const { port, events, event } = connect();
    port.postMessage({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
    await event('welcome');
    port.postMessage({
      type: 'start-run',
      requestId: 1,
      program: { kind: 'scenario', id: 'simple', parameters: {} },
    });
    const { runId } = await event('accepted');
    port.postMessage({ type: 'follow-run', requestId: 2, runId, fromSequence: 0 });
    const report = await vi.waitFor(
      () => {
        const batches = events.flatMap((received) => (received.type === 'run-events' ? received.batches : []));
        const ended = batches.find((batch) => batch.type === 'ended');
        if (ended === undefined) throw new Error('the run goes on');
        return ended.report;
      },
      { timeout: 50_000, interval: 50 },
    );
    expect(report.outcome.status).toBe('completed');
    expect(report.registrations).toMatchObject({ total: 1, finalized: 1 });
    port.close();
  });

  it.each<[name: string, event: () => object]>([
    [
      'a frame within the page',
      () => ({ sender: firstWindow().webContents, senderFrame: new electron.StandInFrame(ORIGIN) }),
    ],
    ['a frame that is gone', () => ({ sender: firstWindow().webContents, senderFrame: null })],
    [
      'another origin',
      () => {
        const contents = new electron.StandInContents('https://example.org');
        return { sender: contents, senderFrame: contents.mainFrame };
      },
    ],
    [
      'a page that begins alike',
      () => {
        const contents = new electron.StandInContents('app://heapline.example');
        return { sender: contents, senderFrame: contents.mainFrame };
      },
    ],
  ])('stays shut for %s', (_name, makeEvent) => {
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
    const event = makeEvent() as { sender: electron.StandInContents; senderFrame: electron.StandInFrame | null };
    for (const wish of ['connect', 'choose-script']) ipcMain.emit('heapline:ask', event, wish);
    expect(event.senderFrame?.received ?? []).toEqual([]);
    expect(event.sender.mainFrame.received).toEqual([]);
    expect(dialog.asked).toEqual([]);
    expect(complaint).toHaveBeenCalledTimes(2);
    complaint.mockRestore();
  });

  it('is the only entry', () => {
    expect(ipcMain.eventNames()).toEqual(['heapline:ask']);
  });

  it('knows its wishes, and carries out no other', () => {
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { webContents } = firstWindow();
    const wishes: readonly (readonly unknown[])[] = [
      [],
      [undefined],
      ['format-disk'],
      [{ type: 'connect' }],
      ['theme-'],
      [['connect']],
      ['connect', 'more'],
      ['choose-recording', '/etc/passwd'],
      ['save-recording'],
      ['save-recording', 'run-1', '/etc/passwd'],
      ['save-recording', { runId: 'run-1' }],
      ['open-dropped-recording'],
      ['open-dropped-recording', ''],
      ['open-dropped-recording', 1],
      ['shows-run', 'x'.repeat(65)],
    ];
    for (const wish of wishes) {
      ipcMain.emit('heapline:ask', { sender: webContents, senderFrame: webContents.mainFrame }, ...wish);
    }
    expect(webContents.mainFrame.received).toEqual([]);
    expect(complaint).toHaveBeenCalledTimes(wishes.length);
    expect(dialog.askedToSave).toEqual([]);
    complaint.mockRestore();
  });

  it('is closed for a page that sends what cannot be read', async () => {
    const { port, event } = connect();
    const closed = new Promise((resolve) => port.once('close', () => resolve('closed')));
    port.postMessage({ type: 'format-disk' });
    expect((await event('protocol-error')).message).not.toBe('');
    expect(await closed).toBe('closed');
  });
});

describe('a script from outside the page', () => {
  const wish = () => {
    const { webContents } = firstWindow();
    ipcMain.emit('heapline:ask', { sender: webContents, senderFrame: webContents.mainFrame }, 'choose-script');
  };

  it('is chosen in the system’s dialog, which offers what Node runs, and told to the page', async () => {
    dialog.answer = { canceled: false, filePaths: ['/home/somebody/leak.mjs'] };
    wish();
    await vi.waitFor(() =>
      expect(told()).toMatchObject([{ channel: 'heapline:script', message: '/home/somebody/leak.mjs' }]),
    );
    expect(dialog.asked.at(-1)).toMatchObject({
      properties: ['openFile'],
      filters: [{ extensions: ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'] }],
    });
    dialog.answer = { canceled: true, filePaths: [] };
    wish();
    await vi.waitFor(() => expect(dialog.asked).toHaveLength(2));
    expect(told()).toEqual([]);
  });

  it('is named by a second start, seen from its folder; options and what is not there are none', async () => {
    const script = join(outFolder, 'second.mjs');
    await writeFile(script, '');
    const start = (...words: string[]) => app.emit('second-instance', {}, ['electron', '.', ...words], outFolder);
    start('--enable-features=a.mjs', 'missing.mjs', 'second.mjs');
    expect(told()).toMatchObject([{ channel: 'heapline:script', message: script }]);
    start('notes.txt');
    start();
    expect(told()).toEqual([]);
  });

  it('comes from the file manager', () => {
    const preventDefault = vi.fn();
    app.emit('open-file', { preventDefault }, '/home/somebody/a b.mjs');
    expect(preventDefault).toHaveBeenCalledOnce();
    expect(told()).toMatchObject([{ message: '/home/somebody/a b.mjs' }]);
  });

  it('waits, like what is chosen in the menu, while the page is being loaded again', () => {
    const { webContents } = firstWindow();
    const { mainFrame } = webContents;
    for (const goes of [
      () => webContents.emit('did-navigate', {}, PAGE, 200, 'OK'),
      () => app.emit('render-process-gone', {}, webContents, { reason: 'clean-exit', exitCode: 0 }),
    ]) {
      goes();
      app.emit('open-file', { preventDefault: nothing }, '/home/somebody/early.mjs');
      choose('Search');
      expect(told()).toEqual([]);
      ipcMain.emit('heapline:ask', { sender: webContents, senderFrame: mainFrame }, 'connect');
      expect(told().map(({ channel, message }) => [channel, message])).toEqual([
        ['heapline:port', null],
        ['heapline:script', '/home/somebody/early.mjs'],
        ['heapline:command', 'search'],
      ]);
    }
  });

  it('is in the address of a new window, where the page reads it', async () => {
    const { addressWithScript } = await import('../../electron/main/open-script.ts');
    const { subjectOfFragment } = await import('../../renderer/src/stores/subject.ts');
    const address = addressWithScript({ address: PAGE }, '/home/somebody/a b#c.mjs');
    expect(subjectOfFragment(new URL(address).hash)).toEqual({ kind: 'file', path: '/home/somebody/a b#c.mjs' });
    expect(addressWithScript({ address: PAGE }, undefined)).toBe(PAGE);
  });
});

describe('a recording', () => {
  const wish = (...words: string[]) => {
    const { webContents } = firstWindow();
    ipcMain.emit('heapline:ask', { sender: webContents, senderFrame: webContents.mainFrame }, ...words);
  };
  /** How the last opening or saving went, without what was told meanwhile. */
  const came = () =>
    vi.waitFor(
      () => {
        const { received } = firstWindow().webContents.mainFrame;
        const at = received.findIndex(
          ({ channel, message }) =>
            channel === 'heapline:recording' && !['opening', 'saving'].includes((message as { kind: string }).kind),
        );
        if (at === -1) throw new Error('nothing came of it');
        const [last] = received.splice(0, at + 1).slice(-1);
        return last?.message as { kind: string; runId?: string; title?: string; message?: string };
      },
      { timeout: 30_000 },
    );
  const inOut = (name: string) => join(outFolder, name);

  it(
    'of a run is saved where the user says, and opened by a dialog, a second start and the file manager',
    { timeout: 60_000 },
    async () => {
      told();
      const page = connect();
      page.port.postMessage({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
      await page.event('welcome');
      page.port.postMessage({
        type: 'start-run',
        requestId: 1,
        program: { kind: 'scenario', id: 'simple' },
        limits: { settleMs: 600 },
      });
      const { runId = '' } = await page.event('accepted');
      await vi.waitFor(
        () =>
          expect(
            page.events.some(
              (event) =>
                event.type === 'run-listed' && event.run.status === 'ended' && event.run.description.runId === runId,
            ),
          ).toBe(true),
        { timeout: 30_000 },
      );
      wish('shows-run', runId);
      expect(menuItem('Save Recording As…').enabled).toBe(true);
      expect(menuItem('Show Recording in Folder').enabled).toBe(false);

      // Canceled, nothing comes of it.
      wish('save-recording', runId);
      await vi.waitFor(() => expect(dialog.askedToSave).toHaveLength(1));
      expect(dialog.askedToSave[0]).toMatchObject({
        defaultPath: expect.stringMatching(/^simple-.*\.heapline$/) as string,
        filters: [{ extensions: ['heapline'] }],
      });
      // Without its ending the name gets one; where that is another file's, the user is asked again.
      await writeFile(inOut('other.heapline'), 'of somebody');
      dialog.saveAnswers.push(
        { canceled: false, filePath: inOut('other') },
        { canceled: false, filePath: inOut('saved') },
      );
      wish('save-recording', runId);
      expect(await came()).toEqual({ kind: 'saved', fileName: 'saved.heapline', isRunGoingOn: false });
      expect(dialog.askedToSave.map(({ defaultPath }) => defaultPath).at(-1)).toBe(inOut('other.heapline'));
      expect(await readFile(inOut('other.heapline'), 'utf8')).toBe('of somebody');
      expect(menuItem('Show Recording in Folder').enabled).toBe(true);
      wish('show-recording');
      expect(shell.shown).toEqual([inOut('saved.heapline')]);
      expect(app.recentDocuments.at(-1)).toBe(inOut('saved.heapline'));

      dialog.answer = { canceled: false, filePaths: [inOut('saved.heapline')] };
      wish('choose-recording');
      const opened = await came();
      expect(opened).toMatchObject({ kind: 'opened' });
      expect(opened.runId).not.toBe(runId);
      expect(dialog.asked.at(-1)).toMatchObject({ filters: [{ extensions: ['heapline'] }] });
      dialog.answer = { canceled: true, filePaths: [] };
      app.emit('second-instance', {}, ['electron', '.', 'saved.heapline'], outFolder);
      // It is open already.
      expect(await came()).toEqual(opened);
      app.emit('open-file', { preventDefault: nothing }, inOut('saved.heapline'));
      expect(await came()).toEqual(opened);
      wish('open-dropped-recording', inOut('saved.heapline'));
      expect(await came()).toEqual(opened);
      choose(`saved.heapline — ${outFolder}`);
      expect(await came()).toEqual(opened);
      page.port.close();
    },
  );

  it('that is none is not opened, with a sentence that says what to do', async () => {
    wish('open-dropped-recording', inOut('other.heapline'));
    expect(await came()).toEqual({
      kind: 'failed',
      title: 'other.heapline was not opened',
      message: 'It is not a recording of Heapline. Open one that Heapline has saved.',
    });
    wish('open-dropped-recording', inOut('no-such.heapline'));
    expect((await came()).message).toMatch(/^There is no file/);
  });

  it('cannot be saved where the folder is gone, and is not where the run is', async () => {
    const [saved] = shell.shown;
    dialog.answer = { canceled: false, filePaths: [saved ?? ''] };
    wish('choose-recording');
    const { runId = '' } = await came();
    dialog.saveAnswers.push({ canceled: false, filePath: join(outFolder, 'gone', 'a.heapline') });
    wish('save-recording', runId);
    expect(await came()).toEqual({
      kind: 'failed',
      title: 'a.heapline was not saved',
      message: 'The folder is not there any more. Choose another place.',
    });
    wish('save-recording', 'no-such-run');
    expect(await came()).toMatchObject({ kind: 'failed', title: 'The run was not saved' });
    dialog.answer = { canceled: true, filePaths: [] };
    wish('shows-run', '');
    expect(menuItem('Save Recording As…').enabled).toBe(false);
    expect(menuItem('Show Recording in Folder').enabled).toBe(false);
  });
});

describe('the menu', () => {
  it('tells the page what was chosen', () => {
    told();
    for (const label of ['Run', 'Stop', 'Collect Now: Major GC', 'New Scenario…', 'Keyboard Shortcuts', 'Dark'])
      choose(label);
    expect(told().map(({ channel, message }) => [channel, message])).toEqual(
      ['run', 'stop', 'collect-major', 'new-scenario', 'shortcuts', 'theme-dark'].map((name) => [
        'heapline:command',
        name,
      ]),
    );
  });

  it('speaks the words that the page knows', async () => {
    const { DesktopCommandMessage } = await import('../../renderer/src/transport/desktop-bridge.ts');
    const ids = itemsOf(electron.Menu.template ?? []).flatMap(({ id }) => (id === undefined ? [] : [id]));
    const others = ['open-script', 'open-recent', 'about'];
    expect(new Set(ids.filter((id) => !others.includes(id)))).toEqual(
      new Set(DesktopCommandMessage.entries.command.options),
    );
  });

  it('leaves its keys to the page; on a Mac, which takes them all, no bare letter is one', async () => {
    const { menuTemplate } = await import('../../electron/main/menu.ts');
    const keysOn = (platform: NodeJS.Platform) =>
      itemsOf(menuTemplate({ ...menuOptions, platform })).filter(({ accelerator }) => accelerator !== undefined);
    const isSystems = ({ role }: Electron.MenuItemConstructorOptions) => role !== undefined;
    expect(keysOn('linux').every((item) => isSystems(item) || item.registerAccelerator === false)).toBe(true);
    expect(keysOn('linux').filter(isSystems)).toMatchObject([{ role: 'zoomIn', accelerator: 'CmdOrCtrl+=' }]);
    expect(keysOn('linux').map(({ accelerator }) => accelerator)).toContain('G');
    for (const { accelerator } of keysOn('darwin')) expect(accelerator).toMatch(/^CmdOrCtrl\+/);
  });

  it('has what each system expects', async () => {
    const { menuTemplate } = await import('../../electron/main/menu.ts');
    const has = (platform: NodeJS.Platform) => {
      const items = itemsOf(menuTemplate({ ...menuOptions, platform }));
      return {
        ofTheApplication: items.some(({ role }) => role === 'appMenu'),
        quits: items.some(({ role }) => role === 'quit'),
        about: items.some(({ id }) => id === 'about'),
      };
    };
    expect(has('darwin')).toEqual({ ofTheApplication: true, quits: false, about: false });
    expect(has('win32')).toEqual({ ofTheApplication: false, quits: true, about: true });
    expect(has('linux')).toEqual(has('win32'));
  });

  it('tells about the application, with its versions in what each system shows', async () => {
    const { aboutPanel } = await import('../../electron/main/about.ts');
    const { node, v8 } = process.versions;
    for (const platform of ['darwin', 'win32', 'linux'] as const) {
      const { applicationName, applicationVersion, version, copyright, ...others } = aboutPanel(platform);
      expect(others).toEqual({});
      // Other systems do not show the line that macOS has for this.
      const shown = [applicationName, applicationVersion, copyright, ...(platform === 'darwin' ? [version] : [])];
      for (const part of ['Heapline', '0.1.0', 'Electron', `Node ${node}`, `V8 ${v8}`]) {
        expect(shown.join(' '), platform).toContain(part);
      }
    }
    expect(app.aboutPanel).toEqual(aboutPanel(process.platform));
    if (process.platform !== 'darwin') choose('About Heapline');
    expect(app.aboutPanelsShown).toBe(process.platform === 'darwin' ? 0 : 1);
  });

  it('lists scripts that were opened, latest first, and forgets them when asked', async () => {
    choose('Clear the List');
    expect(menuItem('Open Recent').enabled).toBe(false);
    for (const path of ['/a/one.mjs', '/a/two.mjs', '/a/one.mjs'])
      app.emit('open-file', { preventDefault: nothing }, path);
    expect((menuItem('Open Recent').submenu as { label?: string }[]).slice(0, 2).map(({ label }) => label)).toEqual([
      'one.mjs — /a',
      'two.mjs — /a',
    ]);
    expect(app.recentDocuments).toEqual(['/a/one.mjs', '/a/two.mjs', '/a/one.mjs']);
    told();
    choose('two.mjs — /a');
    expect(told()).toMatchObject([{ channel: 'heapline:script', message: '/a/two.mjs' }]);
    await vi.waitFor(async () =>
      expect(JSON.parse(await readFile(join(app.userData, 'recent-scripts.json'), 'utf8'))).toEqual([
        '/a/two.mjs',
        '/a/one.mjs',
      ]),
    );
  });

  it('shows the theme that the page has, and so do the system’s own parts', () => {
    const { webContents } = firstWindow();
    ipcMain.emit('heapline:ask', { sender: webContents, senderFrame: webContents.mainFrame }, 'theme-dark');
    expect(electron.nativeTheme.themeSource).toBe('dark');
    expect(menuItem('Dark').checked).toBe(true);
    expect(menuItem('Light').checked).toBe(false);
  });
});

describe('the window', () => {
  it('remembers where it was', async () => {
    const window = firstWindow();
    window.bounds = { x: 40, y: 60, width: 1200, height: 800 };
    window.emit('move');
    await vi.waitFor(async () =>
      expect(JSON.parse(await readFile(join(app.userData, 'window.json'), 'utf8'))).toEqual({
        bounds: window.bounds,
        isMaximized: false,
        isFullScreen: false,
      }),
    );
  });

  it('loads its page again after a crash, and asks after the third in a minute', async () => {
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { webContents } = firstWindow();
    const crash = (reason: string) => app.emit('render-process-gone', {}, webContents, { reason, exitCode: 11 });
    crash('clean-exit');
    expect(webContents.reloads).toBe(0);
    crash('crashed');
    crash('oom');
    expect(webContents.reloads).toBe(2);
    crash('crashed');
    expect(webContents.reloads).toBe(2);
    expect(dialog.questions).toHaveLength(1);
    dialog.questions.pop()?.answer(0);
    await vi.waitFor(() => expect(webContents.reloads).toBe(3));
    complaint.mockRestore();
  });
});

describe('while something runs', () => {
  it('quitting and closing the last window ask, progress is shown, and a long run that ends unseen is told', async () => {
    const script = join(outFolder, 'stays\u202e.mjs');
    await writeFile(script, 'setInterval(() => {}, 1000);');
    // What changes the direction of writing is made visible wherever the system shows the name.
    const shownName = 'stays\\u202e.mjs';
    const { port, event } = connect();
    port.postMessage({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
    await event('welcome');
    port.postMessage({ type: 'start-run', requestId: 1, program: { kind: 'file', path: script } });
    const { runId } = await event('accepted');
    const window = firstWindow();
    await vi.waitFor(() => expect(window.progress).toBe(2));
    expect(menuItem(`${shownName} — ${outFolder}`)).toBeDefined();

    app.quit();
    expect(dialog.questions.map(({ options }) => options.message)).toEqual([`“${shownName}” is still running.`]);
    // One question at a time.
    window.close();
    app.quit();
    expect(dialog.questions).toHaveLength(1);
    expect(window.isDestroyed()).toBe(false);
    dialog.questions.pop()?.answer(1);
    await vi.waitFor(() => {
      window.close();
      expect(dialog.questions).toHaveLength(1);
    });
    dialog.questions.pop()?.answer(1);
    expect(window.isDestroyed()).toBe(false);

    // Ten seconds are a long time in a test: the clock is put forward instead.
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    window.isFocused = false;
    port.postMessage({ type: 'stop-run', requestId: 2, runId });
    await vi.waitFor(() => expect(window.progress).toBe(-1));
    now.mockRestore();
    expect(electron.Notification.shown.map(({ options }) => options)).toMatchObject([
      { title: shownName, body: expect.stringMatching(/^Stopped after 6\d s\.$/) as string },
    ]);
    electron.Notification.shown[0]?.emit('click');
    expect(window.isFocused).toBe(true);
    port.close();
  });
});

describe('a utility process', () => {
  it('can be ended before it has begun', { timeout: 20_000 }, async () => {
    const { createUtilityLauncher } = await import('../../electron/main/utility-launcher.ts');
    const program = join(outFolder, 'endless.cjs');
    await writeFile(program, 'setInterval(() => {}, 1000);');
    const child = createUtilityLauncher(join(outFolder, 'engine', 'utility-entry.cjs')).launch({
      entryPath: program,
      args: [],
      observerPath: program,
      nodeOptions: [],
      environment: {},
      workingDirectory: outFolder,
    });
    child.stdout.resume();
    child.stderr.resume();
    expect(child.pid).toBeUndefined();
    child.kill();
    await child.exited;
  });

  it('tells of a fatal error of V8 where and why, and nothing else of the report', async () => {
    const { wordsOfFatalError } = await import('../../electron/main/utility-launcher.ts');
    const report = {
      header: { event: 'Empty MaybeLocal' },
      environmentVariables: { LOBBY: 'room', MEMO: 'out of memory' },
    };
    expect(wordsOfFatalError('v8::ToLocalChecked', JSON.stringify(report))).toBe(
      'v8::ToLocalChecked: Empty MaybeLocal',
    );
    expect(wordsOfFatalError('Reached heap limit', '')).toBe('Reached heap limit');
    for (const odd of ['null', '{', '{"header":{"event":1}}']) expect(wordsOfFatalError('here', odd)).toBe('here');
  });

  it('ends with a rejection that nobody handles, as a plain node does, and not with one that the program hears of', async () => {
    const { createUtilityLauncher } = await import('../../electron/main/utility-launcher.ts');
    const observer = join(outFolder, 'none.cjs');
    await writeFile(observer, '');
    const end = async (name: string, text: string) => {
      const program = join(outFolder, name);
      await writeFile(
        program,
        `${text}\nsetTimeout(() => process.exit(0), 3000);\nPromise.reject(new Error('alas'));\n`,
      );
      const child = createUtilityLauncher(join(outFolder, 'engine', 'utility-entry.cjs')).launch({
        entryPath: program,
        args: [],
        observerPath: observer,
        nodeOptions: [],
        environment: {},
        workingDirectory: outFolder,
      });
      let said = '';
      child.stdout.on('data', (part: Buffer) => (said += part.toString()));
      child.stderr.resume();
      const { exitCode } = await child.exited;
      return { exitCode, said };
    };
    const monitor = `process.on('uncaughtExceptionMonitor', ({ message }, origin) => console.log(message, origin));`;
    expect(await end('rejects.mjs', monitor)).toEqual({ exitCode: 1, said: 'alas unhandledRejection\n' });
    const hears = `process.on('unhandledRejection', ({ message }) => { console.log('heard of', message); process.exit(0); });`;
    expect(await end('hears.mjs', hears)).toEqual({ exitCode: 0, said: 'heard of alas\n' });
  });
});

describe('which page is shown', () => {
  it('is the built one, unless a development server is named and the application is not packaged', async () => {
    const { choosePage } = await import('../../electron/main/page.ts');
    const built = { address: PAGE, origin: ORIGIN, isInDevelopment: false };
    const development = 'http://localhost:5173/';
    expect(choosePage(false, undefined)).toEqual(built);
    expect(choosePage(true, development)).toEqual(built);
    expect(choosePage(false, '')).toEqual(built);
    expect(choosePage(false, development)).toEqual({
      address: development,
      origin: 'http://localhost:5173',
      isInDevelopment: true,
    });
    expect(choosePage(false, 'http://localhost:5173').address).toBe(development);
  });
});
