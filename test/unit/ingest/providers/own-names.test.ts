// Senders that use the relay's own names: generic, Standard Webhooks and CloudEvents.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Provider } from "../../../../src/ingest/provider.ts";
import { cloudevents, MAX_BATCH } from "../../../../src/ingest/providers/own-names/cloudevents.ts";
import { generic } from "../../../../src/ingest/providers/own-names/generic.ts";
import { standardWebhooks } from "../../../../src/ingest/providers/own-names/standard-webhooks.ts";
import { toBase64, utf8 } from "../../../../src/kernel/bytes.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { arrival, complaints, NOW, outcomes, report } from "../build.ts";
import { runs } from "../../runs.ts";

const CE = { specversion: "1.0", id: "e-1", source: "/ci", type: "job.progress" };
const STRUCTURED = { "content-type": "application/cloudevents+json; charset=utf-8" };
const BINARY = {
  "ce-specversion": "1.0",
  "ce-id": "e-1",
  "ce-source": "/ci",
  "ce-type": "job.progress",
};
const BATCH = { "content-type": "application/cloudevents-batch+json" };

describe("a generic source", () => {
  test("takes the body itself as the report, and keeps every other field", () => {
    const found = report(generic, {
      event: "job.progress",
      guid: "build-7",
      current: 3,
      total: 9,
      account: "acme",
      step: "compile",
      details: { host: "ci-2" },
      time: "2026-11-27T00:00:00Z",
    });
    expect(found).toEqual({
      kind: "job",
      event: "job.progress",
      subject: { kind: "guid", guid: "build-7" },
      account: "acme",
      key: null,
      url: null,
      current: 3,
      total: 9,
      standard: { totalExported: 3, total: 9 },
      rest: { step: "compile", host: "ci-2", time: "2026-11-27T00:00:00Z" },
      occurredAt: Date.UTC(2026, 10, 27),
    });
  });

  test.each<[Json, Json]>([
    [42, "42"],
    ["a/b c", "a/b c"],
  ])("the job %j is named %j, as shells write numbers", (guid, name) => {
    expect(report(generic, { event: "job.created", guid }).subject).toEqual({
      kind: "guid",
      guid: name,
    });
  });

  test.each<[Record<string, Json>, object]>([
    [
      { current: "12", total: "30" },
      { current: 12, total: 30 },
    ],
    [
      { current: 12.9, total: "30.5" },
      { current: 12.9, total: 30.5 },
    ],
    [
      { current: -1, total: "many" },
      { current: null, total: null },
    ],
    [{ url: "https://example.com/x.csv" }, { url: "https://example.com/x.csv" }],
    [{ url: "javascript:alert(1)" }, { url: null }],
    [{ account: { id: 1 } }, { account: null }],
    [{ account: "" }, { account: null }],
    [{ account: "\u2028" }, { account: "\u2028" }],
    [{ time: "2030-01-01T00:00:00Z" }, { occurredAt: NOW }],
    [{ details: [] }, { rest: {} }],
    [{ details: "text" }, { rest: { details: "text" } }],
  ])("%j is read as %j", (fields, expected) => {
    expect(report(generic, { event: "job.finished", guid: "g", ...fields })).toMatchObject(
      expected,
    );
  });

  test.each<[Record<string, Json>, string | null]>([
    [{ error: "disk full" }, "disk full"],
    [{ error: { code: 5 } }, '{"code":5}'],
    [{ status: "timed out" }, "timed out"],
    [{ details: { error: "inner" } }, "inner"],
    [{}, null],
  ])("a failure with %j says %j", (fields, error) => {
    const found = report(generic, { event: "job.failed", guid: "g", ...fields });
    expect(found.standard.error ?? null).toBe(error);
  });

  test("an error of a job that did not fail is none", () => {
    const found = report(generic, { event: "job.progress", guid: "g", error: "retried" });
    expect(found.standard.error).toBeUndefined();
  });

  test.each<[Json, readonly string[]]>([
    [{ guid: "g" }, ["event"]],
    [{ event: "job.created" }, ["guid"]],
    [{ event: "job.created", guid: "" }, ["guid"]],
    [{ event: "job.created", guid: ".." }, ["guid"]],
    [{ event: "job.created", guid: ["g"] }, ["guid"]],
    [[], [""]],
    ["text", [""]],
    [null, [""]],
  ])("%j is refused at %j", (body, paths) => {
    expect(complaints(generic, body)).toEqual(paths);
  });

  test.each(["job.stalled", "job.archived", "ping", "constructor", "JOB.CREATED"])(
    "%s is ignored, and needs no job",
    (event) => {
      expect(outcomes(generic, { event })).toEqual([
        { kind: "ignored", reason: `unknown-event: ${event}` },
      ]);
    },
  );

  test("is recognised by the header webhook-id, never by a member id", () => {
    const body = { event: "job.created", guid: "g", id: "g" };
    expect(report(generic, body).key).toBeNull();
    expect(report(generic, body, { "webhook-id": " run-1 " }).key).toBe("run-1");
  });
});

