// What a connector remembers of itself: states, waits and counts.

import { describe, expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../src/kernel/time.ts";
import { connectorJson } from "../../../src/upstream/view.ts";
import {
  answering,
  connected,
  counted,
  failed,
  newRecord,
  passing,
  reconfigured,
  RETRY,
  RETRY_REFUSED,
  viewOf,
  withError,
  type ConnectorRecord,
} from "../../../src/upstream/record.ts";

const NOW = 1_795_824_000_000;
const ACCEPTED = {
  outcome: "accepted",
  events: ["job.progress", "job.started", "job.progress"],
} as const;
const NEW = newRecord("f", NOW);

const failures = (count: number, refused = false, chance = 1): ConnectorRecord => {
  let record = NEW;
  for (let index = 0; index < count; index += 1)
    record = failed(record, { ...passing("lost"), refused }, NOW, chance);
  return record;
};

describe("waits", () => {
  test.each([
    [1, RETRY.first],
    [2, 1_000],
    [5, 8_000],
    [7, RETRY.longest],
    [60, RETRY.longest],
  ])("after %i failures the wait is at most %i ms", (count, wait) => {
    expect(failures(count).retryAt).toBe(NOW + wait);
    expect(failures(count, false, 0.5).retryAt).toBe(NOW + wait / 2);
    expect(failures(count, false, 0).retryAt).toBe(NOW);
  });

  test.each([
    [1, RETRY_REFUSED.first],
    [20, 5 * MINUTE],
  ])("after %i refusals it is at most %i ms", (count, wait) => {
    expect(failures(count, true)).toMatchObject({ status: "failed", retryAt: NOW + wait });
  });

  test("a server that asks for a wait gets it, an hour at most", () => {
    const asked = (retryAfter: number): number | null =>
      failed(NEW, { ...passing("429"), retryAfter }, NOW, 0).retryAt;
    expect([asked(7 * SECOND), asked(600 * MINUTE)]).toEqual([NOW + 7 * SECOND, NOW + 60 * MINUTE]);
  });

  test("a connection that held for three seconds begins with a small wait, a shorter one does not", () => {
    const again = connected(failures(6), NOW);
    const after = (ms: number): number => failed(again, passing("lost"), NOW + ms, 1).failures;
    expect([after(2_999), after(3_000)]).toEqual([7, 1]);
  });
});

describe("states", () => {
  test("since changes with the state alone, and reconnects count from the second time", () => {
    const first = connected(NEW, NOW + 1);
    const lost = failed(first, passing("the connection closed with 1006"), NOW + 2, 0);
    const again = failed(lost, passing("no answer"), NOW + 3, 0);
    const back = connected(again, NOW + 4);
    const shown = [NEW, first, lost, again, back].map((record) => {
      const { status, since, reconnects } = viewOf(record, { kind: "centrifugo", watching: null });
      return [status, since - NOW, reconnects];
    });
    expect(shown).toEqual([
      ["connecting", 0, 0],
      ["connected", 1, 0],
      ["waiting", 2, 0],
      ["waiting", 2, 0],
      ["connected", 4, 1],
    ]);
  });

  test("events are counted by names that every object knows, too", () => {
    const taken = { outcome: "accepted", events: ["constructor", "__proto__"] } as const;
    const { events } = counted(counted(NEW, taken, NOW), taken, NOW);
    expect(Object.entries(events ?? {})).toEqual([
      ["constructor", 2],
      ["__proto__", 2],
    ]);
  });

  test("another configuration is tried at once and keeps positions and counts", () => {
    const before = {
      ...failed(counted(NEW, ACCEPTED, NOW), { ...passing("401"), refused: true }, NOW, 1),
      positions: { a: { epoch: "e", offset: 1 } },
    };
    expect(reconfigured(before, "g", NOW + 5)).toMatchObject({
      fingerprint: "g",
      status: "connecting",
      since: NOW + 5,
      failures: 0,
      retryAt: null,
      counts: { accepted: 1 },
      events: { "job.started": 1, "job.progress": 2 },
      positions: before.positions,
    });
  });

  test("a server that is asked is connected once it answers, again only after a failure", () => {
    const first = answering(NEW, NOW);
    const quiet = answering({ ...first, status: "waiting" }, NOW + 1);
    const back = answering(failed(quiet, passing("503"), NOW + 2, 1), NOW + 3);
    expect([first.connects, quiet.connects, back.connects]).toEqual([1, 1, 2]);
    expect(back).toMatchObject({ status: "connected", failures: 0, retryAt: null });
  });
});

test("the API shows instants as ISO and nothing of the configuration", () => {
  const record = withError(
    counted(connected(NEW, NOW), { outcome: "duplicate", events: [] }, NOW),
    "gone",
    NOW,
  );
  expect(connectorJson(viewOf(record, { kind: "emailengine", watching: 3 }))).toEqual({
    kind: "emailengine",
    state: "connected",
    since: "2026-11-28T00:00:00.000Z",
    lastMessageAt: "2026-11-28T00:00:00.000Z",
    reconnects: 0,
    lastError: "gone",
    lastErrorAt: "2026-11-28T00:00:00.000Z",
    retryAt: null,
    counts: { accepted: 0, duplicate: 1, ignored: 0, refused: 0 },
    gaps: 0,
    watching: 3,
  });
});
