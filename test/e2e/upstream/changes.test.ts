// What an operator changes while connections stand: keys, addresses, sources.

import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { close, listen } from "../../../src/demo/upstream/listen.ts";
import {
  startRealtimeServer,
  type RealtimeServer,
} from "../../../src/demo/upstream/realtime-server.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { created, finished, progress } from "../../../src/samples/exportcomments.ts";
import { startRelay, type Relay } from "../../support/relay.ts";
import { until } from "../../support/wait.ts";
import { CHANNELS, namesOf, questionsTo, realtimeSource, type Questions } from "./questions.ts";

/** A token address that knows which keys are good, and which were shown to it. */
interface TokenServer {
  readonly url: string;
  readonly good: Set<string>;
  readonly shown: string[];
  close(): Promise<void>;
}

async function startTokenServer(keys: readonly string[]): Promise<TokenServer> {
  const good = new Set(keys);
  const shown: string[] = [];
  const server = createServer((request, response) => {
    const key = String(request.headers["x-auth-token"]);
    shown.push(key);
    request.resume();
    response.writeHead(good.has(key) ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify({ token: `token of ${shown.length}` }));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/token`, good, shown, close: () => close(server) };
}

const FIRST_KEY = "key-of-the-server-0001";
const SECOND_KEY = "key-of-the-server-0002";
const OTHER_KEY = "key-of-the-server-0003";

const PAGE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const job = (guid: string) => ({ guid, page: PAGE, total: 10 });

const servers: RealtimeServer[] = [];
let tokens: TokenServer;
let relay: Relay;
let ask: Questions;

const source = (id: string, { url }: RealtimeServer, secret = "API_KEY"): JsonObject => {
  const { connect, ...rest } = realtimeSource(id, { url, tokenUrl: tokens.url });
  return { ...rest, connect: { ...(connect as JsonObject), tokenSecret: secret } };
};

/** Loses the relay as in a deploy, and starts it with another configuration. */
async function deploy(vars: JsonObject, meanwhile: () => void = () => undefined): Promise<void> {
  const { persistTo, port } = relay;
  await relay.kill();
  meanwhile();
  relay = await startRelay({ vars, persistTo, port });
  ask = questionsTo(relay);
}

const server = (index: number): RealtimeServer => {
  const found = servers[index];
  if (found === undefined) throw new Error(`no server ${index}`);
  return found;
};

const connected = (name: string): Promise<unknown> =>
  ask.untilConnector(name, ({ state }) => state === "connected");

beforeAll(async () => {
  // The tokens of the first one live as short as a token may.
  for (const ttl of [1, 0, 0]) servers.push(await startRealtimeServer(CHANNELS, { ttl }));
  tokens = await startTokenServer([FIRST_KEY, OTHER_KEY]);
  relay = await startRelay({
    vars: {
      API_KEY: FIRST_KEY,
      OTHER_KEY,
      SOURCES: [
        source("rotated", server(0)),
        source("moved", server(1)),
        source("removed", server(1)),
        source("left", server(2)),
        source("right", server(2), "OTHER_KEY"),
      ],
    },
  });
  ask = questionsTo(relay);
  await ask.get("/v1/sources");
});

afterAll(async () => {
  await relay?.stop();
  await tokens?.close();
  for (const each of servers) await each.close();
});

test("two sources with keys of their own hear one server, each for its own account", async () => {
  await Promise.all(["left", "right"].map(connected));
  server(2).publish("exports:u1", created(job("shared")));
  for (let current = 1; current <= 3; current += 1)
    server(2).publish("exports:u1", progress(job("shared"), current));
  tokens.good.delete(OTHER_KEY);
  for (const connection of server(2).connections) connection.close(3_001, "shutdown");
  await ask.untilConnector("right", ({ state }) => state === "failed");
  server(2).publish("exports:u1", finished(job("shared")));
  await ask.untilEvent("left", "shared", "job.finished");
  expect(namesOf(await ask.events("right", "shared"))).not.toContain("job.finished");
  tokens.good.add(OTHER_KEY);
  await ask.untilEvent("right", "shared", "job.finished");
  for (const name of ["left", "right"]) {
    const events = await ask.events(name, "shared");
    expect([name, namesOf(events), new Set(events.map(({ account }) => account))]).toEqual([
      name,
      ["job.created", "job.progress", "job.progress", "job.progress", "job.finished"],
      new Set([name]),
    ]);
    expect((await ask.connector(name)).gaps).toBe(0);
  }
});

test("a key that is taken away is told while the connection stands, and a new one goes on without a gap", async () => {
  await connected("rotated");
  await until(() => server(0).counts.refreshes >= 2, { what: "tokens that live a second" });
  expect(server(0).counts.connects).toBe(1);
  server(0).publish("exports:u1", created(job("r")));
  tokens.good.delete(FIRST_KEY);
  tokens.good.add(SECOND_KEY);
  await ask.untilConnector(
    "rotated",
    ({ lastError }) => lastError === "the token address answered 401",
  );
  server(0).publish("exports:u1", progress(job("r"), 1));
  await ask.untilEvent("rotated", "r", "job.progress");
  expect((await ask.connector("rotated")).state).toBe("connected");
  for (const connection of server(0).connections) connection.close(3_005, "connection expired");
  await ask.untilConnector("rotated", ({ state }) => state === "failed");
  server(0).publish("exports:u1", progress(job("r"), 2));
  await deploy(
    {
      API_KEY: SECOND_KEY,
      OTHER_KEY,
      SOURCES: [
        source("rotated", server(0)),
        source("moved", server(2)),
        { id: "removed", provider: "exportcomments", secrets: ["COMMENTS_SECRET"] },
      ],
    },
    () => server(0).publish("exports:u1", finished(job("r"))),
  );
  const events = await ask.untilEvent("rotated", "r", "job.finished");
  expect(events.map(({ event, current }) => [event, current ?? 0])).toEqual([
    ["job.created", 0],
    ["job.progress", 1],
    ["job.progress", 2],
    ["job.finished", 0],
  ]);
  expect(tokens.shown.at(-1)).toBe(SECOND_KEY);
  expect(await ask.connector("rotated")).toMatchObject({ state: "connected", gaps: 0 });
});

test("a source that was moved hears the other server alone, and one without a connector nothing", async () => {
  await connected("moved");
  server(1).publish("exports:u1", created(job("old")));
  server(2).publish("exports:u1", created(job("new")));
  await ask.untilEvent("moved", "new", "job.created");
  // The other server does not know the positions of the first one.
  expect((await ask.connector("moved")).gaps).toBe(1);
  expect([await ask.job("moved", "old"), await ask.job("removed", "old")]).toEqual([null, null]);
  await expect(ask.connector("removed")).rejects.toThrow("no connector");
  // Once for each of both, before.
  expect(server(1).counts.connects).toBe(2);
});
