// The figures of the upstream faults are found in what vitest prints.

import { expect, test } from "vitest";
import { outcomeOf } from "../../prove/sections/upstream.ts";

const PRINTED = {
  minutes: 4,
  publications: 220,
  exports: 3,
  faults: { drop: 4, kill: 2 },
  reconnects: 5,
  reconnectMs: { p50: 400, max: 900 },
  lostOrDoubled: 0,
};
const OUTPUT = `stdout | upstream\n\u001B[22m\u001B[39m${JSON.stringify(PRINTED)}\n\n 1 passed\n`;

test("a run that passed answers its figures", () => {
  expect(outcomeOf(OUTPUT, true)).toEqual({
    figures: {
      publications: 220,
      exports: 3,
      faults: 6,
      "of them kill -9": 2,
      reconnects: 5,
      "ms to reconnect (p50)": 400,
      "ms to reconnect (longest)": 900,
      "lost or doubled": 0,
    },
    faults: [],
  });
});

test("a run that failed answers what it printed last", () => {
  expect(outcomeOf("a\nb\n", false)).toEqual({ figures: {}, faults: ["a", "b"] });
});
