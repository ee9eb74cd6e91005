// Work on several things at once.

import { expect, test } from "vitest";
import { Places, sideBySide } from "../../../src/upstream/side-by-side.ts";

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

const isOpen = (): boolean => true;

test("works that outlast their call keep their places, and each end frees one", async () => {
  const { begun, ends, work } = works();
  let freed = 0;
  const places = new Places(() => (freed += 1), 2);
  const first = places.each(["a", "b"], work, isOpen);
  await settle();
  await places.each(["c"], work, isOpen);
  expect([begun, places.areTaken, freed]).toEqual([["a", "b"], true, 0]);
  ends[0]?.();
  await settle();
  expect([places.areTaken, freed]).toEqual([false, 1]);
  const next = places.each(["d", "e"], work, isOpen);
  await settle();
  expect([begun, places.areTaken]).toEqual([["a", "b", "d"], true]);
  for (const at of [1, 2]) ends[at]?.();
  await settle();
  ends[3]?.();
  await Promise.all([first, next]);
  expect([begun, freed]).toEqual([["a", "b", "d", "e"], 4]);
});

test("a work that fails frees its place", async () => {
  const places = new Places(() => undefined, 1);
  const failing = places.each(
    ["a"],
    () => Promise.reject(new Error("no")),
    () => true,
  );
  await expect(failing).rejects.toThrow("no");
  expect(places.areTaken).toBe(false);
});
