// One attempt against a receiver on loopback, and against bindings.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SubscriberSettings } from "../../../../src/config/settings.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { SharedTimeout } from "../../../../src/deliver/attempt/shared-timeout.io.ts";
import { readAnswer } from "../../../../src/deliver/attempt/answer.io.ts";
import { attempt, type AttemptOptions } from "../../../../src/deliver/attempt/attempt.io.ts";
import { dispatchOf, EVENT, SECRET, subscriber, TRACEPARENT } from "./fixture.ts";
import { isSignedBy, startReceiver, type Receiver } from "../../../support/receiver.ts";

const event = EVENT;
const dispatch = dispatchOf();

const optionsFor = (over: Partial<SubscriberSettings>, number = 1): AttemptOptions => ({
  subscriber: subscriber(over),
  settings: { allowPrivateUrls: true },
  attempt: number,
  timeouts: new SharedTimeout(),
});

let http: Receiver;
beforeEach(async () => {
  http = await startReceiver();
});
afterEach(() => http.close());

const to = (over: Partial<SubscriberSettings> = {}, number = 1): AttemptOptions =>
  optionsFor({ target: { kind: "url", url: http.url }, ...over }, number);

describe("a request", () => {
  test("carries the event, signed, and says what it is", async () => {
    const result = await attempt({}, to({}, 3), dispatch);
    expect(result).toMatchObject({ kind: "answer", status: 204, headers: {}, answer: "" });
    const [request] = http.requests;
    expect(request?.method).toBe("POST");
    expect(JSON.parse(request?.body.toString() ?? "")).toEqual(event);
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": expect.stringMatching(/^jobrelay\//) as string,
      "webhook-id": "evt_1",
      "x-jobrelay-subscriber": "crm",
      "x-jobrelay-event": "job.finished",
      "x-jobrelay-attempt": "3",
      "x-tenant": "acme",
      traceparent: TRACEPARENT,
    });
    expect(request !== undefined && isSignedBy(request, SECRET)).toBe(true);
  });

  test("sends the provider's bytes unchanged when that is the format", async () => {
    const body = new Uint8Array(new TextEncoder().encode('{ "b":1,\t"a" : 1e1 }\r\n'));
    await attempt({}, to({ format: "raw" }), {
      ...dispatch,
      raw: { contentType: "application/x-odd", body },
    });
    expect([...(http.requests[0]?.body ?? [])]).toEqual([...body]);
    expect(http.requests[0]?.headers["content-type"]).toBe("application/x-odd");
    expect(http.requests[0] !== undefined && isSignedBy(http.requests[0], SECRET)).toBe(true);
  });
});

