// A source that refuses many webhooks tells its operators, once, crash or not.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MIN_REFUSED } from "../../../src/source/refusals.ts";
import type { Tally } from "../../../src/model/messages.ts";
import { configure, quiet, receiver, type Receiver } from "../deliver/subscriber-fixture.ts";

const OPS = configure({ id: "ops", url: "https://ops.example.com/" });
(env as unknown as { RULES: unknown[] }).RULES.push({
  id: "relay",
  match: { event: "relay.source.*" },
  to: [OPS],
});

let http: Receiver;
beforeEach(() => {
  http = receiver();
});
afterEach(quiet);

const refused = (count: number): Tally => ({
  counts: { accepted: 0, duplicate: 0, ignored: 0, refused: count },
  seenAt: null,
  rejected: [],
  reasons: { "wrong-secret": count },
});

test("a notice survives an eviction and is delivered once", async () => {
  const source = env.SOURCE.getByName("comments");
  await source.count(refused(MIN_REFUSED - 1));
  await source.count(refused(1));
  await evictDurableObject(source);
  await expect
    .poll(async () => {
      await runDurableObjectAlarm(source);
      return http.requests.length;
    })
    .toBe(1);
  expect(JSON.parse(http.requests[0]?.body ?? "")).toMatchObject({
    event: "relay.source.refusing",
    guid: "comments",
    source: "comments",
    status: "refusing",
    details: { refused: MIN_REFUSED, reasons: { "wrong-secret": MIN_REFUSED } },
  });
  await source.count(refused(500));
  await runDurableObjectAlarm(source);
  expect(http.requests).toHaveLength(1);
  expect((await source.counts()).reasons).toEqual({ "wrong-secret": MIN_REFUSED + 500 });
});
