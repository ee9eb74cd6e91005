// The client as an application uses it, against a relay of one page of code that speaks server-sent
// events.

import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import {
  connect,
  type Client,
  type ClientOptions,
  type JobEnvelope,
  type JobState,
} from "../../../src/client/index.ts";
import type { JobSnapshot } from "../../../src/model/event.ts";
import { until } from "../../support/wait.ts";

interface Relay {
  readonly url: string;
  /** Paths and tokens of the requests so far. */
  readonly asked: { readonly path: string; readonly token: string }[];
  /** Writes frames to every open stream. */
  send(...frames: readonly object[]): void;
  /** Ends every open stream. */
  drop(): void;
  readonly open: number;
}

let server: Server | undefined;
let client: Client | undefined;
afterEach(() => {
  client?.close();
  server?.closeAllConnections();
  server?.close();
});

/** What a new stream begins with: a status that refuses it, or frames. */
type Greeting = (path: string) => number | readonly object[];

const write = (stream: ServerResponse, frames: readonly object[]): void => {
  for (const frame of frames) stream.write(`data: ${JSON.stringify(frame)}\n\n`);
};

async function startRelay(greeting: Greeting): Promise<Relay> {
  const asked: { path: string; token: string }[] = [];
  const streams = new Set<ServerResponse>();
  server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push({ path, token: (request.headers.authorization ?? "").replace("Bearer ", "") });
    const answer = greeting(path);
    if (typeof answer === "number") return void response.writeHead(answer).end("{}");
    streams.add(response);
    response.once("close", () => streams.delete(response));
    response.writeHead(200, { "content-type": "text/event-stream" });
    return write(response, answer);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    asked,
    send: (...frames) => streams.forEach((stream) => write(stream, frames)),
    drop: () => streams.forEach((stream) => stream.end()),
    get open() {
      return streams.size;
    },
  };
}

const make = (relay: Relay, options: Partial<ClientOptions> = {}): Client =>
  (client = connect({
    url: relay.url,
    account: "acme",
    getToken: () => "t0k",
    transports: ["sse"],
    ...options,
  }));

const state = (seq: number, change: Partial<JobSnapshot> = {}): Partial<JobSnapshot> => ({
  source: "comments",
  guid: "g1",
  account: "acme",
  event: "job.progress",
  status: "progress",
  attempt: 1,
  seq,
  current: seq,
  total: 10,
  createdAt: "2026-11-21T19:00:00.000Z",
  updatedAt: "2026-11-21T19:00:00.000Z",
  finishedAt: null,
  ...change,
});
const hello = (seq: number, change: Partial<JobSnapshot> = {}): object => ({
  type: "hello",
  cursor: `c${seq}`,
  recovered: false,
  snapshot: state(seq, change),
});
const event = (seq: number, name: string, change: Partial<JobEnvelope> = {}): object => ({
  type: "event",
  cursor: `c${seq}`,
  event: {
    version: "v3-beta",
    event: name,
    guid: "g1",
    status: "progress",
    url: null,
    details: {},
    id: `evt_${seq}`,
    seq,
    attempt: 1,
    source: "comments",
    account: "acme",
    time: "2026-11-21T19:00:01.000Z",
    ...change,
  },
});

/** Reads a stream to its end. */
async function read(
  stream: AsyncIterable<JobState | JobEnvelope>,
  each: (name: string) => void = () => undefined,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const item of stream) {
    names.push("updatedAt" in item ? `state ${item.seq}` : `${item.event} ${item.seq}`);
    each(names.at(-1) ?? "");
  }
  return names;
}

test("a client remembers a job that was left, and not more than a hundred of them", async () => {
  const relay = await startRelay(() => [hello(3)]);
  const made = make(relay);
  const job = made.job("comments", "g1");
  const off = job.on("*", () => undefined);
  await until(() => job.state() === "live", { what: "a live stream" });
  off();
  expect(made.job("comments", "g1").snapshot()?.seq).toBe(3);
  for (let other = 0; other < 100; other += 1) made.job("comments", `other ${other}`);
  expect(made.job("comments", "g1").snapshot()).toBeUndefined();
  expect(job.snapshot()?.seq).toBe(3);
});

/** Paths of streams; all others are polls. */
const isStream = (path: string): boolean => path.includes("/stream?");

