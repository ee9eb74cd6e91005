// What an attempt looks like to the subscriber: its headers, its signatures, and what a second
// attempt changes.

import { createPublicKey, generateKeyPairSync, randomBytes, verify } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SIGNING_SECRET, startPairs, type Pairs } from "../../support/relay-fixture.ts";
import { isSignedBy, jsonOf, type ReceivedRequest } from "../../support/receiver.ts";
import { exportComments } from "../../support/senders.ts";

const NEW_SECRET = `whsec_${randomBytes(32).toString("base64")}`;
const STRANGER = `whsec_${randomBytes(32).toString("base64")}`;
const { privateKey } = generateKeyPairSync("ed25519");
/** The last 32 bytes of PKCS#8 are the seed (RFC 8410). */
const SEED = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);

const PAIRS = {
  plain: {},
  // The third attempt is more than a second after the first, whatever the jitter.
  retried: { subscriber: { retry: [0.5, 1] } },
  rotating: { subscriber: { secrets: ["NEW_SECRET", "SUBSCRIBER_SECRET"] } },
  public: { subscriber: { secrets: ["ED_SECRET", "SUBSCRIBER_SECRET"] } },
  static: {
    subscriber: {
      headers: {
        Authorization: "Bearer ${API_KEY}",
        "X-Team": "exports",
        "x-both": "a ${API_KEY} b ${OTHER_KEY} c",
      },
    },
  },
  traced: {},
  untraced: {},
  matched: {},
} as const;

let pairs: Pairs<keyof typeof PAIRS>;
beforeAll(async () => {
  pairs = await startPairs(PAIRS, {
    // A second rule, in a var of its own, that matches what the pair's own rule matches.
    vars: {
      RULES_MORE: [{ id: "again", match: { source: "match*", event: "job.*" }, to: ["matched"] }],
      NEW_SECRET,
      ED_SECRET: `whsk_${SEED.toString("base64")}`,
      API_KEY: "s3cr$&t",
      OTHER_KEY: "an0ther",
    },
  });
});
afterAll(() => pairs.stop());

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});

/** Signature entries of one version, decoded. */
const entries = (request: ReceivedRequest, version: string): readonly Buffer[] =>
  (request.headers["webhook-signature"] ?? "")
    .split(" ")
    .filter((entry) => entry.startsWith(`${version},`))
    .map((entry) => Buffer.from(entry.slice(version.length + 1), "base64"));

const signedContent = (request: ReceivedRequest): Buffer =>
  Buffer.concat([
    Buffer.from(`${request.headers["webhook-id"]}.${request.headers["webhook-timestamp"]}.`),
    request.body,
  ]);

