import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { JobUpdate } from "../../../src/model/messages.ts";
import { MAX_SOCKETS } from "../../../src/stream/limits.ts";
import {
  RECOUNT_INTERVAL,
  ConnectionLimit,
} from "../../../src/stream/sockets/connection-limit.io.ts";
import { account, ADMIN, ask, eventually, open } from "./stream-fixture.ts";

const bearer = { authorization: `Bearer ${ADMIN}` };

const CREATED: JobUpdate = {
  event: "job.created",
  source: "email",
  provider: "emailengine",
  account: "crowd",
  guid: "crowded",
  key: { kind: "id", value: "crowded-1" },
  url: null,
  current: null,
  total: null,
  error: null,
  details: { guid: "crowded" },
  occurredAt: null,
  traceparent: "00-00000000000000000000000000000001-0000000000000001-01",
};

/** Accepts sockets that nobody reads, and answers their far ends. */
const accept = (state: DurableObjectState, count: number): readonly WebSocket[] =>
  Array.from({ length: count }, () => {
    const { 0: client, 1: server } = new WebSocketPair();
    state.acceptWebSocket(server, ["frames"]);
    server.serializeAttachment({ kind: "frames", channels: [], expires: null });
    return client;
  });

describe("the connection limit of an object", () => {
  test("accepts so many sockets, and one more within a second after one has left", async () => {
    await runInDurableObject(account("limit"), (_, state) => {
      let now = 10_000;
      accept(state, 2);
      const limit = new ConnectionLimit(state, 4, () => now);
      expect([limit.reserve(), limit.reserve(), limit.open()]).toEqual([true, true, 4]);
      accept(state, 2);
      expect(limit.reserve()).toBe(false);
      const [gone] = state.getWebSockets();
      gone?.close(1000);
      now += RECOUNT_INTERVAL - 1;
      expect([limit.reserve(), limit.open()]).toEqual([false, 4]);
      now += 1;
      expect([limit.reserve(), limit.open(), limit.reserve()]).toEqual([true, 4, false]);
      expect([limit.hasRoom(3), limit.hasRoom(5)]).toEqual([false, true]);
    });
  });
});

describe("a job at its connection limit", () => {
  test("accepts the last socket, and refuses the next over every transport with a time to come back", async () => {
    const job = env.JOB.getByName("email/crowded");
    await job.ingest(CREATED);
    await runInDurableObject(job, (_, state) => {
      accept(state, MAX_SOCKETS - 1);
    });
    const path = "/v1/jobs/email/crowded";
    const last = await (await open(`${path}/stream`, bearer)).until(1);
    expect(last.hello.type).toBe("hello");
    const refused = await open(`${path}/stream`, bearer);
    expect([await refused.closed, refused.texts]).toEqual([
      { code: 4013, reason: "too many connections; retry in 30 s" },
      [],
    ]);
    const sse = await ask(`${path}/stream`, { ...bearer, accept: "text/event-stream" });
    const waiting = await ask(`${path}/events?since=1&wait=25`, bearer);
    for (const answer of [sse, waiting]) {
      expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toEqual([
        429,
        "30",
        { type: "/docs/problems/too-many-requests", status: 429, title: "Too many connections" },
      ]);
    }
    expect((await ask(`${path}/events?since=1`, bearer)).status).toBe(200);
    await runInDurableObject(job, (_, state) => {
      state.getWebSockets()[0]?.close(1000);
    });
    await eventually(
      async () => (await ask(`${path}/events?since=1&wait=1`, bearer)).status === 200,
    );
    last.close();
  });
});
