// Work on several things at once.

import { expect, test } from "vitest";
import { sideBySide } from "../../../src/upstream/side-by-side.ts";

/** Ends of work under way, in the order in which it began. */
function works() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (item: string): Promise<void> => {
    begun.push(item);
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.push(resolve);
    return promise;
  };
  return { begun, ends, work };
}

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

test("no more is begun at once than may be, and the next as soon as one ends", async () => {
  const { begun, ends, work } = works();
  const all = sideBySide(["a", "b", "c", "d"], 2, work);
  await settle();
  expect(begun).toEqual(["a", "b"]);
  ends[1]?.();
  await settle();
  expect(begun).toEqual(["a", "b", "c"]);
  ends[0]?.();
  ends[2]?.();
  await settle();
  expect(begun).toEqual(["a", "b", "c", "d"]);
  ends[3]?.();
  await all;
});

test("nothing more is begun once it is not to go on, and what has begun is waited for", async () => {
  const { begun, ends, work } = works();
  let goesOn = true;
  let ended = false;
  const all = sideBySide(["a", "b", "c"], 2, work, () => goesOn).then(() => (ended = true));
  await settle();
  goesOn = false;
  ends[0]?.();
  await settle();
  expect([begun, ended]).toEqual([["a", "b"], false]);
  ends[1]?.();
  await all;
  expect(begun).toEqual(["a", "b"]);
});

test("of nothing, nothing is begun", async () => {
  const { begun, work } = works();
  await sideBySide([], 2, work);
  expect(begun).toEqual([]);
});
