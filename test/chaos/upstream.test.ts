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
import { startRelay, type Relay } from "../support/relay.ts";
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
  relay: Relay;
  ask: Questions;
  /** Kills the relay and starts it again; `isWoken`: somebody asks it something then. */
  restart(isWoken: boolean): Promise<void>;
}

async function scene(): Promise<Scene> {
  const persistTo = await mkdtemp(join(tmpdir(), "jobrelay-upstream-"));
  cleanups.push(() => rm(persistTo, { recursive: true, force: true }));
  const realtime = await startRealtimeServer(CHANNELS, { history: 1_000_000, ping: 1 });
  const exports = await startExportServer(2);
  cleanups.push(
    () => realtime.close(),
    () => exports.close(),
  );
  const vars = {
    API_KEY,
    LOG_LEVEL: "error",
    SOURCES: [realtimeSource("live", realtime), pollingSource("mail", exports)],
  };
  const start = async (port?: number): Promise<Relay> => {
    const relay = await startRelay({ persistTo, vars, ...(port === undefined ? {} : { port }) });
    cleanups.push(() => relay.stop());
    return relay;
  };
  const relay = await start();
  const made: Scene = {
    realtime,
    exports,
    relay,
    ask: questionsTo(relay),
    restart: async (isWoken) => {
      await made.relay.kill("SIGKILL");
      made.relay = await start(made.relay.port);
      made.ask = questionsTo(made.relay);
      if (isWoken) await made.ask.get("/v1/sources");
    },
  };
  await made.ask.untilConnector("live", ({ state }) => state === "connected");
  return made;
}

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const page = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const STEPS = 20;

/** Publishes jobs until it is stopped; answers their guids. */
async function publishJobs(
  { publish }: RealtimeServer,
  isOver: () => boolean,
): Promise<readonly string[]> {
  const guids: string[] = [];
  while (!isOver()) {
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

/** Injects faults until the time is over. */
async function breakThings(made: Scene, isOver: () => boolean, figures: Figures): Promise<void> {
  const pick = numbers(7);
  const names = Object.keys(faults);
  for (let round = 1; !isOver(); round += 1) {
    const name = round % 5 === 0 ? "kill" : (names[pick(names.length)] ?? "drop");
    figures.faults[name] = (figures.faults[name] ?? 0) + 1;
    const { connects } = made.realtime.counts;
    const mended = async (): Promise<void> => {
      await faults[name]?.(made);
    };
    await (name === "kill" ? made.restart(round % 10 !== 0) : mended());
    if (["drop", "close", "refusedToken", "refusedSocket", "expired", "kill"].includes(name)) {
      const begin = performance.now();
      await until(
        () => made.realtime.counts.connects > connects && made.realtime.connections.size > 0,
        {
          timeout: 60_000,
          what: `a connection after ${name}`,
        },
      );
      figures.reconnectedWithin.push(Math.round(performance.now() - begin));
    }
    await pause(pick(600));
  }
}

test(
  "connectors lose nothing and double nothing, whatever breaks",
  async () => {
    const made = await scene();
    const end = performance.now() + MINUTES * 60_000;
    const isOver = (): boolean => performance.now() >= end;
    const figures: Figures = { faults: {}, reconnectedWithin: [] };
    const [guids, exportIds] = await Promise.all([
      publishJobs(made.realtime, isOver),
      runExports(made, isOver),
      breakThings(made, isOver, figures),
    ]);
    await made.ask.untilEvent("live", guids.at(-1) ?? "", "job.finished", 60_000);
    await made.ask.untilConnector("mail", ({ watching }) => watching === 0, 60_000);
    const wrong: string[] = [];
    for (const guid of guids) {
      const events = await made.ask.events("live", guid);
      const shown = events.map(({ event, current }) => current ?? event).join(" ");
      const steps = Array.from({ length: STEPS }, (_, index) => index + 1).join(" ");
      if (shown !== `job.created ${steps} job.finished`) wrong.push(`${guid}: ${shown}`);
    }
    for (const id of exportIds) {
      const events = await made.ask.events("mail", id);
      const currents = events.flatMap(({ current }) => current ?? []);
      const ends = events.filter(({ event }) => event === "job.finished").length;
      const rises = currents.every(
        (one, index) => index === 0 || one > (currents[index - 1] ?? -1),
      );
      if (ends !== 1 || events.at(-1)?.event !== "job.finished" || !rises)
        wrong.push(`${id}: ${events.map(({ event, current }) => current ?? event).join(" ")}`);
    }
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
  MINUTES * 60_000 + 240_000,
);
