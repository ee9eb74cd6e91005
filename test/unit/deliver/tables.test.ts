// Rows of a subscriber in the terms of the code.

import { describe, expect, test } from "vitest";
import { testDispatch } from "../../../src/deliver/queue/rows.ts";
import { newColumns, queueRow, splitJob, whereOf } from "../../../src/deliver/tables.ts";
import { dispatch, NOW } from "./queue/builders.ts";
import { accountMessage } from "../model/builders.ts";

const columns = newColumns({ n: 7, id: "dlv_7", at: NOW, dispatch, cause: "schedule" });

describe("a new delivery", () => {
  test("of a job's event names the job, and is in the queue as such", () => {
    expect(columns).toMatchObject({ event_id: "evt_1", guid: "g1", seq: 3, due: NOW });
    expect(queueRow(columns)).toEqual({
      n: 7,
      job: "comments/g1",
      seq: 3,
      kind: "end",
      at: NOW,
      due: NOW,
      waiting: "fresh",
      cause: "schedule",
      attempts: 0,
      step: 0,
      instantUsed: false,
    });
  });

  test("of an account's event names no job", () => {
    const account = newColumns({
      n: 8,
      id: "dlv_8",
      at: NOW,
      dispatch: { ...dispatch, event: accountMessage },
      cause: "schedule",
    });
    expect(account).toMatchObject({ event: "subscription.updated", guid: null, seq: null });
    expect(queueRow(account)).toMatchObject({ job: null, seq: 0, kind: "other" });
  });

  test("of a test waits behind no job, though its event names one", () => {
    const sent = testDispatch("0a0b", "2026-11-21T19:00:00.000Z", "00-1-2-01");
    const row = newColumns({ n: 9, id: "dlv_9", at: NOW, dispatch: sent, cause: "manual" });
    expect(row.guid).not.toBeNull();
    expect(queueRow(row).job).toBeNull();
  });
});

test("a job's name is split at its first slash: a guid may have more", () => {
  expect(splitJob("comments/a/b")).toEqual(["comments", "a/b"]);
});

test.each([
  [{}, "", []],
  [
    { state: "dead", guid: "g", event: "e", since: 1, until: 2 } as const,
    " AND state = ? AND guid = ? AND event = ? AND at >= ? AND at < ?",
    ["dead", "g", "e", 1, 2],
  ],
  [{ since: 0 }, " AND at >= ?", [0]],
])("the selection %j is the condition %j", (selection, where, bindings) => {
  expect(whereOf(selection)).toEqual({ where, bindings });
});
