// From a webhook to the first delivery attempt and to a browser's frame, at a steady rate.

import { setTimeout as pause } from "node:timers/promises";
import { token } from "../api.ts";
import { costOf, memoryOf, startFloor, withSubscriber, type Bench } from "../bench.ts";
import { flood, pace, post, type Paced } from "../load.ts";
import { profiled } from "../profile.ts";
import { ACCOUNT } from "../relay.ts";
import { eventIdOf, openStreams } from "../sockets.ts";
import { percentile, type Measurement } from "../stats.ts";
import { idsOf, times, webhook } from "../webhooks.ts";
import { exportsChannel, jobChannel } from "../../../src/model/event.ts";
import { until } from "../../../src/cli/until.ts";
import type { Server } from "../workerd.ts";

/** Webhooks a second; each is emitted. */
const PER_SECOND = 100;

/** Longest time to the attempt, or to the frame, for 99 of 100 events, in ms. */
const BUDGET = { atMost: 50 };

/** Deliveries under way at once: the default. */
const CONCURRENCY = 4;

/** Open sockets of the account, and how many of them are read. */
const SOCKETS = 1_000;
const SAMPLE = 50;

/**
 * Webhooks a second when every socket gets every event: 10,000 frames a second. At 100 a second a
 * bare object falls behind as well.
 */
const CROWD_PER_SECOND = 10;

/** Webhooks before the clock starts. */
const WARM_UP = 300;

/** Half of the events open a job, the other half end one that is a second old. */
function lifecycle(name: string, count: number): readonly Buffer[] {
  return times(count, (index) => {
    const behind = index - PER_SECOND;
    return index % 2 === 1 && behind > 0
      ? webhook("job.finished", `${name}-${behind - 1}`)
      : webhook("job.created", `${name}-${index}`);
  });
}

/** The same for a bare Worker: an event of the relay's size, for an object that is new or not. */
function shown(name: string, count: number): readonly Buffer[] {
  const filler = "x".repeat(560);
  return times(count, (index) => {
    const behind = index - PER_SECOND;
    const job = index % 2 === 1 && behind > 0 ? behind - 1 : index;
    const id = `evt_${name}-${index}`;
    return post(`/shown/${name}-${job}/${id}`, JSON.stringify({ type: "event", id, filler }));
  });
}

/**
 * Milliseconds from when each webhook was due to `arrivals`; throws when an event is missing 10 s
 * later.
 */
async function delays(
  sent: readonly Paced[],
  arrivals: ReadonlyMap<string, number>,
): Promise<readonly number[]> {
  const due = sent.flatMap((one) => idsOf(one.answer.body).map((id) => ({ id, due: one.due })));
  await until(() => due.every(({ id }) => arrivals.has(id)), {
    timeout: 10_000,
    what: "every event to arrive",
  });
  return due.map((one) => (arrivals.get(one.id) ?? Number.NaN) - one.due);
}

const measurement = (
  name: string,
  values: readonly number[],
  {
    busy: cpu,
    relay,
    bare,
  }: { readonly busy: number | null; readonly relay: Server; readonly bare?: true },
): Measurement => ({
  part: "latency",
  ...memoryOf(relay),
  name: `${name}, p99`,
  value: percentile(values, 0.99),
  unit: "ms",
  ...(bare === true ? {} : { budget: BUDGET }),
  beside: {
    p50: percentile(values, 0.5),
    max: percentile(values, 1),
    events: values.length,
    ...(cpu === null ? {} : { "server busy %": cpu }),
  },
});

interface Run {
  readonly sent: readonly Paced[];
  /**
   * The share of one core that the server used, in percent; `null` where the system does not say.
   */
  readonly busy: number | null;
}

/** `bare` is a Worker that does no more than it has to. */
interface Paces {
  readonly name: string;
  readonly perSecond: number;
  readonly bare?: true;
}

async function run(bench: Bench, server: Server, { name, perSecond, bare }: Paces): Promise<Run> {
  const count = perSecond * (bench.quick ? 3 : 20);
  const requests = bare === true ? shown(`bare-${perSecond}`, count) : lifecycle(name, count);
  const work = (): Promise<readonly Paced[]> => pace(server.port, requests, perSecond);
  const profiles = bare === true ? null : bench.profiles;
  const { result, cpu, seconds } = await costOf(server, () =>
    profiled(server, `latency ${name}`, profiles, work),
  );
  return { sent: result, busy: cpu === null ? null : (cpu / seconds) * 100 };
}

