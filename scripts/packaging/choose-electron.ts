// Which Electron is packed: the one that a variable names, the one that is installed, or one that is downloaded. A
// decision over facts that the caller finds out; see dist.ts.

import { join } from 'node:path';

/** As the options of `npm run dist` name them. */
export type System = 'linux' | 'mac' | 'windows';

interface SystemFacts {
  readonly title: string;
  readonly nodeName: 'linux' | 'darwin' | 'win32';
  /** Where the program lies in an unpacked Electron. */
  readonly program: string;
}
export const SYSTEMS: Readonly<Record<System, SystemFacts>> = {
  linux: { title: 'Linux', nodeName: 'linux', program: 'electron' },
  mac: { title: 'macOS', nodeName: 'darwin', program: 'Electron.app/Contents/MacOS/Electron' },
  windows: { title: 'Windows', nodeName: 'win32', program: 'electron.exe' },
};

/** The one that this machine runs; undefined if no installers are made for it. */
export function systemOf(platform: NodeJS.Platform): System | undefined {
  return (Object.keys(SYSTEMS) as System[]).find((system) => SYSTEMS[system].nodeName === platform);
}

/** Each fact is asked for only when the decision needs it: the last may cost seconds. */
export interface ElectronFacts {
  /** ELECTRON_OVERRIDE_DIST_PATH. */
  readonly named: string | undefined;
  /** Where Electron's package unpacks its program for this machine. */
  readonly installed: string;
  readonly isForThisMachine: boolean;
  exists(path: string): boolean;
  /** Why it cannot be downloaded, as a clause; undefined if it can. */
  downloadProblem(): Promise<string | undefined>;
}

export type ElectronChoice =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'download' }
  | { readonly kind: 'none'; readonly notice: string };

const WAYS_OUT =
  'Run npm run dist with a network that reaches it, a mirror in ELECTRON_MIRROR (or npm_config_electron_mirror), or an ' +
  'unpacked Electron in ELECTRON_OVERRIDE_DIST_PATH.';

/** Every `notice` is one line for the user: why nothing can be packed, and what would help. */
export async function chooseElectron(system: System, facts: ElectronFacts): Promise<ElectronChoice> {
  const { title, program } = SYSTEMS[system];
  const isWhole = (folder: string) => facts.exists(join(folder, program));
  if (facts.named) {
    if (isWhole(facts.named)) return { kind: 'folder', folder: facts.named };
    return {
      kind: 'none',
      notice:
        `ELECTRON_OVERRIDE_DIST_PATH names ${facts.named}, where Electron's program for ${title} (${program}) is not. ` +
        'Name the folder of an unpacked Electron, or unset it to have one downloaded.',
    };
  }
  if (facts.isForThisMachine && isWhole(facts.installed)) return { kind: 'folder', folder: facts.installed };
  const problem = await facts.downloadProblem();
  if (problem === undefined) return { kind: 'download' };
  return { kind: 'none', notice: `Electron's program for ${title} is not installed, and ${problem}. ${WAYS_OUT}` };
}
