// Scripts of chaos: repeatable, shrinkable, and together they hold every kind of fault.

import { describe, expect, test } from "vitest";
import { lineOf, scriptOf, shrunken, type Round } from "../../chaos/episode/script.ts";

describe("the script of a seed", () => {
  test("is the same each time, and another one for another seed", () => {
    expect(scriptOf(7, 6)).toEqual(scriptOf(7, 6));
    expect(scriptOf(8, 6)).not.toEqual(scriptOf(7, 6));
  });

  test("changes the configuration only with a restart, and never breaks it twice in a row", () => {
    const scripts = Array.from({ length: 100 }, (_, seed) => scriptOf(seed, 8));
    const others = scripts.flat().filter(({ fault }) => !fault.includes("kill"));
    expect(others.flatMap(({ change }) => Object.keys(change))).toEqual([]);
    for (const script of scripts) {
      const breaks = script.flatMap(({ change }) => change.isBroken ?? []);
      expect(breaks.some((one, index) => one && breaks[index + 1] === true)).toBe(false);
    }
  });

  test("holds every fault, every answer and every change, over some seeds", () => {
    const text = Array.from({ length: 50 }, (_, seed) => scriptOf(seed, 8))
      .flat()
      .map(lineOf)
      .join("\n");
    const all = [
      ["kill", "full", "full and kill", "kill and full", "errors", "errors and kill"],
      ["audit 500", "audit reset", "audit hang", "audit slow", "audit 429", "audit 410"],
      ["hasCrm=false", "hasOwn=false", "hasOwn=true", "shards=4", "shards=2", "throttle=1"],
      ["subscriberSecrets=NEW,OLD", "sourceSecrets=NEW,OLD", "billingGetsAll=false"],
      ["isBroken=true", "resume", "wake"],
    ].flat();
    expect(all.filter((one) => !text.includes(one))).toEqual([]);
  });
});

describe("a script that fails", () => {
  const script = scriptOf(1, 8);

  test("is shrunken to the rounds that it takes", async () => {
    const needed = [script[2], script[6]];
    const fails = (shorter: readonly Round[]): Promise<boolean> =>
      Promise.resolve(needed.every((round) => round !== undefined && shorter.includes(round)));
    expect(await shrunken(script, fails, 100)).toEqual(needed);
  });

  test("stays as it is when there is no time to shrink it", async () => {
    expect(await shrunken(script, () => Promise.resolve(true), 0)).toEqual(script);
  });
});
