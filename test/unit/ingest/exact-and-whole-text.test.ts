// What leaves the relay: numbers are never taken for text, and no text ends in half a character.

import { describe, expect, test } from "vitest";
import { evaluateMap } from "../../../src/ingest/map/evaluate.ts";
import type { Provider } from "../../../src/ingest/provider.ts";
import { exportcomments } from "../../../src/ingest/providers/exportcomments/exportcomments.ts";
import { cloudevents } from "../../../src/ingest/providers/own-names/cloudevents.ts";
import { generic } from "../../../src/ingest/providers/own-names/generic.ts";
import { standardWebhooks } from "../../../src/ingest/providers/own-names/standard-webhooks.ts";
import { rejectionOf } from "../../../src/ingest/tally/rejection.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { parseBody, writeJson, type Json } from "../../../src/kernel/json.ts";
import { arrival } from "./build.ts";
import { input, map } from "./map/build.ts";

/** The JSON of a body's text, its numbers in their inner form. */
function parsed(text: string): Json {
  const json = parseBody(utf8(text));
  if (!json.ok) throw new Error(json.fault);
  return json.value;
}

const read = (provider: Provider, text: string) => provider.read(parsed(text), arrival(text));

describe("a number with digits to keep", () => {
  test.each([
    ['"status":2.00e2', "200"],
    ['"status":200.0,"details":{"uuid":"u","responseCode":200.0}', "200"],
    ['"details":{"responseCode":5.03E2}', "503"],
    ['"status":"200"', "200"],
  ])("is the status of an attempt: %s", (members, status) => {
    const text = `{"event":"webhook.event.created","guid":"at1",${members}}`;
    expect(read(exportcomments, text)).toMatchObject({
      ok: true,
      value: [{ kind: "account", body: { guid: "at1", status } }],
    });
  });

  test.each<[string, Provider, string]>([
    ["exportcomments", exportcomments, '{"type":1.0}'],
    ["exportcomments", exportcomments, '{"event":1.0}'],
    ["generic", generic, '{"event":1.0,"guid":"g"}'],
    ["standard-webhooks", standardWebhooks, '{"type":1.0,"data":{"guid":"g"}}'],
    [
      "cloudevents",
      cloudevents,
      '{"specversion":"1.0","id":1.0,"source":"s","type":"job.created"}',
    ],
  ])("is no name for %s", (_, provider, text) => {
    expect(read(provider, text).ok).toBe(false);
  });
});

describe("a count with digits to keep", () => {
  const mapped: Provider = {
    read: (json) => evaluateMap(map({ current: "done", total: "total" }), input(json)),
  };

  test.each<[string, Provider, string]>([
    ["a flat webhook", exportcomments, '{"event":"export.finished","total_exported":4e1'],
    ["a short webhook", exportcomments, '{"event":"export.finished","comments_count":4e1'],
    ["an envelope", exportcomments, '{"event":"job.progress","current":4e1'],
    ["a report", generic, '{"event":"job.progress","current":4e1'],
    ["a mapped event", mapped, '{"event":"job.progress","done":4e1'],
  ])("stays as it was sent in the details of %s, and is a number", (_, provider, start) => {
    const found = read(provider, `${start},"guid":"g","total":1.60e2}`);
    const [report] = found.ok ? found.value : [];
    expect(report).toMatchObject({ current: 40, total: 160 });
    expect(report?.kind === "job" && writeJson(report.standard)).toContain(
      '"totalExported":4e1,"total":1.60e2',
    );
  });

  test("stays as it was sent in an envelope's own details", () => {
    const details = '{"totalExported":4e1,"total":1.60e2}';
    const found = read(exportcomments, `{"event":"job.progress","guid":"g","details":${details}}`);
    const [report] = found.ok ? found.value : [];
    expect(report).toMatchObject({ current: 40, total: 160 });
    expect(report?.kind === "job" && writeJson(report.standard)).toContain(details.slice(1, -1));
  });

  test("keeps its fraction", () => {
    const half = map({ total: "tot" });
    expect(evaluateMap(half, input({ event: "job.progress", guid: "g", tot: 1.5 }))).toMatchObject({
      value: [{ total: 1.5, rest: { tot: 1.5 } }],
    });
  });
});

describe("a name that is cut", () => {
  const name = `${"x".repeat(63)}😀 and more`;

  test.each<[string, Provider, string]>([
    ["an event", generic, JSON.stringify({ event: name })],
    ["a type", exportcomments, JSON.stringify({ type: name })],
  ])("of %s keeps whole characters", (_, provider, text) => {
    expect(read(provider, text)).toEqual({
      ok: true,
      value: [{ kind: "ignored", reason: `unknown-event: ${"x".repeat(63)}` }],
    });
  });

  test("of a mapped event and status keeps whole characters", () => {
    const failed = map({ event: { path: "word", values: { f: "job.failed" } }, status: "state" });
    const body = { word: "f", guid: "g", state: name };
    expect(evaluateMap(failed, input(body))).toMatchObject({
      value: [{ standard: { error: "x".repeat(63) } }],
    });
    expect(evaluateMap(failed, input({ ...body, word: name }))).toEqual({
      ok: true,
      value: [{ kind: "ignored", reason: `unknown-event: ${"x".repeat(63)}` }],
    });
  });

  test("of a match keeps whole characters", () => {
    const half = map({ guid: { path: "name", match: "(.)$" } });
    expect(evaluateMap(half, input({ event: "job.progress", name: "a😀" }))).toMatchObject({
      value: [{ subject: { guid: expect.stringMatching(/^(?:😀|\ufffd)$/) } }],
    });
  });

  test("of a refused body and header keeps whole characters", () => {
    const body = utf8(`${"x".repeat(1_023)}😀`);
    const rejection = rejectionOf(
      { method: "POST", headers: [["x-note", `${"é".repeat(127)}😀`]], body },
      { secrets: [], redact: [] },
      { status: 422, reason: `${"x".repeat(511)}😀`, at: 0 },
    );
    expect(rejection).toMatchObject({
      reason: "x".repeat(511),
      headers: { "x-note": "é".repeat(127) },
      body: "x".repeat(1_023),
    });
    expect(writeJson(rejection).isWellFormed()).toBe(true);
  });
});
