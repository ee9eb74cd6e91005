import { describe, expect, test } from "vitest";
import type { Settings, SubscriberSettings } from "../../../src/config/settings.ts";
import type { AttemptEnvelope } from "../../../src/model/event.ts";
import type { AccountUpdate, Publication } from "../../../src/model/messages.ts";
import {
  attemptEntries,
  channelsOf,
  entryOf,
  isAboutJob,
  keyOf,
  newAttempts,
  outboxEntriesOf,
} from "../../../src/account/entries.ts";
import { createdOf, selectNew } from "../../../src/account/new-publications.ts";
import {
  LOG_RETENTION,
  MAX_LOG,
  retryAt,
  surplusUpTo,
  trimDue,
} from "../../../src/account/retention.ts";
import { accountMessage, attemptEvent as attempt, snapshot } from "../model/builders.ts";
import { envelope } from "../stream/log-fixture.ts";

const published = (guid: string, seq: number): Publication => ({
  event: envelope(guid, seq),
  snapshot: snapshot({ guid, seq }),
});
const ids = (
  publications: readonly Publication[],
  known: Readonly<Record<string, number>> = {},
): readonly string[] =>
  selectNew(publications, ({ guid }) => known[guid] ?? 0).events.map(
    ({ event: { guid, seq } }) => `${guid}/${seq}`,
  );

/** From which instant on the event of a publication is looked up in the log. */
function lookedUpFrom(fields: Partial<Publication>): number | undefined {
  const asked: number[] = [];
  selectNew([{ ...published("a", 1), ...fields }], (_, from) => {
    asked.push(from);
    return 0;
  });
  return asked[0];
}

describe("an event that may have been logged before", () => {
  const at = Date.parse(envelope("a", 1).time);

  test.each<[string, Partial<Publication>, number]>([
    ["of which nothing is said", {}, 0],
    ["that was sent before", { first: false, minor: true }, 0],
    ["that is sent for the first time", { first: true }, Infinity],
    ["that is sent for the first time and lists nothing", { first: true, minor: true }, at],
  ])("%s", (_, fields, from) => {
    expect(lookedUpFrom(fields)).toBe(from);
  });

  test("whose time cannot be read is looked up everywhere", () => {
    const event = { ...envelope("a", 1), time: "yesterday" };
    expect(lookedUpFrom({ first: true, minor: true, event })).toBe(0);
  });
});

/** 1 when the log keeps a job beside its minor progress, -1 when it gets a row instead. */
function keptBesideProgress(url: number, error: number): number {
  const state = {
    ...snapshot({ guid: "a", seq: 1 }),
    url: "u".repeat(url),
    error: "e".repeat(error),
  };
  const publication = { ...published("a", 1), snapshot: state, minor: true };
  const { unlisted, jobs } = selectNew([publication], () => 0);
  return unlisted.size - jobs.length;
}

test("the log keeps a job beside minor progress while its link and error are short", () => {
  expect(keptBesideProgress(4_000, 6_000)).toBe(1);
  expect(keptBesideProgress(4_001, 6_000)).toBe(-1);
});

