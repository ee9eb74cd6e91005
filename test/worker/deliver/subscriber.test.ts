// A subscriber's object in workerd: deliveries from enqueue to their end, against a receiver in place of the network.

import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { JobEnvelope, JobEvent } from "../../../src/kernel/event.ts";
import type { Dispatch } from "../../../src/kernel/handoff.ts";
import type { Subscriber } from "../../../src/deliver/subscriber.object.ts";

type Stub = DurableObjectStub<Subscriber>;

/** What the receiver does with one request. */
type Script = (request: Received) => Response | Promise<Response>;

interface Received {
  readonly id: string;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal;
}

let received: Received[] = [];
let script: Script = () => new Response(null, { status: 204 });

beforeEach(() => {
  received = [];
  script = () => new Response(null, { status: 204 });
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const one = { id: request.headers.get("webhook-id") ?? "", headers: request.headers, body: await request.text(), signal: request.signal };
    received.push(one);
    return script(one);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

let count = 0;

/** Shards of the configured subscriber: each test has an object of its own. */
function subscriber(): Stub {
  count += 1;
  return env.SUBSCRIBER.getByName(`crm/${count}`);
}

/** An event of a job as it is handed over. */
function dispatch(seq: number, event: JobEvent = "job.created", guid = "g1"): Dispatch {
  const envelope: JobEnvelope = {
    version: "v3-beta",
    event,
    guid,
    status: "progress",
    url: null,
    details: { guid },
    id: `evt_${guid}_${seq}`,
    seq,
    attempt: 1,
    source: "comments",
    account: "acme",
    time: new Date().toISOString(),
  };
  return { event: envelope, provider: "exportcomments", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
}

const states = async (stub: Stub): Promise<readonly string[]> =>
  (await stub.deliveries({ limit: 100 })).items.map((item) => `${item.event.id} ${item.state}`).toReversed();

describe("a delivery", () => {
  test("is posted, signed, and recorded as delivered", async () => {
    const stub = subscriber();
    await stub.enqueue([dispatch(1)]);
    await expect.poll(() => states(stub)).toEqual(["evt_g1_1 delivered"]);
    const [first] = received;
    expect(received).toHaveLength(1);
    expect(first?.headers.get("webhook-signature")).toMatch(/^v1,/);
    expect(first?.headers.get("x-jobrelay-attempt")).toBe("1");
    expect(JSON.parse(first?.body ?? "")).toMatchObject({ id: "evt_g1_1", seq: 1 });
  });
});
