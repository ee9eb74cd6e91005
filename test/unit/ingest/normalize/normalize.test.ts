import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalize, type PreparedUpdate } from "../../../../src/ingest/normalize/normalize.io.ts";
import { accountOf } from "../../../../src/ingest/normalize/normalize.ts";
import type {
  AccountReport,
  JobReport,
  ParsedEvent,
  Provider,
} from "../../../../src/ingest/provider.ts";
import { sha256Hex } from "../../../../src/kernel/hmac.io.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { fault, ok } from "../../../../src/kernel/result.ts";
import { arrival, source } from "../build.ts";

const job = (changes: Partial<JobReport> = {}): JobReport => ({
  kind: "job",
  event: "job.progress",
  subject: { kind: "guid", guid: "g" },
  account: "own",
  key: "k",
  url: null,
  current: 1,
  total: 2,
  standard: {},
  rest: {},
  occurredAt: null,
  ...changes,
});

const reading = (...outcomes: readonly ParsedEvent[]): Provider => ({
  read: () => ok(outcomes),
});

async function ready(
  outcomes: readonly ParsedEvent[],
  changes: Parameters<typeof source>[0] = {},
  raw: boolean = false,
): Promise<readonly PreparedUpdate[]> {
  const from = arrival("{}", {}, source(changes));
  const circumstances = {
    traceparent: "00-trace",
    now: 77,
    raw: raw ? { contentType: "application/json", body: from.body } : null,
  };
  const result = await normalize(reading(...outcomes), from, {}, circumstances);
  if (!result.ok) throw new Error("refused");
  return result.value;
}

async function details(
  report: JobReport,
  changes: Parameters<typeof source>[0] = {},
): Promise<unknown> {
  const [one] = await ready([report], changes);
  return one?.kind === "job" ? one.update.details : one;
}

describe("the account", () => {
  test.each([
    [
      "the fixed one, whatever else there is",
      { account: "acme", accountPrefix: "p-" },
      "own",
      "acme",
    ],
    ["the provider's own", {}, "own", "own"],
    ["the provider's own, prefixed", { accountPrefix: "p-" }, "own", "p-own"],
    ["the source's id", {}, null, "comments"],
    ["the source's id, prefixed", { accountPrefix: "p-" }, null, "p-comments"],
  ])("is %s", (_, changes, own, expected) => {
    expect(accountOf(source(changes), own)).toBe(expected);
  });
});

async function named(own: string | null, accountPrefix: string | null): Promise<unknown> {
  const from = arrival("{}", {}, source({ accountPrefix }));
  return normalize(
    reading(job({ account: own })),
    from,
    {},
    { traceparent: "00-trace", now: 77, raw: null },
  );
}

describe("an account's name", () => {
  test.each([
    ["of 255 characters, prefix and all,", 253, "p-"],
    ["of 255 characters without a prefix", 255, null],
  ])("%s is taken", async (_, length, prefix) => {
    expect(await named("a".repeat(length), prefix)).toMatchObject({ ok: true });
  });

  test("that is longer with its prefix is refused, for an account as a whole too", async () => {
    const refused = {
      ok: false,
      fault: [
        {
          path: "account",
          message: "must have at most 255 characters",
        },
      ],
    };
    expect(await named("a".repeat(254), "p-")).toEqual(refused);
    const report: AccountReport = {
      kind: "account",
      account: "a".repeat(254),
      key: "k",
      body: { type: "subscription.updated" },
    };
    const from = arrival("{}", {}, source({ accountPrefix: "p-" }));
    expect(
      await normalize(reading(report), from, {}, { traceparent: "00-trace", now: 77, raw: null }),
    ).toEqual(refused);
  });
});

