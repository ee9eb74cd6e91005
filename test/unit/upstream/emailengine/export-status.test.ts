// What the export API answers, and what that says about a job.

import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/kernel/json.ts";
import {
  judgeList,
  judgeStatus,
  listUrl,
  readPages,
  statusUrl,
} from "../../../../src/upstream/emailengine/export-api.ts";
import {
  GONE,
  readStatus,
  saidBy,
  saidByAbsence,
  type Said,
} from "../../../../src/upstream/emailengine/export-status.ts";
import { outcomes } from "../../ingest/build.ts";

const PLACE = {
  base: "https://mail.example.com/",
  account: "ada",
  exportId: "exp_28ba775ff7ac5574d551dee2",
};

const status = (changes: JsonObject, progress: JsonObject = {}): JsonObject => ({
  exportId: PLACE.exportId,
  status: "processing",
  folders: [],
  startDate: "2026-01-01T00:00:00.000Z",
  endDate: "2026-12-31T00:00:00.000Z",
  isEncrypted: false,
  progress: {
    foldersScanned: 0,
    foldersTotal: 2,
    messagesQueued: 0,
    messagesExported: 0,
    messagesSkipped: 0,
    bytesWritten: 0,
    ...progress,
  },
  created: "2026-11-28T06:59:56.414Z",
  expiresAt: "2026-11-29T06:59:56.428Z",
  error: null,
  ...changes,
});

const said = (changes: JsonObject, progress: JsonObject = {}): Said => {
  const read = readStatus(JSON.stringify(status(changes, progress)));
  if (read === null) throw new Error("no status");
  return saidBy(read, PLACE);
};

const report = (changes: JsonObject, progress: JsonObject = {}): unknown => {
  const { json, provider } = said(changes, progress);
  return outcomes(provider, json)[0];
};

