// `npm run demo`: a relay, a subscriber, signed traffic of five senders, and two jobs whose
// progress the relay fetches by itself; everything is checked at the end.

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { withEvent, type Bars } from "../cli/terminal/bars.ts";
import { painter } from "../cli/paint.ts";
import { scriptArgs } from "../cli/script.ts";
import { play, type Posted } from "../cli/play.ts";
import { screenOn } from "../cli/terminal/screen.ts";
import { until } from "../cli/until.ts";
import type { JobEnvelope } from "../model/event.ts";
import { SAMPLE_PROVIDERS, type SampleProvider } from "../samples/providers.ts";
import { simulation } from "../samples/simulation.ts";
import { presetJobs, type PresetJob } from "./presets.ts";
import {
  openJobStream,
  postSigned,
  SECRETS,
  SIGNING_SECRET,
  SOURCES,
  startDemoRelay,
  watchExport,
} from "./relay.ts";
import { completeness, review, tally, type Arrival } from "./review.ts";
import { startDemoSubscriber, type DemoSubscriber } from "./subscriber.ts";
import {
  LIVE_SOURCE,
  playUpstream,
  POLLED_SOURCE,
  startUpstream,
  type UpstreamServers,
} from "./upstream/jobs.ts";
import { arrivalLine, barLines, summary } from "./view.ts";

/** Length of the ExportComments export, in ms: the throttle's window opens four times. */
const EXPORT_LENGTH = 16_000;
const EXPORT_ITEMS = 1_500;

/** The throttle's default, in ms. */
const WINDOW = 5_000;

/** How long everything may take to arrive after the last webhook, in ms: the retry takes 1 s. */
const SETTLE_TIMEOUT = 10_000;

/** When each provider's traffic begins, in ms. */
const DELAYS: Readonly<Record<SampleProvider, number>> = {
  exportcomments: 0,
  betterez: 2_000,
  emailengine: 4_000,
};

const paint = painter(process.stdout.isTTY, process.env);
const screen = screenOn(process.stdout);
const begin = performance.now();

/** Everything that the demonstration has seen so far. */
const seen = {
  posted: [] as Posted[],
  arrivals: [] as Arrival[],
  streamed: [] as JobEnvelope[],
  sent: new Map<string, number>(),
  /** Publications and looks: what the relay fetched by itself. */
  fetched: 0,
  bars: new Map() as Bars,
};

const redraw = (): void => screen.bottom(barLines(seen.bars, seen.sent, paint));

function countSent(source: string): void {
  seen.sent.set(source, (seen.sent.get(source) ?? 0) + 1);
  redraw();
}

const startSubscriber = (): Promise<DemoSubscriber> =>
  startDemoSubscriber({
    secret: SIGNING_SECRET,
    // Unavailable once, to show a retry.
    refuses: (event) => event.source === SOURCES.emailengine,
    onArrival: (arrival) => {
      seen.arrivals.push(arrival);
      screen.line(arrivalLine({ ...arrival, at: performance.now() - begin }, paint));
    },
  });

/** The jobs of senders that are data. */
const PRESET_JOBS = presetJobs(randomUUID);

/** When they begin, in ms. */
const PRESETS_DELAY = 1_000;

/** Jobs whose progress the relay fetches by itself. */
const FETCHED_JOBS = 2;

/** Jobs that end well in the whole demonstration. */
const ALL_JOBS = SAMPLE_PROVIDERS.length + PRESET_JOBS.length + FETCHED_JOBS;

async function playPreset(url: string, job: PresetJob, signal: AbortSignal): Promise<void> {
  const start = performance.now() + PRESETS_DELAY;
  for (const { at, body } of job.steps) {
    await pause(Math.max(0, start + at - performance.now()), undefined, { signal });
    const answer = await postSigned(url, job.source, body);
    const { result = "", events = [] } = await answer.json<Partial<Posted>>();
    const label = `${job.source} ${job.preset}`;
    seen.posted.push({ label, status: answer.status, result, expected: "accepted", events });
    countSent(job.source);
  }
}