describe("an account of white space alone", () => {
  const context = { traceparent: "00-trace", now: 77, raw: null };

  test.each(["\u2028", " \u00a0"])("%j is an account of its own", async (account) => {
    const read = await normalize(reading(job({ account })), arrival("{}"), {}, context);
    expect(read).toMatchObject({ ok: true, value: [{ update: { account } }] });
  });

  test.each([" ", "x".repeat(300)])("%j is not read where the account is fixed", async (own) => {
    const from = arrival("{}", {}, source({ account: "acme" }));
    const read = await normalize(reading(job({ account: own })), from, {}, context);
    expect(read).toMatchObject({ ok: true, value: [{ update: { account: "acme" } }] });
  });
});

describe("the details", () => {
  test("standard keys are in front, those without a value are left out", async () => {
    const standard = {
      url: "https://a.example",
      totalExported: 0,
      total: null,
      download_link: undefined,
      error: "",
    };
    expect(await details(job({ standard }))).toEqual({
      guid: "g",
      status: "progress",
      url: "https://a.example",
      totalExported: 0,
      error: "",
    });
  });

  test("a provider's field takes the place of a standard key only where that has no value", async () => {
    const rest: Record<string, Json> = {
      guid: "x",
      status: "x",
      url: "x",
      totalExported: "x",
      total: null,
      error: { code: 1 },
      plan: "kept",
    };
    const standard = { url: "https://a.example", totalExported: 5 };
    expect(await details(job({ standard, rest }))).toEqual({
      guid: "g",
      status: "progress",
      url: "https://a.example",
      totalExported: 5,
      error: { code: 1 },
      plan: "kept",
    });
  });

  test("redacted paths are gone before the update exists, standard ones too", async () => {
    const report = job({
      standard: { url: "https://a.example" },
      rest: { emails: ["a"], options: { token: "t", limit: 1 } },
    });
    expect(await details(report, { redact: ["emails", "options.token", "url"] })).toEqual({
      guid: "g",
      status: "progress",
      options: { limit: 1 },
    });
  });

  test("an attempt's details are redacted as well", async () => {
    const body = {
      version: "v3-beta",
      event: "webhook.event.created",
      guid: "u",
      status: "200",
      url: null,
      details: { webhookUrl: "https://x.example?token=1", uuid: "u" },
    } as const;
    const report: AccountReport = { kind: "account", account: null, key: "k", body };
    const [one] = await ready([report], { redact: ["webhookUrl"] });
    expect(one?.kind === "account" && one.update.body).toEqual({
      ...body,
      details: { uuid: "u" },
      source: "comments",
      account: "comments",
    });
  });
});

const keyOf = async (...reports: readonly JobReport[]) =>
  (await ready(reports)).map((one) => (one.kind === "job" ? one.update.key : null));

describe("the key", () => {
  test("is the provider's id", async () => {
    expect(await keyOf(job({ key: "k" }))).toEqual([{ kind: "id", value: "k" }]);
  });

  test("an id of 255 characters is kept, a longer one is hashed and still an id", async () => {
    expect(await keyOf(job({ key: "k".repeat(255) }))).toEqual([
      { kind: "id", value: "k".repeat(255) },
    ]);
    expect(await keyOf(job({ key: "k".repeat(256) }))).toEqual([
      { kind: "id", value: await sha256Hex(utf8("k".repeat(256))) },
    ]);
  });

  test("without an id it is the body's hash", async () => {
    expect(await keyOf(job({ key: null }))).toEqual([
      { kind: "body", value: await sha256Hex(utf8("{}")) },
    ]);
  });

  test("events of a batch without ids are told apart by their position", async () => {
    const hash = await sha256Hex(utf8("{}"));
    expect(await keyOf(job({ key: null }), job({ key: "k" }), job({ key: null }))).toEqual([
      { kind: "body", value: `${hash}/0` },
      { kind: "id", value: "k" },
      { kind: "body", value: `${hash}/2` },
    ]);
  });
});

const run = (createdAt: number | null): JobReport =>
  job({ subject: { kind: "run", context: "c", phase: "started", createdAt, guidPrefix: "run_" } });