describe("publications", () => {
  test.each<[string, readonly Publication[], Readonly<Record<string, number>>, readonly string[]]>([
    ["none", [], {}, []],
    ["new ones", [published("a", 1), published("a", 2)], {}, ["a/1", "a/2"]],
    ["known ones", [published("a", 1), published("a", 2)], { a: 2 }, []],
    ["an overlap", [published("a", 2), published("a", 3)], { a: 2 }, ["a/3"]],
    [
      "one twice in a call",
      [published("a", 1), published("a", 1), published("a", 2), published("a", 1)],
      {},
      ["a/1", "a/2"],
    ],
    [
      "several jobs at once",
      [published("a", 1), published("b", 5), published("a", 2)],
      { b: 4 },
      ["a/1", "b/5", "a/2"],
    ],
    ["one that skips what was erased", [published("a", 7)], { a: 3 }, ["a/7"]],
  ])("with %s add what is newer than known", (_, publications, known, added) => {
    expect(ids(publications, known)).toEqual(added);
  });

  test("leave one row per job, with the newest logged seq and the newest snapshot", () => {
    expect(
      selectNew([published("a", 1), published("a", 2), published("b", 1)], () => 0).jobs,
    ).toEqual([
      {
        created: Date.parse("2026-11-21T19:00:00.000Z"),
        source: "comments",
        guid: "a",
        seq: 2,
        snapshot: snapshot({ guid: "a", seq: 2 }),
      },
      {
        created: Date.parse("2026-11-21T19:00:00.000Z"),
        source: "comments",
        guid: "b",
        seq: 1,
        snapshot: snapshot({ guid: "b", seq: 1 }),
      },
    ]);
  });

  test("of an amended event change the job's row alone", () => {
    const publication = {
      event: envelope("a", 2),
      snapshot: snapshot({ guid: "a", seq: 3 }),
      amended: true,
    };
    expect(selectNew([publication], () => 3)).toMatchObject({
      events: [],
      jobs: [expect.objectContaining({ guid: "a", seq: 3, snapshot: publication.snapshot })],
    });
  });

  test("of an amended event change nothing beside a newer snapshot or an unknown job", () => {
    const publication = {
      event: envelope("a", 2),
      snapshot: snapshot({ guid: "a", seq: 3 }),
      amended: true,
    };
    for (const known of [4, 0])
      expect(selectNew([publication], () => known)).toMatchObject({ events: [], jobs: [] });
  });

  test("logged with a snapshot that is ahead do not hide the events still to come", () => {
    const { jobs } = selectNew(
      [{ event: envelope("a", 1), snapshot: snapshot({ guid: "a", seq: 3 }) }],
      () => 0,
    );
    expect(jobs[0]?.seq).toBe(1);
  });

  test("that come late are dropped, whatever their sender says", () => {
    const late = { ...published("a", 3), first: true };
    const { events } = selectNew([late, { ...published("a", 4), first: true }], () => 3);
    expect(events.map(({ event }) => event.seq)).toEqual([4]);
  });

  test("of progress after progress leave the row, and the log keeps the job", () => {
    const minor = { ...published("a", 2), minor: true };
    const { jobs, unlisted } = selectNew([minor, published("b", 1)], () => 0);
    expect(jobs.map(({ guid }) => guid)).toEqual(["b"]);
    expect([...unlisted]).toEqual([[minor.event.id, minor.snapshot]]);
  });

  test("of progress with a long error change the row: the log would hold the error twice", () => {
    const error = "e".repeat(10_001);
    const minor = {
      ...published("a", 2),
      minor: true,
      snapshot: { ...snapshot({ guid: "a", seq: 2 }), error },
    };
    const { jobs, unlisted } = selectNew([minor], () => 0);
    expect([jobs.length, unlisted.size]).toEqual([1, 0]);
  });

  test.each([
    ["is not sent for the first time", { minor: true }, "2026-11-21T19:00:00.000Z", 0],
    ["changes a row", { first: true }, "2026-11-21T19:00:00.000Z", Infinity],
    [
      "stands in the log alone",
      { first: true, minor: true },
      "2026-11-21T19:00:00.000Z",
      Date.UTC(2026, 10, 21, 19),
    ],
    ["stands in the log alone, at no readable time", { first: true, minor: true }, "soon", 0],
  ])("one that %s is looked for in the log from its instant on", (_, said, time, from) => {
    const asked: number[] = [];
    const one = published("a", 1);
    selectNew([{ ...one, ...said, event: { ...one.event, time } }], (__, since) => {
      asked.push(since);
      return 0;
    });
    expect(asked).toEqual([from]);
  });

  test("of a job without a readable creation are kept, oldest", () => {
    expect(createdOf({ createdAt: "soon" })).toBe(0);
  });
});

test("an event goes to the channel of its kind, and attempts are filed under their job", () => {
  expect(
    [envelope("g1", 1), attempt("evt_a"), accountMessage].map((event) => ({
      ...entryOf(event),
      event: event.id,
    })),
  ).toEqual([
    { kind: "exports", source: "comments", guid: "g1", event: "evt_g1_1" },
    { kind: "webhooks", source: "comments", guid: "g1", event: "evt_a" },
    { kind: "user", source: "comments", guid: "", event: "evt_s" },
  ]);
});

test.each([
  ["exports", ["exports:acme", "export.g1.job"]],
  ["webhooks", ["webhooks:acme"]],
  ["user", ["user:acme"]],
] as const)("an entry of kind %s is on the channels %j, the broadest first", (kind, channels) => {
  expect(channelsOf(kind, "g1", "acme")).toEqual(channels);
});

describe("an event is about a job", () => {
  /** An attempt of the relay's own, whose details name the job; `guid` is the delivery there. */
  const own = { ...attempt("evt_o"), guid: "dlv_1", details: { guid: "g1" } };

  test.each([
    ["the job's own", envelope("g1", 1), true],
    ["another job's", envelope("g2", 1), false],
    ["a provider's attempt to deliver it", attempt("evt_a"), true],
    ["the relay's attempt to deliver it", own, true],
    ["an attempt for another job", { ...own, details: { guid: "g2" } }, false],
    ["an attempt for a job of another source", { ...own, source: "mail" }, false],
  ])("when it is %s: %s", (_, event, isAbout) => {
    expect(isAboutJob(event, "comments", "g1")).toBe(isAbout);
  });

  test("never when it is about the account, which names no job", () => {
    expect(isAboutJob(accountMessage, "comments", "")).toBe(false);
  });
});

