// The connection to a realtime server, over real sockets: what goes wrong there loses nothing and
// doubles nothing.

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  startRealtimeServer,
  type RealtimeServer,
} from "../../../src/demo/upstream/realtime-server.ts";
import { created, finished, progress, webhook } from "../../../src/samples/exportcomments.ts";
import { startRelay, type Relay } from "../../support/relay.ts";
import {
  API_KEY,
  CHANNELS,
  commentsWebhook,
  namesOf,
  questionsTo,
  realtimeSource,
  type Questions,
} from "./questions.ts";

const NAMES = [
  "joined",
  "dropped",
  "expired",
  "refused",
  "garbled",
  "flooded",
  "silent",
  "behind",
  "renewed",
  "repeated",
  "typed",
  "forced",
] as const;
type Name = (typeof NAMES)[number];

const servers = new Map<Name, RealtimeServer>();
let relay: Relay;
let ask: Questions;

const server = (name: Name): RealtimeServer => {
  const found = servers.get(name);
  if (found === undefined) throw new Error(`no server ${name}`);
  return found;
};

const page = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const job = (guid: string, total = 10) => ({ guid, page, total });

beforeAll(async () => {
  for (const name of NAMES)
    servers.set(
      name,
      await startRealtimeServer(CHANNELS, {
        ...(["silent", "behind"].includes(name) ? { ping: 1 } : {}),
        ...(name === "expired" ? { ttl: 2 } : {}),
        ...(name === "refused" ? { token: { status: 401, body: API_KEY } } : {}),
      }),
    );
  relay = await startRelay({
    vars: {
      API_KEY,
      SOURCES: NAMES.map((name) => realtimeSource(name, server(name))),
    },
  });
  ask = questionsTo(relay);
  await ask.get("/v1/sources");
});

afterAll(async () => {
  await relay?.stop();
  for (const each of servers.values()) await each.close();
});

const connected = (name: Name): Promise<unknown> =>
  ask.untilConnector(name, ({ state }) => state === "connected");

const publishAll = (name: Name, guid: string, from: number, to: number): void => {
  for (let current = from; current <= to; current += 1)
    server(name).publish("exports:u1", progress(job(guid), current));
};

test.concurrent("a webhook and a realtime message of the same step give one event", async () => {
  await connected("joined");
  expect(server("joined").lastKey()).toBe(API_KEY);
  const post = commentsWebhook(relay, "joined");
  const at = new Date().toISOString();
  server("joined").publish("exports:u1", created(job("j")));
  await ask.untilEvent("joined", "j", "job.created");
  await post(webhook(job("j"), "export.created", { messageId: "m1", at }));
  publishAll("joined", "j", 1, 3);
  await ask.untilEvent("joined", "j", "job.progress");
  await post(webhook(job("j"), "export.finished", { messageId: "m2", at }));
  server("joined").publish("exports:u1", finished(job("j")));
  await ask.untilConnector("joined", ({ counts }) => (counts["duplicate"] ?? 0) >= 1);
  const events = await ask.events("joined", "j");
  expect(namesOf(events)).toEqual([
    "job.created",
    "job.progress",
    "job.progress",
    "job.progress",
    "job.finished",
  ]);
});

test.concurrent("the metrics tell of every connector", async () => {
  await connected("joined");
  const metrics = await ask.text("/v1/metrics");
  expect(metrics).toContain('jobrelay_connector_state{source="joined",state="connected"} 1');
  for (const name of NAMES)
    expect(metrics).toContain(`jobrelay_connector_gaps_total{source="${name}"}`);
});

