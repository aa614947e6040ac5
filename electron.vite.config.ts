// How electron-vite builds the desktop host's two halves and the page that every host shows. See scripts/build.ts.

import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

const root = import.meta.dirname;

/**
 * Every host sends its policy as a header; this one holds if a host should forget it. Not while developing: the
 * development server puts styles into the page by script.
 */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws:; img-src 'self' data: blob:; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'";
const pagePolicy: Plugin = {
  name: 'heapline:page-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: PAGE_POLICY }, injectTo: 'head-prepend' },
  ],
};

export default defineConfig({
  main: {
    build: {
      rolldownOptions: { input: { index: resolve(root, 'electron/main/index.ts') }, output: { format: 'es' } },
    },
  },
  preload: {
    build: {
      // A sandboxed preload script is CommonJS and can require nothing but Electron's own few modules.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: resolve(root, 'electron/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: resolve(root, 'renderer'),
    plugins: [vue(), pagePolicy],
    build: {
      target: 'chrome140',
      minify: true,
      // The page's policy loads fonts and pictures from files, not from addresses that hold them.
      assetsInlineLimit: 0,
      rolldownOptions: { input: { index: resolve(root, 'renderer/index.html') } },
    },
  },
});
