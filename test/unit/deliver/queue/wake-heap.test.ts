// Names wake in the order of their instants, however often they move.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WakeHeap } from "../../../../src/deliver/queue/wake-heap.ts";
import { runs } from "../../runs.ts";

const heapOf = (...entries: readonly (readonly [string, number])[]): WakeHeap => {
  const heap = new WakeHeap();
  for (const [name, at] of entries) heap.set(name, at);
  return heap;
};

/** Every name that wakes until `now`, in order. */
function woken(heap: WakeHeap, now = Infinity): readonly string[] {
  const names: string[] = [];
  for (let name = heap.shift(now); name !== null; name = heap.shift(now)) names.push(name);
  return names;
}

describe("names", () => {
  test("wake in the order of their instants, each once", () => {
    const heap = heapOf(
      ["e", 50],
      ["b", 20],
      ["g", 70],
      ["a", 10],
      ["d", 40],
      ["f", 60],
      ["c", 30],
    );
    expect(heap.first()).toBe(10);
    expect(woken(heap).join("")).toBe("abcdefg");
    expect([heap.first(), heap.shift(Infinity)]).toEqual([null, null]);
  });

  test("wake at their instant, not a millisecond before", () => {
    const heap = heapOf(["a", 10], ["b", 11]);
    expect([heap.shift(9), heap.shift(10), heap.shift(10), heap.first()]).toEqual([
      null,
      "a",
      null,
      11,
    ]);
  });

  test("that move wake at their last instant only", () => {
    const heap = heapOf(["a", 10], ["b", 20], ["a", 30], ["b", 5]);
    expect([...heap.entries()]).toEqual([
      ["a", 30],
      ["b", 5],
    ]);
    expect(heap.first()).toBe(5);
    expect(woken(heap).join("")).toBe("ba");
  });

  test("that left do not wake, and may come again at the same instant", () => {
    const heap = heapOf(["a", 10], ["b", 20]);
    heap.delete("a");
    heap.delete("c");
    expect([heap.first(), [...heap.entries()]]).toEqual([20, [["b", 20]]]);
    heap.set("a", 10);
    expect(woken(heap).join("")).toBe("ab");
  });

  test("that stay where they are wake in order while another one moves thousands of times", () => {
    const heap = heapOf(["c", 30], ["a", 10], ["d", 40], ["b", 20]);
    for (let at = 5_000; at > 0; at -= 1) heap.set("x", at);
    expect(heap.first()).toBe(1);
    for (let at = 1; at <= 5_000; at += 1) heap.set("x", at);
    expect(woken(heap).join("")).toBe("abcdx");
  });

  test("wake in order also after thousands have moved away and back", () => {
    const heap = new WakeHeap();
    const names = Array.from({ length: 10 }, (_, index) => `${index}`);
    for (let round = 1_000; round > 0; round -= 1)
      for (const [index, name] of names.entries()) heap.set(name, 10 * round + ((index * 7) % 10));
    expect(heap.first()).toBe(10);
    expect(woken(heap).join("")).toBe("0369258147");
  });
});

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

test("any changes leave what a sorted list would have", () => {
  const change = fc.oneof(
    fc.record({ set: fc.constantFrom(...NAMES), at: fc.nat(20) }),
    fc.record({ leaves: fc.constantFrom(...NAMES) }),
    fc.record({ now: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const heap = new WakeHeap();
      const model = new Map<string, number>();
      const [seen, right]: (number | null | undefined)[][] = [[], []];
      for (const one of changes) {
        if ("set" in one) {
          heap.set(one.set, one.at);
          model.set(one.set, one.at);
        } else if ("leaves" in one) {
          heap.delete(one.leaves);
          model.delete(one.leaves);
        } else {
          const name = heap.shift(one.now);
          const first = Math.min(...model.values());
          seen?.push(name === null ? null : model.get(name));
          right?.push(first <= one.now ? first : null);
          model.delete(name ?? "");
        }
        seen?.push(heap.first());
        right?.push(model.size === 0 ? null : Math.min(...model.values()));
      }
      expect([seen, new Map(heap.entries())]).toEqual([right, model]);
    }),
    { numRuns: runs(1_000) },
  );
});
