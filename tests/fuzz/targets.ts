// Everything that is fuzzed, by name.

import type { FuzzTarget } from './fuzz-target.ts';
import { recordings } from './recordings.ts';
import { commands, paths } from './served.ts';
import { snapshots } from './snapshots.ts';

export const FUZZ_TARGETS: readonly FuzzTarget[] = [recordings, snapshots, commands, paths];
