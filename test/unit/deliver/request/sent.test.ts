// The request of a delivery as an operator is shown it.

import { describe, expect, test } from "vitest";
import { packDispatch } from "../../../../src/deliver/queue/rows.ts";
import { sentRequest } from "../../../../src/deliver/request/sent.ts";
import type { SubscriberSettings } from "../../../../src/config/settings.ts";
import type { JobEnvelope } from "../../../../src/model/event.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";

const EVENT: JobEnvelope = {
  version: "v3-beta",
  event: "job.finished",
  guid: "g1",
  status: "done",
  url: null,
  details: { guid: "g1" },
  id: "evt_1",
  seq: 2,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

const SUBSCRIBER = {
  id: "crm",
  target: { kind: "url", url: "https://crm.example.com/hooks" },
  secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_x"],
  format: "envelope",
  headers: { authorization: "Basic abc", "x-team": "exports", "x-note": "in s3cret-word here" },
} as unknown as SubscriberSettings;

const ATTEMPT = {
  time: "2026-11-21T19:00:05.900Z",
  status: 500,
  error: null,
  ms: 3,
  trigger: "initial",
  answer: "",
} as const;

const shown = (
  changes: Partial<SubscriberSettings> = {},
  {
    format,
    attempts = [ATTEMPT],
    ...dispatch
  }: Partial<Dispatch> & {
    readonly format?: SubscriberSettings["format"];
    readonly attempts?: readonly (typeof ATTEMPT)[];
  } = {},
) => {
  const full: Dispatch = { event: EVENT, provider: "x", traceparent: "00-1-2-01", ...dispatch };
  const packed = {
    ...packDispatch(full),
    contentType: full.raw?.contentType ?? null,
    ...(format === undefined ? {} : { format }),
  };
  return sentRequest({ ...SUBSCRIBER, ...changes }, packed, { attempts }, ["s3cret-word"]);
};

const raw = (...bytes: readonly number[]) => ({
  format: "raw" as const,
  raw: { contentType: "text/x", body: new Uint8Array(bytes) },
});

describe("the request of a delivery", () => {
  test("has its headers with signatures and secrets masked, and its body as it was sent", () => {
    expect(shown()).toEqual({
      method: "POST",
      url: "https://crm.example.com/hooks",
      headers: {
        authorization: "***",
        "x-team": "exports",
        "x-note": "in *** here",
        "content-type": "application/json",
        "user-agent": expect.stringMatching(/^jobrelay\//),
        "webhook-id": "evt_1",
        "webhook-timestamp": "1795287605",
        "webhook-signature": "v1,*** v1a,***",
        "x-jobrelay-subscriber": "crm",
        "x-jobrelay-event": "job.finished",
        "x-jobrelay-attempt": "1",
        traceparent: "00-1-2-01",
      },
      body: JSON.stringify(EVENT),
    });
  });

  test("has no time before its first attempt", () => {
    const headers = shown({}, { attempts: [] })?.headers;
    expect([headers?.["webhook-timestamp"], headers?.["x-jobrelay-attempt"]]).toEqual([
      undefined,
      "1",
    ]);
  });

  test("keeps the format in which it was sent, whatever the configuration says now", () => {
    expect(JSON.parse(shown({}, { format: "cloudevents" })?.body ?? "")).toMatchObject({
      specversion: "1.0",
      data: EVENT,
    });
    expect(shown({ format: "cloudevents" }, { format: "envelope" })?.body).toBe(
      JSON.stringify(EVENT),
    );
  });

  test("shows the provider's bytes as text, and as base64 where they are none", () => {
    expect(shown({}, raw(0xef, 0xbb, 0xbf, 0x7b, 0x7d))).toMatchObject({
      headers: { "content-type": "text/x" },
      body: "\ufeff{}",
    });
    expect(shown({}, raw(0xff, 0x00))).toMatchObject({ body: null, bodyBase64: "/wA=" });
  });

  test.each([
    [{ kind: "service", binding: "CRM" }, "https://crm.jobrelay.internal/"],
    [{ kind: "queue", binding: "Q" }, null],
  ] as const)("to %j has the address %s", (target, url) => {
    expect(shown({ target })?.url).toBe(url);
  });

  test("to an archive is none", () => {
    expect(shown({ target: { kind: "archive", binding: "FILES" } })).toBeNull();
  });
});
