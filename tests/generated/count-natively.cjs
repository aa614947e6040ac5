// Required before a generated program that runs alone: collects until nothing more is finalized, and prints what was.
'use strict';
globalThis.finalizedLabels = [];
const ROUNDS = 12;
let round = 0;
process.on('beforeExit', function collect() {
  if (round++ === ROUNDS) {
    console.log(JSON.stringify(globalThis.finalizedLabels));
    process.off('beforeExit', collect);
    return;
  }
  globalThis.gc();
  setTimeout(() => {}, 5);
});
