// Chance that comes out the same in every run.

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
export type Dice = () => number;

export function dice(seed: number): Dice {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `least` to `most`, both included. */
export const between = (chance: Dice, least: number, most: number): number =>
  least + Math.floor(chance() * (most - least + 1));

/** One of a list that is not empty. */
export function oneOf<T>(chance: Dice, list: readonly T[]): T {
  const found = list[Math.floor(chance() * list.length)];
  if (found === undefined) throw new Error("the list is empty");
  return found;
}
