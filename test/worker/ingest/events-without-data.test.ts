// CloudEvents in the binary mode that have no data: the attributes in the headers say everything.

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import worker from "../../../src/index.ts";

(env as unknown as { SOURCES: object[] }).SOURCES.push(
  { id: "events", provider: "cloudevents", verify: "none" },
  { id: "reports-of-one", provider: "generic", verify: "none" },
);

const EVENT = {
  "ce-specversion": "1.0",
  "ce-id": "e-1",
  "ce-source": "/ci",
  "ce-type": "job.started",
};

/** Posts headers and a body; a content type is sent only when it is among them. */
async function post(
  source: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array<ArrayBuffer> | null,
): Promise<readonly [number, unknown]> {
  const request = new Request(`https://relay.test/hooks/${source}`, {
    method: "POST",
    headers,
    body,
  });
  const answer = await worker.fetch(request, env, createExecutionContext());
  const { job = null } = await answer.json<{ readonly job?: unknown }>();
  return [answer.status, job];
}

const EMPTY = new Uint8Array();

test.each([
  ["no body", {}, null],
  ["an empty body", {}, EMPTY],
  ["an empty body and its length", { "content-length": "0" }, EMPTY],
  ["an empty body of a media type", { "content-type": "application/json" }, EMPTY],
  ["data without a media type", {}, new TextEncoder().encode('{"current":3}')],
])("an event with %s starts the job that its subject names", async (name, headers, body) => {
  const subject = `run of ${name}`;
  const sent = { ...EVENT, ...headers, "ce-subject": encodeURIComponent(subject) };
  expect(await post("events", sent, body)).toEqual([202, { source: "events", guid: subject }]);
});

test.each([
  ["events", {}, EMPTY, 415],
  ["events", { "content-type": "application/json" }, EMPTY, 400],
  ["events", { ...EVENT, "content-type": "text/plain" }, EMPTY, 415],
  ["events", EVENT, EMPTY, 422],
  ["events", { ...EVENT, "ce-subject": "x" }, new TextEncoder().encode(" "), 400],
  ["reports-of-one", EVENT, EMPTY, 422],
])("%s: %j is no such event", async (source, headers, body, status) => {
  expect((await post(source, headers, body))[0]).toBe(status);
});
