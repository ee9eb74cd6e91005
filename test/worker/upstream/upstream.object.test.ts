// The object of a connector across evictions, other configurations and early alarms. The servers
// are scripted at the edge of the platform: what `fetch` answers.

import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { jobObject } from "../../../src/objects.ts";
import { Upstream } from "../../../src/upstream/upstream.object.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

const CHANNEL = "exports:u1";

// Alarms ring in the objects of the pool, too: those that survive there are configured there.
const EVICTED = "evicted-mail";
(env as unknown as { SOURCES: JsonObject[] }).SOURCES.push({
  id: EVICTED,
  provider: "emailengine",
  verify: "none",
  throttle: 0,
  poll: { url: "https://mail.example.com", tokenSecret: "EMAIL_SECRET", every: 1 },
});

/** An environment with one source; `token` is the value of its connector's secret. */
const envWith = (source: JsonObject, token = "key-of-the-server"): Env =>
  ({
    ...env,
    SOURCES: [{ provider: "exportcomments", verify: "none", ...source }],
    SUBSCRIBERS: [],
    RULES: [],
    KEY: token,
  }) as unknown as Env;

const realtime = (id: string): JsonObject => ({
  id,
  throttle: 0,
  connect: {
    kind: "centrifugo",
    url: "https://live.example.com/socket",
    tokenUrl: "https://live.example.com/token",
    tokenHeader: "x-auth-token",
    tokenSecret: "KEY",
  },
});

const polling = (id: string): JsonObject => ({
  id,
  provider: "emailengine",
  throttle: 0,
  poll: { url: "https://mail.example.com", tokenSecret: "KEY", every: 1 },
});

/** Runs with the object of a source under a configuration of its own, as a fresh instance. */
const withObject = <T>(
  id: string,
  configured: Env,
  work: (object: Upstream, state: DurableObjectState) => Promise<T>,
): Promise<T> =>
  runInDurableObject(env.UPSTREAM.getByName(id), (_, state) =>
    work(new Upstream(state, configured), state),
  );

/** A realtime server: its `connect` commands, and the sockets it has open. */
interface Server {
  readonly commands: JsonObject[];
  readonly sockets: WebSocket[];
  readonly keys: (string | null)[];
  reply: JsonObject;
}

function serve(): Server {
  const server: Server = { commands: [], sockets: [], keys: [], reply: {} };
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    if (url.endsWith("/token")) {
      server.keys.push(headers.get("x-auth-token"));
      return Promise.resolve(Response.json({ token: "jwt" }));
    }
    const { 0: client, 1: socket } = new WebSocketPair();
    socket.accept();
    server.sockets.push(socket);
    socket.addEventListener("message", ({ data }) => {
      const command = JSON.parse(String(data)) as JsonObject;
      server.commands.push(command);
      socket.send(
        JSON.stringify({
          id: 1,
          connect: { client: "c", ping: 25, pong: true, subs: { [CHANNEL]: server.reply } },
        }),
      );
    });
    return Promise.resolve(new Response(null, { status: 101, webSocket: client }));
  });
  return server;
}

const publication = (offset: number, event: string, more: JsonObject = {}): JsonObject => ({
  offset,
  data: { event, guid: "g", status: "any", url: null, ...more },
});

const push = (server: Server, pub: JsonObject): void =>
  server.sockets.at(-1)?.send(JSON.stringify({ push: { channel: CHANNEL, pub } }));

/** The last event of the job, its number, and what was recorded beside. */
const lastOf = async (id: string): Promise<unknown> => {
  const snapshot = await jobObject(env, id, "g").snapshot();
  return snapshot === null ? null : [snapshot.event, snapshot.seq, snapshot.late];
};

