// Every event as JSON Schema, with an example: what subscribers and viewers get.

import {
  ENVELOPE_VERSION,
  EVENTS_WITH_FILE,
  JOB_EVENTS,
  OPERATIONAL_STATUS,
  RELAY,
  STATUS_OF,
  type JobEvent,
  type OperationalEvent,
} from "../../model/event.ts";
import {
  anyObject,
  count,
  instant,
  nullable,
  number,
  object,
  text,
  type Schema,
} from "./json-schema.ts";

/** An event's name, what it says, its schema, and an example. */
export interface EventDescription {
  readonly name: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly example: Readonly<Record<string, unknown>>;
}

const SUMMARIES: Readonly<Record<JobEvent, string>> = {
  "job.created": "A job was accepted and waits.",
  "job.started": "A job has begun.",
  "job.progress": "A job has come further.",
  "job.finished": "A job is done; `url` is its file.",
  "job.failed": "A job failed; `details.error` says why.",
  "job.requeued": "A job starts over; `attempt` counts up.",
  "job.convert.done": "The file of a job was converted.",
  "job.convert.failed": "The file of a job could not be converted.",
  "bulk_download.ready": "A bulk download can be fetched.",
  "bulk_download.failed": "A bulk download failed.",
  "job.stalled": "Nothing was heard of an unfinished job for the source's `stallAfter`.",
  "job.archived": "A subscriber stored the file of a job.",
};

const OPERATIONAL: Readonly<Record<OperationalEvent, string>> = {
  "relay.subscriber.failing": "Deliveries to a subscriber fail, and wait.",
  "relay.subscriber.recovered": "A subscriber that failed takes deliveries again.",
  "relay.subscriber.disabled": "A subscriber is disabled until an operator resumes it.",
  "relay.source.refusing": "Many webhooks of a source were refused.",
};

const ID = text("The same for every subscriber, retry, replay and stream.");
const TIME = instant("When the relay emitted it.");
const PROVIDER_TIME = instant("The provider's own instant.");
const ACCOUNT = "acme";
const EXAMPLE_TIME = "2026-11-21T19:00:00.000Z";
const EXAMPLE_GUID = "b4219d47-5d2f-4f0e-9a53-0d3c7e6f1a11";

const common = (event: string) => ({
  version: { const: ENVELOPE_VERSION },
  event: { const: event },
  guid: text("The job."),
  status: text(),
  url: nullable(text("Where the file is.")),
  details: anyObject("What the provider said."),
});

function jobEvent(event: JobEvent): EventDescription {
  const hasProgress = event === "job.progress";
  const status = event === "job.stalled" ? "progress" : STATUS_OF[event];
  const url = EVENTS_WITH_FILE.has(event) ? "https://files.example.com/export.csv" : null;
  const schema = object(
    {
      ...common(event),
      status: event === "job.stalled" ? text("The job's last one.") : { const: status },
      id: ID,
      seq: { ...count("Counts the events of its job from 1 without a gap."), minimum: 1 },
      attempt: { ...count("Counts the runs of its job."), minimum: 1 },
      source: text("The source that reported it."),
      account: text("Whose job it is."),
      time: TIME,
    },
    {
      occurredAt: PROVIDER_TIME,
      ...(hasProgress
        ? {
            current: number("Items done."),
            total: number("Items in all."),
            absorbed: { ...count("Earlier updates that this one replaced."), minimum: 1 },
          }
        : {}),
    },
  );
  const example = {
    version: ENVELOPE_VERSION,
    event,
    guid: EXAMPLE_GUID,
    status,
    url,
    details: {
      guid: EXAMPLE_GUID,
      status,
      ...(hasProgress ? { totalExported: 678, total: 1500 } : {}),
    },
    ...(hasProgress ? { current: 678, total: 1500, absorbed: 4 } : {}),
    id: "evt_5f0c1d2e3a4b5c6d7e8f9a0b",
    seq: 3,
    attempt: 1,
    source: "comments",
    account: ACCOUNT,
    time: EXAMPLE_TIME,
  };
  return { name: event, summary: SUMMARIES[event], schema, example };
}

function operationalEvent(event: OperationalEvent): EventDescription {
  const isSource = event === "relay.source.refusing";
  const guid = isSource ? "comments" : "crm";
  const schema = object({
    ...common(event),
    guid: text(isSource ? "The source's id." : "The subscriber's id."),
    status: { const: OPERATIONAL_STATUS[event] },
    url: { type: "null" },
    details: anyObject("What an operator needs to know."),
    id: ID,
    source: text(isSource ? "The source's id." : "`relay`."),
    account: { const: RELAY },
    time: TIME,
  });
  const example = {
    version: ENVELOPE_VERSION,
    event,
    guid,
    status: OPERATIONAL_STATUS[event],
    url: null,
    details: {},
    id: "evt_7a8b9c0d1e2f3a4b5c6d7e8f",
    source: isSource ? guid : RELAY,
    account: RELAY,
    time: EXAMPLE_TIME,
  };
  return { name: event, summary: OPERATIONAL[event], schema, example };
}

const ATTEMPT: EventDescription = {
  name: "webhook.event.created",
  summary: "A delivery was attempted; only on the channel `webhooks:{account}`.",
  schema: object(
    {
      ...common("webhook.event.created"),
      guid: text("The delivery."),
      status: text("The HTTP status."),
      id: ID,
      source: text(),
      account: text(),
      time: TIME,
    },
    { occurredAt: PROVIDER_TIME },
  ),
  example: {
    version: ENVELOPE_VERSION,
    event: "webhook.event.created",
    guid: "dlv_1_5f0c1d2e3a4b5c6d",
    status: "200",
    url: null,
    details: {},
    id: "evt_1b2c3d4e5f6a7b8c9d0e1f2a",
    source: "comments",
    account: ACCOUNT,
    time: EXAMPLE_TIME,
  },
};

const SUBSCRIPTION: EventDescription = {
  name: "subscription.updated",
  summary: "The account's plan changed; on the channel `user:{account}`. Other members are kept.",
  schema: object({
    type: { const: "subscription.updated" },
    id: ID,
    source: text(),
    account: text(),
    time: TIME,
  }),
  example: {
    type: "subscription.updated",
    plan: "pro",
    action: "renewed",
    id: "evt_2c3d4e5f6a7b8c9d0e1f2a3b",
    source: "comments",
    account: ACCOUNT,
    time: EXAMPLE_TIME,
  },
};

const OPERATIONAL_EVENTS = Object.keys(OPERATIONAL_STATUS) as OperationalEvent[];

/** All events, those of jobs first. */
export const EVENTS: readonly EventDescription[] = [
  ...JOB_EVENTS.map(jobEvent),
  ATTEMPT,
  SUBSCRIPTION,
  ...OPERATIONAL_EVENTS.map(operationalEvent),
];

/** The path of an event's schema. */
export const schemaPath = (name: string): string => `/schemas/${name}.json`;

/** The document behind `schemaPath`. */
export const eventSchema = ({ name, summary, schema, example }: EventDescription): Schema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: name,
  description: summary,
  ...schema,
  examples: [example],
});
