// The program of `npm run bench:full-recording`: registers so many objects in bursts, of which it keeps a share, and prints a
// last line. Arguments: how many objects, and of a hundred how many are dropped at once.
const [count, dropped] = process.argv.slice(2).map(Number);
const registries = Array.from({ length: 8 }, () => new FinalizationRegistry(() => {}));
const BURST = 20_000;

let alive = [];
for (let number = 0; number < count; number++) {
  const object = { number };
  registries[number % 8].register(object, number);
  if (number % 100 >= dropped) alive.push(object);
  // What is kept is kept in generations, so that the program's own heap stays small.
  if (alive.length > 500_000) alive = alive.slice(250_000);
  if (number % BURST === BURST - 1) await new Promise((resolve) => setImmediate(resolve));
}
globalThis.kept = { alive, registries };
console.log('The program has come to its end.');