/** Sockets by what they listen to, and the rate of events. */
interface Audience extends Paces {
  readonly paths: readonly string[];
}

/**
 * Opens a socket for each of the channels; the first `SAMPLE` are read, and every event has to come
 * to all of those.
 */
async function watched(
  bench: Bench,
  relay: Server,
  { paths, ...paces }: Audience,
): Promise<Measurement> {
  const { name, perSecond, bare } = paces;
  const arrivals = times(SAMPLE, () => new Map<string, number>());
  const streams = await openStreams(
    { port: relay.port, token: bare === true ? "" : await token(relay.url) },
    paths,
    (socket) => {
      const seen = arrivals[socket];
      if (seen === undefined) return null;
      return (frame) => {
        const id = eventIdOf(frame);
        if (id !== null && !seen.has(id)) seen.set(id, performance.now());
      };
    },
  );
  try {
    const { sent, busy } = await run(bench, relay, paces);
    const values: number[] = [];
    for (const seen of arrivals) values.push(...(await delays(sent, seen)));
    const line = `webhook → browser at ${perSecond}/s, ${name}`;
    return measurement(line, values, { busy, relay, ...(bare === true ? { bare } : {}) });
  } finally {
    for (const stream of streams) stream.close();
    // The server notices that a thousand sockets are gone.
    await pause(500);
  }
}

/** A bare Worker before the same audiences; in the first, most sockets are of other objects. */
async function bareLatency(bench: Bench): Promise<readonly Measurement[]> {
  const floor = await startFloor(bench);
  try {
    await flood(floor.port, shown("warm", WARM_UP));
    const stream = (index: number): string => (index < SAMPLE ? "/stream" : `/stream/own-${index}`);
    return [
      await watched(bench, floor, {
        name: `${SAMPLE} sockets of one object, ${SOCKETS - SAMPLE} of others: a bare Worker`,
        perSecond: PER_SECOND,
        bare: true,
        paths: times(SOCKETS, stream),
      }),
      await watched(bench, floor, {
        name: `${SOCKETS} sockets of one object: a bare Worker`,
        perSecond: CROWD_PER_SECOND,
        bare: true,
        paths: times(SOCKETS, () => "/stream"),
      }),
    ];
  } finally {
    await floor.stop();
  }
}

/** One relay, one subscriber, one account; then a bare Worker. */
export async function latency(bench: Bench): Promise<readonly Measurement[]> {
  return [...(await relayLatency(bench)), ...(await bareLatency(bench))];
}

const pathOf = (channel: string): string =>
  `/v1/accounts/${ACCOUNT}/stream?channels=${encodeURIComponent(channel)}`;

function relayLatency(bench: Bench): Promise<readonly Measurement[]> {
  return withSubscriber(bench, { concurrency: CONCURRENCY }, async (relay, sink) => {
    await flood(
      relay.port,
      times(WARM_UP, (index) => webhook("job.created", `warm-${index}`)),
    );
    await until(() => sink.count() >= WARM_UP, { what: "the warm-up to be delivered" });
    const { sent, busy } = await run(bench, relay, { name: "attempt", perSecond: PER_SECOND });
    const attempts = measurement(
      `webhook → first attempt at ${PER_SECOND}/s`,
      await delays(sent, sink.arrivals),
      { busy, relay },
    );
    const all = exportsChannel(ACCOUNT);
    // Browsers watch a job of their own; operators' pages watch the whole account.
    const mixed = times(SOCKETS, (index) => (index < SAMPLE ? all : jobChannel(`own-${index}`)));
    const crowd = times(SOCKETS, () => all);
    return [
      attempts,
      await watched(bench, relay, {
        name: `${SAMPLE} sockets on all jobs, ${SOCKETS - SAMPLE} on one each`,
        perSecond: PER_SECOND,
        paths: mixed.map(pathOf),
      }),
      await watched(bench, relay, {
        name: `${SOCKETS} sockets on all jobs`,
        perSecond: CROWD_PER_SECOND,
        paths: crowd.map(pathOf),
      }),
    ];
  });
}
