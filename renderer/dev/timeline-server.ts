// Serves the timeline's development pages (timeline.html, timeline-bench.html) from the sources: for benches, and by hand with
// `node renderer/dev/timeline-server.ts [port]`. Never part of the application.

import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { createServer } from 'vite';
import type { Disposable } from '../../engine/protocol/port.ts';

export interface TimelineServer extends Disposable {
  /** Of the page; add a query to choose what timeline.html shows. */
  readonly url: string;
  close(): Promise<void>;
}

export interface TimelineServerOptions {
  /** 0: any that is free. */
  readonly port?: number;
  /** Which page of this folder. */
  readonly page?: 'timeline' | 'timeline-bench';
}

/** Listens on 127.0.0.1. @throws if the port is taken. */
export async function serveTimelinePage({
  port = 0,
  page = 'timeline',
}: TimelineServerOptions = {}): Promise<TimelineServer> {
  const server = await createServer({
    configFile: false,
    root: fileURLToPath(new URL('..', import.meta.url)),
    cacheDir: fileURLToPath(new URL(`../../node_modules/.vite/${page}-page`, import.meta.url)),
    logLevel: 'warn',
    plugins: [vue()],
    server: {
      host: '127.0.0.1',
      port,
      strictPort: true,
      hmr: false,
      // Isolated from other origins, a page has a clock of 5 µs and may measure its memory.
      headers: { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' },
    },
    optimizeDeps: { entries: [`dev/${page}-page.ts`] },
  });
  await server.listen();
  const [origin] = server.resolvedUrls?.local ?? [];
  if (origin === undefined) throw new Error('The development server has no address.');
  return {
    url: new URL(`dev/${page}.html`, origin).href,
    close: () => server.close(),
    [Symbol.dispose]() {
      void server.close();
    },
  };
}

if (import.meta.main) {
  const { url } = await serveTimelinePage({ port: Number(process.argv[2] ?? 0) });
  console.info(url);
}
