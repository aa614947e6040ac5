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
  it('shows the page one object with ten functions: each sends one word, some with what it is about; one names a path', () => {
    expect([...contextBridge.exposed.keys()]).toEqual(['heaplineDesktop']);
    const bridge = contextBridge.exposed.get('heaplineDesktop');
    expect(Object.keys(bridge as object)).toEqual([
      'connect',
      'chooseScript',
      'useTheme',
      'pathOfFile',
      'chooseRecording',
      'openDroppedRecording',
      'saveRecording',
      'cancelRecording',
      'showsRun',
      'showRecording',
    ]);
    const functions = bridge as Record<string, (...words: unknown[]) => unknown>;
    const { connect, chooseScript, useTheme, pathOfFile } = functions;
    expect(connect?.('anything')).toBeUndefined();
    expect(chooseScript?.('anything')).toBeUndefined();
    expect(useTheme?.('dark', 'anything')).toBeUndefined();
    functions['chooseRecording']?.('anything');
    functions['openDroppedRecording']?.(new File([], 'a.heapline'), 'anything');
    functions['saveRecording']?.('run-1', 'anything');
    functions['cancelRecording']?.('anything');
    functions['showsRun']?.('run-1', 'anything');
    functions['showRecording']?.('anything');
    expect(ipcRenderer.sent).toEqual([
      ['heapline:ask', 'connect'],
      ['heapline:ask', 'choose-script'],
      ['heapline:ask', 'theme-dark'],
      ['heapline:ask', 'choose-recording'],
      // Where the system says that it lies: a page cannot name a path.
      ['heapline:ask', 'open-dropped-recording', '/dropped/a.heapline'],
      ['heapline:ask', 'save-recording', 'run-1'],
      ['heapline:ask', 'cancel-recording'],
      ['heapline:ask', 'shows-run', 'run-1'],
      ['heapline:ask', 'show-recording'],
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

  it('tells the page how a recording goes, and nothing of the event', () => {
    posted.length = 0;
    ipcRenderer.emit(
      'heapline:recording',
      { sender: 'not for the page' },
      { kind: 'opened', runId: 'run-1' },
      'nor this',
    );
    const progress = { kind: 'opened', runId: 'run-1' };
    expect(posted).toEqual([[{ type: 'heapline:recording', progress }, 'app://heapline']]);
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
