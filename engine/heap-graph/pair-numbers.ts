// Numbers for pairs of numbers, in typed arrays: a hash table for millions of pairs without an object for each.

export class PairNumbers {
  #first = new Uint32Array(1 << 12);
  #second = new Uint32Array(1 << 12);
  #number = new Uint32Array(1 << 12);
  #count = 0;

  /** Returns the pair's number, counted from 1; 0 if it has none. */
  get(first: number, second: number): number {
    return this.#number[this.#slot(first, second)]!;
  }

  set(first: number, second: number, number: number): void {
    if (this.#count * 2 >= this.#number.length) this.#grow();
    const slot = this.#slot(first, second);
    if (this.#number[slot] === 0) this.#count++;
    this.#first[slot] = first;
    this.#second[slot] = second;
    this.#number[slot] = number;
  }

  #slot(first: number, second: number): number {
    const mask = this.#number.length - 1;
    let slot = (Math.imul(first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca77)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    while (this.#number[slot] !== 0 && (this.#first[slot] !== first || this.#second[slot] !== second)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [first, second, number] = [this.#first, this.#second, this.#number];
    this.#first = new Uint32Array(first.length * 2);
    this.#second = new Uint32Array(first.length * 2);
    this.#number = new Uint32Array(first.length * 2);
    for (let slot = 0; slot < number.length; slot++) {
      if (number[slot] === 0) continue;
      const free = this.#slot(first[slot]!, second[slot]!);
      this.#first[free] = first[slot]!;
      this.#second[free] = second[slot]!;
      this.#number[free] = number[slot]!;
    }
  }
}
