// Deliveries as the relay signs them, handed out as the frameworks do, and what is refused.

import { runInNewContext } from "node:vm";
import { Webhook } from "standardwebhooks";
import { describe, expect, expectTypeOf, test } from "vitest";
import { deliveryHeaders } from "../../../src/deliver/request/headers.ts";
import { render } from "../../../src/deliver/request/formats.ts";
import { publicKeys, sign } from "../../../src/deliver/signing/signing.io.ts";
import type { JobEnvelope, RelayEvent } from "../../../src/model/event.ts";
import type { Dispatch } from "../../../src/model/messages.ts";
import { unwrap, WebhookError, type WebhookRequest } from "../../../src/webhook/index.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const URL_SAFE = "whsec_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_";
const PRIVATE_KEY = `whsk_${btoa("0123456789abcdef0123456789abcdef")}`;

const finished: JobEnvelope = {
  version: "v3-beta",
  event: "job.finished",
  guid: "g1",
  status: "done",
  url: "https://files.example.com/g1.csv",
  details: { guid: "g1", status: "done", note: "größer" },
  id: "evt_1",
  seq: 3,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};
const changed = {
  type: "subscription.updated",
  id: "evt_2",
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
  plan: "pro",
} as const;

interface Delivery {
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Makes a delivery as the relay does. */
async function deliver(
  event: RelayEvent,
  { format = "envelope", secrets = [SECRET], age = 0, ...more }: Options = {},
): Promise<Delivery> {
  const dispatch: Dispatch = { event, provider: "generic", traceparent: "", ...more };
  const rendered = render(format, dispatch);
  const timestampSeconds = Math.floor(Date.now() / 1_000) - age;
  const signature = await sign(secrets, event.id, timestampSeconds, rendered.body);
  const subscriber = { id: "crm", headers: {} };
  const headers = deliveryHeaders({
    subscriber,
    dispatch,
    rendered,
    attempt: 1,
    timestampSeconds,
    signature,
  });
  return { headers: { ...headers }, body: rendered.body };
}
interface Options {
  readonly format?: "envelope" | "cloudevents" | "cloudevents-binary" | "raw";
  readonly secrets?: readonly string[];
  /** Seconds since it was signed. */
  readonly age?: number;
  readonly raw?: NonNullable<Dispatch["raw"]>;
}

/** The reason of a refusal whose message begins with it and holds no secret. */
async function refusal(request: unknown, secrets: readonly string[] = [SECRET]): Promise<string> {
  const error: unknown = await unwrap(request as WebhookRequest, secrets).then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WebhookError) || error.name !== "WebhookError") return String(error);
  const { reason, message } = error;
  const tells = [SECRET, OTHER].some((secret) => message.includes(secret.slice(6)));
  return message.startsWith(`${reason}: `) && !tells ? reason : message;
}

const text = (body: Uint8Array): string => new TextDecoder().decode(body);

describe("a delivery", () => {
  test.each(["envelope", "cloudevents", "cloudevents-binary"] as const)(
    "in the format %s is unwrapped to its event",
    async (format) => {
      expect(await unwrap(await deliver(finished, { format }), [SECRET])).toEqual(finished);
      expect(await unwrap(await deliver(changed, { format }), [SECRET])).toEqual(changed);
    },
  );

  test.each([
    ["a request of fetch", (d) => new Request("https://a.example", { method: "POST", ...d })],
    ["Headers and text", (d) => ({ headers: new Headers(d.headers), body: text(d.body) })],
    ["the object of Node and a Buffer", (d) => ({ ...d, body: Buffer.from(d.body) })],
    ["an ArrayBuffer", (d) => ({ ...d, body: d.body.buffer.slice(0) })],
    [
      "a part of a larger buffer",
      (d) => ({ ...d, body: Buffer.concat([Buffer.from("xx"), d.body]).subarray(2) }),
    ],
    [
      "bytes of another realm",
      (d) => ({
        ...d,
        body: runInNewContext("new Uint8Array(list).buffer", { list: [...d.body] }),
      }),
    ],
    ["pairs", (d) => ({ ...d, headers: Object.entries(d.headers) })],
    ["a Map", (d) => ({ ...d, headers: new Map(Object.entries(d.headers)) })],
    [
      "names in capitals, and a list of values",
      (d) => ({
        ...d,
        headers: Object.fromEntries(
          Object.entries(d.headers).map(([name, value]) => [name.toUpperCase(), [value]]),
        ),
      }),
    ],
    [
      "headers that are not there",
      (d) => ({ ...d, headers: { "x-forwarded-for": undefined, ...d.headers } }),
    ],
  ] satisfies readonly (readonly [string, (delivery: Delivery) => unknown])[])(
    "may come as %s",
    async (_, as) => {
      const request = as(await deliver(finished)) as WebhookRequest;
      expect(await unwrap(request, [SECRET])).toEqual(finished);
    },
  );

  test("that any of the secrets signed is taken, whichever are listed beside it", async () => {
    const both = await deliver(finished, { secrets: [SECRET, OTHER] });
    for (const secrets of [[SECRET], [OTHER], [OTHER, SECRET], [URL_SAFE, SECRET]])
      expect(await unwrap(both, secrets)).toEqual(finished);
  });

  test("that signatures on two lines sign is taken", async () => {
    const { headers, body } = await deliver(finished, { secrets: [OTHER, SECRET] });
    const lines = headers["webhook-signature"]?.split(" ") ?? [];
    expect(lines).toHaveLength(2);
    const request = { headers: { ...headers, "webhook-signature": lines }, body };
    expect(await unwrap(request, [SECRET])).toEqual(finished);
    const joined = { ...headers, "webhook-signature": lines.join(", ") };
    expect(await unwrap({ headers: joined, body }, [SECRET])).toEqual(finished);
  });

  test.each([
    [`  ${SECRET}\n`],
    [SECRET.slice("whsec_".length)],
    [URL_SAFE],
    [URL_SAFE.replaceAll("-", "+").replaceAll("_", "/").replace("whsec/", "whsec_")],
  ])("is verified with the secret %j", async (secret) => {
    const signedBy = secret.includes("MfKQ") ? SECRET : URL_SAFE;
    expect(await unwrap(await deliver(finished, { secrets: [signedBy] }), [secret])).toEqual(
      finished,
    );
  });

  test("that a private key signed is verified with its public key", async () => {
    const [key] = await publicKeys([PRIVATE_KEY]);
    const delivery = await deliver(finished, { secrets: [PRIVATE_KEY] });
    expect(await unwrap(delivery, [SECRET, key?.whpk ?? ""])).toEqual(finished);
    expect(await refusal({ ...delivery, body: "{}" }, [key?.whpk ?? ""])).toBe("signature");
  });

  test.each([[-298], [0], [298]])("is taken when it was signed %i s ago", async (age) => {
    expect(await unwrap(await deliver(finished, { age }), [SECRET])).toEqual(finished);
  });

  test("of another sender of Standard Webhooks is verified too", async () => {
    const now = new Date();
    const body = JSON.stringify({ ...finished, event: "relay.subscriber.failing" });
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": new Webhook(SECRET).sign("msg_1", now, body),
    };
    const event = await unwrap({ headers, body }, [SECRET]);
    expect(event.event).toBe("relay.subscriber.failing");
  });
});

