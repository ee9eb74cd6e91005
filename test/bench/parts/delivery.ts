// How fast a queue of waiting deliveries leaves, beside a bare object that posts the same bytes to
// the same receiver.

import { setSubscriber, waiting } from "../api.ts";
import { startFloor, costOf, memoryOf, withSubscriber, type Bench } from "../bench.ts";
import { flood } from "../load.ts";
import { profiled } from "../profile.ts";
import { startSink } from "../receiver.ts";
import type { Measurement } from "../stats.ts";
import { times, webhook } from "../webhooks.ts";
import { until } from "../../../src/cli/until.ts";

/** Share of the floor that the relay has to reach, by the answers' delay in ms. */
const SHARES = { near: 0.9, atOnce: 0.65 } as const;

/** Deliveries under way at once: the default. */
const CONCURRENCY = 4;

/** Events of each job: it opens, ends, and is requeued again and again. */
const EVENTS = 10;

/** Bytes of an envelope as the relay delivers it. */
const BODY = JSON.stringify({ version: "v3-beta", event: "job.created", filler: "x".repeat(480) });

/**
 * Milliseconds that a receiver in the same region takes to answer; one on the same machine answers
 * at once, and measures CPU alone.
 */
const NEAR = 5;

/**
 * The queue is drained once and the floor before and after it: what else runs on the machine then
 * weighs on both.
 */
export async function delivery(bench: Bench): Promise<readonly Measurement[]> {
  const count = bench.quick ? 1_000 : 10_000;
  const part = "delivery";
  const line = async (after: number): Promise<Measurement> => {
    const before = await floor(bench, count, { after });
    const relay = await drain(bench, count, after);
    const last = await floor(bench, count, { after });
    const bare = (before.perSecond + last.perSecond) / 2;
    const answers = after === 0 ? "at once" : `after ${after} ms`;
    return {
      part,
      name: `${count} waiting, ${CONCURRENCY} at once, answers ${answers}`,
      value: relay.perSecond,
      unit: "/s",
      floor: bare,
      share: { byRate: relay.perSecond / bare },
      budget: { atLeast: after === 0 ? SHARES.atOnce : SHARES.near },
      ...relay.memory,
      beside: { ...cost(relay, count, "CPU µs each"), ...cost(last, count, "floor's") },
    };
  };
  const storing = await floor(bench, count, { stores: true });
  return [
    await line(NEAR),
    await line(0),
    {
      part,
      name: "a bare object with a row for each result, answers at once",
      value: storing.perSecond,
      unit: "/s",
      beside: cost(storing, count, "CPU µs each"),
    },
  ];
}

const cost = ({ cpu }: Drained, count: number, name: string): Readonly<Record<string, number>> =>
  cpu === null ? {} : { [name]: (cpu * 1e6) / count };

interface Drained {
  readonly perSecond: number;
  readonly cpu: number | null;
  readonly memory: Pick<Measurement, "memory">;
}

/** Fills the queue while the subscriber is paused, resumes it, and waits for the last request. */
async function drain(bench: Bench, count: number, after: number): Promise<Drained> {
  return withSubscriber(bench, { concurrency: CONCURRENCY, after }, async (relay, sink) => {
    await flood(
      relay.port,
      times(300, (index) => webhook("job.created", `warm-${index}`)),
    );
    await until(() => sink.count() >= 300, { what: "the warm-up to be delivered" });
    await setSubscriber(relay.url, "pause");
    const jobs = times(count / EVENTS, (index) => `job-${index}`);
    for (const event of times(EVENTS, (index) =>
      index === 0 ? "job.created" : index % 2 === 1 ? "job.finished" : "job.requeued",
    )) {
      await flood(
        relay.port,
        jobs.map((guid) => webhook(event, guid)),
      );
    }
    await until(async () => (await waiting(relay.url)) >= count, {
      timeout: 60_000,
      every: 200,
      what: "the queue to fill",
    });
    const delivered = sink.count();
    const began = performance.now();
    const { cpu } = await costOf(relay, () =>
      profiled(relay, `delivery ${after}`, bench.profiles, async () => {
        await setSubscriber(relay.url, "resume");
        await until(() => sink.count() >= delivered + count, {
          timeout: 120_000,
          what: "the queue to drain",
        });
      }),
    );
    const perSecond = (count * 1_000) / (sink.latest() - began);
    return { perSecond, cpu, memory: memoryOf(relay) };
  });
}

async function floor(
  bench: Bench,
  count: number,
  given: { readonly stores?: boolean; readonly after?: number },
): Promise<Drained> {
  const { stores = false, after = 0 } = given;
  const [bare, sink] = [await startFloor(bench), await startSink({ after })];
  try {
    const post = async (posts: number): Promise<void> => {
      const query = new URLSearchParams({
        url: sink.url,
        count: String(posts),
        concurrency: String(CONCURRENCY),
        stores: String(stores),
      });
      const answer = await fetch(`${bare.url}/posts?${query.toString()}`, {
        method: "POST",
        body: BODY,
      });
      if (answer.status !== 204) throw new Error(`the floor was answered ${answer.status}`);
    };
    await post(300);
    const began = performance.now();
    const { cpu } = await costOf(bare, () => post(count));
    const perSecond = (count * 1_000) / (sink.latest() - began);
    return { perSecond, cpu, memory: memoryOf(bare) };
  } finally {
    await Promise.all([bare.stop(), sink.close()]);
  }
}