const playAll = (url: string, upstream: UpstreamServers, signal: AbortSignal): Promise<unknown> =>
  Promise.all([
    playUpstream(upstream, {
      newId: randomUUID,
      signal,
      watch: (exportId) => watchExport(url, exportId),
      onSaid: (source) => {
        seen.fetched += 1;
        countSent(source);
      },
    }),
    ...PRESET_JOBS.map((job) => playPreset(url, job, signal)),
    ...SAMPLE_PROVIDERS.map((provider) => {
      const delay = DELAYS[provider];
      const options = {
        start: Date.now() + delay,
        newId: randomUUID,
        length: EXPORT_LENGTH,
        total: EXPORT_ITEMS,
      };
      return play(simulation(provider, options), {
        url,
        source: SOURCES[provider],
        secret: SECRETS[provider],
        delay,
        signal,
        onPosted: (posted) => {
          seen.posted.push(posted);
          countSent(SOURCES[provider]);
        },
      });
    }),
  ]);

const finishedIn = (events: readonly JobEnvelope[]): number =>
  events.filter((event) => event.event === "job.finished").length;

/** True when all jobs have ended, on the stream and at the subscriber. */
function isSettled(): boolean {
  const taken = seen.arrivals
    .filter((arrival) => arrival.answered < 300)
    .map((arrival) => arrival.event);
  const all = ALL_JOBS;
  return (
    finishedIn(taken) >= all &&
    finishedIn(seen.streamed) >= all &&
    new Set(taken.map((event) => event.id)).size >= seen.streamed.length
  );
}

async function demo(signal: AbortSignal, cleanups: (() => unknown)[]): Promise<number> {
  screen.line(paint("dim", "Starting a relay and a subscriber …"));
  const subscriber = await startSubscriber();
  cleanups.push(() => subscriber.close());
  const upstream = await startUpstream();
  cleanups.push(() => upstream.close());
  const relay = await startDemoRelay(subscriber.url, upstream);
  cleanups.push(() => relay.stop());
  signal.throwIfAborted();
  const stream = openJobStream(relay.url, (event) => {
    seen.streamed.push(event);
    seen.bars = withEvent(seen.bars, event);
    redraw();
  });
  cleanups.push(() => stream.close());
  await stream.opened;
  screen.line(
    paint(
      "dim",
      `Relay at ${relay.url}. Playing signed traffic of ${ALL_JOBS - FETCHED_JOBS} senders, and two jobs whose progress ` +
        `is fetched (${LIVE_SOURCE} over a realtime protocol, ${POLLED_SOURCE} by polling); each line is a delivery:`,
    ),
  );
  await Promise.race([
    playAll(relay.url, upstream, signal),
    stream.ended.then(() => Promise.reject(new Error("the stream ended early"))),
  ]);
  // After a timeout the review says what is missing.
  await until(isSettled, { timeout: SETTLE_TIMEOUT }).catch(() => undefined);
  screen.bottom([]);
  return conclude();
}

function conclude(): number {
  const transcript = {
    posted: seen.posted,
    fetched: seen.fetched,
    arrivals: seen.arrivals,
    streamed: seen.streamed,
    window: WINDOW,
  };
  const checks = [...review(transcript), ...completeness(transcript, ALL_JOBS)];
  for (const line of barLines(seen.bars, seen.sent, paint)) screen.line(line);
  screen.line(summary(tally(transcript), checks, paint));
  const failed = checks.filter((check) => check.problem !== null);
  for (const check of failed) console.error(`${check.label}: ${check.problem ?? ""}`);
  if (failed.length === 0)
    screen.line(
      paint("green", `All as promised, in ${((performance.now() - begin) / 1_000).toFixed(0)} s.`),
    );
  return failed.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const controller = new AbortController();
  const cleanups: (() => unknown)[] = [];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // A second signal ends the process at once; the relay's exit hooks still run.
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error("interrupted"));
    });
  }
  try {
    return await Promise.race([demo(controller.signal, cleanups), aborted(controller.signal)]);
  } catch (error) {
    screen.bottom([]);
    console.error(error instanceof Error ? error.message : error);
    return controller.signal.aborted ? 130 : 1;
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error("interrupted")),
    );
  });

scriptArgs(
  "npm run demo\n\n  It has no options: it plays jobs of five senders and checks what comes out.",
  {},
);
process.exit(await main());
