// From a webhook to the first delivery attempt and to a browser's frame, at a steady rate.

import { setTimeout as pause } from "node:timers/promises";
import { token } from "../api.ts";
import { withCpu, withSubscriber, type Bench } from "../bench.ts";
import { flood, pace, type Paced } from "../load.ts";
import { profiled } from "../profile.ts";
import { ACCOUNT } from "../relay.ts";
import { eventIdOf, openStreams } from "../sockets.ts";
import { percentile, type Measurement } from "../stats.ts";
import { idsOf, times, webhook } from "../webhooks.ts";
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

/** Half of the events open a job, the other half end one that is a second old. */
function lifecycle(name: string, count: number): readonly Buffer[] {
  return times(count, (index) => {
    const behind = index - PER_SECOND;
    return index % 2 === 1 && behind > 0 ? webhook("job.finished", `${name}-${behind - 1}`) : webhook("job.created", `${name}-${index}`);
  });
}

/** Milliseconds from when each webhook was due to `arrivals`; throws when an event is missing 10 s later. */
async function delays(sent: readonly Paced[], arrivals: ReadonlyMap<string, number>): Promise<readonly number[]> {
  const due = sent.flatMap((one) => idsOf(one.answer.body).map((id) => ({ id, due: one.due })));
  await until(() => due.every(({ id }) => arrivals.has(id)), { timeout: 10_000, what: "every event to arrive" });
  return due.map((one) => (arrivals.get(one.id) ?? Number.NaN) - one.due);
}

const measurement = (name: string, values: readonly number[], cpu: number | null): Measurement => ({
  part: "latency",
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

/** Runs the traffic; answers it with the share of one core that the server used, in percent. */
async function run(bench: Bench, relay: Server, name: string): Promise<{ readonly sent: readonly Paced[]; readonly busy: number | null }> {
  const seconds = bench.quick ? 3 : 20;
  const requests = lifecycle(name, PER_SECOND * seconds);
  const work = (): Promise<readonly Paced[]> => pace(relay.port, requests, PER_SECOND);
  const { result, cpu } = await withCpu(relay, seconds, () => profiled(relay, `latency ${name}`, bench.profiles, work));
  return { sent: result, busy: cpu === null ? null : cpu / 1e4 };
}

/** Everybody listens on `paths`; the first `SAMPLE` sockets are read. Answers the delays of the slowest of them per event. */
async function watched(bench: Bench, relay: Server, name: string, paths: readonly string[]): Promise<Measurement> {
  const arrivals = times(SAMPLE, () => new Map<string, number>());
  const streams = await openStreams({ port: relay.port, token: await token(relay.url) }, paths, (socket) => {
    const seen = arrivals[socket];
    if (seen === undefined) return null;
    return (frame) => {
      const id = eventIdOf(frame);
      if (id !== null && !seen.has(id)) seen.set(id, performance.now());
    };
  });
  try {
    const { sent, busy } = await run(bench, relay, name);
    const values: number[] = [];
    for (const seen of arrivals) values.push(...(await delays(sent, seen)));
    return measurement(`webhook → browser, ${name}`, values, busy);
  } finally {
    for (const stream of streams) stream.close();
    // The server notices that a thousand sockets are gone.
    await pause(500);
  }
}

/** One relay, one subscriber, one account. */
export async function latency(bench: Bench): Promise<readonly Measurement[]> {
  return withSubscriber(bench, CONCURRENCY, async (relay, sink) => {
    await flood(
      relay.port,
      times(300, (index) => webhook("job.created", `warm-${index}`)),
    );
    await until(() => sink.count() >= 300, { what: "the warm-up to be delivered" });
    const { sent, busy } = await run(bench, relay, "attempt");
    const attempts = measurement("webhook → first attempt", await delays(sent, sink.arrivals), busy);
    const all = encodeURIComponent(`exports:${ACCOUNT}`);
    const stream = `/v1/accounts/${ACCOUNT}/stream`;
    // Browsers watch a job of their own; operators' pages watch the whole account.
    const own = times(SOCKETS, (index) => (index < SAMPLE ? `${stream}?channels=${all}` : `${stream}?channels=export.own-${index}.job`));
    const jobs = await watched(bench, relay, `${SAMPLE} sockets on all jobs, ${SOCKETS - SAMPLE} on one each`, own);
    const everything = await watched(
      bench,
      relay,
      `${SOCKETS} sockets on all jobs`,
      times(SOCKETS, () => `${stream}?channels=${all}`),
    );
    return [attempts, jobs, everything];
  });
}
