// Connectors under faults: dropped connections, refused tokens, silence, repeats, kill -9. Whatever
// happens, every publication counts once and every export ends once.
//
// `UPSTREAM_MINUTES=10 npm run test:e2e -- test/chaos/upstream.test.ts` runs longer.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { startExportServer, type ExportServer } from "../../src/demo/upstream/export-server.ts";
import {
  startRealtimeServer,
  type RealtimeServer,
} from "../../src/demo/upstream/realtime-server.ts";
import { created, finished, progress } from "../../src/samples/exportcomments.ts";
import { between, dice, oneOf } from "../prove/parts/dice.ts";
import { BASE_VARS } from "../support/relay.ts";
import { bundleRelay, startStored } from "../support/stored-relay.ts";
import {
  API_KEY,
  CHANNELS,
  pollingSource,
  questionsTo,
  realtimeSource,
  type Questions,
} from "../e2e/upstream/questions.ts";
import { until } from "../support/wait.ts";

const MINUTES = Number(process.env["UPSTREAM_MINUTES"] ?? "0.5");

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Scene {
  readonly realtime: RealtimeServer;
  readonly exports: ExportServer;
  ask: Questions;
  /** The relay's last lines. */
  readonly log: string[];
  /** Kills the relay and starts it again; `isWoken`: somebody asks it something then. */
  restart(isWoken: boolean): Promise<void>;
}

/** Lines of the relay's log that are kept for the message of a failure. */
const KEPT_LINES = 40;

async function scene(): Promise<Scene> {
  const storage = await mkdtemp(join(tmpdir(), "jobrelay-upstream-"));
  cleanups.push(() => rm(storage, { recursive: true, force: true }));
  const bundle = bundleRelay();
  const realtime = await startRealtimeServer(CHANNELS, { history: 1_000_000, ping: 1 });
  const exports = await startExportServer(2);
  cleanups.push(
    () => Promise.resolve(bundle.remove()),
    () => realtime.close(),
    () => exports.close(),
  );
  const vars = {
    ...BASE_VARS,
    API_KEY,
    LOG_LEVEL: "warn",
    SOURCES: [realtimeSource("live", realtime), pollingSource("mail", exports)],
  };
  const log: string[] = [];
  const onLog = (text: string): void => {
    log.push(...text.split("\n").filter((line) => line !== ""));
    log.splice(0, log.length - KEPT_LINES);
  };
  let relay = await startStored({ bundle, vars, storage, onLog });
  cleanups.push(() => relay.stop());
  const made: Scene = {
    realtime,
    exports,
    log,
    ask: questionsTo(relay),
    restart: async (isWoken) => {
      await relay.stop();
      relay = await startStored({ bundle, vars, storage, onLog });
      made.ask = questionsTo(relay);
      if (isWoken) await made.ask.get("/v1/sources");
    },
  };
  await made.ask.untilConnector("live", ({ state }) => state === "connected");
  return made;
}

const page = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const STEPS = 20;

/** Jobs that are published before an earlier one has arrived: a slow machine gets no more. */
const MOST_AHEAD = 10;

/** Publishes jobs until it is stopped; answers their guids. */
async function publishJobs(made: Scene, isOver: () => boolean): Promise<readonly string[]> {
  const { publish } = made.realtime;
  const guids: string[] = [];
  const hasArrived = async (guid: string | undefined): Promise<boolean> =>
    guid === undefined || (await made.ask.job("live", guid))?.event === "job.finished";
  while (!isOver()) {
    const earlier = guids.at(-MOST_AHEAD);
    const mayGoOn = async (): Promise<boolean> =>
      isOver() || (await hasArrived(earlier).catch(() => false));
    await until(mayGoOn, { timeout: 300_000, every: 50, what: `${earlier} to arrive` });
    const guid = `job-${guids.length}`;
    guids.push(guid);
    const job = { guid, page, total: STEPS };
    publish("exports:u1", created(job));
    for (let current = 1; current <= STEPS; current += 1) {
      publish("exports:u1", progress(job, current));
      await pause(15);
    }
    publish("exports:u1", finished(job));
  }
  return guids;
}

