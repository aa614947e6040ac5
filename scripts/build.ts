// `npm run build`: makes everything under out/. `npm run build:engine` leaves out the page and the desktop host.
// Run by Node itself from TypeScript. A part that cannot be built is named, and the others are built all the same.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { APPLICATION_PARTS, buildApplicationPart, firstLoadBytes } from './build/build-application.ts';
import { bundleScript, type ScriptBundle } from './build/bundle-script.ts';
import { stripScenarios } from './build/strip-scenarios.ts';
import { createNoticeCollector, NOTICES_FILE } from './build/third-party-notices.ts';
import { writeFileAtomically } from './build/write-atomically.ts';

/** The observer runs inside programs on Node 20 and later, so it stands alone and is compiled for the oldest. */
const OLDEST_OBSERVED_NODE = 'node20';
export const SCRIPTS: readonly ScriptBundle[] = [
  {
    entry: 'engine/observer/probe.ts',
    output: 'out/engine/probe.cjs',
    format: 'cjs',
    target: OLDEST_OBSERVED_NODE,
    leavesOut: 'nothing',
  },
  {
    entry: 'engine/observer/companion.ts',
    output: 'out/engine/companion.cjs',
    format: 'cjs',
    target: OLDEST_OBSERVED_NODE,
    leavesOut: 'nothing',
  },
  {
    entry: 'engine/observer/observe.ts',
    output: 'out/engine/observe.cjs',
    format: 'cjs',
    target: OLDEST_OBSERVED_NODE,
    leavesOut: 'nothing',
  },
  {
    entry: 'engine/observer/observe-target.ts',
    output: 'out/engine/observe-target.cjs',
    format: 'cjs',
    target: OLDEST_OBSERVED_NODE,
    leavesOut: 'nothing',
  },
  {
    entry: 'engine/observer/scenario-runner.ts',
    output: 'out/engine/scenario-runner.mjs',
    format: 'esm',
    target: OLDEST_OBSERVED_NODE,
    leavesOut: 'nothing',
  },
  {
    entry: 'engine/own-scenarios/scenario-loader.ts',
    output: 'out/engine/scenario-loader.mjs',
    format: 'esm',
    target: OLDEST_OBSERVED_NODE,
    leavesOut: 'nothing',
  },
  {
    entry: 'engine/heap-graph/explain-worker.ts',
    output: 'out/engine/explain-worker.mjs',
    format: 'esm',
    target: 'node24',
    leavesOut: 'nothing',
  },
  {
    entry: 'electron/utility/utility-entry.ts',
    output: 'out/engine/utility-entry.cjs',
    format: 'cjs',
    target: 'node24',
    leavesOut: 'nothing',
  },
  {
    entry: 'cli/main.ts',
    output: 'out/cli/heapline.js',
    format: 'esm',
    target: 'node24',
    leavesOut: 'node-modules',
    isExecutable: true,
    isSplit: true,
  },
];

/** What `heapline new` writes, beside the other parts that an engine needs. */
const SCENARIO_TEMPLATE = 'out/engine/scenario-template.mjs';

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

export interface BuildOptions {
  readonly root: string;
  readonly engineOnly: boolean;
  /** Takes one line for each step. */
  readonly log: (line: string) => void;
}

/** @returns the problems, one line or more each; none if everything was built. */
export async function buildAll({ root, engineOnly, log }: BuildOptions): Promise<string[]> {
  const problems: string[] = [];
  const step = async (name: string, work: () => Promise<string | void>) => {
    const startedAtMs = performance.now();
    try {
      const detail = await work();
      const tookMs = Math.round(performance.now() - startedAtMs);
      log(`${name.padEnd(32)} ${String(tookMs).padStart(5)} ms${detail === undefined ? '' : `  ${detail}`}`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push(
        `${name}: ${stripVTControlCharacters(message)
          .replace(/\n {4}at .*/gs, '')
          .trim()}`,
      );
    }
  };
  await step(SCENARIO_TEMPLATE, async () => {
    await writeFileAtomically(
      join(root, SCENARIO_TEMPLATE),
      await readFile(join(root, 'resources/scenario-template.mjs'), 'utf8'),
    );
  });
  const notices = createNoticeCollector(root);
  for (const script of SCRIPTS) await step(script.output, () => bundleScript(root, script, notices.plugin));
  await step('out/scenarios', async () => {
    const { scenarios, modules } = await stripScenarios(root);
    return `${scenarios} files, ${modules} that they import`;
  });
  if (engineOnly) return problems;
  for (const part of APPLICATION_PARTS) {
    await step(`out/${part}`, async () => {
      await buildApplicationPart(root, part, notices.plugin);
      if (part !== 'renderer') return;
      const { scriptBytes, styleBytes } = await firstLoadBytes(root);
      return `first load, gzipped: script ${kilobytes(scriptBytes)}, style ${kilobytes(styleBytes)}`;
    });
  }
  // Without one of the parts, packages would be missing.
  if (problems.length === 0) await step(NOTICES_FILE, async () => `${await notices.write()} packages`);
  return problems;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { engine: { type: 'boolean', default: false } } });
  const problems = await buildAll({
    root: resolve(import.meta.dirname, '..'),
    engineOnly: values.engine,
    log: (line) => console.log(line),
  });
  for (const problem of problems) console.error(`Not built: ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