describe.concurrent("a first attempt", () => {
  test("posts the envelope with exactly the documented headers", async () => {
    const { send, receiver } = pairs.pair("plain");
    const before = Math.floor(Date.now() / 1000);
    const { body } = await send(exportComments.created(job("headers")));
    const request = await receiver.waitFor(() => true);
    const {
      "webhook-timestamp": timestamp,
      "content-length": _,
      host,
      ...headers
    } = request.headers;
    expect({ method: request.method, path: request.path, host, headers }).toEqual({
      method: "POST",
      path: "/hook",
      host: `127.0.0.1:${receiver.port}`,
      headers: expect.objectContaining({
        "content-type": "application/json",
        "user-agent": expect.stringMatching(/^jobrelay\/\d+\.\d+\.\d+/),
        "webhook-id": body.events?.[0],
        "webhook-signature": expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
        "x-jobrelay-subscriber": "plain",
        "x-jobrelay-event": "job.created",
        "x-jobrelay-attempt": "1",
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
      }),
    });
    expect(Number(timestamp)).toBeGreaterThanOrEqual(before);
    expect(Number(timestamp)).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
    expect(jsonOf(request)).toEqual({
      version: "v3-beta",
      event: "job.created",
      guid: "headers",
      status: "queueing",
      url: null,
      details: expect.objectContaining({ guid: "headers", status: "queueing" }),
      id: body.events?.[0],
      seq: 1,
      attempt: 1,
      source: "plain",
      account: "plain",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  test("is signed with every secret of the subscriber, in their order", async () => {
    const { send, receiver } = pairs.pair("rotating");
    await send(exportComments.created(job("rotating")));
    const request = await receiver.waitFor(() => true);
    const [first = "", second = ""] = (request.headers["webhook-signature"] ?? "").split(" ");
    const withOnly = (signature: string): ReceivedRequest => ({
      ...request,
      headers: { ...request.headers, "webhook-signature": signature },
    });
    expect({
      count: entries(request, "v1").length,
      each: [isSignedBy(withOnly(first), NEW_SECRET), isSignedBy(withOnly(second), SIGNING_SECRET)],
      all: [NEW_SECRET, SIGNING_SECRET, STRANGER].map((secret) => isSignedBy(request, secret)),
      altered: isSignedBy(
        { ...request, body: Buffer.concat([request.body, Buffer.from(" ")]) },
        NEW_SECRET,
      ),
    }).toEqual({ count: 2, each: [true, true], all: [true, true, false], altered: false });
  });

  test("is verified by the published ed25519 key, beside the shared secret", async () => {
    const { send, receiver } = pairs.pair("public");
    await send(exportComments.created(job("ed25519")));
    const request = await receiver.waitFor(() => true);
    const { status, body } = await pairs.api<{
      keys: readonly Readonly<Record<string, unknown>>[];
    }>("GET", "/.well-known/jobrelay-keys.json", { token: null });
    const [jwk] = body.keys;
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: String(jwk?.["x"]) },
      format: "jwk",
    });
    const [signature = Buffer.alloc(0)] = entries(request, "v1a");
    expect({
      status,
      keys: body.keys.length,
      subscribers: jwk?.["subscribers"],
      private: jwk !== undefined && "d" in jwk,
      ed25519: verify(null, signedContent(request), key, signature),
      altered: verify(
        null,
        Buffer.concat([signedContent(request), Buffer.from(" ")]),
        key,
        signature,
      ),
      shared: isSignedBy(request, SIGNING_SECRET),
    }).toEqual({
      status: 200,
      keys: 1,
      subscribers: ["public"],
      private: false,
      ed25519: true,
      altered: false,
      shared: true,
    });
  });

  test("has the static headers with secrets filled in anywhere", async () => {
    const { send, receiver } = pairs.pair("static");
    await send(exportComments.created(job("static")));
    const { headers } = await receiver.waitFor(() => true);
    expect(headers).toMatchObject({
      authorization: "Bearer s3cr$&t",
      "x-team": "exports",
      "x-both": "a s3cr$&t b an0ther c",
    });
  });
});

test.concurrent("an event that several rules match is delivered once", async () => {
  const { send, receiver, deliveries, until } = pairs.pair("matched");
  await send(exportComments.created(job("matched")));
  await send(exportComments.finished(job("matched")));
  await until(({ event, state }) => event.event === "job.finished" && state === "delivered");
  expect(receiver.requests.map((request) => jsonOf(request)["event"])).toEqual([
    "job.created",
    "job.finished",
  ]);
  expect(await deliveries()).toHaveLength(2);
});

describe.concurrent("a trace", () => {
  const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  test("that the provider began goes on at the subscriber", async () => {
    const { send, receiver } = pairs.pair("traced");
    await send(exportComments.created(job("traced")), {
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    });
    const { headers } = await receiver.waitFor(() => true);
    expect(headers["traceparent"]).toMatch(new RegExp(`^00-${TRACE}-(?!0{16})[0-9a-f]{16}-01$`));
  });

  test("that is none is not passed on: the relay begins its own", async () => {
    const { send, receiver } = pairs.pair("untraced");
    await send(exportComments.created(job("zeros")), {
      traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    });
    await send(exportComments.created(job("garbage")), { traceparent: "garbage" });
    const requests = await receiver.waitForCount(2);
    const traces = requests.map(({ headers }) => headers["traceparent"] ?? "");
    expect(
      traces.map((trace) =>
        /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(trace),
      ),
    ).toEqual([true, true]);
    expect(traces[0]?.slice(3, 35)).not.toBe(traces[1]?.slice(3, 35));
  });
});

test("a retry keeps event id, body and trace, counts its attempt, and is signed anew", async () => {
  const { send, receiver, until } = pairs.pair("retried");
  receiver.next({ status: 500 }, { status: 500 });
  await send(exportComments.created(job("retried")));
  const [first, second, third] = await receiver.waitForCount(3);
  if (first === undefined || second === undefined || third === undefined)
    throw new Error("three requests were there");
  const requests = [first, second, third];
  const values = (name: string): readonly (string | undefined)[] =>
    requests.map(({ headers }) => headers[name]);
  expect({
    attempts: values("x-jobrelay-attempt"),
    ids: new Set(values("webhook-id")).size,
    traces: new Set(values("traceparent")).size,
    bodies: new Set(requests.map(({ body }) => body.toString("hex"))).size,
    verified: requests.map((request) => isSignedBy(request, SIGNING_SECRET)),
  }).toEqual({
    attempts: ["1", "2", "3"],
    ids: 1,
    traces: 1,
    bodies: 1,
    verified: [true, true, true],
  });
  expect(Number(third.headers["webhook-timestamp"])).toBeGreaterThan(
    Number(first.headers["webhook-timestamp"]),
  );
  expect(third.headers["webhook-signature"]).not.toBe(first.headers["webhook-signature"]);
  const delivery = await until(({ state }) => state === "delivered");
  // The timestamp is that of the attempt, by the relay's own clock: whole seconds, so neighbours
  // may share one.
  const timely = delivery.attempts.map(
    ({ time }, index) =>
      Math.abs(Number(requests[index]?.headers["webhook-timestamp"]) * 1000 - Date.parse(time)) <
      2_000,
  );
  expect(timely).toEqual([true, true, true]);
  expect(delivery.attempts.map(({ status, trigger }) => [status, trigger])).toEqual([
    [500, "initial"],
    [500, "retry"],
    [204, "retry"],
  ]);
});
