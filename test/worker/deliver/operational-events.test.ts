// What a subscriber's operators are told when it fails, and that a crash loses none of it.

import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MINUTE } from "../../../src/kernel/time.ts";
import {
  answer,
  byName,
  configure,
  dispatch,
  forward,
  quiet,
  receiver,
  ringUntil,
  rowsWritten,
  subscriber,
  type Received,
  type Receiver,
} from "./subscriber-fixture.ts";

const FLAKY = configure({ id: "flaky", url: "https://flaky.example.com/" });
const OPS = configure({ id: "ops", url: "https://ops.example.com/" });
(env as unknown as { RULES: unknown[] }).RULES.push({
  id: "relay",
  match: { event: "relay.*" },
  to: [OPS, FLAKY],
});

let http: Receiver;

beforeEach(() => {
  http = receiver();
});

afterEach(quiet);

const told = (): readonly Record<string, unknown>[] =>
  http.requests
    .filter(({ url }) => url.startsWith("https://ops"))
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const names = (): readonly unknown[] => told().map(({ event }) => event);
const jobs = Array.from({ length: 12 }, (_, index) => dispatch(1, "job.created", `j${index}`));
const failing = ({ url }: Received): Response => answer(url.startsWith("https://ops") ? 204 : 500);

describe("a subscriber that fails", () => {
  test("is reported once, and once more when it works again, but never to itself", async () => {
    const stub = subscriber(FLAKY);
    http.script = failing;
    await stub.enqueue(jobs);
    await ringUntil(stub, () => names().length === 1);
    expect(told()[0]).toMatchObject({
      event: "relay.subscriber.failing",
      guid: "flaky",
      status: "failing",
      source: "relay",
      account: "relay",
      details: { state: "probing", failures: 10, lastFailure: { status: 500 } },
    });
    const about = http.requests.filter(({ url }) => url.startsWith("https://flaky"));
    expect(about.some(({ body }) => body.includes("relay."))).toBe(false);
    http.script = () => answer(204);
    forward(MINUTE);
    await ringUntil(stub, () => names().length === 2);
    expect(names()).toEqual(["relay.subscriber.failing", "relay.subscriber.recovered"]);
    const request = http.requests.find(({ url }) => url.startsWith("https://ops"));
    expect(request?.headers.get("x-jobrelay-event")).toBe("relay.subscriber.failing");
    expect(request?.headers.get("webhook-signature")).toMatch(/^v1,/);
  });

  test("is reported though the object is evicted before the notice left", async () => {
    const stub = subscriber(FLAKY);
    http.script = failing;
    await stub.enqueue(jobs);
    await expect.poll(async () => (await stub.state()).health.state).toBe("probing");
    await evictDurableObject(stub);
    await ringUntil(stub, () => names().length > 0);
    await runDurableObjectAlarm(stub);
    expect(new Set(names())).toEqual(new Set(["relay.subscriber.failing"]));
  });

  test("that asks to be left alone is reported as disabled", async () => {
    const stub = subscriber(FLAKY);
    http.script = ({ url }) => answer(url.startsWith("https://ops") ? 204 : 410);
    await stub.enqueue(jobs.slice(0, 1));
    await ringUntil(stub, () => names().length === 1);
    expect(told()[0]).toMatchObject({
      event: "relay.subscriber.disabled",
      details: { state: "disabled", reason: "gone" },
    });
  });
});

test("pausing and resuming by hand is no news, and costs the same rows as ever", async () => {
  const stub = subscriber(FLAKY);
  await stub.pause();
  expect(await rowsWritten(stub, () => stub.resume())).toBeLessThanOrEqual(2);
  expect((await byName(OPS).state()).pending).toBe(0);
  expect(names()).toEqual([]);
});
