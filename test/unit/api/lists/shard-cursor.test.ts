// Cursors of lists that go through the shards of a subscriber.

import { expect, test } from "vitest";
import { afterShard, shardCursor } from "../../../../src/api/lists/shard-cursor.ts";

test.each([
  [undefined, { shard: 0, cursor: undefined }],
  ["0.17", { shard: 0, cursor: "17" }],
  ["3.", { shard: 3, cursor: undefined }],
  ["63.9007199254740991", { shard: 63, cursor: "9007199254740991" }],
])("the cursor %j begins at %j", (text, place) => {
  expect(shardCursor(text)).toEqual(place);
});

test.each([
  "",
  "17",
  ".17",
  "1.17.2",
  "100.1",
  "-1.2",
  "1.x",
  "1.12345678901234567",
  " 1.2",
  "1.2\n",
])("the cursor %j is not of this list", (text) => {
  expect(shardCursor(text)).toBeNull();
});

test.each([
  ["goes on inside its shard", [1, "17", 3], "1.17"],
  ["goes on at the next shard when its own is read", [1, null, 3], "2."],
  ["goes on inside the last shard", [2, "4", 3], "2.4"],
  ["ends after the last shard", [2, null, 3], null],
] as const)("a list %s", (_, [shard, cursor, shards], next) => {
  expect(afterShard(shard, cursor, shards)).toBe(next);
});
