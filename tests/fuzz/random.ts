// Chance that can be had again: numbers that follow from a seed, and what fuzzers make of them.

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
  chance(probability: number): boolean;
}

/** Marsaglia's xorshift with 32 bits, which is enough for choices. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick<Item>(items: readonly Item[]) {
      if (items.length === 0) throw new RangeError('There is nothing to pick.');
      return items[below(items.length)] as Item;
    },
    chance: (probability) => next() < probability,
  };
}

/** The bytes with a few of them changed, missing, or there twice. */
export function damaged(random: Random, bytes: Uint8Array): Buffer {
  let result = Buffer.from(bytes);
  for (let change = random.below(6); change >= 0; change -= 1) {
    const at = random.below(result.length + 1);
    const length = random.below(random.chance(0.2) ? result.length : 16);
    switch (random.below(4)) {
      case 0:
        if (at < result.length) result[at] = random.below(256);
        break;
      case 1:
        result = Buffer.concat([result.subarray(0, at), result.subarray(Math.min(result.length, at + length))]);
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(Math.max(0, at - length))]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), noise(random, length), result.subarray(at)]);
        break;
    }
  }
  return result;
}

export const noise = (random: Random, length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, () => random.below(256)));

const TEXTS = [
  '',
  'a',
  '__proto__',
  'constructor',
  '\u001b]52;c;aGk=\u0007',
  '\u202e',
  '\ud800',
  '../../etc/passwd',
  '//host/share',
];
const NUMBERS = [0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 63), 1e308, NaN, Infinity, -Infinity];

/** A value that no field expects, and now and then one that is much of something. */
export function hostileValue(random: Random, depth = 0): unknown {
  switch (random.below(depth > 3 ? 5 : 10)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(NUMBERS);
    case 3:
      return random.pick(TEXTS);
    case 4:
      return 'x'.repeat(random.below(random.chance(0.05) ? 1_000_000 : 100));
    case 5:
      return Array.from({ length: random.below(random.chance(0.05) ? 50_000 : 5) }, () => random.pick(NUMBERS));
    case 6:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.pick(TEXTS), hostileValue(random, depth + 1)]),
      );
    case 7:
      return Float64Array.from({ length: random.below(20) }, () => random.pick(NUMBERS));
    case 8:
      return Uint32Array.from({ length: random.below(20) }, () => random.below(2 ** 32));
    default:
      return new Uint8Array(random.below(random.chance(0.02) ? 4 * 1024 * 1024 : 50));
  }
}

/** The message with a few of its values replaced, at any depth. The message itself stays as it is. */
export function withHostileValues<Message extends object>(random: Random, message: Message): Message {
  const copy = structuredClone(message);
  for (let change = random.below(3); change >= 0; change -= 1) {
    let at: object = copy;
    for (;;) {
      const names = Object.keys(at);
      if (names.length === 0 || ArrayBuffer.isView(at)) break;
      const name = random.pick(names);
      const value: unknown = Reflect.get(at, name);
      if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && random.chance(0.7)) {
        at = value;
        continue;
      }
      // Also `__proto__` becomes a property of its own, as in JSON.
      Object.defineProperty(at, random.chance(0.1) ? random.pick(TEXTS) : name, {
        value: hostileValue(random),
        configurable: true,
        enumerable: true,
        writable: true,
      });
      break;
    }
  }
  return copy;
}
