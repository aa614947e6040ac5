// From what a client wants to run to what is launched: finds the scenario or the script, checks it, and says where and how
// it is started. Runs in the session; called by the engine for each run.

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, extname, isAbsolute, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandOf } from '../protocol/command.ts';
import type { Program } from '../protocol/run-description.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import type { Scenario } from '../scenarios/define-scenario.ts';
import type { EngineOptions } from './engine.ts';
import type { ObservedRunOptions } from './observed-run.ts';
import { Refused } from './refused.ts';
import { validateParameters } from './validate-parameters.ts';

const SCRIPT_EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

export interface PreparedProgram {
  readonly described: Program;
  readonly scenario?: Scenario;
  readonly launch: ObservedRunOptions['program'];
  readonly displayFile: (file: string) => string;
}

/** Finds what a client wants to run. @throws Refused */
export async function prepareProgram(
  { program }: CommandOf<'start-run'>,
  scenarios: readonly Scenario[],
  locations: EngineOptions['locations'],
): Promise<PreparedProgram> {
  const { observerPath, scenariosFolder } = locations;
  switch (program.kind) {
    case 'scenario': {
      const scenario = scenarios.find(({ id }) => id === program.id);
      if (scenario === undefined) {
        const known = scenarios.map(({ id }) => id).join(', ');
        throw new Refused('unknown-scenario', `There is no scenario ${JSON.stringify(program.id)}. Allowed: ${known}.`);
      }
      const validated = validateParameters(scenario.parameters, program.parameters);
      if (validated.type === 'invalid') throw new Refused('bad-parameter', validated.message);
      const { parameters } = validated;
      const builtPath = join(scenariosFolder, `${basename(scenario.fileName, extname(scenario.fileName))}.js`);
      return {
        described: { kind: 'scenario', id: scenario.id, parameters },
        scenario,
        launch: {
          entryPath: locations.scenarioRunnerPath,
          args: [builtPath, JSON.stringify(parameters)],
          observerPath,
          workingDirectory: locations.scenarioWorkingDirectory ?? dirname(dirname(scenariosFolder)),
        },
        // Types are stripped in place, so that the built file has the lines and columns of its source.
        displayFile: (file) => {
          const path = pathOfFile(file);
          return path.startsWith(scenariosFolder + sep) ? path.replace(/\.js$/, '.ts') : path;
        },
      };
    }
    case 'file': {
      await checkScript(program.path);
      const workingDirectory = dirname(program.path);
      return {
        described: program,
        launch: { entryPath: program.path, args: program.args, observerPath, workingDirectory },
        displayFile: pathOfFile,
      };
    }
    case 'scratch':
    case 'target':
      throw new Refused('not-available', `A ${program.kind} cannot be run yet.`);
    default:
      return assertNever(program);
  }
}

/** Modules are known by their address, scripts by their path; people know paths. Programs may name code as they like. */
function pathOfFile(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    // An address that is no path here, such as one with an encoded slash, stays as the program wrote it.
    return file;
  }
}

async function checkScript(path: string): Promise<void> {
  const refuse = (message: string) => new Refused('bad-file', message);
  if (!isAbsolute(path)) throw refuse(`${JSON.stringify(path)} is not an absolute path.`);
  if (path.includes('\0')) throw refuse('The path contains a zero byte.');
  if (!SCRIPT_EXTENSIONS.includes(extname(path))) {
    throw refuse(`${path} is not a script that Node.js runs. Allowed: ${SCRIPT_EXTENSIONS.join(', ')}.`);
  }
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be opened: ${error.message}.`);
  });
  if (!found.isFile()) throw refuse(`${path} is not a file.`);
  await access(path, constants.R_OK).catch(() => {
    throw refuse(`${path} cannot be read: permission denied.`);
  });
}

/** A path is taken as it is, a bare name is looked up as a shell would. @throws Refused */
export async function findNode(nodePath: string): Promise<string> {
  const isPath = nodePath.includes('/') || nodePath.includes(sep);
  if (isPath && !isAbsolute(nodePath)) {
    throw new Refused('bad-node', `${JSON.stringify(nodePath)} is not an absolute path.`);
  }
  const folders = isPath ? [''] : (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const extensions = process.platform === 'win32' ? ['', '.exe'] : [''];
  for (const folder of folders) {
    for (const extension of extensions) {
      const path = join(folder, nodePath + extension);
      if (await isExecutable(path)) return path;
    }
  }
  throw new Refused('bad-node', `${nodePath} is not a program that can be started. Allowed: the path of a node.`);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not ours to start: the next folder may have one.
    return false;
  }
}
