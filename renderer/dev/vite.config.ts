// Serves the page against a stand-in engine, so that each of its states can be looked at: `npx vite -c <this file>`.
// Not part of any build. Open `/dev/#<state>`; `states.ts` lists them.

import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { readFile } from 'node:fs/promises';
import { defineConfig, type Plugin } from 'vite';
import { SCENARIOS } from '../../engine/scenarios/index.ts';

const root = resolve(import.meta.dirname, '..');
const repository = resolve(root, '..');

/** The real catalogue and two real pictures, read here since the page cannot import what needs Node. */
const catalogue: Plugin = {
  name: 'heapline:catalogue',
  resolveId: (id) => (id === 'virtual:catalogue' ? `\0${id}` : undefined),
  async load(id) {
    if (id !== '\0virtual:catalogue') return undefined;
    const scenarios = await Promise.all(
      SCENARIOS.map(async ({ fileName, run: _run, predict: _predict, ...description }) => ({
        ...description,
        source: { fileName, text: await readFile(resolve(repository, 'engine/scenarios', fileName), 'utf8') },
      })),
    );
    const picture = (name: string) => readFile(resolve(repository, 'resources/images', name), 'base64');
    const pictures = await Promise.all(['harbor.png', 'dunes.png'].map(picture));
    return `export const catalogue = ${JSON.stringify(scenarios)}; export const pictures = ${JSON.stringify(pictures)};`;
  },
};

export default defineConfig({
  root,
  plugins: [vue(), catalogue],
  cacheDir: resolve(repository, 'node_modules/.vite-dev'),
  server: { host: '127.0.0.1', strictPort: true },
});