describe("a realtime connection", () => {
  test("goes on in a new instance where its channels were durable, and nothing counts twice", async () => {
    const id = "evicted-live";
    const server = serve();
    server.reply = { recoverable: true, epoch: "e" };
    await withObject(id, envWith(realtime(id)), async (object) => {
      await object.alarm();
      await expect.poll(() => object.state()?.status).toBe("connected");
      push(server, publication(1, "job.created"));
      push(server, publication(2, "job.progress", { current: 5, total: 10 }));
      await expect.poll(() => object.state()?.counts.accepted).toBe(2);
      expect(object.state()?.events).toEqual({ "job.created": 1, "job.progress": 1 });
    });
    // An outgoing socket keeps an instance in memory; the next one knows what is stored.
    server.reply = {
      recoverable: true,
      epoch: "e",
      recovered: true,
      offset: 0,
      publications: [
        publication(1, "job.created"),
        publication(2, "job.progress", { current: 5, total: 10 }),
        publication(3, "job.finished"),
      ],
    };
    await withObject(id, envWith(realtime(id)), async (object) => {
      expect(object.state()?.status).toBe("connecting");
      await object.alarm();
      await expect.poll(() => object.state()?.counts).toMatchObject({ accepted: 1, duplicate: 2 });
      expect(object.state()).toMatchObject({ status: "connected", reconnects: 1, gaps: 0 });
      expect(object.state()?.events).toEqual({ "job.finished": 1 });
    });
    expect(server.commands.at(-1)).toMatchObject({
      connect: { subs: { [CHANNEL]: { recover: true, epoch: "e", offset: 0 } } },
    });
    expect(await lastOf(id)).toEqual(["job.finished", 3, 0]);
  });

  test("an alarm that rings early or twice opens no second connection", async () => {
    const id = "early-live";
    const server = serve();
    server.reply = { recoverable: true, epoch: "e" };
    await withObject(id, envWith(realtime(id)), async (object, state) => {
      await Promise.all([object.alarm(), object.alarm()]);
      await object.alarm();
      expect([server.sockets.length, (await state.storage.getAlarm()) !== null]).toEqual([1, true]);
    });
  });

  test("another secret is tried at once, whatever the last one came to", async () => {
    const id = "mended-live";
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("no", { status: 401 })));
    await withObject(id, envWith(realtime(id)), async (object) => {
      await object.alarm();
      expect(object.state()).toMatchObject({
        status: "failed",
        lastError: "the token address answered 401",
      });
    });
    const server = serve();
    await withObject(id, envWith(realtime(id), "another-key"), async (object) => {
      await object.alarm();
      await expect.poll(() => object.state()?.status).toBe("connected");
    });
    expect(server.keys).toEqual(["another-key"]);
  });

  test("ends, with all that it kept, when its configuration is gone", async () => {
    const id = "removed-live";
    serve();
    await withObject(id, envWith(realtime(id)), async (object) => {
      await object.alarm();
      expect(object.state()).not.toBeNull();
    });
    await withObject(id, envWith({ id }), async (object, state) => {
      await state.storage.deleteAlarm();
      await object.alarm();
      expect([object.state(), await state.storage.getAlarm()]).toEqual([null, null]);
      expect(state.storage.sql.exec("SELECT * FROM connector").toArray()).toEqual([]);
    });
  });

  test("waits while the configuration is broken, and keeps what it has", async () => {
    const id = "broken-live";
    serve();
    await withObject(id, envWith(realtime(id)), (object) => object.alarm());
    await withObject(id, envWith({ id, provider: "nobody" }), async (object, state) => {
      await state.storage.deleteAlarm();
      await object.alarm();
      expect(await state.storage.getAlarm()).not.toBeNull();
      expect(state.storage.sql.exec("SELECT * FROM connector").toArray()).toHaveLength(1);
    });
  });
});

describe("polling", () => {
  test("goes on after an eviction with the exports that were announced, and ends them", async () => {
    const asked: string[] = [];
    let status: JsonObject = { status: "queued", progress: {} };
    vi.stubGlobal("fetch", (url: string) => {
      asked.push(url);
      return Promise.resolve(Response.json(status));
    });
    const stub = env.UPSTREAM.getByName(EVICTED);
    expect(await stub.watch([{ account: "ada", exportId: "g" }])).toBe("watching");
    const next = async (): Promise<unknown> => {
      await runDurableObjectAlarm(stub);
      return stub.state();
    };
    await expect.poll(next).toMatchObject({ status: "connected", watching: 1 });
    await evictDurableObject(stub);
    status = { status: "completed", progress: { messagesExported: 3, messagesSkipped: 0 } };
    expect((await stub.state())?.watching).toBe(1);
    await expect.poll(next).toMatchObject({ status: "waiting", watching: 0 });
    expect(await lastOf(EVICTED)).toEqual(["job.finished", 2, 0]);
    expect(new Set(asked)).toEqual(new Set(["https://mail.example.com/v1/account/ada/export/g"]));
  });

  test("an idle poller sets no alarm, however often it is woken", async () => {
    const id = "idle-mail";
    await withObject(id, envWith(polling(id)), async (object, state) => {
      for (let times = 0; times < 3; times += 1) object.wake();
      expect([object.state()?.status, await state.storage.getAlarm()]).toEqual(["waiting", null]);
    });
  });

  test("a source without a poll watches nothing", async () => {
    const id = "none-mail";
    await withObject(id, envWith({ id }), (object) => {
      expect(object.watch([{ account: "ada", exportId: "g" }])).toBe("no-poll");
      expect(object.state()).toBeNull();
      return Promise.resolve();
    });
  });
});
