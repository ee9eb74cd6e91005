// What the process keeps of each new object: the relay's beside those of a bare Worker.

import { appendFileSync, writeFileSync } from "node:fs";
import { floorSpec, FLOOR_READY } from "../../bench/floor.ts";
import { heapOf } from "../../bench/inspector.ts";
import { pace, post } from "../../bench/load.ts";
import { startSink } from "../../bench/receiver.ts";
import {
  ACCOUNT,
  ADMIN_TOKEN,
  bundleRelay,
  RELAY_READY,
  relaySpec,
  subscribedTo,
} from "../../bench/relay.ts";
import { openStreams, type Stream } from "../../bench/sockets.ts";
import { times, webhook } from "../../bench/webhooks.ts";
import { startWorker, type Server, type WorkerSpec } from "../../bench/workerd.ts";
import { bytesPerObject, type Growing } from "../parts/growth.ts";
import type { Section } from "./section.ts";

/** New objects of each side in a second. */
const PER_SECOND = 10;

/** New objects between two samples. */
const STEP = 100;

/** Viewers of the relay's account. */
const VIEWERS = 20;

const ROW = "x".repeat(400);

/** One side: a Worker, and what one new object of it is sent. */
interface Side {
  readonly name: string;
  readonly spec: WorkerSpec;
  readonly ready: string;
  readonly requests: (object: string) => readonly Buffer[];
  /**
   * False where a busy machine lets many objects be open at once, each a quarter of a megabyte: the
   * process keeps that size.
   */
  readonly tellsResident: boolean;
  /** Opens viewers, who stay until the next sample. */
  readonly watch?: (server: Server) => Promise<readonly Stream[]>;
}

/** What was measured of a side. */
interface Kept {
  readonly heap: number;
  readonly resident: number;
}

/** A created and a finished job. */
const jobOf = (guid: string): readonly Buffer[] => [
  webhook("job.created", guid),
  webhook("job.finished", guid),
];

async function measure(side: Side, isOver: () => boolean, file: string): Promise<Kept> {
  const server = await startWorker(side.spec, { ready: side.ready, inspect: true });
  try {
    const heap: Growing[] = [];
    const resident: Growing[] = [];
    for (let made = 0; !isOver();) {
      const lists = times(STEP, (index) => side.requests(`new-${made + index}`));
      const requests = lists.flat();
      const streams = (await side.watch?.(server)) ?? [];
      await pace(server.port, requests, (PER_SECOND * requests.length) / STEP);
      for (const stream of streams) stream.close();
      made += STEP;
      heap.push({ made, bytes: await heapOf(server) });
      resident.push({ made, bytes: server.memory() ?? 0 });
      const sample = { side: side.name, made, heap: heap.at(-1), resident: resident.at(-1) };
      appendFileSync(file, `${JSON.stringify(sample)}\n`);
    }
    return { heap: bytesPerObject(heap), resident: bytesPerObject(resident) };
  } finally {
    await server.stop();
  }
}

/** What JavaScript may keep of a new job, in bytes: nothing, but for what a sample happens on. */
const MOST_HEAP = 500;

export const memory: Section = {
  minutes: 20,
  run: async ({ minutes, file }) => {
    writeFileSync(file, "");
    const bundle = bundleRelay();
    const sink = await startSink();
    const relay = relaySpec(bundle);
    const floor = { spec: floorSpec(relay), ready: FLOOR_READY, tellsResident: true };
    const sides: readonly Side[] = [
      { ...floor, name: "a bare object with a row", requests: (n) => [post(`/rows/${n}`, ROW)] },
      {
        ...floor,
        name: "a bare object with a row and an alarm",
        requests: (n) => [post(`/births/${n}`, ROW)],
      },
      {
        name: "a job",
        spec: relay,
        ready: RELAY_READY,
        requests: jobOf,
        tellsResident: true,
      },
      {
        name: "a job with a subscriber and viewers",
        spec: relaySpec(bundle, subscribedTo(sink.url, 8)),
        ready: RELAY_READY,
        requests: jobOf,
        tellsResident: false,
        watch: ({ port }) =>
          openStreams(
            { port, token: ADMIN_TOKEN },
            times(VIEWERS, () => `/v1/accounts/${ACCOUNT}/stream`),
            () => null,
          ),
      },
    ];
    const end = performance.now() + minutes * 60_000;
    const isOver = (): boolean => performance.now() >= end;
    const kept = await Promise.all(
      sides.map(async (side) => [side, await measure(side, isOver, file)] as const),
    );
    await sink.close();
    bundle.remove();
    const faults = kept
      .filter(([, { heap }]) => heap > MOST_HEAP)
      .map(([{ name }, { heap }]) => `${name} leaves ${heap} bytes on the heap`);
    return {
      figures: Object.fromEntries(
        kept.flatMap(([{ name, tellsResident }, { heap, resident }]) => [
          [`bytes of heap for ${name}`, heap],
          ...(tellsResident ? [[`resident bytes for ${name}`, resident] as const] : []),
        ]),
      ),
      faults,
    };
  },
};