describe("a status", () => {
  test("an export that waits is a created job", () => {
    expect(report({ status: "queued" })).toMatchObject({
      kind: "job",
      event: "job.created",
      subject: { kind: "guid", guid: PLACE.exportId },
      account: "ada",
      current: null,
      occurredAt: Date.UTC(2026, 10, 28, 6, 59, 56, 414),
    });
  });

  test("while it indexes, the number of messages is no total", () => {
    const given = report({ phase: "indexing" }, { foldersScanned: 1, messagesQueued: 741 });
    expect(given).toMatchObject({
      event: "job.progress",
      current: 0,
      total: null,
      rest: { phase: "indexing", foldersScanned: 1, messagesQueued: 741 },
    });
  });

  test("while it exports, skipped messages are done, too", () => {
    const counters = { messagesQueued: 800, messagesExported: 500, messagesSkipped: 30 };
    expect(report({ phase: "exporting" }, counters)).toMatchObject({
      event: "job.progress",
      current: 530,
      total: 800,
      standard: { totalExported: 500, total: 800 },
      rest: { account: "ada", bytesWritten: 0 },
    });
  });

  test("the end has the form of its webhook, with the address of the download", () => {
    const counters = { messagesQueued: 800, messagesExported: 500, messagesSkipped: 300 };
    const given = report({ status: "completed", phase: "complete" }, counters);
    expect(given).toMatchObject({
      event: "job.finished",
      current: 500,
      total: 800,
      url: `https://mail.example.com/v1/account/ada/export/${PLACE.exportId}/download`,
      standard: { totalExported: 500, total: 800 },
      rest: { skipRate: 0.375, expiresAt: "2026-11-29T06:59:56.428Z" },
    });
  });

  test.each([
    [
      { status: "failed", phase: "exporting", error: "Connection not available" },
      "Connection not available",
    ],
    [{ status: "cancelled", phase: "exporting" }, "The export was cancelled"],
  ])("%j is a failed job", (changes, error) => {
    expect(report(changes, { messagesQueued: 9, messagesExported: 4 })).toMatchObject({
      event: "job.failed",
      current: 4,
      total: 9,
      standard: { error },
    });
  });

  test("one that is gone failed, and is the same end as any other", () => {
    const { json, provider, key, isEnd } = saidByAbsence(PLACE);
    expect(outcomes(provider, json)[0]).toMatchObject({
      event: "job.failed",
      standard: { error: GONE },
    });
    expect([isEnd, key]).toEqual([true, said({ status: "failed" }).key]);
  });

  test.each([
    ["1e400", null],
    ["1e30", null],
    ["-5", null],
    ["0.5", null],
    ['"50"', null],
    ["null", null],
    ["{}", null],
    ["50.0", 50],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("a counter %s says %j messages", (number, amount) => {
    const text = JSON.stringify(
      status({ phase: "exporting" }, { messagesQueued: 9, messagesExported: 7 }),
    );
    const given = text.replace(":9,", `:${number},`).replace(":7,", `:${number},`);
    const read = readStatus(given);
    if (read === null) throw new Error("no status");
    const { json, provider, done } = saidBy(read, PLACE);
    expect(done).toBe(amount ?? 0);
    expect(outcomes(provider, json)[0]).toMatchObject({ current: amount, total: amount });
  });

  test("says of itself what was asked for, whatever its progress says", () => {
    const { json } = said({ phase: 7 }, { exportId: "other", messagesExported: 1 });
    expect(json).toMatchObject({ data: { exportId: PLACE.exportId, messagesExported: 1 } });
    expect(said({ phase: 7 }).key).toBe(`poll/${PLACE.exportId}//0/0/0/0`);
  });

  test("of which account and id are redacted names neither", () => {
    const { json, provider } = said({ phase: "exporting" });
    const { account: _, data, ...rest } = json;
    const { exportId: _id, ...kept } = data as JsonObject;
    expect(outcomes(provider, { ...rest, data: kept })).toMatchObject([
      { subject: { kind: "guid", guid: "" }, account: null },
    ]);
    expect(outcomes(provider, { ...json, account: "" })).toMatchObject([{ account: null }]);
  });

  test("the same look has the same key, whatever else changes", () => {
    const keys = [
      said({ phase: "exporting" }, { messagesExported: 5, bytesWritten: 1 }),
      said({ phase: "exporting", expiresAt: "later" }, { messagesExported: 5, bytesWritten: 2 }),
      said({ phase: "exporting" }, { messagesExported: 6 }),
      said({ phase: "indexing" }, { messagesExported: 5 }),
    ].map(({ key }) => key);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(3);
  });
});

describe("addresses", () => {
  test("an account and an id are encoded, and a path before them is kept", () => {
    const place = {
      base: "https://mail.example.com/ee/",
      account: "team/a b:ü",
      exportId: "exp_1",
    };
    expect(statusUrl(place)).toBe(
      "https://mail.example.com/ee/v1/account/team%2Fa%20b%3A%C3%BC/export/exp_1",
    );
    expect(listUrl("https://mail.example.com", "ada", 2)).toBe(
      "https://mail.example.com/v1/account/ada/exports?page=2&pageSize=1000",
    );
  });
});

const answer = (code: number, text = "", retryAfter = 0) =>
  ({ kind: "answer", status: code, retryAfter, text }) as const;

describe("answers", () => {
  test.each([
    [answer(404), "gone"],
    [answer(400), "invalid"],
    [answer(200, JSON.stringify(status({}))), "status"],
  ])("%#: %s", (given, kind) => {
    expect(judgeStatus(given).kind).toBe(kind);
  });

  test.each([
    [answer(401), true, "the export API answered 401"],
    [answer(403), true, "the export API answered 403"],
    [answer(301), true, "the export API answered 301"],
    [answer(429, "", 5_000), false, "the export API answered 429"],
    [answer(500), false, "the export API answered 500"],
    [answer(200, "<html>"), false, "the export API answered without a status"],
    [answer(200, '{"status":"sleeping"}'), false, "the export API answered without a status"],
    [answer(404, "<html>nginx</html>"), false, "the export API answered 404 with a page"],
    [answer(400, "Bad Request"), false, "the export API answered 400 with a page"],
  ])("%#: a failure, refused: %s", (given, refused, error) => {
    expect(judgeStatus(given)).toMatchObject({ kind: "failure", failure: { refused, error } });
  });

  test("a list names exports with a status; an account that is gone has none", () => {
    const exports = [
      { exportId: "exp_1", status: "queued", created: "x" },
      { exportId: "exp_2", status: "unheard-of" },
      { exportId: 5, status: "queued" },
      "nonsense",
    ];
    const text = JSON.stringify({ total: 4, page: 0, pages: 3, exports });
    expect([judgeList(answer(200, text)), judgeList(answer(404))]).toEqual([
      { kind: "list", exports: [{ exportId: "exp_1", status: "queued" }], pages: 3 },
      { kind: "list", exports: [], pages: 1 },
    ]);
    expect(judgeList(answer(200, "{}"))).toMatchObject({ kind: "failure" });
    expect(judgeList(answer(404, "<html>"))).toMatchObject({
      kind: "failure",
      failure: { refused: false },
    });
  });

  test("a list without a number of pages is one page", () => {
    expect(judgeList(answer(200, '{"exports":[]}'))).toEqual({
      kind: "list",
      exports: [],
      pages: 1,
    });
    expect(judgeList({ kind: "none", reason: "no answer" })).toMatchObject({
      failure: { error: "the export API: no answer", refused: false },
    });
  });
});

const page = (number: number, pages: number) =>
  answer(200, JSON.stringify({ pages, exports: [{ exportId: `e${number}`, status: "queued" }] }));
/** Reads pages, and tells which were asked for. */
async function readAll(answerOf: (number: number) => ReturnType<typeof answer>) {
  const asked: number[] = [];
  const verdict = await readPages((number) => {
    asked.push(number);
    return Promise.resolve(answerOf(number));
  });
  return { asked, verdict };
}

describe("the pages of a list", () => {
  test("are read one after the other, as many as the last one says", async () => {
    const { asked, verdict } = await readAll((number) => page(number, 3));
    expect(asked).toEqual([0, 1, 2]);
    expect(verdict).toMatchObject({
      kind: "list",
      exports: [{ exportId: "e0" }, { exportId: "e1" }, { exportId: "e2" }],
    });
  });

  test("are ten at most", async () => {
    const { asked } = await readAll((number) => page(number, 1_000));
    expect(asked).toHaveLength(10);
  });

  test("fail as a whole when one does", async () => {
    const { asked, verdict } = await readAll((number) => (number === 0 ? page(0, 3) : answer(503)));
    expect(asked).toEqual([0, 1]);
    expect(verdict).toMatchObject({
      kind: "failure",
      failure: { error: "the export API answered 503" },
    });
  });
});
