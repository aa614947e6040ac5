// Makes plain JavaScript of the stand-in for Electron, once for each state of its sources: Node would take longer to strip
// its types at each launch than the application takes to start.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { projectFolder } from '../../scripts/built-parts.ts';

let built: Promise<string> | undefined;

/** @returns the path of the module to load before the application (`node --import`) */
export function buildStandIn(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const source = (name: string) => join(import.meta.dirname, 'stand-in', name);
  const bundle = await rolldown({
    input: { register: source('register.ts'), electron: source('electron.ts') },
    platform: 'node',
    external: ['ws'],
  });
  const { output } = await bundle.generate({ format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  await bundle.close();
  const files = output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source] as const);
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  // Within the project, where its packages are found.
  const folder = join(projectFolder, 'node_modules/.cache/heapline', `electron-stand-in-${hash}`);
  if (!existsSync(folder)) {
    const staging = `${folder}.${process.pid}`;
    mkdirSync(staging, { recursive: true });
    writeFileSync(join(staging, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of files) writeFileSync(join(staging, name), text);
    try {
      renameSync(staging, folder);
    } catch (error) {
      // Another process was faster; its folder is as good.
      rmSync(staging, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  return join(folder, 'register.js');
}
