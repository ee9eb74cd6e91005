import { describe, expect, test } from "vitest";
import { readCursor, writeCursor } from "../../../src/stream/cursor.ts";
import type { JobSnapshot } from "../../../src/model/event.ts";
import type { EventFrame } from "../../../src/stream/frames.ts";
import { allAfter, locate, recover } from "../../../src/stream/recovery.ts";
import {
  admits,
  frameOf,
  readInitialFrames,
  readStreamOpen,
  resumedFrames,
  writeStreamOpen,
} from "../../../src/stream/stream.ts";
import { entry, envelope, initialFrames, logOf, pageOf } from "./log-fixture.ts";

const at = (offset: number, epoch = "0a1b"): string => writeCursor({ epoch, offset });
const ALL = ["exports:acme"];
const offsets = (frames: readonly EventFrame[]): unknown[] =>
  frames.map(({ cursor }) => readCursor(cursor)?.offset);

describe("a cursor in a log of offsets 5 to 9", () => {
  test.each([
    ["no cursor", null, { kind: "lost", reason: "no-cursor" }],
    ["garbage", "garbage", { kind: "lost", reason: "unreadable" }],
    ["another life of the log", at(7, "ffff"), { kind: "lost", reason: "other-epoch" }],
    ["an event that is gone, with more gone after it", at(3), { kind: "lost", reason: "trimmed" }],
    ["the last event that is gone", at(4), { kind: "at", after: 4 }],
    ["the oldest event", at(5), { kind: "at", after: 5 }],
    ["the newest event", at(9), { kind: "at", after: 9 }],
    ["an event that never was", at(10), { kind: "lost", reason: "ahead" }],
  ])("with %s", (_, since, place) => {
    expect(locate({ since: since, channels: [], seq: false }, logOf(5, 9))).toEqual(place);
  });

  test("may be a plain seq where that is allowed, and only there", () => {
    expect(locate({ since: "6", channels: [], seq: true }, logOf(5, 9))).toEqual({
      kind: "at",
      after: 6,
    });
    expect(locate({ since: "3", channels: [], seq: true }, logOf(5, 9))).toEqual({
      kind: "lost",
      reason: "trimmed",
    });
    expect(locate({ since: "10", channels: [], seq: true }, logOf(5, 9))).toEqual({
      kind: "lost",
      reason: "ahead",
    });
    expect(locate({ since: "6", channels: [], seq: false }, logOf(5, 9))).toEqual({
      kind: "lost",
      reason: "unreadable",
    });
    expect(locate({ since: at(6), channels: [], seq: true }, logOf(5, 9))).toEqual({
      kind: "at",
      after: 6,
    });
  });

  test("in an empty log is its end, and nothing before a trim", () => {
    expect(locate({ since: at(9), channels: [], seq: false }, logOf(10, 9))).toEqual({
      kind: "at",
      after: 9,
    });
    expect(locate({ since: at(8), channels: [], seq: false }, logOf(10, 9))).toEqual({
      kind: "lost",
      reason: "trimmed",
    });
    expect(locate({ since: at(0), channels: [], seq: false }, logOf(1, 0))).toEqual({
      kind: "at",
      after: 0,
    });
  });
});

describe("recovery", () => {
  test("replays all of at most the limit, and nothing of more", () => {
    const log = logOf(1, 10);
    const replay = (after: number) =>
      recover({ since: at(after), channels: ALL, seq: false }, log, 4);
    expect(replay(6)).toMatchObject({
      kind: "replay",
      after: 6,
      entries: [7, 8, 9, 10].map((offset) => entry(offset, offset % 3 === 0 ? "g2" : "g1")),
    });
    expect(replay(5)).toMatchObject({ kind: "snapshot", reason: "too-far" });
  });

  test("what follows an offset is all of it, or nothing where that is too much", () => {
    const after = { after: 6, channels: ALL };
    expect(allAfter(logOf(1, 10), after, 4)?.map(({ offset }) => offset)).toEqual([7, 8, 9, 10]);
    expect(allAfter(logOf(1, 10), after, 3)).toBeNull();
  });

  test("counts the events of the asked channels alone", () => {
    const recovered = recover(
      { since: at(0), channels: ["export.g2.job"], seq: false },
      logOf(1, 10),
      3,
    );
    expect(recovered.kind === "replay" && recovered.entries.map(({ offset }) => offset)).toEqual([
      3, 6, 9,
    ]);
    expect(
      recover({ since: at(0), channels: ["export.g2.job"], seq: false }, logOf(1, 12), 3),
    ).toMatchObject({
      kind: "snapshot",
      reason: "too-far",
    });
  });

  test("never has a hidden gap: it is everything after the cursor, or nothing", () => {
    for (let first = 1; first <= 6; first += 1) {
      for (let last = first - 1; last <= 6; last += 1) {
        for (let since = 0; since <= 8; since += 1) {
          for (const limit of [1, 2, 100]) {
            const recovered = recover(
              { since: at(since), channels: ALL, seq: false },
              logOf(first, last),
              limit,
            );
            if (recovered.kind === "snapshot") continue;
            const missed = Array.from({ length: last - since }, (_, index) => since + 1 + index);
            expect(recovered.entries.map(({ offset }) => offset)).toEqual(missed);
          }
        }
      }
    }
  });
});