describe("a run", () => {
  test("is asked for by the hash of its context and the event's key", async () => {
    const [one] = await ready([run(5)]);
    expect(one).toEqual({
      kind: "run",
      context: await sha256Hex(utf8("c")),
      run: { phase: "started", eventId: "k", createdAt: 5, guidPrefix: "run_" },
      update: expect.anything(),
    });
  });

  test("keeps the instant of a clock that is ahead, so that its events keep their order", async () => {
    const [one] = await ready([run(78)]);
    expect(one?.kind === "run" && one.run.createdAt).toBe(78);
  });

  test("without an instant of its own it was created when it arrived", async () => {
    const [one] = await ready([run(null)]);
    expect(one?.kind === "run" && one.run.createdAt).toBe(77);
  });
});

test("the provider's bytes are in an update only when somebody is to get them", async () => {
  const [without] = await ready([job()]);
  const [kept] = await ready([job()], {}, true);
  expect(without?.kind === "job" && "raw" in without.update).toBe(false);
  expect(kept?.kind === "job" && kept.update.raw).toEqual({
    contentType: "application/json",
    body: utf8("{}"),
  });
});

test("what a provider file refuses is refused", async () => {
  const provider: Provider = {
    read: () => fault([{ path: "x", message: "y" }]),
  };
  expect(
    await normalize(provider, arrival("{}"), {}, { traceparent: "", now: 0, raw: null }),
  ).toEqual(fault([{ path: "x", message: "y" }]));
});

test.each([
  ["..", null],
  [".", null],
  [".", "."],
  ["a\nb", null],
  ["a".repeat(256), null],
])("the account %j with the prefix %j is refused", async (own, accountPrefix) => {
  expect(await named(own, accountPrefix)).toMatchObject({
    ok: false,
    fault: [{ path: "account" }],
  });
});

test("an account that a fixed one replaces refuses nothing", async () => {
  const [one] = await ready([job({ account: ".." })], { account: "acme" });
  expect(one?.kind === "job" && one.update.account).toBe("acme");
});

/** The details, said as one list of members of which a later one wins. */
function listed({ standard, rest }: JobReport): unknown {
  const given = Object.entries(standard).filter(([, value]) => value !== null);
  const own = new Set(["guid", "status"]);
  const names = new Set(["url", "totalExported", "total", "download_link", "json_url", "error"]);
  const others = Object.entries(rest).filter(
    ([name, value]) =>
      !own.has(name) &&
      !(names.has(name) && (value === null || given.some(([one]) => one === name))),
  );
  return Object.fromEntries([["guid", "g"], ["status", "progress"], ...given, ...others]);
}

test("details are guid, status, what was read, and the provider's other fields, in this order", async () => {
  const name = fc.oneof(
    fc.constantFrom("guid", "status", "url", "total", "error", "__proto__", "toString", "0", "a.b"),
    fc.string(),
  );
  const fields = fc
    .array(fc.tuple(name, fc.oneof(fc.constant(null), fc.jsonValue())))
    .map((members) => Object.fromEntries(members) as JobReport["rest"]);
  const texts = fc.constantFrom(null, "text");
  const standard = fc.record({ url: texts, error: texts, json_url: texts });
  await fc.assert(
    fc.asyncProperty(fields, standard, async (rest, read) => {
      const report = job({ rest, standard: read });
      const found = await details(report);
      expect(JSON.stringify(found)).toBe(JSON.stringify(listed(report)));
      expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
      // A path that leads nowhere makes another way through the same.
      const redacted = await details(report, { redact: ["nothing.of.this"] });
      expect(JSON.stringify(redacted)).toBe(JSON.stringify(found));
    }),
  );
});

test.each([
  ["counts", [], true],
  ["counts", ["token"], true],
  ["counts nothing", ["totalExported"], false],
  ["counts nothing", ["current"], false],
] as const)("a job %s where %j is redacted", async (_, redact, counts) => {
  const [one] = await ready([job({ counts: true })], { redact });
  expect(one?.kind === "job" && one.update.counts === true).toBe(counts);
});
