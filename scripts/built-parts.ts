// Builds what a command needs if it has not been built: after a fresh clone, one command is enough.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const projectFolder = resolve(import.meta.dirname, '..');

const ENGINE_FILES = [
  'engine/probe.cjs',
  'engine/companion.cjs',
  'engine/observe.cjs',
  'engine/observe-target.cjs',
  'engine/scenario-runner.mjs',
  'engine/scenario-loader.mjs',
  'engine/scenario-template.mjs',
  'scenarios',
  'cli/heapline.js',
];
const APPLICATION_FILES = [
  ...ENGINE_FILES,
  'engine/utility-entry.cjs',
  'main/index.js',
  'preload/index.cjs',
  'renderer/index.html',
];

/**
 * Says what it does on standard error: standard output belongs to the command.
 * @returns false if something could not be built, after saying what
 */
export async function ensureBuilt(parts: 'engine' | 'application'): Promise<boolean> {
  const files = parts === 'engine' ? ENGINE_FILES : APPLICATION_FILES;
  if (files.every((file) => existsSync(join(projectFolder, 'out', file)))) return true;
  console.error('Not everything is built yet; building.');
  // Loaded only then: a bundler takes longer to load than most commands to run.
  const { buildAll } = await import('./build.ts');
  const problems = await buildAll({
    root: projectFolder,
    engineOnly: parts === 'engine',
    log: (line) => console.error(line),
  });
  for (const problem of problems) console.error(`Not built: ${problem}`);
  return problems.length === 0;
}
