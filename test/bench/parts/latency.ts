// From a webhook to the first delivery attempt and to a browser's frame, at a steady rate.

import { setTimeout as pause } from "node:timers/promises";
import { token } from "../api.ts";
import { costOf, memoryOf, withSubscriber, type Bench } from "../bench.ts";
import { flood, pace, type Paced } from "../load.ts";
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
  { busy: cpu, relay }: { readonly busy: number | null; readonly relay: Server },
): Measurement => ({
  part: "latency",
  ...memoryOf(relay),
  name: `${name}, p99`,
  value: percentile(values, 0.99),
  unit: "ms",
  budget: BUDGET,
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

async function run(bench: Bench, relay: Server, name: string, perSecond: number): Promise<Run> {
  const requests = lifecycle(name, perSecond * (bench.quick ? 3 : 20));
  const work = (): Promise<readonly Paced[]> => pace(relay.port, requests, perSecond);
  const { result, cpu, seconds } = await costOf(relay, () =>
    profiled(relay, `latency ${name}`, bench.profiles, work),
  );
  return { sent: result, busy: cpu === null ? null : (cpu / seconds) * 100 };
}

/** Sockets by what they listen to, and the rate of events. */
interface Audience {
  readonly name: string;
  readonly perSecond: number;
  readonly channels: readonly string[];
}

/**
 * Opens a socket for each of the channels; the first `SAMPLE` are read, and every event has to come
 * to all of those.
 */
async function watched(
  bench: Bench,
  relay: Server,
  { name, perSecond, channels }: Audience,
): Promise<Measurement> {
  const arrivals = times(SAMPLE, () => new Map<string, number>());
  const paths = channels.map(
    (channel) => `/v1/accounts/${ACCOUNT}/stream?channels=${encodeURIComponent(channel)}`,
  );
  const streams = await openStreams(
    { port: relay.port, token: await token(relay.url) },
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
    const { sent, busy } = await run(bench, relay, name, perSecond);
    const values: number[] = [];
    for (const seen of arrivals) values.push(...(await delays(sent, seen)));
    return measurement(`webhook → browser at ${perSecond}/s, ${name}`, values, { busy, relay });
  } finally {
    for (const stream of streams) stream.close();
    // The server notices that a thousand sockets are gone.
    await pause(500);
  }
}

/** One relay, one subscriber, one account. */
export async function latency(bench: Bench): Promise<readonly Measurement[]> {
  return withSubscriber(bench, { concurrency: CONCURRENCY }, async (relay, sink) => {
    await flood(
      relay.port,
      times(WARM_UP, (index) => webhook("job.created", `warm-${index}`)),
    );
    await until(() => sink.count() >= WARM_UP, { what: "the warm-up to be delivered" });
    const { sent, busy } = await run(bench, relay, "attempt", PER_SECOND);
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
        channels: mixed,
      }),
      await watched(bench, relay, {
        name: `${SOCKETS} sockets on all jobs`,
        perSecond: CROWD_PER_SECOND,
        channels: crowd,
      }),
    ];
  });
}