describe("a proxy", () => {
  test("that keeps an event stream to itself until its end is found out, and polls go through", async () => {
    const polled = createServer((request, response) => {
      const path = request.url ?? "";
      if (isStream(path)) {
        // Headers, and nothing after them.
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        return;
      }
      if (path.includes("wait=25")) return;
      const snapshot = { account: "acme", jobs: [state(2)] };
      response.end(JSON.stringify({ items: [], cursor: "c2", reset: true, snapshot }));
    });
    await new Promise<void>((resolve) => polled.listen(0, "127.0.0.1", resolve));
    const address = polled.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const options = { url, account: "acme", getToken: () => "t0k" };
    client = connect({ ...options, transports: ["sse", "poll"] });
    const stream = client.job("comments", "g1");
    stream.on("*", () => undefined);
    await until(() => stream.state() === "live", { what: "a live stream" });
    expect(stream.snapshot()?.seq).toBe(2);
    client.close();
    polled.closeAllConnections();
    polled.close();
  });
});

describe("iterating a job", () => {
  test("begins with its state, goes on with its events, and ends with the job", async () => {
    const relay = await startRelay(() => [hello(2)]);
    const names = await read(make(relay).job("comments", "g1"), (name) => {
      if (name === "state 2")
        relay.send(
          event(3, "job.progress"),
          event(4, "job.finished", { status: "done" }),
          event(5, "job.archived"),
        );
    });
    expect(names).toEqual(["state 2", "job.progress 3", "job.finished 4"]);
    await until(() => relay.open === 0, { what: "a closed stream" });
  });

  test("ends at once when the job has ended already, even if other things were said since", async () => {
    const relay = await startRelay(() => [
      hello(5, { event: "job.archived", status: "done", finishedAt: "2026-11-21T19:00:00.000Z" }),
    ]);
    expect(await read(make(relay).job("comments", "g1"))).toEqual(["state 5"]);
  });

  test("waits a while after a failure, and goes on when it is requeued", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const names = await read(make(relay).job("comments", "g1", { grace: 200 }), (name) => {
      if (name === "state 1") relay.send(event(2, "job.failed", { status: "error" }));
      if (name === "job.failed 2")
        relay.send(
          event(3, "job.requeued", { attempt: 2 }),
          event(4, "job.failed", { status: "error", attempt: 2 }),
        );
    });
    expect(names).toEqual(["state 1", "job.failed 2", "job.requeued 3", "job.failed 4"]);
  });

  test("goes on without end when it is asked to", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const stop = new AbortController();
    const names = await read(
      make(relay).job("comments", "g1", { autoClose: false, signal: stop.signal }),
      (name) => {
        if (name === "state 1") relay.send(event(2, "job.finished", { status: "done" }));
        if (name === "job.finished 2") relay.send(event(3, "job.archived", { status: "done" }));
        if (name === "job.archived 3") stop.abort();
      },
    );
    expect(names).toEqual(["state 1", "job.finished 2", "job.archived 3"]);
  });

  test("ends quietly when its signal aborts, before or while it waits, and when the client closes", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const made = make(relay);
    expect(await read(made.job("comments", "g1", { signal: AbortSignal.abort() }))).toEqual([]);
    expect(relay.asked).toEqual([]);
    const stop = new AbortController();
    const waiting = read(made.job("comments", "g1", { signal: stop.signal }), () =>
      setTimeout(() => stop.abort(), 10),
    );
    expect(await waiting).toEqual(["state 1"]);
    expect(
      await read(made.job("comments", "g1"), () => setTimeout(() => made.close(), 10)),
    ).toEqual(["state 1"]);
    await until(() => relay.open === 0, { what: "closed streams" });
  });

  test("throws when the stream is refused", async () => {
    const relay = await startRelay(() => 401);
    await expect(read(make(relay).job("comments", "g1"))).rejects.toThrow("refused: 4500");
    expect(relay.asked).toHaveLength(1);
  });

  test("looks for a job that does not exist on its account's stream", async () => {
    const account = {
      type: "hello",
      cursor: "c0",
      recovered: false,
      snapshot: { account: "acme", jobs: [] },
    };
    const relay = await startRelay((path) =>
      path.startsWith("/v1/jobs/")
        ? 404
        : [account, event(1, "job.created"), event(2, "job.finished")],
    );
    expect(await read(make(relay).job("comments", "g1"))).toEqual([
      "job.created 1",
      "job.finished 2",
    ]);
    expect(relay.asked.map(({ path }) => path)).toEqual([
      "/v1/jobs/comments/g1/stream?&since=",
      "/v1/accounts/acme/stream?channel=export.g1.job&since=",
    ]);
  });

  test("goes on from its cursor when the connection breaks", async () => {
    const relay = await startRelay((path) =>
      path.includes("since=c2")
        ? [{ type: "hello", cursor: "c2", recovered: true }, event(3, "job.finished")]
        : [hello(1), event(2, "job.progress")],
    );
    const names = await read(make(relay).job("comments", "g1"), (name) => {
      if (name === "job.progress 2") relay.drop();
    });
    expect(names).toEqual(["state 1", "job.progress 2", "job.finished 3"]);
    expect(relay.asked.map(({ path }) => path.split("?")[1])).toEqual(["&since=", "&since=c2"]);
  });

  test("names are kept apart from addresses", async () => {
    const relay = await startRelay(() => 404);
    await expect(
      read(make(relay, { account: "a/b" }).job("comments", "x/../y?z*")),
    ).rejects.toThrow("refused: 4507");
    expect(relay.asked.map(({ path }) => path)).toEqual([
      "/v1/jobs/comments/x%2F..%2Fy%3Fz*/stream?&since=",
      "/v1/accounts/a%2Fb/stream?channel=export.x%2F..%2Fy%3Fz*.job&since=",
    ]);
  });
});