test.concurrent("what was published while the connection was down comes after it, once and in order", async () => {
  await connected("dropped");
  const { connections, publish } = server("dropped");
  publish("exports:u1", created(job("d")));
  publishAll("dropped", "d", 1, 3);
  for (const connection of connections) connection.destroy();
  publishAll("dropped", "d", 4, 9);
  publish("exports:u1", finished(job("d")));
  const events = await ask.untilEvent("dropped", "d", "job.finished");
  expect(events.flatMap(({ current }) => current ?? [])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(await ask.connector("dropped")).toMatchObject({ reconnects: 1, gaps: 0 });
});

test.concurrent("a token is refreshed before it ends, and the connection stays", async () => {
  await connected("expired");
  const { counts } = server("expired");
  await ask.untilConnector("expired", () => counts.refreshes >= 2);
  expect(counts.connects).toBe(1);
  for (const connection of server("expired").connections)
    connection.close(3_005, "connection expired");
  await ask.untilConnector("expired", ({ reconnects }) => reconnects === 1);
});

test.concurrent("a refused key is a failure with its reason, and a mended one connects", async () => {
  const failed = await ask.untilConnector("refused", ({ state }) => state === "failed");
  expect(failed.lastError).toBe("the token address answered 401");
  server("refused").behaviour.token = null;
  expect(
    (await ask.untilConnector("refused", ({ state }) => state === "connected")).reconnects,
  ).toBe(0);
});

test.concurrent("a wrong answer ends the connection, and the next one goes on", async () => {
  await connected("garbled");
  const { connections, publish, behaviour } = server("garbled");
  publish("exports:u1", created(job("g")));
  await ask.untilEvent("garbled", "g", "job.created");
  for (const connection of connections) connection.send("{nonsense");
  await ask.untilConnector("garbled", ({ lastError }) => lastError === "a frame is not readable");
  await ask.untilConnector(
    "garbled",
    ({ state, reconnects }) => state === "connected" && reconnects === 1,
  );
  behaviour.token = { status: 200, body: "<html>maintenance</html>" };
  for (const connection of connections) connection.destroy();
  await ask.untilConnector("garbled", ({ lastError }) =>
    (lastError ?? "").includes("without a token"),
  );
  behaviour.token = null;
  publish("exports:u1", { event: "job.progress", guid: 5 });
  publish("exports:u1", ["nonsense"]);
  publish("exports:u1", finished(job("g")));
  const events = await ask.untilEvent("garbled", "g", "job.finished");
  expect(namesOf(events)).toEqual(["job.created", "job.finished"]);
  expect((await ask.connector("garbled")).counts["refused"]).toBe(2);
});

test.concurrent("a connection that went silent is found and replaced", async () => {
  await connected("silent");
  const { behaviour, publish } = server("silent");
  behaviour.silent = true;
  publish("exports:u1", created(job("s")));
  await ask.untilConnector("silent", ({ lastError }) => lastError === "pings stopped");
  behaviour.silent = false;
  expect(namesOf(await ask.untilEvent("silent", "s", "job.created"))).toEqual(["job.created"]);
});

test.concurrent("what a server kept to itself comes once it has noticed, though nothing follows", async () => {
  await connected("behind");
  server("behind").behaviour.silent = true;
  server("behind").publish("exports:u1", created(job("b")));
  publishAll("behind", "b", 1, 2);
  server("behind").publish("exports:u1", finished(job("b", 2)));
  server("behind").behaviour.silent = false;
  const events = await ask.untilEvent("behind", "b", "job.finished");
  expect(namesOf(events)).toEqual(["job.created", "job.progress", "job.progress", "job.finished"]);
  expect(await ask.connector("behind")).toMatchObject({ gaps: 0 });
});

test.concurrent("a server that lost its history leaves a gap that is counted, and goes on", async () => {
  await connected("renewed");
  const { connections, loseHistory, publish } = server("renewed");
  publish("exports:u1", created(job("r")));
  await ask.untilEvent("renewed", "r", "job.created");
  loseHistory();
  for (const connection of connections) connection.close(3_001, "shutdown");
  await ask.untilConnector("renewed", ({ gaps }) => gaps === 1);
  publish("exports:u1", finished(job("r")));
  expect(namesOf(await ask.untilEvent("renewed", "r", "job.finished"))).toEqual([
    "job.created",
    "job.finished",
  ]);
});

test.concurrent("a publication that comes twice counts once", async () => {
  await connected("repeated");
  const { publish, repeat } = server("repeated");
  publish("exports:u1", created(job("p")));
  repeat("exports:u1");
  publish("exports:u1", progress(job("p"), 5));
  repeat("exports:u1");
  publish("exports:u1", finished(job("p")));
  expect(namesOf(await ask.untilEvent("repeated", "p", "job.finished"))).toEqual([
    "job.created",
    "job.progress",
    "job.finished",
  ]);
});

test.concurrent("typed messages of notification channels are events of the account", async () => {
  await connected("typed");
  const { cursor } = await ask.get<{ cursor: string }>("/v1/accounts/typed/events");
  const { publish } = server("typed");
  publish("user_notifications_channel:u1", { type: "usage_limit_warning", percent: 91 });
  publish("user:u1", {
    type: "subscription.updated",
    plan: "business",
    action: "created",
    timestamp: 1_705_312_200,
  });
  publish("webhooks:u1", {
    event: "webhook.event.created",
    guid: "w1",
    status: "200",
    url: null,
    details: { responseCode: "200" },
  });
  const events = async () => {
    const { items } = await ask.get<{
      items: readonly {
        channel: string;
        event: { type?: string; event?: string; percent?: number };
      }[];
    }>(`/v1/accounts/typed/events?since=${cursor}&limit=100`);
    return items;
  };
  await ask.untilConnector("typed", ({ counts }) => counts["accepted"] === 3);
  expect(
    (await events())
      .map(({ channel, event }) => `${channel} ${event.type ?? event.event}`)
      .toSorted(),
  ).toEqual([
    "user:typed subscription.updated",
    "user:typed usage_limit_warning",
    "webhooks:typed webhook.event.created",
  ]);
});

test.concurrent("no answer of the relay shows the key, whatever a server says", async () => {
  await connected("forced");
  for (const connection of server("forced").connections)
    connection.close(3_503, `force ${API_KEY}`);
  const { state, lastError } = await ask.untilConnector(
    "forced",
    (connector) => connector.state === "failed",
  );
  expect([state, lastError]).toEqual(["failed", "the connection closed with 3503 force ***"]);
  expect(JSON.stringify(await ask.get("/v1/sources"))).not.toContain(API_KEY);
  expect(relay.logs()).not.toContain(API_KEY);
});

/** How long a flood may take on a busy machine, in ms. */
const LONG = 300_000;

test(
  "a flood is taken in whole",
  async () => {
    await connected("flooded");
    const { publish, behaviour } = server("flooded");
    behaviour.history = 10_000;
    const guids = Array.from({ length: 50 }, (_, index) => `f${index}`);
    for (const guid of guids) publish("exports:u1", created(job(guid, 40)));
    for (let current = 1; current <= 40; current += 1)
      for (const guid of guids) publish("exports:u1", progress(job(guid, 40), current));
    for (const guid of guids) publish("exports:u1", finished(job(guid, 40)));
    await ask.untilEvent("flooded", "f49", "job.finished", LONG);
    const jobs = await Promise.all(guids.map((guid) => ask.job("flooded", guid)));
    expect(jobs.map((one) => [one?.status, one?.attempt])).toEqual(guids.map(() => ["done", 1]));
    expect((await ask.connector("flooded")).gaps).toBe(0);
  },
  2 * LONG,
);