/** Starts exports and lets them grow to their ends until it is stopped; answers their ids. */
async function runExports(made: Scene, isOver: () => boolean): Promise<readonly string[]> {
  const ids: string[] = [];
  while (!isOver()) {
    const exportId = `exp_${ids.length}`;
    const scripted = made.exports.add("ada", exportId);
    const watched = await made.ask
      .post("/v1/sources/mail/watch", { account: "ada", exportId })
      .catch(() => null);
    if (watched?.status !== 202) {
      // The relay was down: nobody was told 202, so nothing is owed.
      made.exports.remove(exportId);
      await pause(100);
      continue;
    }
    ids.push(exportId);
    void grow(scripted);
    await pause(400);
  }
  return ids;
}

async function grow(scripted: ReturnType<ExportServer["add"]>): Promise<void> {
  await pause(600);
  Object.assign(scripted, { status: "processing", phase: "exporting", queued: 100 });
  for (scripted.exported = 0; scripted.exported < 100; scripted.exported += 10) await pause(250);
  Object.assign(scripted, { status: "completed", phase: "complete" });
}

/** One fault; it ends by itself, and what is broken is mended. */
const faults: Readonly<Record<string, (made: Scene) => Promise<void>>> = {
  drop: async ({ realtime }) => {
    for (const connection of realtime.connections) connection.destroy();
  },
  close: async ({ realtime }) => {
    for (const connection of realtime.connections) connection.close(3_001, "shutdown");
  },
  garbage: async ({ realtime }) => {
    for (const connection of realtime.connections) connection.send('{"push":');
  },
  repeat: async ({ realtime }) => {
    for (let times = 0; times < 5; times += 1) realtime.repeat("exports:u1");
  },
  refusedToken: async ({ realtime }) => {
    realtime.behaviour.token = { status: 503, body: "" };
    for (const connection of realtime.connections) connection.destroy();
    await pause(800);
    realtime.behaviour.token = null;
  },
  refusedSocket: async ({ realtime }) => {
    realtime.behaviour.refuse = 502;
    for (const connection of realtime.connections) connection.destroy();
    await pause(800);
    realtime.behaviour.refuse = null;
  },
  expired: async ({ realtime }) => {
    realtime.behaviour.connectError = { code: 109, message: "token expired" };
    for (const connection of realtime.connections) connection.close(3_005, "connection expired");
    await pause(800);
    realtime.behaviour.connectError = null;
  },
  silence: async ({ realtime }) => {
    realtime.behaviour.silent = true;
    await pause(1_500);
    realtime.behaviour.silent = false;
  },
  exportErrors: async ({ exports }) => {
    let calls = 0;
    exports.odd = () => ([{ status: 500 }, "reset", null] as const)[calls++ % 3] ?? null;
    await pause(1_500);
    exports.odd = () => null;
  },
  exportLimit: async ({ exports }) => {
    exports.odd = () => ({ status: 429, headers: { "retry-after": "1" } });
    await pause(700);
    exports.odd = () => null;
  },
};

interface Figures {
  readonly faults: Record<string, number>;
  readonly reconnectedWithin: number[];
}

/** Says with a failure what both ends see. */
function tellMore(made: Scene, said: string): (error: unknown) => Promise<never> {
  return async (error) => {
    const { counts, connections } = made.realtime;
    const server = JSON.stringify({ counts, open: connections.size });
    const connectors = [await made.ask.connector("live"), await made.ask.connector("mail")];
    const lines = [String(error), said, server, JSON.stringify(connectors), ...made.log];
    throw new Error(lines.join("\n"), { cause: error });
  };
}

