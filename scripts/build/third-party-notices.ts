// Collects the packages that the bundlers put into out/ and writes their licenses, with those of the runtime dependencies in
// the lock file, into one text file. Used by build.ts.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { findPkgRoot, licensePlugin, type LicenseInfo } from 'rolldown-license-plugin';
import * as v from 'valibot';
import { writeFileAtomically } from './write-atomically.ts';

/** Relative to the project's folder. */
export const NOTICES_FILE = 'out/THIRD-PARTY-NOTICES.txt';

/** Bundlers add helper code of their own as virtual modules. The names begin with a null character. */
const HELPER_PACKAGES: readonly (readonly [prefix: string, packageName: string])[] = [
  ['\0rolldown/', 'rolldown'],
  ['\0vite/', 'vite'],
  ['\0plugin-vue:', '@vitejs/plugin-vue'],
];

const lockFileSchema = v.object({
  packages: v.record(v.string(), v.object({ dev: v.optional(v.boolean(), false) })),
});

/** A plugin for both rolldown and Vite, whose types of other hooks differ. */
export type BundleObserver = Pick<Plugin, 'name' | 'generateBundle'>;

export interface NoticeCollector {
  /** Notes the packages of each bundle that it takes part in. */
  readonly plugin: BundleObserver;
  /**
   * Writes the notices of all packages noted so far and of the runtime dependencies.
   * @returns the number of packages
   * @throws an error that names each package without a license or its text
   */
  write(): Promise<number>;
}

/** @param root the project's absolute path */
export function createNoticeCollector(root: string): NoticeCollector {
  const folders = new Set<string>();
  return {
    plugin: {
      name: 'heapline:third-party-notices',
      generateBundle(_options, bundle) {
        for (const file of Object.values(bundle)) {
          const sources = file.type === 'chunk' ? Object.keys(file.modules) : file.originalFileNames;
          for (const source of sources) {
            const folder = packageFolder(root, source);
            if (folder !== undefined) folders.add(folder);
          }
        }
      },
    },
    async write() {
      for (const folder of await runtimeFolders(root)) folders.add(folder);
      // Electron is packed with the application, not bundled into it.
      folders.add(join(root, 'node_modules/electron'));
      const licenses = await readLicenses(root, [...folders]);
      await writeFileAtomically(join(root, NOTICES_FILE), noticesText(licenses));
      return licenses.length;
    },
  };
}

/** Returns the folder of the package that a module or asset belongs to; undefined for the project's own. */
function packageFolder(root: string, source: string): string | undefined {
  if (source.startsWith('\0')) {
    const helper = HELPER_PACKAGES.find(([prefix]) => source.startsWith(prefix));
    return helper === undefined ? undefined : join(root, 'node_modules', helper[1]);
  }
  const [path = source] = source.split('?');
  // The bundler names an asset relative to its own root, which may be below the project's.
  const relativeStart = path.startsWith('.') ? path.indexOf('node_modules/') : -1;
  const folder = findPkgRoot(relativeStart < 0 ? path : join(root, path.slice(relativeStart)));
  return folder === null ? undefined : resolve(folder);
}

/** Includes optional peers that `npm install --omit=dev` keeps. */
async function runtimeFolders(root: string): Promise<string[]> {
  const lockFile: unknown = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const { packages } = v.parse(lockFileSchema, lockFile);
  return Object.entries(packages)
    .filter(([path, { dev }]) => path.startsWith('node_modules/') && !dev)
    .map(([path]) => join(root, path));
}

/** The plugin reads the licenses of what a bundle contains, so it is given a bundle of the packages' manifests. */
async function readLicenses(root: string, folders: readonly string[]): Promise<LicenseInfo[]> {
  let found: readonly LicenseInfo[] = [];
  const bundle = await rolldown({
    input: folders.map((folder) => join(folder, 'package.json')),
    cwd: root,
    plugins: [
      licensePlugin({
        done: (licenses) => {
          found = licenses;
        },
      }),
    ],
  });
  try {
    await bundle.generate();
  } finally {
    await bundle.close();
  }
  const incomplete = found.filter(({ license, licenseText }) => license === '' || licenseText.trim() === '');
  if (incomplete.length > 0) {
    throw new Error(`No license text in the package: ${incomplete.map(({ name }) => name).join(', ')}.`);
  }
  return found.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.version, b.version));
}

/** Independent of the language of the machine that builds. */
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function noticesText(licenses: readonly LicenseInfo[]): string {
  const intro =
    `Third-party notices\n\nHeapline contains or installs these ${licenses.length} packages.\n` +
    'The desktop application also contains Chromium, whose notices are in LICENSES.chromium.html.\n';
  const notices = licenses.map(
    ({ name, version, license, licenseText }) =>
      `${'='.repeat(80)}\n${name} ${version}\nLicense: ${license}\n\n${licenseText.replaceAll('\r\n', '\n').trim()}\n`,
  );
  return [intro, ...notices].join('\n');
}
