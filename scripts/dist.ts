// `npm run dist`: builds the application and makes its installers. Whatever is missing for that is told before anything
// is built, on one line.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { downloadProblem } from './electron-binary.ts';
import { toolsProblem } from './packaging/builder-tools.ts';
import { chooseElectron, SYSTEMS, systemOf, type System } from './packaging/choose-electron.ts';

const projectFolder = resolve(import.meta.dirname, '..');
const DOWNLOAD_PROBE_TIMEOUT_MS = 6_000;

const HELP = `Usage: npm run dist -- [options]

Builds the application and makes its installers in dist/, for this machine's system and architecture.

  --linux, --mac, --windows  for these systems instead
  --dir                      the application's folder alone, which needs no tools for installers
  --output <folder>          instead of dist/
  --no-build                 packs what is in out/ as it is
  --help                     this text

What needs which machine, mirrors and signing: docs/packaging.md`;

interface Wishes {
  readonly systems: readonly System[];
  readonly unpackedOnly: boolean;
  readonly buildsFirst: boolean;
  readonly outputFolder: string;
}

/** @throws Error whose message tells the user what is wrong with the words */
function understand(words: readonly string[]): Wishes | 'help' {
  const { values } = parseArgs({
    args: [...words],
    allowNegative: true,
    options: {
      linux: { type: 'boolean', default: false },
      mac: { type: 'boolean', default: false },
      windows: { type: 'boolean', default: false },
      dir: { type: 'boolean', default: false },
      build: { type: 'boolean', default: true },
      output: { type: 'string', default: 'dist' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const named = (Object.keys(SYSTEMS) as System[]).filter((system) => values[system]);
  const own = systemOf(process.platform);
  if (named.length === 0 && own === undefined) throw new Error('Name a system: --linux, --mac or --windows.');
  return {
    systems: named.length > 0 || own === undefined ? named : [own],
    unpackedOnly: values.dir,
    buildsFirst: values.build,
    outputFolder: resolve(projectFolder, values.output),
  };
}

/** Asks for another system's Electron by the variable that the downloader of Electron's own package reads. */
async function downloadProblemFor(system: System): Promise<string | undefined> {
  const before = process.env['npm_config_platform'];
  process.env['npm_config_platform'] = SYSTEMS[system].nodeName;
  try {
    return await downloadProblem(DOWNLOAD_PROBE_TIMEOUT_MS);
  } finally {
    if (before === undefined) delete process.env['npm_config_platform'];
    else process.env['npm_config_platform'] = before;
  }
}

async function dist(words: readonly string[]): Promise<number> {
  let wishes: Wishes | 'help';
  try {
    wishes = understand(words);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const sentence = /^[^\n]*?(?=\.\s|\.?$|\.?\n)/.exec(message)?.[0] ?? message;
    console.error(`${sentence}. Try npm run dist -- --help.`);
    return 2;
  }
  if (wishes === 'help') {
    console.log(HELP);
    return 0;
  }
  const { systems, unpackedOnly, buildsFirst, outputFolder } = wishes;

  const electronFolders = new Map<System, string | undefined>();
  for (const system of systems) {
    const isForThisMachine = system === systemOf(process.platform);
    if (system === 'mac' && !isForThisMachine) {
      console.error(
        'What is for macOS can be made on macOS alone: its signing and disk images are programs of that system.',
      );
      return 1;
    }
    const choice = await chooseElectron(system, {
      named: process.env['ELECTRON_OVERRIDE_DIST_PATH'],
      installed: join(dirname(createRequire(import.meta.url).resolve('electron/package.json')), 'dist'),
      isForThisMachine,
      exists: existsSync,
      downloadProblem: () => downloadProblemFor(system),
    });
    if (choice.kind === 'none') {
      console.error(choice.notice);
      return 1;
    }
    electronFolders.set(system, choice.kind === 'folder' ? resolve(choice.folder) : undefined);
  }
  const problem = unpackedOnly ? undefined : await toolsProblem(DOWNLOAD_PROBE_TIMEOUT_MS, process.env);
  if (problem !== undefined) {
    console.error(problem);
    return 1;
  }

  // The bundlers and the packer are loaded this late because they take seconds, and what is said above is to come at once.
  if (buildsFirst) {
    const { buildAll } = await import('./build.ts');
    const problems = await buildAll({ root: projectFolder, engineOnly: false, log: (line) => console.log(line) });
    for (const unbuilt of problems) console.error(`Not built: ${unbuilt}`);
    if (problems.length > 0) return 1;
  }
  const { pack } = await import('./packaging/pack.ts');
  for (const [system, electronFolder] of electronFolders) {
    try {
      await pack({ system, unpackedOnly, outputFolder, ...(electronFolder !== undefined && { electronFolder }) });
    } catch (error) {
      const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
      console.error(`Not packed for ${SYSTEMS[system].title}: ${line}`);
      return 1;
    }
  }
  console.log(`Packed into ${outputFolder}`);
  return 0;
}

// Set as `process.exitCode` it would not last: the packer's own hook at the end of the process makes it 0.
process.exit(await dist(process.argv.slice(2)));
