// The lives that are played on the meter.

import { DAY } from "../../../src/kernel/time.ts";
import { token } from "../api.ts";
import { startSink } from "../receiver.ts";
import { ACCOUNT, subscribedTo, type Bundle } from "../relay.ts";
import { openStreams } from "../sockets.ts";
import { times, webhook } from "../webhooks.ts";
import { startMetered, type MeteredRelay } from "./metered-relay.ts";
import type { Usage } from "./usage.ts";

/** A played life: how many webhooks, and what they used. */
export interface Played {
  readonly webhooks: number;
  readonly usage: Usage;
}

/** A life; `jobs` of them at once. */
interface Life {
  readonly name: string;
  readonly jobs: number;
  /** What the subscriber answers; `null` without a subscriber. */
  readonly answers: number | null;
  /** Open WebSockets on the account. */
  readonly viewers: number;
  /** To the end of every retention, until nothing of the jobs is left. */
  readonly isWhole?: boolean;
}

/** Progress updates of a job, one a second. */
const UPDATES = 40;
const TOTAL = 1_500;

/** How late a webhook comes after its second, in ms: no network keeps time. */
const LATE_MS = [0, 13, 4, 9, 2, 11, 6] as const;

/** The life that shows what retention costs where the alarms of an object serve many jobs. */
export const WHOLE_LIVES = "100 jobs, their whole life";

/** What is played. The first is the job that the budgets speak of. */
export const LIVES = [
  { name: "typical job", jobs: 1, answers: 204, viewers: 0 },
  { name: "eight jobs at once", jobs: 8, answers: 204, viewers: 0 },
  { name: "burst of 100 jobs", jobs: 100, answers: 204, viewers: 0 },
  { name: "no subscriber", jobs: 1, answers: null, viewers: 0 },
  { name: "failing subscriber", jobs: 1, answers: 503, viewers: 0 },
  { name: "1,000 viewers", jobs: 1, answers: 204, viewers: 1_000 },
  { name: "typical job, its whole life", jobs: 1, answers: 204, viewers: 0, isWhole: true },
  { name: WHOLE_LIVES, jobs: 100, answers: 204, viewers: 0, isWhole: true },
] as const satisfies readonly Life[];

/** The webhooks of one second of all jobs: `created`, 40 times progress, `finished`. */
function second(at: number, guids: readonly string[]): readonly Buffer[] {
  return guids.map((guid) => {
    if (at === 0) return webhook("job.created", guid);
    if (at > UPDATES) return webhook("job.finished", guid, { current: TOTAL, total: TOTAL });
    return webhook("job.progress", guid, { current: at * 30, total: TOTAL });
  });
}

/** Long enough for what is left to be written after the last webhook. */
const AFTER_MS = 120_000;

/** Longer than any default retention: of jobs, of deliveries, of an account's log. */
const RETENTION_MS = 32 * DAY;

async function playJobs(relay: MeteredRelay, guids: readonly string[]): Promise<number> {
  const seconds = times(UPDATES + 2, (at) => second(at, guids));
  const began = await relay.advance(0);
  for (const [at, webhooks] of seconds.entries()) {
    // Senders do not wait for the relay: what it takes in a second delays none of the next one.
    await relay.advanceTo(began + at * 1_000 + (LATE_MS[at % LATE_MS.length] ?? 0));
    await relay.post(webhooks, 16);
  }
  await relay.advance(AFTER_MS);
  return seconds.flat().length;
}

/** Plays a life on a relay whose account, source and subscriber have been there before. */
export async function play(bundle: Bundle, life: Life): Promise<Played> {
  const sink = life.answers === null ? null : await startSink({ status: life.answers });
  const relay = await startMetered(bundle, sink === null ? {} : subscribedTo(sink.url, 4));
  try {
    await relay.post([webhook("job.created", "before"), webhook("job.finished", "before")]);
    await relay.advance(life.isWhole === true ? RETENTION_MS : AFTER_MS);
    const access = life.viewers === 0 ? null : await token(relay.url);
    const paths = times(life.viewers, () => `/v1/accounts/${ACCOUNT}/stream`);
    const viewers =
      access === null
        ? []
        : await openStreams({ port: relay.port, token: access }, paths, () => null);
    await relay.reset();
    const webhooks = await playJobs(
      relay,
      times(life.jobs, (index) => `job-${index}`),
    );
    if (life.isWhole === true) await relay.advance(RETENTION_MS);
    const usage = await relay.usage();
    for (const viewer of viewers) viewer.close();
    return { webhooks, usage };
  } finally {
    await relay.stop();
    await sink?.close();
  }
}
