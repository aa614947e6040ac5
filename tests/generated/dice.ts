// Draws what a generated program is made of. Everything is drawn through fast-check, so that a seed gives the same programs.

import fc from 'fast-check';

export interface Dice {
  /** From 0 to `below` - 1. */
  integer(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** True once in `of`. */
  once(of: number): boolean;
  /** A variable's name that this program has nowhere else: `recentOrders`. */
  name(): string;
  /** A class's name that this program has nowhere else: `OrderDesk`. */
  className(): string;
}

const ADJECTIVES = 'active late recent shared stored open idle known remote queued former nightly spare hot'.split(' ');
const NOUNS =
  'Orders Rooms Visits Users Jobs Tickets Carts Frames Replies Tokens Blobs Pages Streams Offers Seats Parcels'.split(
    ' ',
  );
const SUBJECTS = 'Order Room Visit User Job Ticket Cart Frame Reply Token Blob Page Offer Seat Parcel Invoice'.split(
  ' ',
);
const ROLES = 'Desk Pool Hub Store Watcher Broker Ledger Keeper Router Index Board Gate Session Handle'.split(' ');

/** An arbitrary of what `write` makes with dice. */
export function drawn<Value>(write: (dice: Dice) => Value): fc.Arbitrary<Value> {
  return fc.gen().map((draw) => {
    const used = new Set<string>();
    const integer = (below: number): number => draw(fc.nat, { max: below - 1 });
    const pick = <Item>(items: readonly Item[]): Item => items[integer(items.length)]!;
    const unique = (first: readonly string[], second: readonly string[]): string => {
      const plain = pick(first) + pick(second);
      let name = plain;
      for (let number = 2; used.has(name); number++) name = `${plain}${number}`;
      used.add(name);
      return name;
    };
    return write({
      integer,
      pick,
      once: (of) => integer(of) === 0,
      name: () => unique(ADJECTIVES, NOUNS),
      className: () => unique(SUBJECTS, ROLES),
    });
  });
}
