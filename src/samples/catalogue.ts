// One sample webhook of every kind that the three providers send, by its own name.

import type { JsonObject } from "../kernel/json.ts";
import { iso, type Millis } from "../kernel/time.ts";
import * as betterez from "./betterez.ts";
import * as emailEngine from "./emailengine.ts";
import * as exportComments from "./exportcomments.ts";
import type { SampleProvider } from "./providers.ts";
import { bodyOf, SAMPLE_PAGE, STEP_EVENTS } from "./steps.ts";

/** The job that a sample is about; no sample uses every field. */
export interface SampleSubject {
  /** The job's id; Betterez has none. */
  readonly guid: string;
  readonly current: number;
  readonly total: number;
  readonly now: Millis;
  readonly newId: () => string;
}

/** A body, and headers beside the signature. */
export interface Sample {
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

type Make = (subject: SampleSubject) => Sample;

const bare = (body: JsonObject): Sample => ({ body, headers: {} });

const comments = ({ guid, total }: SampleSubject): exportComments.CommentsExport => ({
  guid,
  page: SAMPLE_PAGE,
  total,
});

const commentsWebhook =
  (event: exportComments.CommentsWebhook): Make =>
  (subject) =>
    bare(
      exportComments.webhook(comments(subject), event, {
        messageId: `msg_${subject.newId()}`,
        at: iso(subject.now),
      }),
    );

const realtime: Readonly<Record<string, Make>> = Object.fromEntries(
  STEP_EVENTS.map((event) => [
    event,
    (subject: SampleSubject) => bare(bodyOf(subject.guid, { ...subject, event })),
  ]),
);

const mailbox = ({ guid, current, total }: SampleSubject): emailEngine.MailboxExport => ({
  account: "user123",
  exportId: guid,
  exported: current,
  skipped: Math.max(0, total - current),
});

const report = {
  accountId: "52a377ec430c7d4e220001fc",
  reportId: "transaction-report-list",
  createdBy: "62179884ebb34d07f9a14cdc",
};

const delivery = ({
  newId,
  now,
}: SampleSubject): { id: string; attemptId: string; now: Millis } => ({
  id: newId(),
  attemptId: newId(),
  now,
});

/**
 * Samples by provider and by the provider's own event name. The first of each provider is the
 * default.
 */
export const SAMPLES: Readonly<Record<SampleProvider, Readonly<Record<string, Make>>>> = {
  exportcomments: {
    ...realtime,
    "export.created": commentsWebhook("export.created"),
    "export.finished": commentsWebhook("export.finished"),
    "export.failed": commentsWebhook("export.failed"),
    "export.requeued": commentsWebhook("export.requeued"),
  },
  emailengine: {
    exportCompleted: (subject) => ({
      body: emailEngine.completed(mailbox(subject), subject.now),
      headers: emailEngine.eventIdHeader(subject.newId()),
    }),
    exportFailed: (subject) => ({
      body: emailEngine.failed(mailbox(subject), subject.now),
      headers: emailEngine.eventIdHeader(subject.newId()),
    }),
  },
  betterez: {
    "report.export.started": (subject) => bare(betterez.started(report, delivery(subject))),
    "report.export.completed": (subject) =>
      bare(betterez.completed(report, delivery(subject), `transactions-${subject.newId()}.csv`)),
  },
};