describe("listening", () => {
  test("each name is told of its own, in order; a fault of one listener is nobody else's", async () => {
    const faults: unknown[] = [];
    const catchFault = (error: unknown): void => void faults.push(error);
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").once("uncaughtException", catchFault);
    const relay = await startRelay(() => [
      hello(1),
      event(2, "job.progress"),
      event(3, "job.finished"),
    ]);
    const job = make(relay).job("comments", "g1");
    const told: string[] = [];
    job.on("job.progress", () => {
      throw new Error("mine");
    });
    job.on("snapshot", ({ seq }) => told.push(`state ${seq}`));
    job.on("job.progress", ({ seq }) => told.push(`progress ${seq}`));
    job.on("job.finished", ({ seq }) => told.push(`finished ${seq}`));
    job.on("state", (now) => told.push(now));
    await until(() => told.includes("finished 3") && faults.length === 1, { what: "the end" });
    for (const other of others) process.on("uncaughtException", other);
    expect(told).toEqual(["live", "state 1", "progress 2", "finished 3"]);
    expect(job.snapshot()).toMatchObject({ seq: 3, finishedAt: "2026-11-21T19:00:01.000Z" });
    expect(job.cursor()).toBe("c3");
  });

  test("whoever comes later begins with the state, on the same connection", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const made = make(relay);
    const first: number[] = [];
    const later: number[] = [];
    made.job("comments", "g1").on("*", ({ seq }) => first.push(seq));
    await until(() => first.length === 1, { what: "the state" });
    const off = made.job("comments", "g1").on("*", ({ seq }) => later.push(seq));
    await until(() => later.length === 1, { what: "the state for the second" });
    off();
    relay.send(event(2, "job.progress"));
    await until(() => first.length === 2, { what: "the event" });
    expect([first, later, relay.asked.length]).toEqual([[1, 2], [1], 1]);
  });

  test("taking the last listener off closes the connection, putting one on soon again does not", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const job = make(relay).job("comments", "g1");
    const off = job.on("*", () => undefined);
    await until(() => job.state() === "live", { what: "a live stream" });
    off();
    const again = job.on("*", () => undefined);
    off();
    expect([job.state(), relay.asked.length]).toEqual(["live", 1]);
    again();
    await until(() => relay.open === 0, { what: "a closed stream" });
    expect(job.state()).toBe("idle");
  });
});

