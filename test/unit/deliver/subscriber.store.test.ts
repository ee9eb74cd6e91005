// The rows of a subscriber at their limits: long logs, large bodies, and what retention removes.

import { describe, expect, test } from "vitest";
import { Housekeeping } from "../../../src/deliver/housekeeping.io.ts";
import { packDispatch, MAX_ROW_BYTES } from "../../../src/deliver/queue/rows.ts";
import type { QueueRow } from "../../../src/deliver/queue/queue-row.ts";
import { SubscriberQueue } from "../../../src/deliver/queue/queue.io.ts";
import { INITIAL_STATE } from "../../../src/deliver/state.ts";
import { MAX_KEPT_ATTEMPTS } from "../../../src/deliver/tables.ts";
import type { AttemptEntry, StoredState } from "../../../src/deliver/delivery.ts";
import { SubscriberStore } from "../../../src/deliver/subscriber.store.ts";
import type { Dispatch } from "../../../src/model/messages.ts";
import { DAY, HOUR, iso, MINUTE } from "../../../src/kernel/time.ts";
import { openStorage } from "./sqlite.ts";
import { BINDINGS } from "../../support/bindings.ts";

/** A row holds at most this many bytes (Durable Objects limits, 2026-10). */
const PLATFORM_ROW = 2_000_000;

const NOW = Date.now();

const dispatch = (
  id: string,
  details: Dispatch["event"]["details"] = {},
  source = "comments",
): Dispatch => ({
  event: {
    version: "v3-beta",
    event: "job.created",
    guid: `g-${id}`,
    status: "queueing",
    url: null,
    details: details as { readonly filler?: string },
    id,
    seq: 1,
    attempt: 1,
    source,
    account: "acme",
    time: iso(NOW),
  },
  provider: "exportcomments",
  traceparent: "",
});

const open = (): {
  readonly store: SubscriberStore;
  readonly sql: SqlStorage;
  readonly storage: DurableObjectStorage;
} => {
  const { storage } = openStorage();
  return { store: new SubscriberStore(storage), sql: storage.sql, storage };
};

const entry = (time: number, answer = ""): AttemptEntry => ({
  time,
  status: 500,
  error: null,
  ms: 1,
  trigger: "probe",
  answer,
});

/** Writes attempts number `from` to `to` of a row. */
function attempts(
  store: SubscriberStore,
  row: QueueRow,
  [from, to]: readonly [number, number],
  answer = "",
): void {
  for (let attempt = from; attempt <= to; attempt += 1) {
    store.attempted({
      row: { ...row, attempts: attempt },
      state: "pending",
      sent: true,
      entry: entry(attempt, answer),
    });
  }
}

const rowBytes = (sql: SqlStorage): number =>
  sql
    .exec<{ bytes: number }>(
      `SELECT length(CAST(log AS BLOB)) + length(body) + length(key) + length(guid) AS bytes
        FROM delivery`,
    )
    .toArray()[0]?.bytes ?? Infinity;

describe("a row's log", () => {
  test.each([
    [1, 1, 1],
    [MAX_KEPT_ATTEMPTS, 1, MAX_KEPT_ATTEMPTS],
    [MAX_KEPT_ATTEMPTS + 1, 2, MAX_KEPT_ATTEMPTS],
    [720, 720 - MAX_KEPT_ATTEMPTS + 1, MAX_KEPT_ATTEMPTS],
  ])("after %i attempts begins with number %i and has %i entries", (made, first, count) => {
    const { store } = open();
    attempts(
      store,
      store.insert({ n: 1, id: "dlv_1_a", at: NOW, dispatch: dispatch("evt_1"), cause: "schedule" })
        .row,
      [1, made],
    );
    const times = store.history.find(1)?.log.map(({ time }) => time);
    expect(times).toEqual(Array.from({ length: count }, (_, index) => first + index));
  });

  test("that an older version let grow is cut with the next attempt", () => {
    const { store, sql } = open();
    const { row } = store.insert({
      n: 1,
      id: "dlv_1_a",
      at: NOW,
      dispatch: dispatch("evt_1"),
      cause: "schedule",
    });
    const long = Array.from(
      { length: 300 },
      (_, index) => `,${JSON.stringify(entry(index + 1))}`,
    ).join("");
    sql.exec("UPDATE delivery SET attempts = 300, log = ? WHERE n = 1", long);
    attempts(store, row, [301, 301]);
    expect(store.history.find(1)?.log.map(({ time }) => time)).toEqual(
      Array.from({ length: MAX_KEPT_ATTEMPTS }, (_, index) => 252 + index),
    );
  });

  test("fits into its row beside the largest body, whatever the receiver answers", () => {
    const { store, sql } = open();
    const { row } = store.insert({
      n: 1,
      id: "dlv_1_a",
      at: NOW,
      dispatch: dispatch("evt_1", { filler: "x".repeat(1_990_000) }),
      cause: "schedule",
    });
    // Bytes that are no UTF-8 become three bytes each.
    attempts(store, row, [1, 2 * MAX_KEPT_ATTEMPTS], "\ufffd".repeat(1_024));
    expect(rowBytes(sql)).toBeLessThan(PLATFORM_ROW);
    attempts(store, row, [101, 3 * MAX_KEPT_ATTEMPTS], '"\\'.repeat(512));
    expect(rowBytes(sql)).toBeLessThan(PLATFORM_ROW);
  });
});

