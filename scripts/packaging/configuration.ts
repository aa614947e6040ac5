// What is packed into the desktop application, and as which installers. An object for electron-builder's own interface,
// so that types check it; used by pack.ts alone.

import type { Configuration, FileAssociation } from 'electron-builder';
import { SCRIPT_EXTENSIONS } from '../../engine/protocol/run-description.ts';
import { NOTICES_FILE } from '../build/third-party-notices.ts';

type ScriptExtension = (typeof SCRIPT_EXTENSIONS)[number];

/** Of the observer, the scenarios and the built page; without the command line, which no desktop application runs. */
const FILES: NonNullable<Configuration['files']> = [
  'package.json',
  'LICENSE',
  'out/engine/**',
  'out/main/**',
  'out/preload/**',
  'out/protocol/**',
  'out/renderer/**',
  'out/scenarios/**',
  'resources/images/**',
  // A build that runs at this moment writes beside what it replaces.
  '!out/**/*.tmp{,/**}',
  { from: 'scripts/packaging/unpacked', to: 'out' },
  // Only the command line needs these two.
  '!**/node_modules/{commander,ws}{,/**}',
  '!**/node_modules/**/*.{map,d.ts,d.cts,d.mts}',
  '!**/node_modules/**/src{,/**}',
];

/**
 * What a process that is not Electron's reads. A plain `node` knows no archive: what it is told to load, and everything
 * that this imports in turn, must be a file of its own in `app.asar.unpacked`:
 * - `out/engine`: the probe, its companion, the runner and the loader of scenarios, and `heapline/observe`;
 * - `out/scenarios` with what they import: the protocol's vocabulary, fast-png with its own two packages, the pictures;
 * - `out/package.json` (patterns here are of sources), without which a Node before 20.19 takes the scenarios for CommonJS.
 *   The application's own package.json stays in the archive, whose integrity is checked: it names the module that the
 *   application begins with.
 */
const UNPACKED = [
  'out/engine/**',
  'scripts/packaging/unpacked/**',
  'out/protocol/**',
  'out/scenarios/**',
  'resources/images/**',
  'node_modules/{fast-png,fflate,iobuffer}/**',
];

const RECORDING: FileAssociation = {
  ext: 'heapline',
  name: 'Heapline Recording',
  description: 'Heapline recording',
  mimeType: 'application/vnd.heapline.recording',
  // It is opened and saved by this application alone.
  role: 'Editor',
  rank: 'Owner',
};

/**
 * Scripts belong to the user's editor, so that they are offered this application and never given to it. Each system has a
 * way of its own for that: on macOS this rank, on Windows open-with.nsh, on Linux the types in the desktop entry.
 */
const SCRIPTS: FileAssociation = {
  ext: SCRIPT_EXTENSIONS.map((extension) => extension.slice(1)),
  name: 'Script',
  role: 'Viewer',
  rank: 'Alternate',
};

const JAVASCRIPT = ['application/javascript', 'text/javascript'];
const TYPESCRIPT = ['application/typescript', 'text/typescript'];
/** No type is registered for a script: most systems take `.ts` for a film, and what they think is theirs to change. */
const SCRIPT_TYPES: Readonly<Record<ScriptExtension, readonly string[]>> = {
  '.js': JAVASCRIPT,
  '.mjs': JAVASCRIPT,
  '.cjs': JAVASCRIPT,
  '.ts': TYPESCRIPT,
  '.mts': TYPESCRIPT,
  '.cts': TYPESCRIPT,
};

const DESCRIPTION =
  'Runs a JavaScript program in a process of its own and shows its heap, its garbage collections and the cleanup ' +
  'callbacks of FinalizationRegistry on one time axis. Tells for each object when it was collected, or what keeps it alive.';

/** @param options.outputFolder absolute, or relative to the project's folder */
export function packagingConfiguration(options: {
  readonly outputFolder: string;
  /** An unpacked Electron for the system that is packed for; absent: it is downloaded. */
  readonly electronFolder?: string;
}): Configuration {
  return {
    appId: 'dev.heapline.desktop',
    productName: 'Heapline',
    copyright: 'Copyright © 2026 The Heapline authors',
    artifactName: 'heapline-${version}-${os}-${arch}.${ext}',
    directories: { output: options.outputFolder, buildResources: 'scripts/packaging' },
    ...(options.electronFolder !== undefined && { electronDist: options.electronFolder }),
    files: FILES,
    asar: { smartUnpack: false },
    asarUnpack: UNPACKED,
    // Beside the archive, where a user can read them. electron-builder itself keeps Electron's and Chromium's.
    extraResources: [{ from: NOTICES_FILE, to: 'THIRD-PARTY-NOTICES.txt' }],
    fileAssociations: [RECORDING],
    // By the first, Linux finds the entry of a running window, so it is the entry's file name. The second is asked of a
    // Debian package; the project has no address yet, and a name that is reserved (RFC 2606) is nobody else's.
    extraMetadata: { desktopName: 'heapline.desktop', homepage: 'https://heapline.invalid' },
    // No dependency has a native part.
    npmRebuild: false,
    publish: null,
    electronFuses: {
      // The program is Electron and nothing else: no variable and no option turns it into a Node or opens an inspector.
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      // It starts from the archive, and only from the one that it was packed with.
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      // There is no snapshot of the browser process's own.
      loadBrowserProcessSpecificV8Snapshot: false,
      // The page has a scheme of its own; a file: page would be somebody else's.
      grantFileProtocolExtraPrivileges: false,
      // Flipping breaks the signature that Electron comes with, and a Mac with Apple's processor runs nothing unsigned.
      resetAdHocDarwinSignature: true,
    },

    linux: {
      target: ['AppImage', 'deb'],
      executableName: 'heapline',
      icon: 'resources/icons/png',
      category: 'Development',
      synopsis: 'See what happens to JavaScript objects after you let go of them',
      description: DESCRIPTION,
      maintainer: 'The Heapline authors <authors@heapline.invalid>',
      syncDesktopName: true,
      mimeTypes: [...new Set(SCRIPT_EXTENSIONS.flatMap((extension) => SCRIPT_TYPES[extension]))],
      desktop: {
        entry: {
          GenericName: 'Memory Visualizer',
          Keywords: 'JavaScript;Node;heap;memory;leak;garbage;',
          StartupNotify: 'true',
        },
      },
    },
    // The static runtime: it needs no FUSE 2, which distributions have stopped to install.
    toolsets: { appimage: '1.0.3' },
    deb: {
      packageCategory: 'devel',
      priority: 'optional',
      // Paths, not addresses.
      executableArgs: ['%F'],
      // There is no tray icon.
      recommends: [],
    },

    mac: {
      target: ['dmg'],
      icon: 'resources/icons/icon.icns',
      category: 'public.app-category.developer-tools',
      fileAssociations: [SCRIPTS],
      hardenedRuntime: true,
      entitlements: 'resources/entitlements.mac.plist',
      entitlementsInherit: 'resources/entitlements.mac.plist',
    },
    dmg: { title: 'Heapline ${version}' },

    win: { target: ['nsis'], icon: 'resources/icons/icon.ico' },
    nsis: {
      oneClick: false,
      perMachine: false,
      allowToChangeInstallationDirectory: true,
      include: 'scripts/packaging/open-with.nsh',
      // The map between two versions, for an updater; there is none.
      differentialPackage: false,
    },
  };
}