describe("a new socket", () => {
  test("without a cursor is sent the snapshot and its cursor", () => {
    expect(initialFrames(logOf(1, 4), { since: null, channels: ALL }, "now")).toEqual([
      {
        type: "hello",
        cursor: at(4),
        recovered: false,
        snapshot: { account: "acme seen by exports:acme", jobs: [] },
      },
    ]);
  });

  test("with a cursor is sent that cursor and every event after it", () => {
    expect(initialFrames(logOf(1, 4), { since: at(2), channels: ALL }, "now")).toEqual([
      { type: "hello", cursor: at(2), recovered: true },
      { type: "event", channel: "exports:acme", cursor: at(3), event: envelope("g2", 3) },
      { type: "event", channel: "exports:acme", cursor: at(4), event: envelope("g1", 4) },
    ]);
  });

  test("that missed nothing is sent a hello alone", () => {
    expect(initialFrames(logOf(1, 4), { since: at(4), channels: ALL }, "now")).toEqual([
      { type: "hello", cursor: at(4), recovered: true },
    ]);
  });

  test("across 1,000 events is sent all of them, across 1,001 the snapshot", () => {
    expect(initialFrames(logOf(1, 1_000), { since: at(0), channels: ALL }, "now")).toHaveLength(
      1_001,
    );
    expect(initialFrames(logOf(1, 1_001), { since: at(0), channels: ALL }, "now")).toMatchObject([
      { recovered: false, cursor: at(1_001) },
    ]);
  });

  test("of a job takes a seq for a cursor, of an account it does not", () => {
    expect(initialFrames(logOf(1, 4), { since: "3", channels: ALL }, "first")).toMatchObject([
      { recovered: true, cursor: at(3) },
      { cursor: at(4) },
    ]);
    expect(initialFrames(logOf(1, 4), { since: "3", channels: ALL }, "now")).toMatchObject([
      { recovered: false },
    ]);
  });
});

describe("a snapshot for a crowded object", () => {
  const jobs = [{ guid: "a" }, { guid: "b" }, { guid: "c" }] as unknown as readonly JobSnapshot[];
  const log = { ...logOf(1, 4), snapshot: () => ({ account: "acme", jobs }) };
  const shown = (snapshot: number): unknown =>
    readInitialFrames(log, { since: null, channels: ALL }, "now", { replay: 1_000, snapshot })
      .frames;

  test("has the jobs that fit into its characters, the first ones", () => {
    expect(shown(24)).toMatchObject([{ snapshot: { account: "acme", jobs: jobs.slice(0, 2) } }]);
    expect(shown(23)).toMatchObject([{ snapshot: { jobs: jobs.slice(0, 1) } }]);
    expect(shown(0)).toMatchObject([{ snapshot: { jobs: [] } }]);
  });

  test("of one job is whole", () => {
    const job = { ...log, snapshot: () => jobs[0] as JobSnapshot };
    const bounds = { replay: 1_000, snapshot: 0 };
    expect(
      readInitialFrames(job, { since: null, channels: ALL }, "first", bounds).frames,
    ).toMatchObject([{ snapshot: { guid: "a" } }]);
  });
});

