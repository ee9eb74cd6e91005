// One event to ten thousand open WebSockets of one account, beside a bare object that sends a text
// of that size to as many.

import { token } from "../api.ts";
import { startFloor, startRelay, type Bench } from "../bench.ts";
import { flood, post } from "../load.ts";
import { profiled } from "../profile.ts";
import { ACCOUNT } from "../relay.ts";
import { openStreams } from "../sockets.ts";
import { median, type Measurement } from "../stats.ts";
import { times, webhook } from "../webhooks.ts";
import { until } from "../../../src/cli/until.ts";
import { openFiles, type Server } from "../workerd.ts";

/** Longest time from the webhook until every socket has its event, in ms. */
const BUDGET = { atMost: 1_000 };

/** Events published one after the other. */
const ROUNDS = 7;

/** Files that a server without sockets has open, with room to spare. */
const SPARE_FILES = 200;

/** Events before the clock starts. */
const WARM_UP = 2;

/** A frame of the relay's size. */
const FRAME = JSON.stringify({
  type: "event",
  channel: `exports:${ACCOUNT}`,
  filler: "x".repeat(560),
});

/**
 * The sockets' own side is in this process, on the same machine: its share of the time is in the
 * numbers.
 */
export async function sockets(bench: Bench): Promise<readonly Measurement[]> {
  // As many as fit: two files of the server each, and some for everything else.
  const count = Math.min(bench.quick ? 1_000 : 10_000, Math.floor((openFiles() - SPARE_FILES) / 2));
  const stream = `/v1/accounts/${ACCOUNT}/stream?channels=${encodeURIComponent(`exports:${ACCOUNT}`)}`;
  const relay = await spread(bench, await startRelay(bench), {
    count,
    path: stream,
    event: (round) => webhook("job.created", `round-${round}`),
  });
  const floor = await spread(bench, await startFloor(bench), {
    count,
    path: "/stream",
    event: () => post("/events", FRAME),
  });
  const part = "sockets";
  const perSocket = ({ empty, full }: Spread): number => (full - empty) / count / 1_024;
  const memory = Number.isNaN(relay.full)
    ? {}
    : { memory: { relay: relay.full / 1e6, floor: floor.full / 1e6 } };
  return [
    {
      part,
      name: `one event to ${count.toLocaleString("en")} sockets, median`,
      value: median(relay.rounds),
      unit: "ms",
      floor: median(floor.rounds),
      budget: BUDGET,
      ...memory,
      beside: extremes(relay),
    },
    {
      part,
      name: "sockets opened",
      value: relay.perSecond,
      unit: "/s",
      floor: floor.perSecond,
    },
    ...(Number.isNaN(relay.full)
      ? []
      : [
          {
            part,
            name: "memory per socket",
            value: perSocket(relay),
            unit: "KiB",
            floor: perSocket(floor),
          },
        ]),
  ];
}

const extremes = ({ rounds }: Spread): Readonly<Record<string, number>> => ({
  fastest: Math.min(...rounds),
  slowest: Math.max(...rounds),
  events: rounds.length,
});

interface Crowd {
  readonly count: number;
  readonly path: string;
  readonly event: (round: number) => Buffer;
}

/** Rounds in ms; memory in bytes before and with all sockets, NaN where the system does not say. */
interface Spread {
  readonly rounds: readonly number[];
  readonly perSecond: number;
  readonly empty: number;
  readonly full: number;
}

/** Opens the sockets, publishes, and ends the server. */
async function spread(
  bench: Bench,
  server: Server,
  { count, path, event }: Crowd,
): Promise<Spread> {
  try {
    const bearer = path === "/stream" ? "none" : await token(server.url);
    const empty = server.memory() ?? Number.NaN;
    let reached = 0;
    const began = performance.now();
    const streams = await openStreams(
      { port: server.port, token: bearer },
      times(count, () => path),
      () => () => {
        reached += 1;
      },
    );
    const perSecond = (count * 1_000) / (performance.now() - began);
    const full = server.memory() ?? Number.NaN;
    const publish = async (round: number): Promise<number> => {
      reached = 0;
      const sent = performance.now();
      await flood(server.port, [event(round)], 1);
      await until(() => reached >= count, {
        timeout: 30_000,
        every: 1,
        what: "every socket to have the event",
      });
      return performance.now() - sent;
    };
    for (let round = 0; round < WARM_UP; round += 1) await publish(-1 - round);
    const rounds = await profiled(
      server,
      "sockets",
      path === "/stream" ? null : bench.profiles,
      async () => {
        const taken: number[] = [];
        for (let round = 0; round < ROUNDS; round += 1) taken.push(await publish(round));
        return taken;
      },
    );
    for (const stream of streams) stream.close();
    return { rounds, perSecond, empty, full };
  } finally {
    await server.stop();
  }
}