describe("a refusal names its reason:", () => {
  test.each([
    ["secret", (d) => [d, []]],
    ["secret", (d) => [d, [""]]],
    ["secret", (d) => [d, [undefined]]],
    ["secret", (d) => [d, ["whsec_"]]],
    ["secret", (d) => [d, ["whsec_c2hvcnQ="]]],
    ["secret", (d) => [d, [PRIVATE_KEY]]],
    ["secret", (d) => [d, ["whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]]],
    ["secret", (d) => [d, ["my secret with spaces is none of them"]]],
    ["headers", (d) => [{ ...d, headers: {} }]],
    ["headers", (d) => [{ ...d, headers: { ...d.headers, "webhook-signature": "" } }]],
    ["headers", (d) => [{ ...d, headers: { ...d.headers, "webhook-id": undefined } }]],
    ["timestamp", (d) => [{ ...d, headers: { ...d.headers, "webhook-timestamp": "now" } }]],
    ["timestamp", (d) => [{ ...d, headers: { ...d.headers, "webhook-timestamp": "Infinity" } }]],
    ["body", (d) => [{ ...d, body: JSON.parse(text(d.body)) as object }]],
    ["body", (d) => [{ ...d, body: undefined }]],
    ["signature", (d) => [{ ...d, body: `${text(d.body)} ` }]],
    ["signature", (d) => [d, [OTHER]]],
    ["signature", (d) => [{ ...d, headers: { ...d.headers, "webhook-id": "evt_2" } }]],
    ["signature", (d) => [{ ...d, headers: { ...d.headers, "webhook-signature": "v1,???" } }]],
    [
      "signature",
      (d) => {
        const other = d.headers["webhook-signature"]?.replace("v1,", "v2,");
        return [{ ...d, headers: { ...d.headers, "webhook-signature": other } }];
      },
    ],
  ] satisfies readonly (readonly [string, (delivery: Delivery) => readonly unknown[]])[])(
    "%s (case %#)",
    async (reason, change) => {
      const [request, secrets] = change(await deliver(finished));
      expect(await refusal(request, secrets as readonly string[] | undefined)).toBe(reason);
    },
  );

  test.each([[-302], [302], [3_600]])("timestamp, signed %i s ago", async (age) => {
    expect(await refusal(await deliver(finished, { age }))).toBe("timestamp");
  });

  test("event, for the provider's bytes of the format raw", async () => {
    for (const content of ["<xml/>", "null", "[]", '{"done":true}', '{"id":7}']) {
      const raw = { contentType: "text/plain", body: new TextEncoder().encode(content) };
      expect(await refusal(await deliver(finished, { format: "raw", raw }))).toBe("event");
    }
  });

  test("body, for a request that was read before", async () => {
    const request = new Request("https://a.example", {
      method: "POST",
      ...(await deliver(finished)),
    });
    await request.text();
    expect(await refusal(request)).toBe("body");
  });

  test("signature, after sixteen wrong ones", async () => {
    const { headers, body } = await deliver(finished);
    const wrong = Array.from({ length: 16 }, () => `v1,${"A".repeat(43)}=`).join(" ");
    const right = headers["webhook-signature"];
    const flooded = { ...headers, "webhook-signature": `${wrong} ${right}` };
    expect(await refusal({ headers: flooded, body })).toBe("signature");
    const fits = { ...headers, "webhook-signature": `${wrong.slice(48)} ${right}` };
    expect(await unwrap({ headers: fits, body }, [SECRET])).toEqual(finished);
  });
});

test("an event's name narrows its type", async () => {
  const event = await unwrap(await deliver(finished), [SECRET]);
  if (event.event === undefined) return expectTypeOf(event.plan).not.toBeAny();
  if (event.event === "job.progress")
    return expectTypeOf(event.current).toEqualTypeOf<number | undefined>();
  if (event.event === "relay.source.refusing") return expectTypeOf(event).not.toHaveProperty("seq");
  if (event.event === "job.finished") {
    expectTypeOf(event.url).toEqualTypeOf<string | null>();
    expectTypeOf(event).not.toHaveProperty("current");
  }
  return undefined;
});