describe("ids", () => {
  test.each(["a,b", "a/b", "100%", "ä ☃", "a?b#c&d=e", "a+b"])(
    "%s keeps its place in every address",
    async (id) => {
      const relay = await startRelay((path) => (path.includes("/v1/jobs/") ? 404 : [hello(1)]));
      const made = make(relay, { account: id });
      const channels = [`export.${id}.job`, `user:${id}`];
      made.job("comments", id).on("*", () => undefined);
      made.account(channels).on("*", () => undefined);
      await until(() => relay.asked.length >= 3, { what: "three requests" });
      const asked = relay.asked.map(({ path }) => {
        const { pathname, searchParams } = new URL(path, "http://relay.example.com");
        const parts = pathname.split("/").slice(2).map(decodeURIComponent);
        return JSON.stringify([...parts, ...searchParams.getAll("channel")]);
      });
      expect(new Set(asked)).toEqual(
        new Set([
          JSON.stringify(["accounts", id, "stream", ...channels]),
          JSON.stringify(["accounts", id, "stream", `export.${id}.job`]),
          JSON.stringify(["jobs", "comments", id, "stream"]),
        ]),
      );
    },
  );
});

describe("tokens", () => {
  test("streams that connect at the same time share one", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const asked: string[] = [];
    const made = make(relay, {
      getToken: async ({ reason }) => {
        asked.push(reason);
        return `t${asked.length}`;
      },
    });
    made.job("comments", "g1").on("*", () => undefined);
    made.job("comments", "g2").on("*", () => undefined);
    made.account().on("*", () => undefined);
    await until(() => relay.asked.length === 3, { what: "three streams" });
    expect(asked).toEqual(["connect"]);
    expect(relay.asked.map(({ token }) => token)).toEqual(["t1", "t1", "t1"]);
  });

  test.each([
    ["has no network", new TypeError("fetch failed")],
    ["throws", new Error("the token service is down")],
    ["answers 503", Object.assign(new Error("unavailable"), { status: 503 })],
    ["asks to wait", Object.assign(new Error("too many"), { status: 429 })],
    ["throws no error", "down"],
  ])("an application that %s is asked again, and the reason is told meanwhile", async (_, why) => {
    const relay = await startRelay(() => [hello(1)]);
    let tries = 0;
    const job = make(relay, {
      getToken: () => {
        tries += 1;
        if (tries > 1) return "t0k";
        throw why;
      },
    }).job("comments", "g1");
    const states: unknown[] = [];
    job.on("state", (now) => states.push([now, job.error()?.code, job.error()?.cause]));
    await until(() => job.state() === "live", { what: "a live stream" });
    expect(states).toEqual([
      ["connecting", undefined, undefined],
      ["waiting", 4099, why],
      ["connecting", 4099, why],
      ["live", undefined, undefined],
    ]);
    expect(relay.asked.map(({ token }) => token)).toEqual(["t0k"]);
  });

  test("the response of a token service may be the answer; one that is not ok counts as thrown", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const answers = [new Response("down", { status: 503 }), new Response("t0k")];
    const job = make(relay, { getToken: () => answers.shift() as Response }).job("comments", "g1");
    const codes: unknown[] = [];
    job.on("state", () => codes.push(job.error()?.code));
    await until(() => job.state() === "live", { what: "a live stream" });
    expect([relay.asked.map(({ token }) => token), codes]).toEqual([
      ["t0k"],
      [undefined, 4099, 4099, undefined],
    ]);
  });

  test("a token service may answer JSON with the token in it", async () => {
    const relay = await startRelay(() => [hello(1)]);
    const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2ln-_";
    const job = make(relay, { getToken: () => Response.json({ ok: true, token, left: 5 }) });
    const stream = job.job("comments", "g1");
    stream.on("*", () => undefined);
    await until(() => stream.state() === "live", { what: "a live stream" });
    expect(relay.asked.map((one) => one.token)).toEqual([token]);
  });

  test.each([401, 403, 404])(
    "an application that refuses with %i is not asked again, and the reason is kept",
    async (status) => {
      const relay = await startRelay(() => [hello(1)]);
      const why = Object.assign(new Error("signed out"), { status });
      let tries = 0;
      const job = make(relay, {
        getToken: () => {
          tries += 1;
          throw why;
        },
      }).job("comments", "g1");
      await expect(read(job)).rejects.toMatchObject({
        message: "refused: 4599",
        code: 4599,
        cause: why,
      });
      expect([tries, relay.asked]).toEqual([1, []]);
    },
  );
});
