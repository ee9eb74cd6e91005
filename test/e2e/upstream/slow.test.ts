// Servers that are slow, or never come to an end: every wait of a connector is bounded, so is what
// it keeps, and it goes on as soon as the server does.

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startRelay, type Relay } from "../../support/relay.ts";
import { until } from "../../support/wait.ts";
import {
  API_KEY,
  namesOf,
  pollingSource,
  questionsTo,
  realtimeSource,
  type Questions,
} from "./questions.ts";
import { startSlowServer, type Slow, type SlowServer } from "./slow-server.ts";

const TOO_SLOW = "no answer within 10 s";
const TOO_LARGE = "the answer was too-large";
const NO_REPLY = "the server did not answer connect";

/** Realtime servers, by what is slow, and what their connector says of it. */
const REALTIME: readonly (readonly [string, Partial<Slow>, RegExp])[] = [
  ["token-silent", { token: "silent" }, new RegExp(`^the token address: ${TOO_SLOW}`)],
  ["token-headers", { token: "headers" }, new RegExp(`^the token address: ${TOO_SLOW}`)],
  ["token-drip", { token: "drip" }, new RegExp(`^the token address: ${TOO_SLOW}`)],
  ["token-flood", { token: "flood" }, new RegExp(`^the token address: ${TOO_LARGE}`)],
  ["socket-silent", { socket: "silent" }, new RegExp(`^the socket address: ${TOO_SLOW}`)],
  ["socket-headers", { socket: "headers" }, new RegExp(`^the socket address: ${TOO_SLOW}`)],
  ["socket-drip", { socket: "drip" }, /^the socket address: /],
  ["socket-flood", { socket: "flood" }, /^the socket address answered 200/],
  ["pings-only", { speech: "pings-only" }, new RegExp(NO_REPLY)],
  ["reply-drip", { speech: "drip-reply" }, new RegExp(NO_REPLY)],
  ["frame-drip", { speech: "drip-frame" }, /^pings stopped/],
  ["fragments-flood", { speech: "endless-fragments" }, /^the connection (?:closed|broke)/],
];

/** Export APIs, by how they answer for some of their exports. */
const POLLED: readonly (readonly [string, Partial<Slow>, RegExp])[] = [
  ["status-silent", { status: "silent" }, new RegExp(`^the export API: ${TOO_SLOW}`)],
  ["status-drip", { status: "drip" }, new RegExp(`^the export API: ${TOO_SLOW}`)],
  ["status-flood", { status: "flood" }, new RegExp(`^the export API: ${TOO_LARGE}`)],
];

/** Longer than each limit of a connector that a slow server reaches, in ms. */
const ALL_LIMITS = 120_000;

// All wait for limits of ten seconds, so all wait at once.
vi.setConfig({ maxConcurrency: REALTIME.length + POLLED.length + 1 });

describe("a slow server", () => {
  const servers = new Map<string, SlowServer>();
  let relay: Relay;
  let ask: Questions;

  const server = (name: string): SlowServer => {
    const found = servers.get(name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  };

  beforeAll(async () => {
    for (const [name, slow] of [...REALTIME, ...POLLED])
      servers.set(name, await startSlowServer(slow));
    servers.set("beside", await startSlowServer({ status: "silent" }));
    servers.set("whole", await startSlowServer({ speech: "fragments" }));
    const realtime = [...REALTIME.map(([name]) => name), "whole"].map((name) => {
      const { socketUrl, tokenUrl } = server(name);
      return realtimeSource(name, { url: socketUrl, tokenUrl });
    });
    const polled = [...POLLED.map(([name]) => name), "beside"].map((name) =>
      pollingSource(name, server(name)),
    );
    relay = await startRelay({ vars: { API_KEY, SOURCES: [...realtime, ...polled] } });
    ask = questionsTo(relay);
    await ask.get("/v1/sources");
    for (const [name] of POLLED)
      for (const exportId of ["slow_1", "quick_1"])
        await ask.post(`/v1/sources/${name}/watch`, { account: exportId, exportId });
  });

  afterAll(async () => {
    await relay?.stop();
    for (const each of servers.values()) await each.close();
  });

  test("a message in fragments of one byte is read whole", async () => {
    const events = await ask.untilEvent("whole", "whole", "job.created");
    expect(namesOf(events)).toEqual(["job.created"]);
  });

  test.concurrent.each(REALTIME)(
    "%s is given up, and the connector goes on when the server does",
    async (name, _, error) => {
      await ask.untilConnector(name, ({ lastError }) => error.test(lastError ?? ""), ALL_LIMITS);
      Object.assign(server(name).slow, { token: null, socket: null, speech: null });
      await ask.untilEvent(name, "whole", "job.created", ALL_LIMITS);
      expect((await ask.connector(name)).state).toBe("connected");
    },
  );

  test.concurrent.each(POLLED)(
    "%s is given up, holds no other export up, and ends when the server answers",
    async (name, _, error) => {
      const quick = await ask.untilEvent(name, "quick_1", "job.finished");
      expect(namesOf(quick)).toEqual(["job.finished"]);
      await ask.untilConnector(name, ({ lastError }) => error.test(lastError ?? ""), ALL_LIMITS);
      server(name).slow.status = null;
      await ask.untilEvent(name, "slow_1", "job.finished", ALL_LIMITS);
      await ask.untilConnector(name, ({ watching }) => watching === 0);
    },
  );

  test.concurrent("an export is looked at while the answer for another does not come", async () => {
    const { log, slow } = server("beside");
    for (const exportId of ["slow_1", "running_1"])
      await ask.post("/v1/sources/beside/watch", { account: exportId, exportId });
    await until(() => log.includes("given up"), { timeout: ALL_LIMITS });
    const before = log.slice(0, log.indexOf("given up"));
    expect(before.filter((path) => path.includes("running_1")).length).toBeGreaterThan(1);
    // What outlasted its run still wakes the object for the next look.
    slow.status = null;
    await ask.untilEvent("beside", "slow_1", "job.finished", ALL_LIMITS);
  });
});
