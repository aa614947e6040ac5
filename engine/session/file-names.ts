// Short names of the program's files that still tell them apart: `pino/lib/proto.js` for a file of a package, `src/cart.ts`
// for one of the program's own package. Runs in the session.

import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import * as v from 'valibot';
import { parseJson } from '../protocol/parse.ts';
import { isLocalPath } from './local-path.ts';
import { readSmallFile } from './small-file.ts';

export interface FileNamesOptions {
  /** The program's first file; absent for a process that was started elsewhere: the first file that is named counts. */
  readonly mainFile?: string | undefined;
  /** The folder that own files are named from; absent: that of the main file's package. */
  readonly mainFolder?: string | undefined;
}

export interface FileNames {
  /**
   * Returns the name of a file; two files never have the same.
   * @param file absolute path, or whatever else the program's code is known by
   */
  nameOf(file: string): string;
  /** Returns the path of a source that a bundler names from the program's package; every other as it is. */
  resolve(source: string, builtFile: string): string;
}

const MAXIMUM_ADDRESS_CHARACTERS = 60;
/** A larger `package.json` counts as none. */
const MAXIMUM_PACKAGE_CHARACTERS = 1024 * 1024;
const PackageFile = v.object({ name: v.optional(v.unknown()) });

export function createFileNames({ mainFile, mainFolder }: FileNamesOptions): FileNames {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const packages = new Map<string, OwnPackage | undefined>();
  let main = mainFolder;

  function packageOf(folder: string): OwnPackage | undefined {
    if (packages.has(folder)) return packages.get(folder);
    const parent = dirname(folder);
    const found = readPackage(folder) ?? (parent === folder ? undefined : packageOf(parent));
    packages.set(folder, found);
    return found;
  }

  /** The folder that own files are named from: their package's, or else their own. */
  function folderOfMain(file: string): string {
    const folder = dirname(mainFile ?? file);
    return (main ??= packageOf(folder)?.folder ?? folder);
  }

  /** From short to long; the last one is unique. */
  function* candidates(file: string): Generator<string> {
    const parts = slashes(file).split('/node_modules/');
    if (parts.length > 1) {
      yield parts.at(-1)!;
      yield parts.slice(1).join('/node_modules/');
    } else if (isAbsolute(file) && isLocalPath(file)) {
      const folder = folderOfMain(file);
      if (isInside(file, folder)) yield slashes(relative(folder, file));
      else {
        const own = packageOf(dirname(file));
        if (own !== undefined) yield `${own.name}/${slashes(relative(own.folder, file))}`;
      }
    } else yield shortAddress(file);
    yield slashes(file);
  }

  return {
    nameOf(file) {
      const known = names.get(file);
      if (known !== undefined) return known;
      const name = candidates(file).find((candidate) => !taken.has(candidate)) ?? file;
      taken.add(name);
      names.set(file, name);
      return name;
    },
    resolve: (source, builtFile) => (/^[\w.@-]+\//.test(source) ? join(folderOfMain(builtFile), source) : source),
  };
}

interface OwnPackage {
  readonly folder: string;
  readonly name: string;
}

function readPackage(folder: string): OwnPackage | undefined {
  try {
    const text = readSmallFile(`${folder}${sep}package.json`, MAXIMUM_PACKAGE_CHARACTERS);
    if (text === undefined) return undefined;
    const parsed = parseJson(PackageFile, text, { mostCharacters: MAXIMUM_PACKAGE_CHARACTERS });
    const name = parsed.success ? parsed.output.name : undefined;
    return { folder, name: typeof name === 'string' && name !== '' ? name : basename(folder) };
  } catch {
    return undefined;
  }
}

const slashes = (path: string): string => path.replaceAll('\\', '/');
const isInside = (file: string, folder: string): boolean => {
  const way = relative(folder, file);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
};

/** Code of a `data:` address has no name but its text. */
function shortAddress(address: string): string {
  const isLong = address.length > MAXIMUM_ADDRESS_CHARACTERS;
  return isLong ? `${address.slice(0, MAXIMUM_ADDRESS_CHARACTERS)}…` : address;
}
