// The engine, as the rest of main knows it from the start: it is loaded when the first page asks for it, so that main is
// free for the window and its files until then. Whatever is asked of it before waits.

import type { EngineEvent } from '../../engine/protocol/event.ts';
import type { Port } from '../../engine/protocol/port.ts';
import type { Engine } from '../../engine/session/engine.ts';

export interface LateEngine {
  /** Loads it, the first time that this is called. @throws what loading it throws */
  load(): Promise<void>;
  /** As `Engine.attach`; what the client says meanwhile is kept by its port. */
  attach(port: Port<unknown, EngineEvent>): void;
  openRecording: Engine['openRecording'];
  saveRecording(runId: string): Promise<ReturnType<Engine['saveRecording']>>;
  /** As `Engine.close`; nothing to do where it was never loaded. */
  close(): Promise<void>;
}

export function createLateEngine(load: () => Promise<Engine>): LateEngine {
  const loaded = Promise.withResolvers<Engine>();
  // Told of by `load` alone: who waits for an engine that cannot be loaded need not hear it too.
  loaded.promise.catch(() => {});
  let loading: Promise<Engine> | undefined;
  return {
    async load() {
      if (loading === undefined) {
        loading = load();
        loading.then(loaded.resolve, loaded.reject);
      }
      await loading;
    },
    attach: (port) => void loaded.promise.then((engine) => engine.attach(port)).catch(() => port.close()),
    openRecording: async (chunks, about) => (await loaded.promise).openRecording(chunks, about),
    saveRecording: async (runId) => (await loaded.promise).saveRecording(runId),
    async close() {
      if (loading !== undefined) await (await loading).close();
    },
  };
}
