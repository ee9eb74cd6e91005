// Rows of an account's log: what is stored of an entry, and what is read again.

import { describe, expect, test } from "vitest";
import { batchesOf, entriesOf, rowOf, type NewRow } from "../../../../src/account/log/row.ts";
import { attemptEvent as attempt, snapshot } from "../../model/builders.ts";
import { envelope } from "../../stream/log-fixture.ts";

const progress = snapshot({ current: 5, details: { a: 1 } });

/** A stored row as it is read. */
const readAs = ([off, kind, , guid, , event, , , extra, more, rest]: NewRow) =>
  entriesOf({ off, kind, guid, event, extra, more, rest });

describe("a row", () => {
  test("of an event holds it alone", () => {
    const event = envelope("g1", 3);
    const row = rowOf({ kind: "exports", source: "comments", guid: "g1", event }, 7);
    expect(row).toEqual([
      7,
      "exports",
      "comments",
      "g1",
      "evt_g1_3",
      JSON.stringify(event),
      null,
      null,
      0,
      null,
      null,
    ]);
    expect(readAs(row)).toEqual([{ off: 7, kind: "exports", guid: "g1", event }]);
  });

  test("of progress holds the job without its details, which the event has", () => {
    const event = envelope("g1", 3);
    const row = rowOf({ kind: "exports", source: "comments", guid: "g1", event, progress }, 7);
    const { details: _, ...kept } = progress;
    expect(row[6]).toBe(3);
    expect(JSON.parse(row[7] ?? "")).toEqual(kept);
  });

  test("holds what the event does not say of its job", () => {
    const event = envelope("g1", 3);
    const rest = { absorbed: 2 };
    const row = rowOf({ kind: "exports", source: "comments", guid: "g1", event, rest }, 7);
    expect(row.at(-1)).toBe('{"absorbed":2}');
    expect(readAs(row)).toEqual([{ off: 7, kind: "exports", guid: "g1", event, rest }]);
  });

  test("of several attempts is read as one entry each, at the offsets before the last", () => {
    const attempts = [attempt("a"), attempt("b")];
    const row = rowOf(
      { kind: "webhooks", source: "comments", guid: "g1", event: attempt("c"), attempts },
      9,
    );
    expect([row[0], row[8]]).toEqual([9, 2]);
    expect(readAs(row)).toEqual([
      { off: 7, kind: "webhooks", guid: "g1", event: attempt("a") },
      { off: 8, kind: "webhooks", guid: "g1", event: attempt("b") },
      { off: 9, kind: "webhooks", guid: "g1", event: attempt("c") },
    ]);
  });
});

/** A row whose three texts have so many characters. */
const rowOfLength = (id: string, event: number, job = 0, more = 0) =>
  [
    1,
    "exports",
    "comments",
    "g1",
    id,
    "e".repeat(event),
    null,
    job === 0 ? null : "j".repeat(job),
    0,
    more === 0 ? null : "m".repeat(more),
    null,
  ] as const satisfies NewRow;
const batched = (rows: readonly NewRow[]): unknown =>
  batchesOf(rows).map((batch) => batch.map((one) => one[4]));

describe("rows are written together", () => {
  test("as far as their texts fit into 500,000 characters", () => {
    expect(batched([])).toEqual([]);
    expect(
      batched([rowOfLength("a", 200_000), rowOfLength("b", 300_000), rowOfLength("c", 1)]),
    ).toEqual([["a", "b"], ["c"]]);
    expect(
      batched([rowOfLength("a", 200_000), rowOfLength("b", 100_000, 100_000, 100_001)]),
    ).toEqual([["a"], ["b"]]);
  });

  test("and one that is larger has a statement of its own", () => {
    expect(
      batched([
        rowOfLength("a", 1),
        rowOfLength("b", 500_001),
        rowOfLength("c", 1),
        rowOfLength("d", 1),
      ]),
    ).toEqual([["a"], ["b"], ["c", "d"]]);
  });
});
