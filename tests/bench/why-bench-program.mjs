// The program of `npm run bench:why`: registers so many objects, keeps all of them alive in the ways that programs do, and
// writes a heap snapshot of itself with the options that an observed run uses.
// Arguments: the file to write, number of registrations.
import { EventEmitter } from 'node:events';
import { writeHeapSnapshot } from 'node:v8';

const [file, count] = [process.argv[2], Number(process.argv[3])];
if (file === undefined) throw new Error('Name the file to write, and the number of registrations.');
const registry = new FinalizationRegistry(() => {});

class Session {
  constructor(number) {
    this.user = { number };
  }
}

const cache = new Map();
const list = [];
const emitter = new EventEmitter().setMaxListeners(0);
const waiting = [];
const keyed = new WeakMap();
class Store {
  #entries = new Set();
  add(session) {
    this.#entries.add(session);
  }
}
const store = new Store();
let last;
const keep = [
  (session, number) => cache.set(`session-${number}`, session),
  (session) => list.push({ session }),
  (session) => emitter.on('close', () => session.user),
  (session) => {
    const pending = new Promise(() => {});
    void pending.then(() => session);
    waiting.push(pending);
  },
  (session) => store.add(session),
  (session) => {
    const key = { of: 'session' };
    list.push(key);
    keyed.set(key, session);
  },
  // A chain: the longest path is as long as there are sessions of this kind.
  (session) => (last = { session, before: last }),
];

for (let number = 0; number < count; number++) {
  const session = new Session(number);
  registry.register(session, number);
  keep[number % keep.length](session, number);
  // The observer reads along in another thread; a program has pauses too.
  if (number % 50_000 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}
globalThis.kept = { registry, cache, list, emitter, waiting, keyed, store, last };
writeHeapSnapshot(file, { exposeNumericValues: true });
process.exit();