const attemptOf = (id: string, guid: string, source = "comments"): AttemptEnvelope => ({
  ...attempt(id),
  guid,
  source,
});
/** The ids of the attempts in each row. */
const rowsOf = (attempts: readonly AttemptEnvelope[]): unknown =>
  attemptEntries(attempts).map(({ event, attempts: before = [] }) => [
    ...before.map(({ id }) => id),
    event.id,
  ]);

describe("delivery attempts", () => {
  test("of one job that follow each other share a row, in order", () => {
    const attempts = [
      attemptOf("a", "g1"),
      attemptOf("b", "g1"),
      attemptOf("c", "g1"),
      attemptOf("d", "g2"),
      attemptOf("e", "g1"),
    ];
    expect(rowsOf(attempts)).toEqual([["a", "b", "c"], ["d"], ["e"]]);
    expect(rowsOf([])).toEqual([]);
  });

  test("share no row with another source's, nor where no job is named", () => {
    expect(rowsOf([attemptOf("a", "g1"), attemptOf("b", "g1", "mail")])).toEqual([["a"], ["b"]]);
    expect(rowsOf([attemptOf("a", ""), attemptOf("b", "")])).toEqual([["a"], ["b"]]);
  });

  test("share a row of seventeen at most", () => {
    const attempts = Array.from({ length: 19 }, (_, index) => attemptOf(`a${index}`, "g1"));
    const entries = attemptEntries(attempts);
    expect(entries.map(({ attempts: before = [] }) => before.length)).toEqual([16, 1]);
    expect(entries.map(({ event }) => event.id)).toEqual(["a16", "a18"]);
  });
});

test("attempts announced twice are added once", () => {
  expect(
    newAttempts([attempt("a"), attempt("b"), attempt("a"), attempt("c")], () => new Set(["b"])).map(
      ({ id }) => id,
    ),
  ).toEqual(["a", "c"]);
});

test("updates of two sources, or of two kinds of key, are never the same", () => {
  const keys = [
    keyOf({ source: "a", key: { kind: "id", value: "1" } }),
    keyOf({ source: "b", key: { kind: "id", value: "1" } }),
    keyOf({ source: "a", key: { kind: "body", value: "1" } }),
  ];
  expect(new Set(keys).size).toBe(3);
});

const subscriber = (
  id: string,
  format: SubscriberSettings["format"],
): [string, SubscriberSettings] => [id, { id, format, shards: 1 } as SubscriberSettings];

test("an account's event goes to the chosen subscribers that exist, its bytes to raw ones alone", () => {
  const settings = {
    subscribers: new Map([subscriber("crm", "envelope"), subscriber("mirror", "raw")]),
  } as unknown as Settings;
  const raw = { contentType: "application/json", body: new Uint8Array([1]) };
  const update: AccountUpdate = {
    source: "comments",
    provider: "exportcomments",
    account: "acme",
    key: { kind: "id", value: "1" },
    body: accountMessage,
    traceparent: "tp",
    raw,
  };
  const dispatch = { event: accountMessage, provider: "exportcomments", traceparent: "tp" };
  expect(
    outboxEntriesOf(accountMessage, update, { subscribers: ["crm", "mirror", "gone"], settings }),
  ).toEqual([
    { id: "evt_s", subscriber: "crm", shard: 0, dispatch },
    { id: "evt_s", subscriber: "mirror", shard: 0, dispatch: { ...dispatch, raw } },
  ]);
});

const extent = (count: number) => ({ oldest: 11, newest: 10 + count, oldestAt: 5 });

describe("the log of an account", () => {
  test("is trimmed when it is 1,000 over its limit, else an hour after its oldest event expired", () => {
    expect(trimDue(null)).toBeNull();
    expect(trimDue(extent(1))).toBe(5 + LOG_RETENTION + 3_600_000);
    expect(trimDue(extent(MAX_LOG + 1_000))).toBe(5 + LOG_RETENTION + 3_600_000);
    expect(trimDue(extent(MAX_LOG + 1_001))).toBe(0);
    expect(surplusUpTo(extent(MAX_LOG + 3))).toBe(13);
  });

  test.each([
    [1, 1_000],
    [2, 2_000],
    [9, 256_000],
    [10, 300_000],
    [10_000, 300_000],
  ])("after %i failures waits %i ms before an event is handed over again", (failures, wait) => {
    expect(retryAt(7, failures)).toBe(7 + wait);
  });
});
