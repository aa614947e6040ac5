// Serves the timeline's development page (timeline.html) from the sources: for the frame bench, and by hand with
// `node renderer/dev/timeline-server.ts [port]`. Never part of the application.

import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { createServer } from 'vite';
import type { Disposable } from '../../engine/protocol/port.ts';

export interface TimelineServer extends Disposable {
  /** Of timeline.html; add a query to choose what it shows. */
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1, on a free port unless one is asked for. @throws if that is taken. */
export async function serveTimelinePage(port = 0): Promise<TimelineServer> {
  const server = await createServer({
    configFile: false,
    root: fileURLToPath(new URL('..', import.meta.url)),
    cacheDir: fileURLToPath(new URL('../../node_modules/.vite/timeline-page', import.meta.url)),
    logLevel: 'warn',
    plugins: [vue()],
    server: { host: '127.0.0.1', port, strictPort: true, hmr: false },
    optimizeDeps: { entries: ['dev/timeline-page.ts'] },
  });
  await server.listen();
  const [origin] = server.resolvedUrls?.local ?? [];
  if (origin === undefined) throw new Error('The development server has no address.');
  return {
    url: new URL('dev/timeline.html', origin).href,
    close: () => server.close(),
    [Symbol.dispose]() {
      void server.close();
    },
  };
}

if (import.meta.main) {
  const { url } = await serveTimelinePage(Number(process.argv[2] ?? 0));
  console.info(url);
}
