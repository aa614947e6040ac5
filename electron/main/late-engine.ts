// The engine, as the rest of main knows it from the start: it is loaded while the first window is being made, and whatever
// is asked of it before then waits.

import type { EngineEvent } from '../../engine/protocol/event.ts';
import type { Port } from '../../engine/protocol/port.ts';
import type { Engine } from '../../engine/session/engine.ts';

export interface LateEngine {
  /** Begins to load it. Called once. @throws what loading it throws */
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
  let isLoading = false;
  return {
    async load() {
      isLoading = true;
      const loading = load();
      loading.then(loaded.resolve, loaded.reject);
      await loading;
    },
    attach: (port) => void loaded.promise.then((engine) => engine.attach(port)).catch(() => port.close()),
    openRecording: async (chunks, about) => (await loaded.promise).openRecording(chunks, about),
    saveRecording: async (runId) => (await loaded.promise).saveRecording(runId),
    async close() {
      if (isLoading) await (await loaded.promise).close();
    },
  };
}
