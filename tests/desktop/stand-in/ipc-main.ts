// Electron's ipcMain: what pages send comes here, whichever window they are in.

import type * as Electron from 'electron';
import { complain, LoudEmitter } from './loud.ts';
import type { Shaped } from './shape.ts';

type Handler = (event: never, ...words: never[]) => unknown;

class StandInIpcMain extends LoudEmitter {
  readonly #handlers = new Map<string, Handler>();
  constructor() {
    super('ipcMain');
  }
  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, handler);
  }
  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }
  async answer(channel: string, event: object, words: readonly unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel);
    if (handler === undefined) throw complain(`No handler registered for '${channel}'`);
    return (handler as (event: object, ...words: unknown[]) => unknown)(event, ...words);
  }
}
export const ipcMain = new StandInIpcMain();
ipcMain satisfies Shaped<Pick<Electron.IpcMain, 'removeHandler' | 'handle' | 'on' | 'off'>>;