describe("a Standard Webhooks source", () => {
  test("takes type, timestamp and data of the recommended payload", () => {
    const found = report(
      standardWebhooks,
      {
        type: "job.finished",
        timestamp: "2026-11-27T10:00:00.5Z",
        data: { guid: "r-1", url: "https://example.com/r.csv", rows: 7 },
      },
      { "webhook-id": "msg_1" },
    );
    expect(found).toMatchObject({
      event: "job.finished",
      subject: { kind: "guid", guid: "r-1" },
      key: "msg_1",
      url: "https://example.com/r.csv",
      rest: { rows: 7 },
      occurredAt: Date.UTC(2026, 10, 27, 10, 0, 0, 500),
    });
  });

  test.each<[Json, readonly string[]]>([
    [{ data: { guid: "g" } }, ["type"]],
    [{ type: "job.created" }, ["data.guid"]],
    [{ type: "job.created", data: { guid: true } }, ["data.guid"]],
    [{ type: "job.created", data: [] }, ["data.guid"]],
  ])("%j is refused at %j", (body, paths) => {
    expect(complaints(standardWebhooks, body)).toEqual(paths);
  });

  test("is recognised under Svix's name, too", () => {
    const body = { type: "job.created", data: { guid: "g" } };
    expect(report(standardWebhooks, body, { "svix-id": "msg_2" }).key).toBe("msg_2");
  });
});

