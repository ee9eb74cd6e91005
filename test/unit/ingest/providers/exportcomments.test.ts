import { describe, expect, test } from "vitest";
import { exportcomments } from "../../../../src/ingest/providers/exportcomments/exportcomments.ts";
import { complaints, outcomes, report } from "../build.ts";

const read = (json: Parameters<typeof report>[1]) => report(exportcomments, json);

const numbers = (json: Parameters<typeof report>[1]) => {
  const { current, total, standard } = read(json);
  return [current, total, standard.totalExported, standard.total];
};

describe("the flat webhook", () => {
  test.each([
    [
      "export.created",
      {
        event: "export.created",
        status: "processing",
        platform: "youtube",
        message_id: "msg_abc123",
        guid: "g",
      },
      {
        kind: "job",
        event: "job.created",
        subject: { kind: "guid", guid: "g" },
        account: null,
        key: "msg_abc123",
        url: null,
        current: null,
        total: null,
        standard: {
          url: null,
          totalExported: null,
          total: null,
          download_link: null,
          json_url: null,
          error: null,
        },
        rest: { status: "processing", platform: "youtube", message_id: "msg_abc123", guid: "g" },
        occurredAt: null,
      },
    ],
    [
      "export.finished",
      {
        event: "export.finished",
        status: "done",
        guid: "g",
        comments_count: 150,
        download_url: "https://exportcomments.com/exports/12345.xlsx",
      },
      {
        kind: "job",
        event: "job.finished",
        subject: { kind: "guid", guid: "g" },
        account: null,
        key: null,
        url: "https://exportcomments.com/exports/12345.xlsx",
        current: 150,
        total: null,
        standard: {
          url: null,
          totalExported: 150,
          total: null,
          download_link: "https://exportcomments.com/exports/12345.xlsx",
          json_url: null,
          error: null,
        },
        rest: { status: "done", guid: "g" },
        occurredAt: null,
      },
    ],
    [
      "export.failed",
      {
        event: "export.failed",
        status: "failed",
        guid: "g",
        error_message: "Video not found or is private",
      },
      {
        kind: "job",
        event: "job.failed",
        subject: { kind: "guid", guid: "g" },
        account: null,
        key: null,
        url: null,
        current: null,
        total: null,
        standard: {
          url: null,
          totalExported: null,
          total: null,
          download_link: null,
          json_url: null,
          error: "Video not found or is private",
        },
        rest: { status: "failed", guid: "g" },
        occurredAt: null,
      },
    ],
  ])("%s in the short form of the security page", (_, json, expected) => {
    expect(read(json)).toEqual(expected);
  });

  test("export.requeued is job.requeued", () => {
    expect(read({ event: "export.requeued", status: "requeued", guid: "g" }).event).toBe(
      "job.requeued",
    );
  });

  test("names of the short form that stand in for nothing are kept", () => {
    const { standard, rest } = read({
      event: "export.failed",
      guid: "g",
      total_exported: 3,
      comments_count: 4,
      error: "x",
      error_message: "y",
    });
    expect([standard.totalExported, standard.error, rest]).toEqual([
      3,
      "x",
      { comments_count: 4, error: "x", error_message: "y", guid: "g" },
    ]);
  });

  test.each([
    ["its guid", { guid: "g", status_url: "https://exportcomments.com/done/other" }, "g"],
    ["the end of its status_url", { status_url: "https://exportcomments.com/done/abc" }, "abc"],
    [
      "the end of a status_url with a slash and a query",
      { status_url: "https://exportcomments.com/done/abc/?x=/y" },
      "abc",
    ],
    ["the end of a path", { guid: null, status_url: "/done/a%20b" }, "a b"],
  ])("takes the job id from %s", (_, ids, guid) => {
    expect(read({ event: "export.finished", ...ids }).subject).toEqual({ kind: "guid", guid });
  });

  test.each([
    ["the documented short form", {}],
    ["a status_url without a job", { status_url: "https://exportcomments.com/done/" }],
    ["a status_url that is no address", { status_url: "https://" }],
    ["a status_url that is badly escaped", { status_url: "https://exportcomments.com/done/%ff" }],
    [
      "a status_url that ends in a control character",
      { status_url: "https://exportcomments.com/done/%00" },
    ],
  ])("asks for a job id: %s", (_, ids) => {
    expect(
      complaints(exportcomments, { event: "export.finished", status: "done", ...ids }),
    ).toEqual(["guid"]);
  });

  test.each([
    [
      "created",
      { created_at: "2025-01-01T00:00:00Z", updated_at: "2025-01-02T00:00:00Z" },
      Date.UTC(2025, 0, 1),
    ],
    ["created", { updated_at: "2025-01-02T00:00:00Z" }, null],
    [
      "finished",
      {
        created_at: "2025-01-01T00:00:00Z",
        updated_at: "2025-01-02T00:00:00Z",
        exported_at: "2025-01-03T00:00:00Z",
      },
      Date.UTC(2025, 0, 3),
    ],
    ["finished", { exported_at: null, updated_at: "2025-01-02T00:00:00Z" }, Date.UTC(2025, 0, 2)],
    ["finished", { created_at: "2025-01-01T00:00:00Z" }, null],
    [
      "failed",
      { created_at: "2025-01-01T00:00:00Z", updated_at: "2025-01-02T00:00:00+02:00" },
      Date.UTC(2025, 0, 1, 22),
    ],
    ["requeued", { exported_at: "2025-01-03T00:00:00Z" }, null],
    ["requeued", { updated_at: "yesterday" }, null],
    ["finished", { exported_at: "2025-13-03T00:00:00Z" }, null],
  ])("export.%s with %j happened at %s", (event, instants, occurredAt) => {
    expect(read({ event: `export.${event}`, guid: "g", ...instants }).occurredAt).toBe(occurredAt);
  });

  test("a relative download address is one of ExportComments", () => {
    const { url, standard } = read({
      event: "export.finished",
      guid: "g",
      download_url: "/api/v3/job/g/download",
    });
    expect([url, standard.download_link]).toEqual(
      Array.from({ length: 2 }, () => "https://exportcomments.com/api/v3/job/g/download"),
    );
  });

  test("a download address of another kind is shown in the details and never is the event's url", () => {
    const { url, standard } = read({
      event: "export.finished",
      guid: "g",
      download_url: "javascript:alert(1)",
    });
    expect([url, standard.download_link]).toEqual([null, "javascript:alert(1)"]);
  });

  test.each([
    [{ message_id: "m", event_id: "e" }, "m"],
    [{ message_id: null, event_id: "e" }, "e"],
    [{ message_id: "", event_id: "e" }, "e"],
    [{}, null],
  ])("is recognised again with %j by %j", (ids, key) => {
    expect(read({ event: "export.finished", guid: "g", ...ids }).key).toBe(key);
  });
});

