// What `npm run bench:why` compares with: the same file, read by memlab. Argument: the file. Prints one line of JSON.
import { getFullHeapFromFile } from '@memlab/heap-analysis';

const startedAt = performance.now();
const heap = await getFullHeapFromFile(process.argv[2]);
const wallMs = performance.now() - startedAt;
const explained = `${heap.nodes.length} nodes, no causes`;
console.log(`\n${JSON.stringify({ wallMs, peakBytes: process.resourceUsage().maxRSS * 1024, explained })}`);
