// Bundles one entry of the engine or the command line into one file that Node runs as it is.

import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { rolldown } from 'rolldown';
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
}

const isPackage = (id: string) => !id.startsWith('.') && !isAbsolute(id);

/** @throws if the entry is missing or cannot be bundled; the message names the entry. */
export async function bundleScript(root: string, script: ScriptBundle): Promise<void> {
  const input = join(root, script.entry);
  await access(input).catch(() => {
    throw new Error(`${script.entry} is missing.`);
  });
  const bundle = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    transform: { target: script.target },
    external: script.leavesOut === 'node-modules' ? isPackage : [],
    onLog: (level, log, report) => {
      if (level === 'warn') report('warn', log);
    },
  });
  try {
    const { output } = await bundle.generate({
      format: script.format,
      codeSplitting: false,
      ...(script.isExecutable === true && { banner: '#!/usr/bin/env node' }),
    });
    const [chunk] = output;
    await writeFileAtomically(join(root, script.output), chunk.code, script.isExecutable === true ? 0o755 : 0o644);
  } finally {
    await bundle.close();
  }
}
