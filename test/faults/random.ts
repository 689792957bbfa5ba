/** Numbers that depend on the seed alone. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number, both borders included. */
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  /** @throws Error when there is nothing to pick from. */
  pick<Item>(items: readonly Item[]): Item;
  /** One of the names, as often as its weight says. */
  weigh<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** @param name so that what is drawn for one thing doesn't move what is drawn for another. */
export function createRandom(seed: number, name: string): Random {
  let state = hash(`${seed}/${name}`);

  // Mulberry32 by Tommy Ettinger, in the public domain.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const integer = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  function pick<Item>(items: readonly Item[]): Item {
    const item = items[integer(0, items.length - 1)];
    if (item === undefined) throw new Error("There is nothing to pick from");
    return item;
  }
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick,
    weigh(weights) {
      const names = Object.keys(weights) as (keyof typeof weights)[];
      const total = names.reduce((sum, each) => sum + weights[each], 0);
      let left = next() * total;
      return names.find((each) => (left -= weights[each]) < 0) ?? pick(names);
    },
    shuffle(items) {
      const left = [...items];
      return items.map(() => left.splice(integer(0, left.length - 1), 1)).flat();
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum;
}