/** A dispatch whose packed JSON has exactly this many bytes. */
const ofBytes = (bytes: number, raw = 0): Dispatch => {
  const context = packDispatch(dispatch("evt_1", { filler: "" })).jsonBytes;
  const one = dispatch("evt_1", { filler: "x".repeat(bytes - context) });
  return raw === 0
    ? one
    : { ...one, raw: { contentType: "text/plain", body: new Uint8Array(raw).fill(255) } };
};

describe("a body", () => {
  test.each([
    ["that fills a row", ofBytes(MAX_ROW_BYTES), 0],
    ["of one byte more", ofBytes(MAX_ROW_BYTES + 1), 1],
    ["of 1.9 MB of JSON", ofBytes(1_900_000), 1],
    ["of the size of a platform row", ofBytes(PLATFORM_ROW), 1],
    ["of exactly two parts", ofBytes(2 * MAX_ROW_BYTES), 1],
    ["of one byte more than two parts", ofBytes(2 * MAX_ROW_BYTES + 1), 2],
    ["of 1 MB of JSON and 1 MiB of the provider's bytes", ofBytes(1_000_000, 1_048_576), 1],
    [
      "whose JSON ends where the row does, with the provider's bytes behind it",
      ofBytes(MAX_ROW_BYTES, 1_048_576),
      1,
    ],
  ])("%s comes back as it was", (_, given, parts) => {
    const { store, sql } = open();
    store.insert({ n: 1, id: "dlv_1_a", at: NOW, dispatch: given, cause: "schedule" });
    expect(store.load(1)).toEqual({ id: "dlv_1_a", dispatch: given });
    const spilled = sql
      .exec<{ bytes: number }>("SELECT length(body) AS bytes FROM spill")
      .toArray();
    expect([spilled.length, spilled.every(({ bytes }) => bytes <= MAX_ROW_BYTES)]).toEqual([
      parts,
      true,
    ]);
    expect(store.jobs.erase("comments", "g-evt_1", Infinity).removed).toEqual([1]);
    expect(sql.exec("SELECT n FROM spill").toArray()).toEqual([]);
  });
});

/** What is left of a subscriber's rows after the alarm; its source keeps jobs for a day. */
function kept(about: {
  readonly id?: string;
  readonly state?: "active" | "paused" | "disabled" | "probing";
}): readonly string[] {
  const { store, sql, storage } = open();
  const env = {
    ...BINDINGS,
    SOURCES: [{ id: "comments", provider: "exportcomments", verify: "none", retention: 1 }],
    SUBSCRIBERS: [{ id: "crm", service: "CRM" }],
    CRM: {},
  };
  const rows: readonly (readonly [
    name: string,
    state: StoredState,
    at: number,
    tried: number | null,
  ])[] = [
    ["delivered", "delivered", NOW - DAY - MINUTE, NOW - DAY - MINUTE],
    ["superseded", "superseded", NOW - DAY - MINUTE, null],
    ["pending", "pending", NOW - DAY - MINUTE, NOW - HOUR],
    ["died long ago", "dead", NOW - 5 * DAY, NOW - DAY - MINUTE],
    ["died of late", "dead", NOW - 5 * DAY, NOW - DAY + MINUTE],
    ["recent", "delivered", NOW - DAY + MINUTE, NOW - DAY + MINUTE],
  ];
  for (const [index, [name, state, at, tried]] of rows.entries()) {
    store.insert({ n: index + 1, id: "", at, dispatch: dispatch(name), cause: "schedule" });
    sql.exec("UPDATE delivery SET state = ?, tried = ? WHERE n = ?", state, tried, index + 1);
  }
  const queue = new SubscriberQueue(storage, store);
  const { id = "crm", state = "active" } = about;
  const healths = {
    active: INITIAL_STATE.health,
    paused: { state: "paused", since: NOW },
    disabled: { state: "disabled", since: NOW, reason: "gone" },
    probing: {
      state: "probing",
      since: NOW,
      failingSince: NOW,
      wait: MINUTE,
      probeAt: NOW + MINUTE,
    },
  } as const;
  queue.save({ ...INITIAL_STATE, health: healths[state] });
  new Housekeeping({ env: env as unknown as Env, id, store, queue }).run();
  expect(queue.backlog.size).toBe(store.history.count({ state: "pending" }, 99));
  return sql
    .exec<{ event_id: string }>("SELECT event_id FROM delivery ORDER BY n")
    .toArray()
    .map((row) => row.event_id);
}

describe("retention", () => {
  test.each([
    [{ state: "active" }, ["pending", "died of late", "recent"]],
    [{ state: "probing" }, ["pending", "died of late", "recent"]],
    [{ state: "paused" }, ["died of late", "recent"]],
    [{ state: "disabled" }, ["died of late", "recent"]],
    [{ id: "gone-from-the-configuration" }, ["died of late", "recent"]],
  ] as const)(
    "of %o leaves %o: what has attempts to come, and what died within it",
    (about, left) => {
      expect(kept(about)).toEqual(left);
    },
  );
});
