// The bridge between page and application: what the page gets to see, and what the built script needs.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { buildApplicationPart } from '../../scripts/build/build-application.ts';
import { projectFolder } from '../../scripts/built-parts.ts';
import { contextBridge, ipcRenderer } from './electron-stand-in.ts';

vi.mock('electron', () => import('./electron-stand-in.ts'));

const posted: unknown[][] = [];

beforeAll(async () => {
  vi.stubGlobal('window', {
    location: { origin: 'app://heapline' },
    postMessage: (...words: unknown[]) => posted.push(words),
  });
  await import('../../electron/preload/index.ts');
});

describe('the preload script', () => {
  it('shows the page one object with four functions: three send one word each, one names the path of a dropped file', () => {
    expect([...contextBridge.exposed.keys()]).toEqual(['heaplineDesktop']);
    const bridge = contextBridge.exposed.get('heaplineDesktop');
    expect(Object.keys(bridge as object)).toEqual(['connect', 'chooseScript', 'useTheme', 'pathOfFile']);
    const { connect, chooseScript, useTheme, pathOfFile } = bridge as Record<string, (...words: unknown[]) => unknown>;
    expect(connect?.('anything')).toBeUndefined();
    expect(chooseScript?.('anything')).toBeUndefined();
    expect(useTheme?.('dark', 'anything')).toBeUndefined();
    expect(ipcRenderer.sent).toEqual([
      ['heapline:ask', 'connect'],
      ['heapline:ask', 'choose-script'],
      ['heapline:ask', 'theme-dark'],
    ]);
    expect(pathOfFile?.(new File([], 'leak.mjs'))).toBe('/dropped/leak.mjs');
  });

  it('tells the page the path of a chosen script, and nothing of the event', () => {
    posted.length = 0;
    ipcRenderer.emit('heapline:script', { sender: 'not for the page' }, '/home/somebody/leak.mjs', 'nor this');
    expect(posted).toEqual([[{ type: 'heapline:script', path: '/home/somebody/leak.mjs' }, 'app://heapline']]);
    posted.length = 0;
  });

  it('tells the page what was chosen in the menu, and nothing of the event', () => {
    posted.length = 0;
    ipcRenderer.emit('heapline:command', { sender: 'not for the page' }, 'run', 'nor this');
    expect(posted).toEqual([[{ type: 'heapline:command', command: 'run' }, 'app://heapline']]);
    posted.length = 0;
  });

  it('hands the port to the page of its own origin, and nothing of the event', () => {
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.emit('heapline:port', { ports: [port2], sender: 'not for the page' }, 'nor this');
    expect(posted).toEqual([['heapline:port', 'app://heapline', [port2]]]);
    port1.close();
  });

  it('is built as one CommonJS file that needs nothing but Electron', { timeout: 60_000 }, async () => {
    await buildApplicationPart(projectFolder, 'preload');
    const built = await readFile(join(projectFolder, 'out', 'preload', 'index.cjs'), 'utf8');
    const required = [...built.matchAll(/\brequire\(["'`]([^"'`]+)["'`]\)/g)].map(([, name]) => name);
    expect(required).toEqual(['electron']);
    expect(built).not.toMatch(/^\s*(import|export)\b/m);
  });
});
