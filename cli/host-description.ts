// How the command line describes itself to its clients and in reports.

import packageDescription from '../package.json' with { type: 'json' };
import type { HostDescription } from '../engine/protocol/event.ts';

export const version = packageDescription.version;

export function describeHost(kind: 'served' | 'headless', notice?: string): HostDescription {
  return {
    kind,
    version,
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    ...(notice !== undefined && { notice }),
  };
}
