// A whole realistic job of each provider, as a list of webhooks with their times.

import type { JsonObject } from "../kernel/json.ts";
import { iso, type Millis } from "../kernel/time.ts";
import * as betterez from "./betterez.ts";
import * as emailEngine from "./emailengine.ts";
import * as exportComments from "./exportcomments.ts";
import type { SampleProvider } from "./providers.ts";
import { bodyOf, exportSteps, SAMPLE_PAGE } from "./steps.ts";

/** One webhook of a simulation. */
export interface Step {
  readonly provider: SampleProvider;
  /** Milliseconds after the beginning of the simulation. */
  readonly at: Millis;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer of a relay that has received all steps before. */
  readonly expect: "accepted" | "duplicate";
}

/** The choices of the caller. */
export interface SimulationOptions {
  /** When it begins, in epoch milliseconds: the instants in bodies are relative to it. */
  readonly start: Millis;
  /** A fresh id per call: guids, message ids. */
  readonly newId: () => string;
  /** Length of an ExportComments export in ms. */
  readonly length: Millis;
  readonly total: number;
}

/**
 * Time between two updates of ExportComments, in ms: several a second, so that the throttle acts.
 */
const UPDATE_EVERY = 200;

/**
 * Lists the webhooks of one job. The ExportComments job fails once, is queued again, finishes, and
 * reports its end twice.
 */
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
  const guid = newId();
  const messageId = `msg_${newId()}`;
  const events = exportSteps({ length, updateEvery: UPDATE_EVERY, total, fails: true });
  const webhook = exportComments.webhook({ guid, page: SAMPLE_PAGE, total }, "export.finished", {
    messageId,
    at: iso(start + length),
  });
  return [
    ...events.map((event) => commentsStep(event.at, bodyOf(guid, event))),
    commentsStep(length + UPDATE_EVERY, webhook, "duplicate"),
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
