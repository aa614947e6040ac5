// `heapline nodes`: the `node`s of this machine that programs can run on, for a person or as JSON.

import type { NodeListing } from '../engine/protocol/event.ts';
import { createNodeFinder, OLDEST_SUPPORTED_NODE_MAJOR } from '../engine/session/find-nodes.ts';
import type { Output } from './output.ts';
import { EXIT_STATUS } from './usage-error.ts';

const NODES_SCHEMA_VERSION = 1;

export async function listNodes(options: { json: boolean }, stdout: Output): Promise<number> {
  const nodes = await createNodeFinder({ defaultNode: process.execPath }).list();
  const document = { schemaVersion: NODES_SCHEMA_VERSION, nodes };
  await stdout.write(options.json ? `${JSON.stringify(document, null, 2)}\n` : nodesText(nodes));
  return EXIT_STATUS.success;
}

function nodesText(nodes: readonly NodeListing[]): string {
  const versionWidth = Math.max(...nodes.map(({ version = '–' }) => version.length));
  const lines = nodes.map(({ version = '–', path, isDefault, problem }) => {
    const isEndOfLife = Number.parseInt(version, 10) < OLDEST_SUPPORTED_NODE_MAJOR;
    const notes = [
      ...(isDefault && problem === undefined ? ['(default)'] : []),
      ...(problem === undefined && isEndOfLife ? ['(end of life: observed as far as it goes)'] : []),
      ...(problem === undefined ? [] : [problem]),
    ];
    return [version.padEnd(versionWidth), path, ...notes].join('  ');
  });
  return `${lines.join('\n')}\n\nRun on one with: heapline run <file> --node <path or version>\n`;
}
