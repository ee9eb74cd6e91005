// How a job's deliveries are cut into the calls by which one shard hands them over to another.

import { expect, test } from "vitest";
import { partsOf, type WaitingDelivery } from "../../../../src/deliver/shards/waiting-job.ts";

const MB = 1_000_000;

const deliveries = (count: number, bytes: number, log = ""): readonly WaitingDelivery[] =>
  Array.from(
    { length: count },
    (_, n) => ({ id: `${n}`, body: new Uint8Array(bytes), log }) as unknown as WaitingDelivery,
  );

test.each([
  ["nothing is no call", deliveries(0, 1), []],
  ["as many as one call holds are one", deliveries(500, 1), [500]],
  ["one more is a second call", deliveries(501, 1), [500, 1]],
  ["8 MB are one call", deliveries(4, 2 * MB), [4]],
  ["what is beyond 8 MB is a second call", deliveries(5, 2 * MB), [4, 1]],
  ["a delivery that is larger goes alone", deliveries(2, 9 * MB), [1, 1]],
  ["a log counts three bytes a character", deliveries(2, MB, "x".repeat(1_100_000)), [1, 1]],
])("%s", (_, given, sizes) => {
  const parts = [...partsOf(given)];
  expect(parts.map((part) => part.length)).toEqual(sizes);
  expect(parts.flat().map(({ id }) => id)).toEqual(given.map(({ id }) => id));
});