describe("a CloudEvents source", () => {
  const data = { guid: "run-1", current: 2 };

  test("takes a structured event", () => {
    const time = "2026-11-27T10:00:00+01:00";
    expect(report(cloudevents, { ...CE, time, data }, STRUCTURED)).toMatchObject({
      event: "job.progress",
      subject: { kind: "guid", guid: "run-1" },
      key: '["/ci","e-1"]',
      current: 2,
      occurredAt: Date.UTC(2026, 10, 27, 9),
    });
  });

  test("takes a structured event whose media type is plain JSON", () => {
    expect(
      report(cloudevents, { ...CE, data }, { "content-type": "application/json" }).current,
    ).toBe(2);
  });

  test("takes a binary event, attributes percent-encoded in headers", () => {
    const headers = {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": "e%20%E2%82%AC",
      "ce-source": "/ci",
      "ce-type": "job.progress",
      "ce-subject": "run-2",
    };
    const found = report(cloudevents, { current: 5 }, headers);
    expect([found.subject, found.key]).toEqual([{ kind: "guid", guid: "run-2" }, '["/ci","e €"]']);
  });

  test.each([
    ['"run%202"', "run 2"],
    ['"a \\"b\\" c\\\\d"', 'a "b" c\\d'],
    ['run "2"', 'run "2"'],
    ["%22run%22", '"run"'],
    ["100%", "100%"],
  ])("reads the header value %s as %s", (value, guid) => {
    const headers = { ...BINARY, "ce-subject": value };
    expect(report(cloudevents, null, headers).subject).toEqual({ kind: "guid", guid });
  });

  test("takes a batch in its order", () => {
    const batch = [
      { ...CE, data },
      { ...CE, id: "e-2", type: "com.example.other" },
      { ...CE, id: "e-3", type: "job.finished", subject: "run-3" },
    ];
    expect(outcomes(cloudevents, batch, BATCH)).toMatchObject([
      { kind: "job", key: '["/ci","e-1"]' },
      { kind: "ignored", reason: "unknown-event: com.example.other" },
      { kind: "job", event: "job.finished", subject: { kind: "guid", guid: "run-3" } },
    ]);
  });

  test("with an empty subject names its job in its data, as one without", () => {
    const event = { ...CE, subject: "", data: { ...data, guid: "run-9" } };
    expect(report(cloudevents, event, STRUCTURED).subject).toEqual({ kind: "guid", guid: "run-9" });
  });

  test("takes data in base64", () => {
    const data_base64 = toBase64(utf8(JSON.stringify(data)));
    expect(report(cloudevents, { ...CE, data_base64 }, STRUCTURED).current).toBe(2);
  });

  test("takes what a relay forwards", () => {
    const envelope = {
      version: "v3-beta",
      event: "job.finished",
      guid: "g",
      status: "done",
      url: "https://example.com/f.csv",
      details: { guid: "g", status: "done", totalExported: 9, total: 9, rows: 1 },
    };
    const found = report(
      cloudevents,
      { ...CE, type: "job.finished", subject: "g", data: envelope },
      STRUCTURED,
    );
    expect(found).toMatchObject({ current: 9, total: 9, url: "https://example.com/f.csv" });
  });

  const refusals: readonly [string, Json, Readonly<Record<string, string>>, readonly string[]][] = [
    [
      "no attributes",
      data,
      { "content-type": "application/json" },
      ["specversion", "id", "source", "type"],
    ],
    ["an older version", { ...CE, specversion: "0.3" }, STRUCTURED, ["specversion"]],
    ["no id", { ...CE, id: "", data }, STRUCTURED, ["id"]],
    ["no job", { ...CE, data: {} }, STRUCTURED, ["data.guid"]],
    ["one member without a job", [{ ...CE, data }, CE], BATCH, ["1.data.guid"]],
    ["a member that is none", [7], BATCH, ["0."]],
    ["no list in a batch", CE, BATCH, [""]],
    ["too long a batch", Array.from({ length: MAX_BATCH + 1 }, () => CE), BATCH, [""]],
  ];

  test.each(refusals)("%s is refused with its paths", (_, body, headers, paths) => {
    const read = cloudevents.read(body, arrival("", headers));
    expect(read.ok ? [] : read.fault.map(({ path }) => path)).toEqual(paths);
  });
});

describe("any body", () => {
  const readers: readonly (readonly [string, Provider])[] = [
    ["generic", generic],
    ["standard-webhooks", standardWebhooks],
    ["cloudevents", cloudevents],
  ];
  const named = fc.record(
    {
      event: fc.constantFrom("job.progress", "job.failed", "other"),
      type: fc.constantFrom("job.progress", "job.failed", "other"),
      guid: fc.jsonValue(),
      data: fc.jsonValue(),
      details: fc.jsonValue(),
      specversion: fc.constantFrom("1.0", "2"),
      id: fc.jsonValue(),
      source: fc.jsonValue(),
      error: fc.jsonValue(),
      current: fc.jsonValue(),
      url: fc.jsonValue(),
      time: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  test.each(readers)("is read or refused by %s, and never throws", (_, reader) => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), named),
        fc.constantFrom({}, STRUCTURED, BATCH),
        (body, headers) => {
          const read = reader.read(body as Json, arrival("", headers));
          expect(read.ok || read.fault.length > 0).toBe(true);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
