// A whole realistic job of each provider as a list of webhooks with their times; playing it is somebody else's work.

import type { JsonObject } from "../kernel/json.ts";
import { iso, type Millis } from "../kernel/time.ts";
import * as betterez from "./betterez.ts";
import * as emailEngine from "./emailengine.ts";
import * as exportComments from "./exportcomments.ts";
import type { SampleProvider } from "./signing.ts";

/** One webhook of a simulation. */
export interface Step {
  readonly provider: SampleProvider;
  /** Milliseconds after the simulation's beginning. */
  readonly at: Millis;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** What a relay that has seen the steps before has to answer. */
  readonly expect: "accepted" | "duplicate";
}

/** What a simulation cannot know by itself. */
export interface SimulationOptions {
  /** When it begins, epoch milliseconds; bodies that carry instants are dated by it. */
  readonly start: Millis;
  /** A fresh id per call: guids, message ids. */
  readonly newId: () => string;
  /** Length of an ExportComments export in ms. */
  readonly length: Millis;
  readonly total: number;
}

/** Between two updates of ExportComments: several a second, so that the throttle has something to do, in ms. */
const UPDATE_EVERY = 200;

/** How far the first attempt gets before it fails. */
const FAILS_AT = 0.4;

/** Plays one job of the provider: ExportComments fails once, is queued again, finishes, and says so twice. */
export const simulation = (provider: SampleProvider, options: SimulationOptions): readonly Step[] =>
  SIMULATIONS[provider](options);

const SIMULATIONS: Readonly<
  Record<SampleProvider, (options: SimulationOptions) => readonly Step[]>
> = {
  exportcomments: commentsExport,
  emailengine: mailboxExport,
  betterez: reportExport,
};

const commentsStep = (at: Millis, body: JsonObject, expect: Step["expect"] = "accepted"): Step => ({
  provider: "exportcomments",
  at,
  body,
  headers: {},
  expect,
});

function commentsExport({ start, newId, length, total }: SimulationOptions): readonly Step[] {
  const job = { guid: newId(), page: "https://www.youtube.com/watch?v=dQw4w9WgXcQ", total };
  const failure = Math.round(length * FAILS_AT);
  const restart = failure + 3 * UPDATE_EVERY;
  const updates = (from: Millis, to: Millis, upTo: number): readonly Step[] => {
    const count = Math.max(1, Math.floor((to - from) / UPDATE_EVERY));
    return Array.from({ length: count }, (_, index) =>
      commentsStep(
        from + index * UPDATE_EVERY,
        exportComments.progress(job, Math.round((upTo * (index + 1)) / count)),
      ),
    );
  };
  const messageId = `msg_${newId()}`;
  const at = iso(start + length);
  return [
    commentsStep(0, exportComments.created(job)),
    ...updates(UPDATE_EVERY, failure, Math.round(total * FAILS_AT)),
    commentsStep(failure, exportComments.failed(job, "Rate limited by platform")),
    commentsStep(failure + 2 * UPDATE_EVERY, exportComments.requeued(job)),
    ...updates(restart, length, total),
    commentsStep(length, exportComments.finished(job)),
    commentsStep(
      length + UPDATE_EVERY,
      exportComments.webhook(job, "export.finished", { messageId, at }),
      "duplicate",
    ),
  ];
}

function mailboxExport({ start, newId }: SimulationOptions): readonly Step[] {
  const exportId = `exp_${newId().replaceAll("-", "").slice(0, 24)}`;
  const body = emailEngine.completed(
    { account: "user123", exportId, exported: 1495, skipped: 5 },
    start,
  );
  const headers = emailEngine.eventIdHeader(newId());
  return [{ provider: "emailengine", at: 0, body, headers, expect: "accepted" }];
}

/** How long the sample report takes, in ms. */
const REPORT_TIME = 5_000;

const reportStep = (at: Millis, body: JsonObject): Step => ({
  provider: "betterez",
  at,
  body,
  headers: {},
  expect: "accepted",
});

function reportExport({ start, newId }: SimulationOptions): readonly Step[] {
  const run = {
    accountId: "52a377ec430c7d4e220001fc",
    reportId: "transaction-report-list",
    createdBy: newId(),
  };
  const delivery = (now: Millis): { id: string; attemptId: string; now: Millis } => ({
    id: newId(),
    attemptId: newId(),
    now,
  });
  return [
    reportStep(0, betterez.started(run, delivery(start))),
    reportStep(
      REPORT_TIME,
      betterez.completed(run, delivery(start + REPORT_TIME), `transactions-${newId()}.csv`),
    ),
  ];
}