describe("the realtime envelope", () => {
  test("the vendor's CLI form, with download_url in the details, is understood", () => {
    const { url, standard } = read({
      event: "job.finished",
      guid: "g",
      url: null,
      details: { download_url: "/api/v3/job/g/download" },
    });
    expect([url, standard.download_link]).toEqual(
      Array.from({ length: 2 }, () => "https://exportcomments.com/api/v3/job/g/download"),
    );
  });

  test("numbers come from the envelope, or from its details, each filling in for the other", () => {
    expect(numbers({ event: "job.progress", guid: "g", current: 1, total: 2 })).toEqual([
      1, 2, 1, 2,
    ]);
    expect(
      numbers({ event: "job.progress", guid: "g", details: { totalExported: 3, total: 4 } }),
    ).toEqual([3, 4, 3, 4]);
    expect(
      numbers({
        event: "job.progress",
        guid: "g",
        current: 1,
        total: 2,
        details: { totalExported: 3, total: 4 },
      }),
    ).toEqual([1, 2, 3, 4]);
    expect(numbers({ event: "job.progress", guid: "g", current: 0, total: 0 })).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test("unknown members of both levels are kept, those of the details first", () => {
    expect(
      read({
        event: "job.created",
        guid: "g",
        shard: 1,
        plan: "outer",
        details: { plan: "inner", deep: [1] },
      }).rest,
    ).toEqual({
      shard: 1,
      plan: "inner",
      deep: [1],
    });
  });

  test.each([
    ["its guid", { guid: "g", details: { guid: "h" } }, "g"],
    ["its details", { details: { guid: "h" } }, "h"],
    [
      "the status_url of its details",
      { guid: null, details: { status_url: "https://exportcomments.com/done/i" } },
      "i",
    ],
  ])("takes the job id from %s", (_, ids, guid) => {
    expect(read({ event: "job.created", ...ids }).subject).toEqual({ kind: "guid", guid });
  });

  test.each([
    ["job.created", { guid: "" }, ["guid"]],
    ["job.created", { guid: 7 }, ["guid"]],
    ["job.created", { guid: "a\nb" }, ["guid"]],
    ["job.created", { guid: "a\u0085b" }, ["guid"]],
    ["job.created", { guid: "\ud800" }, ["guid"]],
    ["job.created", { guid: "x".repeat(256) }, ["guid"]],
    ["job.created", {}, ["guid"]],
    ["job.created", { guid: "." }, ["guid"]],
    ["job.created", { guid: ".." }, ["guid"]],
    ["job.created", { guid: "..", status_url: "https://exportcomments.com/done/g" }, ["guid"]],
    ["bulk_download.ready", { url: "https://exportcomments.com/x.zip" }, ["guid"]],
    ["webhook.event.created", { status: "200" }, ["guid"]],
    ["webhook.event.created", { guid: "g" }, ["status"]],
    ["webhook.event.created", { guid: "..", status: "200" }, ["guid"]],
    ["export.finished", { guid: ".." }, ["guid"]],
  ])("%s with %j is malformed at %j", (event, fields, paths) => {
    expect(complaints(exportcomments, { event, ...fields })).toEqual(paths);
  });

  test.each([
    ["job.created", { details: [] }, {}],
    ["job.created", { details: null, url: null, error: null }, { error: null }],
    ["job.created", { details: "x" }, { details: "x" }],
    ["job.created", { details: [1] }, { details: [1] }],
    ["job.created", { version: 3, url: 5 }, {}],
    ["job.progress", { current: -1 }, { totalExported: -1 }],
    ["job.progress", { current: "1", total: "2" }, { totalExported: "1", total: "2" }],
    ["job.progress", { total: 9_007_199_254_740_992 }, { total: 9_007_199_254_740_992 }],
    ["job.progress", { details: { totalExported: true } }, { totalExported: true }],
    ["job.progress", { details: { guid: 7, uuid: [] } }, { guid: 7, uuid: [] }],
    ["job.failed", { details: { error: { code: 1 } } }, { error: { code: 1 } }],
    ["job.finished", { details: { download_link: 5 } }, { download_link: 5 }],
    ["export.finished", { total_exported: "3" }, { totalExported: "3" }],
    ["export.finished", { comments_count: -3 }, { comments_count: -3 }],
    ["export.finished", { message_id: 3 }, { message_id: 3 }],
    ["export.finished", { exported_at: 1705312200 }, { exported_at: 1705312200 }],
    ["export.finished", { url: 1, download_url: {} }, { url: 1, download_url: {} }],
    ["export.failed", { error: { code: 1 } }, { error: { code: 1 } }],
  ])("%s with %j is accepted, and what cannot be read is kept", (event, fields, kept) => {
    const { url, current, total, standard, rest } = read({ event, guid: "g", ...fields });
    expect({ url, current, total, standard }).toEqual({
      url: null,
      current: null,
      total: null,
      standard: expect.not.objectContaining({ error: expect.anything() }),
    });
    expect(rest).toEqual(expect.objectContaining(kept));
  });

  test("a status of an attempt may be a number", () => {
    const body = { event: "webhook.event.created", details: { uuid: "u", responseCode: 500 } };
    expect(outcomes(exportcomments, body)).toMatchObject([{ body: { guid: "u", status: "500" } }]);
  });

  test("a job id of 255 characters is accepted", () => {
    expect(complaints(exportcomments, { event: "job.created", guid: "x".repeat(255) })).toEqual([]);
  });

  test("an attempt's id and status are found in its details", () => {
    expect(
      outcomes(exportcomments, {
        event: "webhook.event.created",
        details: { uuid: "u", responseCode: "500" },
      }),
    ).toEqual([
      {
        kind: "account",
        account: null,
        key: null,
        body: {
          version: "v3-beta",
          event: "webhook.event.created",
          guid: "u",
          status: "500",
          url: null,
          details: { uuid: "u", responseCode: "500" },
        },
      },
    ]);
  });
});

test.each([
  [null, [""]],
  [[], [""]],
  ["job.created", [""]],
  [{}, ["event"]],
  [{ event: "" }, ["event"]],
  [{ event: 3 }, ["event"]],
  [{ event: null, type: "export_progress" }, ["event"]],
])("%j names no event", (json, paths) => {
  expect(complaints(exportcomments, json)).toEqual(paths);
});

test.each([
  [{ event: "job.stalled", guid: "g" }, "unknown-event: job.stalled"],
  [{ event: "job.archived", guid: "g" }, "unknown-event: job.archived"],
  [{ event: "toString" }, "unknown-event: toString"],
  [{ event: "x".repeat(100) }, `unknown-event: ${"x".repeat(64)}`],
  [{ type: "export_progress", percent: 25 }, "unknown-event: export_progress"],
])("%j is ignored", (json, reason) => {
  expect(outcomes(exportcomments, json)).toEqual([{ kind: "ignored", reason }]);
});

test("a subscription message is one, whatever other fields it has", () => {
  const fields = { guid: "g", seq: 1, event: "job.finished", status: "done", details: { a: 1 } };
  const message = { type: "subscription.updated", ...fields };
  expect(outcomes(exportcomments, message)).toEqual([
    { kind: "account", account: null, key: null, body: message },
  ]);
});

test("an event of a job is one, whatever type it has", () => {
  const body = { event: "export.finished", guid: "g", type: "xlsx" };
  expect(report(exportcomments, body)).toMatchObject({
    event: "job.finished",
    rest: { type: "xlsx" },
  });
});

test("a subscription message cannot bring its own id, time, source or account", () => {
  const message = {
    type: "subscription.updated",
    plan: "business",
    id: "x",
    time: "y",
    source: "z",
    account: "other",
    message_id: "m",
  };
  expect(outcomes(exportcomments, message)).toEqual([
    {
      kind: "account",
      account: null,
      key: "m",
      body: { type: "subscription.updated", plan: "business", message_id: "m" },
    },
  ]);
});
