// Redaction: what a path removes from the details is not derived from them either.

import { describe, expect, test } from "vitest";
import { normalize } from "../../../../src/ingest/normalize/normalize.io.ts";
import { readEvents } from "../../../../src/ingest/normalize/redacted-read.ts";
import { evaluateMap } from "../../../../src/ingest/map/evaluate.ts";
import type { Provider } from "../../../../src/ingest/provider.ts";
import { PROVIDER_FILES } from "../../../../src/ingest/providers/registry.ts";
import type { ReaderName } from "../../../../src/config/settings.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { parseBody, type Json } from "../../../../src/kernel/json.ts";
import { arrival, source } from "../build.ts";
import { map } from "../map/build.ts";

/** The update, or the run's, that a body becomes. */
async function updateOf(
  provider: ReaderName,
  body: Json,
  redact: readonly string[],
): Promise<Record<string, unknown>> {
  const text = JSON.stringify(body);
  const json = parseBody(utf8(text));
  if (!json.ok) throw new Error(json.fault);
  const from = arrival(text, {}, source({ provider, redact }));
  const updates = await normalize(PROVIDER_FILES[provider], from, json.value, {
    traceparent: "00-t",
    now: 1_800_000_000_000,
    raw: null,
  });
  if (!updates.ok) throw new Error(JSON.stringify(updates.fault));
  const [one] = updates.value;
  if (one === undefined || one.kind === "ignored") throw new Error("no update");
  return { ...one.update };
}

const FLAT = {
  event: "export.finished",
  guid: "g",
  url: "https://site.example/watch",
  total_exported: 678,
  total: 1500,
  download_url: "/download/g.xlsx",
  error: "a secret",
};
const REALTIME = {
  event: "job.finished",
  guid: "g",
  url: "/download/g.xlsx",
  current: 678,
  total: 1500,
  details: {
    error: "a secret",
    totalExported: 678,
    total: 1500,
    url: "https://site.example/watch",
  },
};
const EMAIL = {
  event: "exportCompleted",
  serviceUrl: "https://ee.example.com",
  account: "user",
  data: { exportId: "g", messagesExported: 678, messagesSkipped: 822, error: "a secret" },
};

const FORMS: readonly (readonly [ReaderName, Json])[] = [
  ["exportcomments", FLAT],
  ["exportcomments", REALTIME],
  ["emailengine", EMAIL],
];

describe.each(FORMS)("a webhook of %s: %j", (provider, body) => {
  test("without redaction has every field", async () => {
    expect(await updateOf(provider, body, [])).toMatchObject({
      current: 678,
      total: 1500,
      error: "a secret",
      url: expect.stringContaining("/download"),
    });
  });

  test.each([
    [["error"], { error: null, current: 678, total: 1500 }],
    [["totalExported"], { current: null, total: 1500 }],
    [["current"], { current: null, total: 1500 }],
    [["total"], { current: 678, total: null }],
    [["download_link"], { url: null, current: 678 }],
    [["url"], { url: null, current: 678 }],
    [["*"], { url: null, current: null, total: null, error: null }],
    [["error", "total", "totalExported"], { error: null, total: null, current: null }],
  ])("with %j redacted has no copy of it", async (redact, expected) => {
    const update = await updateOf(provider, body, redact);
    expect(update).toMatchObject(expected);
    expect(update["guid"]).toBe("g");
    const details = update["details"] as Record<string, unknown>;
    expect(redact.filter((name) => name !== "*" && Object.hasOwn(details, name))).toEqual([]);
  });
});

test("a provider's own name removes what is derived from it", async () => {
  expect(await updateOf("emailengine", EMAIL, ["messagesExported"])).toMatchObject({
    current: null,
    total: null,
    details: { messagesSkipped: 822 },
  });
  const flat = await updateOf("exportcomments", FLAT, ["total_exported", "download_url"]);
  expect(flat).toMatchObject({ current: null, url: null, total: 1500 });
  expect(Object.keys(flat["details"] as object)).toEqual([
    "guid",
    "status",
    "url",
    "total",
    "error",
  ]);
});