describe("the frame of an event", () => {
  test("is on the broadest of the subscribed channels, once", () => {
    expect(frameOf(entry(3), ["export.g1.job", "exports:acme"], "0a1b")).toEqual({
      type: "event",
      channel: "exports:acme",
      cursor: at(3),
      event: envelope("g1", 3),
    });
    expect(frameOf(entry(3), ["export.g1.job"], "0a1b")).toMatchObject({
      channel: "export.g1.job",
    });
  });

  test("says what the event does not say of its job", () => {
    const told = { ...entry(3), job: { absorbed: 2 } };
    expect(frameOf(told, ALL, "0a1b")).toMatchObject({ job: { absorbed: 2 } });
    expect(frameOf(entry(3), ALL, "0a1b")).not.toHaveProperty("job");
  });

  test("is left out of a resumed stream of other channels", () => {
    const position = { epoch: "0a1b", offset: 2 };
    expect(resumedFrames(position, [entry(3, "g1"), entry(4, "g2")], ["export.g2.job"])).toEqual([
      { type: "hello", cursor: at(2), recovered: true },
      { type: "event", channel: "export.g2.job", cursor: at(4), event: envelope("g2", 4) },
    ]);
  });

  test("does not exist for a client that subscribed to other channels", () => {
    expect(
      frameOf(entry(3), ["export.g2.job", "webhooks:acme", "exports:globex"], "0a1b"),
    ).toBeNull();
  });
});

const query = (since: string | null, limit = 100, channels: readonly string[] = ALL) => ({
  since,
  limit,
  channels,
});

describe("a poll", () => {
  test("of a job begins at its first event, of an account at now", () => {
    expect(offsets(pageOf(logOf(1, 3), query(null), "first").items)).toEqual([1, 2, 3]);
    expect(pageOf(logOf(1, 3), query(null), "now")).toEqual({
      items: [],
      cursor: at(3),
      reset: false,
    });
  });

  test("continues from each page's cursor until there is nothing new", () => {
    const log = logOf(1, 5);
    const first = pageOf(log, query(null, 2), "first");
    const second = pageOf(log, query(first.cursor, 2), "first");
    const third = pageOf(log, query(second.cursor, 2), "first");
    const fourth = pageOf(log, query(third.cursor, 2), "first");
    expect(
      [first, second, third, fourth].map(({ items, reset }) => [offsets(items), reset]),
    ).toEqual([
      [[1, 2], false],
      [[3, 4], false],
      [[5], false],
      [[], false],
    ]);
    expect(fourth.cursor).toBe(at(5));
  });

  test("moves past events of other channels, but never past one that it did not contain", () => {
    const log = logOf(1, 8);
    const first = pageOf(log, query(at(0), 1, ["export.g2.job"]), "now");
    expect([offsets(first.items), first.cursor]).toEqual([[3], at(3)]);
    const second = pageOf(log, query(first.cursor, 2, ["export.g2.job"]), "now");
    expect([offsets(second.items), second.cursor]).toEqual([[6], at(8)]);
  });

  test("that cannot be continued starts over and says so; an account adds its snapshot", () => {
    expect(pageOf(logOf(5, 6), query(at(1)), "first")).toMatchObject({
      items: [{ cursor: at(5) }, { cursor: at(6) }],
      cursor: at(6),
      reset: true,
    });
    expect(pageOf(logOf(5, 6), query(at(1)), "first")).not.toHaveProperty("snapshot");
    expect(pageOf(logOf(5, 6), query(at(1)), "now")).toEqual({
      items: [],
      cursor: at(6),
      reset: true,
      snapshot: { account: "acme seen by exports:acme", jobs: [] },
    });
  });

  test("of an empty log is empty and can be continued", () => {
    expect(pageOf(logOf(1, 0), query(null), "first")).toEqual({
      items: [],
      cursor: at(0),
      reset: false,
    });
    expect(pageOf(logOf(1, 2), query(at(0)), "first").items).toHaveLength(2);
  });
});

const open = (account: string) =>
  ({
    grant: { kind: "account", account, channels: null, expires: 5 },
    channels: [],
    since: null,
    protocol: null,
  }) as const;

describe("what the Worker hands to an object", () => {
  test("survives a header, whatever characters the guid has", () => {
    const strange = {
      grant: { kind: "account", account: "Ünï", channels: ["export.ÿ€😀.job"], expires: 5 },
      channels: ["export.ÿ€😀.job"],
      since: null,
      protocol: "jobrelay.v1",
    } as const;
    expect(writeStreamOpen(strange)).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(readStreamOpen(writeStreamOpen(strange))).toEqual(strange);
    expect(readStreamOpen(null)).toBeNull();
  });

  test("lets the job decide whether it is the caller's", () => {
    expect([admits(open("acme"), "acme", "g1"), admits(open("globex"), "acme", "g1")]).toEqual([
      true,
      false,
    ]);
  });
});
