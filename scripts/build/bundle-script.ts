// Bundles one entry of the engine or the command line into what Node runs as it is: one file, or an entry with parts that it
// loads when they are needed.

import { access, readdir, rm } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import { rolldown, type InputOptions, type Plugin } from 'rolldown';
import { writeFileAtomically } from './write-atomically.ts';

export interface ScriptBundle {
  /** Both relative to the project's folder. */
  readonly entry: string;
  readonly output: string;
  readonly format: 'cjs' | 'esm';
  /** The oldest Node that runs it. */
  readonly target: string;
  /** `node-modules`: packages are found beside it at run time. `nothing`: the file stands alone. */
  readonly leavesOut: 'node-modules' | 'nothing';
  readonly isExecutable?: boolean;
  /** What the entry imports dynamically goes into files of its own beside it, so that a start reads only what it needs. */
  readonly isSplit?: boolean;
}

const isPackage = (id: string) => !id.startsWith('.') && !isAbsolute(id);

export function bundleInput(root: string, script: ScriptBundle, plugin: Plugin): InputOptions {
  return {
    input: join(root, script.entry),
    cwd: root,
    platform: 'node',
    transform: { target: script.target },
    external: script.leavesOut === 'node-modules' ? isPackage : [],
    plugins: [plugin],
    onLog: (level, log, report) => {
      if (level === 'warn') report('warn', log);
    },
  };
}

/**
 * @param plugin takes part in the bundle
 * @throws if the entry is missing or cannot be bundled; the message names the entry.
 */
export async function bundleScript(root: string, script: ScriptBundle, plugin: Plugin): Promise<void> {
  await access(join(root, script.entry)).catch(() => {
    throw new Error(`${script.entry} is missing.`);
  });
  const bundle = await rolldown(bundleInput(root, script, plugin));
  try {
    const extension = extname(script.output);
    const name = basename(script.output, extension);
    const { output } = await bundle.generate({
      format: script.format,
      ...(script.isSplit === true
        ? { entryFileNames: `${name}${extension}`, chunkFileNames: `${name}-[hash]${extension}` }
        : { codeSplitting: false }),
      ...(script.isExecutable === true && {
        banner: ({ isEntry }: { isEntry: boolean }) => (isEntry ? '#!/usr/bin/env node' : ''),
      }),
    });
    const folder = dirname(join(root, script.output));
    const [entry, ...others] = output;
    const parts = others.filter((file) => file.type === 'chunk');
    // The entry last: whoever reads it finds the parts that it names.
    for (const part of parts) await writeFileAtomically(join(folder, part.fileName), part.code);
    await writeFileAtomically(join(root, script.output), entry.code, script.isExecutable === true ? 0o755 : 0o644);
    if (script.isSplit === true) await removeOldParts(folder, name, extension, parts);
  } finally {
    await bundle.close();
  }
}

async function removeOldParts(
  folder: string,
  name: string,
  extension: string,
  parts: readonly { readonly fileName: string }[],
): Promise<void> {
  const current = new Set(parts.map(({ fileName }) => fileName));
  for (const file of await readdir(folder)) {
    const isPart = file.startsWith(`${name}-`) && file.endsWith(extension);
    if (isPart && !current.has(file)) await rm(join(folder, file), { force: true });
  }
}
