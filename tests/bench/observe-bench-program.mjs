// The program of `npm run bench:observe`: registers and finalizes objects with a registry of a realm that knows nothing of
// Heapline, and with one of its own realm, in turn, in one process. Prints one line of JSON: ns a registration.
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const [count, pairs] = process.argv.slice(2).map(Number);

async function measure(Registry) {
  let called = 0;
  let lastCallbackAt = 0;
  const registry = new Registry(() => {
    called += 1;
    if (called === count) lastCallbackAt = performance.now();
  });
  const targets = Array.from({ length: count }, (_, index) => ({ index }));
  collect();
  const registerStartedAt = performance.now();
  for (let index = 0; index < count; index += 1) registry.register(targets[index], index);
  const registerMs = performance.now() - registerStartedAt;
  // Not only the variable: a frame may hold the array a while longer.
  targets.fill(undefined);
  targets.length = 0;
  collect();
  const callbacksStartAt = performance.now();
  while (called < count) await new Promise((resolve) => setTimeout(resolve, 20));
  const callbackMs = lastCallbackAt - callbacksStartAt;
  // Used here, so that the registry outlives its callbacks.
  registry.unregister(collect);
  return { registerNs: (registerMs * 1e6) / count, callbackNs: (callbackMs * 1e6) / count };
}

const Native = runInNewContext('FinalizationRegistry');
const native = [];
const observed = [];
// The first of each kind pays for the growth of the heap, and the order alternates.
await measure(Native);
await measure(FinalizationRegistry);
for (let pair = 0; pair < pairs; pair += 1) {
  if (pair % 2 === 0) native.push(await measure(Native));
  observed.push(await measure(FinalizationRegistry));
  if (pair % 2 === 1) native.push(await measure(Native));
}
console.log(JSON.stringify({ native, observed }));