test("a path into a list or an object removes what is derived from there", async () => {
  const body = {
    ...REALTIME,
    details: { ...REALTIME.details, people: [{ email: "a@b.c", n: 1 }] },
  };
  expect(await updateOf("exportcomments", body, ["people.*.email"])).toMatchObject({
    details: { people: [{ n: 1 }] },
  });
});

const LIST = [{ secret: 1 }, { secret: 2, k: 2 }, { secret: 3 }];

test.each<[string, ReaderName, Json]>([
  ["body", "generic", { event: "job.progress", guid: "g", list: LIST }],
  ["details", "generic", { event: "job.progress", guid: "g", details: { list: LIST } }],
  ["details", "exportcomments", { ...REALTIME, details: { list: LIST } }],
  ["data", "emailengine", { ...EMAIL, data: { exportId: "g", list: LIST } }],
])("an index names an element of the %s by its place in what was sent", async (_, of, body) => {
  expect(await updateOf(of, body, ["list.0", "list.*.secret"])).toMatchObject({
    details: { list: [{ k: 2 }, {}] },
  });
  expect(await updateOf(of, body, ["list.0", "list.1", "*.list.0"])).toMatchObject({
    details: { list: [LIST[2]] },
  });
});

test("a mapped source removes the elements that an index names, and no more", async () => {
  const mapped: Provider = {
    redacts: true,
    read: (body, { source: { redact }, now }) =>
      evaluateMap(map({ guid: "guid" }), { body, headers: {}, query: {}, now, redact }),
  };
  const body = { event: "job.progress", guid: "g", list: LIST };
  const redact = ["list.0", "list.*.secret"];
  const from = arrival(JSON.stringify(body), {}, source({ redact }));
  const context = { traceparent: "00-t", now: 1_800_000_000_000, raw: null };
  expect(await normalize(mapped, from, body, context)).toMatchObject({
    value: [{ update: { details: { list: [{ k: 2 }, {}] } } }],
  });
});

test("what an event is, and of whom, stays known though its fields are redacted", async () => {
  const update = await updateOf("emailengine", EMAIL, ["account", "exportId", "event"]);
  expect(update).toMatchObject({ event: "job.finished", account: "user", guid: "g" });
  expect(JSON.stringify(update["details"])).not.toContain("user");
  const run = {
    event: "report.export.completed",
    id: "e",
    data: { emails: ["a@b.c"], reportId: "r" },
  };
  const [bare, redacted] = await Promise.all([
    updateOf("betterez", run, []),
    updateOf("betterez", run, ["emails"]),
  ]);
  expect([bare["key"], redacted["details"]]).toEqual([
    redacted["key"],
    { status: "done", reportId: "r", id: "e" },
  ]);
});

test("an account's message and attempt lose redacted members", async () => {
  const message = { type: "subscription.updated", plan: "business", email: "a@b.c" };
  expect((await updateOf("exportcomments", message, ["email", "type"]))["body"]).toEqual({
    type: "subscription.updated",
    plan: "business",
    source: "comments",
    account: "comments",
  });
  const attempt = {
    event: "webhook.event.created",
    url: "https://a.example/secret",
    details: { uuid: "u", responseCode: "200", url: "https://a.example/secret" },
  };
  const { body } = await updateOf("exportcomments", attempt, ["url"]);
  expect(body).toMatchObject({ guid: "u", status: "200", url: null });
  expect(JSON.stringify(body)).not.toContain("secret");
});

test("an event that is ignored is so, whatever is redacted", () => {
  const body = { event: "unheard.of", token: "t" };
  const from = arrival(JSON.stringify(body), {}, source({ redact: ["token"] }));
  expect(readEvents(PROVIDER_FILES["exportcomments"], body, from)).toMatchObject({
    ok: true,
    value: [{ kind: "ignored", reason: "unknown-event: unheard.of" }],
  });
});