/** Resolves once timers and what has arrived had their turn. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe("an answer", () => {
  test("gives the two headers that mean something, and the beginning of its body", async () => {
    http.next({
      status: 503,
      headers: { "Retry-After": "7", "Webhook-Delivery": "abort-message", "X-Other": "1" },
      body: "z".repeat(3_000),
    });
    expect(await attempt({}, to(), dispatch)).toMatchObject({
      kind: "answer",
      status: 503,
      headers: { "retry-after": "7", "webhook-delivery": "abort-message" },
      answer: "z".repeat(1_024),
    });
  });

  test("is not followed when it is a redirect", async () => {
    http.next({ kind: "redirect", location: http.url, status: 308 });
    expect(await attempt({}, to(), dispatch)).toMatchObject({
      kind: "answer",
      status: 308,
    });
    expect(http.requests).toHaveLength(1);
  });

  test("stands although its body trickles on", async () => {
    http.next({ kind: "trickle", every: 50, bytes: 10_000, status: 200 });
    const result = await attempt({}, to(), dispatch);
    // What comes in a second, and not in the fifteen that an attempt may take.
    const answer = expect.stringMatching(/^\.{1,80}$/);
    expect(result).toMatchObject({ kind: "answer", status: 200, answer });
  });

  test("keeps what has arrived, though the object had no time to read it", async () => {
    await turn();
    const body = new ReadableStream<Uint8Array>({
      start: async (controller) => {
        await turn();
        controller.enqueue(utf8("so far"));
      },
    });
    const reading = readAnswer(new Response(body));
    // Other work takes longer than a body is waited for.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_100);
    expect(await reading).toBe("so far");
  });

  test("cuts a character in the middle without failing", async () => {
    http.next({ status: 500, body: `a${"ü".repeat(1_000)}` });
    expect(await attempt({}, to(), dispatch)).toMatchObject({
      kind: "answer",
      answer: `a${"ü".repeat(511)}\ufffd`,
    });
  });
});

describe("no answer", () => {
  test("comes in time", async () => {
    http.next({ kind: "hang" });
    const result = await attempt({}, to({ timeout: 100 }), dispatch);
    expect(result).toMatchObject({
      kind: "failure",
      reason: "timeout",
      error: "TimeoutError: no answer within 100 ms",
    });
  });

  test("comes when the connection breaks", async () => {
    http.next({ kind: "reset" });
    expect(await attempt({}, to(), dispatch)).toMatchObject({
      kind: "failure",
      reason: "reset",
    });
  });

  test("comes when nobody listens", async () => {
    await http.close();
    expect(await attempt({}, to(), dispatch)).toMatchObject({
      kind: "failure",
      reason: "refused",
    });
    http = await startReceiver();
  });

  test("comes from a private URL that is not allowed, to which nothing is sent", async () => {
    const given = {
      ...to({ target: { kind: "url", url: `${http.url}?token=s3cret` } }),
      settings: { allowPrivateUrls: false },
    };
    const result = await attempt({}, given, dispatch);
    expect(result).toMatchObject({ kind: "failure", error: "the subscriber's url must be https" });
    expect(http.requests).toHaveLength(0);
  });

  test("comes with an error that hides the URL, which may hold a secret", async () => {
    const fetcher = {
      fetch: () =>
        Promise.reject(
          new Error("Fetch API cannot load: https://user:pw@crm.example.com/?token=s3cret now"),
        ),
    };
    const result = await attempt(
      { CRM: fetcher },
      optionsFor({ target: { kind: "service", binding: "CRM" } }),
      dispatch,
    );
    expect(result).toMatchObject({
      kind: "failure",
      error: "Error: Fetch API cannot load: <url> now",
    });
  });
});

describe("a binding", () => {
  test("of a Worker is called like a URL", async () => {
    const seen: Request[] = [];
    const service = {
      fetch: (url: string, init: RequestInit): Promise<Response> => {
        seen.push(new Request(url, init));
        return Promise.resolve(new Response("ok"));
      },
    };
    const result = await attempt(
      { CRM: service },
      optionsFor({ target: { kind: "service", binding: "CRM" } }),
      dispatch,
    );
    expect(result).toMatchObject({ kind: "answer", status: 200, answer: "ok" });
    expect([seen[0]?.url, seen[0]?.redirect, await seen[0]?.json()]).toEqual([
      "https://crm.jobrelay.internal/",
      "manual",
      event,
    ]);
  });

  test("of a queue gets the same headers and body", async () => {
    const sent: unknown[] = [];
    const queue = {
      send: (message: unknown): Promise<void> => {
        sent.push(message);
        return Promise.resolve();
      },
    };
    const result = await attempt(
      { Q: queue },
      optionsFor({ target: { kind: "queue", binding: "Q" } }),
      dispatch,
    );
    expect(result).toMatchObject({ kind: "answer", status: 202 });
    expect(sent).toEqual([
      {
        headers: expect.objectContaining({
          "webhook-id": "evt_1",
          "x-jobrelay-attempt": "1",
        }) as object,
        body: event,
      },
    ]);
  });

  test.each(["service", "queue", "archive"] as const)(
    "that is not there (%s) fails, and may be there after the next deploy",
    async (kind) => {
      const result = await attempt({}, optionsFor({ target: { kind, binding: "NONE" } }), dispatch);
      expect(result).toMatchObject({
        kind: "failure",
        reason: "unknown",
        error: expect.stringContaining("NONE") as string,
      });
    },
  );
});
