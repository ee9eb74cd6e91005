// The connection to a real Centrifugo server. It needs the binary on the path:
//
//   go install github.com/centrifugal/centrifugo/v6@latest
//
// Without it the test says so and leaves the scripted server as the only proof.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../../src/cli/local/relay-process.ts";
import { close, listen } from "../../../src/demo/upstream/listen.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { created, finished, progress } from "../../../src/samples/exportcomments.ts";
import { startRelay } from "../../support/relay.ts";
import { until } from "../../support/wait.ts";
import { API_KEY, CHANNELS, questionsTo, realtimeSource } from "./questions.ts";

function hasCentrifugo(): boolean {
  try {
    execFileSync("centrifugo", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const found = hasCentrifugo();
if (!found)
  console.warn("No centrifugo on the path: the connector is not tested against a real server.");

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const SECRET = "centrifugo-test-secret";
const SERVER_KEY = "centrifugo-server-key";

const base64url = (value: JsonObject): string =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

function tokenOf(lifetime: number): string {
  const claims = {
    sub: "u1",
    exp: Math.floor(Date.now() / 1_000) + lifetime,
    channels: [...CHANNELS],
  };
  const head = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  return `${head}.${createHmac("sha256", SECRET).update(head).digest("base64url")}`;
}

/** A real server with the channels of ExportComments, which may be killed and started again. */
async function startCentrifugo() {
  const directory = await mkdtemp(join(tmpdir(), "jobrelay-centrifugo-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const port = await freePort();
  const config = join(directory, "config.json");
  const history = { history_size: 300, history_ttl: "300s", force_recovery: true };
  const namespaces = CHANNELS.map((channel) => channel.split(":")[0] ?? "").map((name) => ({
    name,
    ...(name === "exports" ? history : {}),
  }));
  const settings = {
    client: { token: { hmac_secret_key: SECRET }, ping_interval: "2s", pong_timeout: "1s" },
    http_api: { key: SERVER_KEY },
    http_server: { address: "127.0.0.1", port: String(port) },
    channel: { namespaces },
  };
  await writeFile(config, JSON.stringify(settings));
  let child: ChildProcess | null = null;
  const start = (): void => {
    child = spawn("centrifugo", ["-c", config], { stdio: "ignore" });
  };
  const stop = (signal: NodeJS.Signals): void => void child?.kill(signal);
  cleanups.push(() => stop("SIGKILL"));
  const call = async (method: string, body: JsonObject): Promise<JsonObject> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/${method}`, {
      method: "POST",
      headers: { "x-api-key": SERVER_KEY, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as JsonObject;
  };
  const ready = (): Promise<unknown> => until(() => call("info", {}), { what: "centrifugo" });
  start();
  await ready();
  return { url: `ws://127.0.0.1:${port}/connection/websocket`, start, stop, call, ready };
}

test.runIf(found)(
  "connects, refreshes, recovers and outlives a restart of a real Centrifugo",
  async () => {
    const centrifugo = await startCentrifugo();
    let lifetime = 4;
    const tokens = createServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ token: tokenOf(lifetime) }));
    });
    const tokenPort = await listen(tokens);
    cleanups.push(() => close(tokens));
    const tokenUrl = `http://127.0.0.1:${tokenPort}/token`;
    const relay = await startRelay({
      vars: { API_KEY, SOURCES: [realtimeSource("real", { url: centrifugo.url, tokenUrl })] },
    });
    cleanups.push(() => relay.stop());
    const ask = questionsTo(relay);
    const publish = (data: JsonObject): Promise<unknown> =>
      centrifugo.call("publish", { channel: "exports:u1", data });
    const job = { guid: "g", page: "https://www.youtube.com/watch?v=dQw4w9WgXcQ", total: 9 };
    await ask.untilConnector("real", ({ state }) => state === "connected");
    await publish(created(job));
    // Longer than the token's life and the server's leeway: only a refresh keeps the connection.
    lifetime = 3_600;
    for (let current = 1; current <= 3; current += 1) await publish(progress(job, current));
    await centrifugo.call("disconnect", { user: "u1", disconnect: { code: 3_001, reason: "x" } });
    for (let current = 4; current <= 8; current += 1) await publish(progress(job, current));
    await publish(finished(job));
    const events = await ask.untilEvent("real", "g", "job.finished");
    expect(events.flatMap(({ current }) => current ?? [])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await ask.connector("real")).toMatchObject({ reconnects: 1, gaps: 0 });
    // The engine is in memory: after a restart all channels have another epoch.
    centrifugo.stop("SIGTERM");
    await ask.untilConnector("real", ({ state }) => state !== "connected");
    centrifugo.start();
    await centrifugo.ready();
    await ask.untilConnector(
      "real",
      ({ state, gaps }) => state === "connected" && gaps === 1,
      40_000,
    );
    await publish(created({ ...job, guid: "h" }));
    await ask.untilEvent("real", "h", "job.created");
  },
  120_000,
);
