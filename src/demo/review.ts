// Checks a demonstration: whether the deliveries and the stream fit the webhooks.

import type { JobEnvelope } from "../model/event.ts";
import type { Millis } from "../kernel/time.ts";
import type { Posted } from "../cli/play.ts";

/** A request at the subscriber. */
export interface Arrival {
  readonly event: JobEnvelope;
  readonly valid: boolean;
  readonly answered: number;
}

/** Everything that was observed from outside. */
export interface Transcript {
  readonly posted: readonly Posted[];
  /** What the relay fetched by itself: publications, and looks at exports. */
  readonly fetched: number;
  readonly arrivals: readonly Arrival[];
  /** Events of the stream, in order. */
  readonly streamed: readonly JobEnvelope[];
  /** The configured throttle. */
  readonly window: Millis;
}

/** How much went in and came out. */
export interface Tally {
  readonly updatesIn: number;
  readonly fetched: number;
  readonly eventsOut: number;
  readonly absorbed: number;
  readonly duplicates: number;
  readonly deliveries: number;
  readonly retried: number;
}

/** One check: `problem` says what is wrong (`null` when nothing is), `detail` what was found. */
export interface Check {
  readonly label: string;
  readonly detail: string;
  readonly problem: string | null;
}

/** Counts both sides. */
export function tally({ posted, fetched, arrivals }: Transcript): Tally {
  const eventsOut = new Set(arrivals.map((arrival) => arrival.event.id)).size;
  const duplicates = posted.filter((post) => post.result === "duplicate").length;
  return {
    updatesIn: posted.length + fetched,
    fetched,
    eventsOut,
    absorbed: posted.length + fetched - duplicates - eventsOut,
    duplicates,
    deliveries: arrivals.length,
    retried: arrivals.length - eventsOut,
  };
}

/** The order in which the subscriber accepted each job's events. */
function acceptedByJob(arrivals: readonly Arrival[]): ReadonlyMap<string, readonly JobEnvelope[]> {
  return byJob(
    arrivals.filter((arrival) => isSuccess(arrival.answered)).map((arrival) => arrival.event),
  );
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function byJob(events: readonly JobEnvelope[]): ReadonlyMap<string, readonly JobEnvelope[]> {
  return Map.groupBy(events, (event) => `${event.source}/${event.guid}`);
}

const check = (label: string, detail: string, problems: readonly (string | null)[]): Check => ({
  label,
  detail,
  problem: problems.find((problem) => problem !== null) ?? null,
});

/** Runs all checks. */
export function review(transcript: Transcript): readonly Check[] {
  const { posted, arrivals, streamed } = transcript;
  const accepted = acceptedByJob(arrivals);
  const shown = byJob(streamed);
  const jobs = [...accepted.entries()];
  const wrong = posted.find((post) => post.status !== 202 || post.result !== post.expected);
  const invalid = arrivals.filter((arrival) => !arrival.valid).length;
  const delivered = new Set(
    arrivals.filter((arrival) => isSuccess(arrival.answered)).map((arrival) => arrival.event.id),
  );
  const lost = posted.flatMap((post) => post.events).filter((id) => !delivered.has(id)).length;
  return [
    check("webhooks answered as expected", `${posted.length} of ${posted.length}`, [
      wrong === undefined ? null : describe(wrong),
    ]),
    check("signatures valid", `${arrivals.length} of ${arrivals.length}`, [
      invalid === 0 ? null : `${invalid} invalid`,
      arrivals.length > 0 ? null : "nothing arrived",
    ]),
    check("every emitted event delivered", `${delivered.size} events`, [
      lost === 0 ? null : `${lost} missing`,
    ]),
    check(
      "order kept, no gap",
      `${jobs.length} jobs`,
      jobs.map(([job, events]) => gapIn(job, events)),
    ),
    check(
      "each job ends with its last event",
      `${jobs.length} finished`,
      jobs.map(([job, events]) =>
        events.at(-1)?.event === "job.finished"
          ? null
          : `${job} ends with ${events.at(-1)?.event ?? "nothing"}`,
      ),
    ),
    check("stream equals deliveries", `${streamed.length} events`, [difference(accepted, shown)]),
    check(
      `one progress per ${transcript.window / 1_000} s`,
      spacing(jobs),
      jobs.map(([job, events]) => tooSoon(job, events, transcript.window)),
    ),
  ];
}

/** Checks the demonstration's own plan: all jobs end, and one delivery is repeated. */
export function completeness(
  { arrivals }: Pick<Transcript, "arrivals">,
  expected: number,
): readonly Check[] {
  const finished = new Set(
    arrivals
      .filter((arrival) => arrival.event.event === "job.finished")
      .map((arrival) => arrival.event.guid),
  );
  const refused = arrivals
    .filter((arrival) => arrival.answered >= 300)
    .map((arrival) => arrival.event.id);
  const repeated = refused.every((id) =>
    arrivals.some((arrival) => arrival.event.id === id && arrival.answered < 300),
  );
  return [
    {
      label: "all jobs finished",
      detail: `${finished.size} of ${expected}`,
      problem: finished.size === expected ? null : `${finished.size} of ${expected}`,
    },
    {
      label: "refused delivery repeated",
      detail: "same id, signed again",
      problem: refused.length > 0 && repeated ? null : "it was not",
    },
  ];
}

const describe = (post: Posted): string =>
  `${post.label}: ${post.status} ${post.result}, expected ${post.expected}`;

function gapIn(job: string, events: readonly JobEnvelope[]): string | null {
  const seqs = events.map((event) => event.seq);
  return seqs.every((seq, index) => seq === index + 1) ? null : `${job}: ${seqs.join(", ")}`;
}

function difference(
  left: ReadonlyMap<string, readonly JobEnvelope[]>,
  right: ReadonlyMap<string, readonly JobEnvelope[]>,
): string | null {
  for (const job of new Set([...left.keys(), ...right.keys()])) {
    const [delivered, shown] = [left.get(job) ?? [], right.get(job) ?? []].map((events) =>
      events.map((event) => event.id),
    );
    if (delivered?.join() !== shown?.join())
      return `${job}: ${delivered?.length ?? 0} delivered, ${shown?.length ?? 0} streamed`;
  }
  return null;
}

const progressGaps = (events: readonly JobEnvelope[]): readonly Millis[] =>
  events
    .filter((event) => event.event === "job.progress")
    .map((event) => Date.parse(event.time))
    .flatMap((time, index, times) => (index === 0 ? [] : [time - (times[index - 1] ?? time)]));

function tooSoon(job: string, events: readonly JobEnvelope[], window: Millis): string | null {
  const least = Math.min(...progressGaps(events));
  return least < window ? `${job}: ${least} ms apart` : null;
}

function spacing(jobs: readonly (readonly [string, readonly JobEnvelope[]])[]): string {
  const least = Math.min(...jobs.flatMap(([, events]) => progressGaps(events)));
  return Number.isFinite(least) ? `at least ${(least / 1_000).toFixed(1)} s apart` : "never two";
}
