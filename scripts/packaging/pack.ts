// Packs what is in out/ with electron-builder. Called by dist.ts, which has made sure that there is an Electron.

import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { archFromString, build, Platform, type AfterPackContext } from 'electron-builder';
import { NOTICES_FILE } from '../build/third-party-notices.ts';
import { projectFolder } from '../built-parts.ts';
import { SYSTEMS, type System } from './choose-electron.ts';
import { packagingConfiguration } from './configuration.ts';

const PLATFORMS: Readonly<Record<System, Platform>> = {
  linux: Platform.LINUX,
  mac: Platform.MAC,
  windows: Platform.WINDOWS,
};

export interface PackOptions {
  readonly system: System;
  /** The application's folder alone, without installers. */
  readonly unpackedOnly: boolean;
  readonly outputFolder: string;
  /** An unpacked Electron; absent: electron-builder downloads one. */
  readonly electronFolder?: string;
}

/** For the architecture of this machine. @throws what electron-builder throws, or if there are no third-party notices */
export async function pack({ system, unpackedOnly, ...locations }: PackOptions): Promise<void> {
  // electron-builder itself would only warn.
  await access(join(projectFolder, NOTICES_FILE));
  await build({
    projectDir: projectFolder,
    targets: PLATFORMS[system].createTarget(unpackedOnly ? ['dir'] : [], archFromString(process.arch)),
    config: { ...packagingConfiguration(locations), afterExtract: removeDefaultApplication },
    publish: 'never',
  });
}

/** An unpacked Electron has an application of its own, which an archive it downloads has lost by now. */
async function removeDefaultApplication({ appOutDir, electronPlatformName }: AfterPackContext): Promise<void> {
  const isMac = electronPlatformName === SYSTEMS.mac.nodeName;
  const resources = isMac ? 'Electron.app/Contents/Resources' : 'resources';
  await rm(join(appOutDir, resources, 'default_app.asar'), { force: true });
  await rm(join(appOutDir, 'version'), { force: true });
}
