// Builds the desktop host and the page with electron-vite's configuration, each part in a folder of its own that is put
// in place when it is whole. Electron's binary is not needed for it.

import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { resolveConfig } from 'electron-vite';
import { build, mergeConfig, type InlineConfig, type Plugin } from 'vite';
import { replaceFolder } from './write-atomically.ts';

export const APPLICATION_PARTS = ['main', 'preload', 'renderer'] as const;
export type ApplicationPart = (typeof APPLICATION_PARTS)[number];

/**
 * Returns how Vite builds one part into `<outDir>/<part>`.
 * @param plugin takes part in the build
 */
export async function partConfiguration(
  root: string,
  part: ApplicationPart,
  outDir: string,
  plugin?: Plugin,
): Promise<InlineConfig> {
  process.env['NODE_ENV_ELECTRON_VITE'] = 'production';
  const { config } = await resolveConfig({ root, logLevel: 'silent', build: { outDir } }, 'build', 'production');
  const partConfig: InlineConfig | undefined = config?.[part];
  if (partConfig === undefined) throw new Error(`electron.vite.config.ts does not say how to build ${part}.`);
  return mergeConfig(partConfig, { plugins: [plugin] });
}

/**
 * Builds one part into `out/<part>`.
 * @param plugin takes part in the build
 * @throws with the bundler's message; the old part then stays.
 */
export async function buildApplicationPart(root: string, part: ApplicationPart, plugin?: Plugin): Promise<void> {
  await mkdir(join(root, 'out'), { recursive: true });
  const outDir = await mkdtemp(join(root, 'out', '.building-'));
  try {
    await build(await partConfiguration(root, part, outDir, plugin));
    await replaceFolder(join(outDir, part), join(root, 'out', part));
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

/** What a browser must fetch before the page can show anything: script and style sheets, in gzipped bytes. */
export async function firstLoadBytes(root: string): Promise<{ scriptBytes: number; styleBytes: number }> {
  const folder = join(root, 'out', 'renderer');
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const gzippedBytes = async (pattern: RegExp) => {
    let bytes = 0;
    for (const [, path] of html.matchAll(pattern)) {
      if (path !== undefined && (await stat(join(folder, path))).isFile()) {
        bytes += gzipSync(await readFile(join(folder, path))).length;
      }
    }
    return bytes;
  };
  return {
    scriptBytes: await gzippedBytes(/(?:src|href)="([^"]+\.js)"/g),
    styleBytes: await gzippedBytes(/href="([^"]+\.css)"/g),
  };
}