/** Injects faults until the time is over. */
async function breakThings(made: Scene, isOver: () => boolean, figures: Figures): Promise<void> {
  const chance = dice(7);
  const names = Object.keys(faults);
  for (let round = 1; !isOver(); round += 1) {
    const name = round % 5 === 0 ? "kill" : oneOf(chance, names);
    figures.faults[name] = (figures.faults[name] ?? 0) + 1;
    const { connects } = made.realtime.counts;
    const mended = async (): Promise<void> => {
      await faults[name]?.(made);
    };
    await (name === "kill" ? made.restart(round % 10 !== 0) : mended());
    if (["drop", "close", "refusedToken", "refusedSocket", "expired", "kill"].includes(name)) {
      const begin = performance.now();
      const isConnected = (): boolean =>
        made.realtime.counts.connects > connects && made.realtime.connections.size > 0;
      const connected = until(isConnected, { what: `a connection after ${name}` });
      await connected.catch(tellMore(made, `${connects} connections before`));
      figures.reconnectedWithin.push(Math.round(performance.now() - begin));
    }
    await pause(between(chance, 0, 600));
  }
}

/** What is wrong with a published job; `null` when it shows each publication once, in order. */
async function faultOfJob({ ask }: Scene, guid: string): Promise<string | null> {
  const events = await ask.events("live", guid);
  const shown = events.map(({ event, current }) => current ?? event).join(" ");
  const steps = Array.from({ length: STEPS }, (_, index) => index + 1).join(" ");
  return shown === `job.created ${steps} job.finished` ? null : `${guid}: ${shown}`;
}

/** What is wrong with an export; `null` when its numbers rise and it ends once. */
async function faultOfExport({ ask }: Scene, id: string): Promise<string | null> {
  const events = await ask.events("mail", id);
  const currents = events.flatMap(({ current }) => current ?? []);
  const ends = events.filter(({ event }) => event === "job.finished").length;
  const rises = currents.every((one, index) => index === 0 || one > (currents[index - 1] ?? -1));
  if (ends === 1 && events.at(-1)?.event === "job.finished" && rises) return null;
  return `${id}: ${events.map(({ event, current }) => current ?? event).join(" ")}`;
}

/** Logs that are read at once. */
const READ_TOGETHER = 16;

/** Judges all: an hour makes thousands. */
async function inParts<T>(
  all: readonly string[],
  judge: (one: string) => Promise<T>,
): Promise<readonly T[]> {
  const judged: T[] = [];
  for (let at = 0; at < all.length; at += READ_TOGETHER)
    judged.push(...(await Promise.all(all.slice(at, at + READ_TOGETHER).map(judge))));
  return judged;
}

test(
  "connectors lose nothing and double nothing, whatever breaks",
  async () => {
    const made = await scene();
    const end = performance.now() + MINUTES * 60_000;
    const isOver = (): boolean => performance.now() >= end;
    const figures: Figures = { faults: {}, reconnectedWithin: [] };
    const [guids, exportIds] = await Promise.all([
      publishJobs(made, isOver),
      runExports(made, isOver),
      breakThings(made, isOver, figures),
    ]);
    const last = made.ask.untilEvent("live", guids.at(-1) ?? "", "job.finished");
    await last.catch(tellMore(made, JSON.stringify(figures)));
    const ended = made.ask.untilConnector("mail", ({ watching }) => watching === 0);
    await ended.catch(tellMore(made, JSON.stringify(figures)));
    const [wrongJobs, wrongExports] = [
      await inParts(guids, (guid) => faultOfJob(made, guid)),
      await inParts(exportIds, (id) => faultOfExport(made, id)),
    ];
    const wrong = [...wrongJobs, ...wrongExports].filter((fault) => fault !== null);
    const waits = figures.reconnectedWithin.toSorted((left, right) => left - right);
    console.log(
      JSON.stringify({
        minutes: MINUTES,
        publications: guids.length * (STEPS + 2),
        exports: exportIds.length,
        faults: figures.faults,
        reconnects: waits.length,
        reconnectMs: { p50: waits[Math.floor(waits.length / 2)], max: waits.at(-1) },
        lostOrDoubled: wrong.length,
        live: await made.ask.connector("live"),
        mail: await made.ask.connector("mail"),
      }),
    );
    expect(wrong).toEqual([]);
    expect((await made.ask.connector("live")).gaps).toBe(0);
  },
  MINUTES * 75_000 + 240_000,
);
