// The Node versions that programs are observed on in tests and benchmarks: this list and the binaries in
// tests/runtimes/package.json are the one place that names them.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Runtime {
  readonly name: string;
  readonly major: number;
  readonly nodePath: string;
  readonly isInstalled: boolean;
  /** Whether it is past its end of life. Only the essentials are tested there. */
  readonly isEndOfLife: boolean;
}

const OLDEST_SUPPORTED_MAJOR = 22;

function installed(major: number): Runtime {
  const nodePath = resolve(import.meta.dirname, `runtimes/node_modules/node-${major}-linux-x64/bin/node`);
  return {
    name: `Node ${major}`,
    major,
    nodePath,
    isInstalled: existsSync(nodePath),
    isEndOfLife: major < OLDEST_SUPPORTED_MAJOR,
  };
}

/** The Node that the project itself runs on. */
export const OWN_RUNTIME: Runtime = {
  name: `Node ${process.versions.node}`,
  major: Number.parseInt(process.versions.node, 10),
  nodePath: process.execPath,
  isInstalled: true,
  isEndOfLife: false,
};

/** Every version, oldest first; for the essentials. */
export const ALL_RUNTIMES: readonly Runtime[] = [installed(20), installed(22), OWN_RUNTIME, installed(26)];

/** The supported versions, oldest first; the full suites run on each. */
export const RUNTIMES: readonly Runtime[] = ALL_RUNTIMES.filter(({ isEndOfLife }) => !isEndOfLife);

/** The supported versions besides the project's own. */
export const OTHER_RUNTIMES: readonly Runtime[] = RUNTIMES.filter((runtime) => runtime !== OWN_RUNTIME);

/** @throws if the list has no such version. */
export function runtimeOf(major: number): Runtime {
  const runtime = ALL_RUNTIMES.find((candidate) => candidate.major === major);
  if (runtime === undefined) throw new Error(`Node ${major} is not in the list of runtimes.`);
  return runtime;
}
