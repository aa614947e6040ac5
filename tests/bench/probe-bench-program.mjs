// The program of `npm run bench:probe`: registers and finalizes as many objects with the native registry (from a realm
// that is not observed) and with the observed one, in turn, in one process. Prints one line of JSON.
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const Native = runInNewContext('FinalizationRegistry');
const count = Number(process.argv[2]);
const rounds = Number(process.argv[3]);
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

async function measure(Registry) {
  let called = 0;
  let lastCallbackAt = 0;
  const registry = new Registry(() => {
    called++;
    if (called === count) lastCallbackAt = performance.now();
  });
  const targets = new Array(count);
  for (let index = 0; index < count; index++) targets[index] = { index };
  collect();
  const heapBefore = process.memoryUsage().heapUsed;
  const registerStartedAt = performance.now();
  for (let index = 0; index < count; index++) registry.register(targets[index], index);
  const registerMs = performance.now() - registerStartedAt;
  collect();
  const heapBytes = process.memoryUsage().heapUsed - heapBefore;
  targets.length = 0;
  targets.fill(undefined);
  collect();
  const callbacksStartAt = performance.now();
  while (called < count) await turn();
  const callbackMs = lastCallbackAt - callbacksStartAt;
  // Used here, so that the registry outlives its callbacks: one that is collected never calls back.
  registry.unregister(targets);
  return {
    registerNs: (registerMs * 1e6) / count,
    callbackNs: (callbackMs * 1e6) / count,
    heapBytes: heapBytes / count,
  };
}

const native = [];
const observed = [];
for (let round = 0; round < rounds; round++) {
  native.push(await measure(Native));
  observed.push(await measure(FinalizationRegistry));
}
console.log(JSON.stringify({ node: process.version, count, native, observed }));
