// What the API answers, as JSON Schema.

import { JOB_EVENTS, STATUS_OF } from "../../model/event.ts";
import {
  anyObject,
  count,
  flag,
  instant,
  listOf,
  mapOf,
  nullable,
  number,
  object,
  oneOf,
  pageOf,
  ref,
  text,
  type Schema,
} from "./json-schema.ts";

const STATUSES = [...new Set(Object.values(STATUS_OF))];

const Problem = object(
  {
    type: { ...text("The page of this kind of problem."), format: "uri-reference" },
    status: { type: "integer", description: "The status of the answer." },
    title: text("The kind in a few words."),
  },
  {
    detail: text("What is wrong this time."),
    issues: listOf(
      object({ path: text("Where; empty for the whole."), message: text("What is wrong.") }),
      "What is wrong in a query or a body.",
    ),
    problems: listOf(text(), "What is wrong in the configuration."),
  },
);

const Job = object({
  source: text("The source that reported it."),
  guid: text("Its id there."),
  account: text("Whose it is."),
  provider: text("The source's provider."),
  status: oneOf(STATUSES),
  event: oneOf(JOB_EVENTS, "Its newest event."),
  current: nullable(number("Items done.")),
  total: nullable(number("Items in all.")),
  url: nullable(text("Where the file is.")),
  error: nullable(text("Why it failed.")),
  attempt: count("Runs; a requeue opens the next."),
  seq: count("The number of its newest event."),
  createdAt: instant(),
  updatedAt: instant(),
  finishedAt: nullable(instant()),
  stalled: flag("True while nothing has been heard for the source's `stallAfter`."),
  absorbed: count("Updates that newer ones replaced."),
  late: count("Updates that came too late."),
  conflicts: count("Updates that contradicted the end."),
  details: anyObject("What the provider said."),
});

/** What stands beside an event in a frame. */
export const REST = anyObject("Beside a job's event: members of the job that it does not say.");

const EventFrame = object(
  {
    type: { const: "event" },
    channel: text("The channel on which it is shown."),
    cursor: text("Its position."),
    event: anyObject("The event; see /schemas/{event}.json."),
  },
  { job: REST },
);

const Record = object({
  time: instant("When it came."),
  reason: text("Why it was not emitted."),
  event: text(),
  current: nullable(number("Items done.")),
  total: nullable(number("Items in all.")),
  url: nullable(text()),
  error: nullable(text()),
  occurredAt: nullable(instant("The provider's own instant.")),
  details: anyObject("What the provider said."),
});

const EventsPage = object(
  {
    items: listOf(ref("EventFrame")),
    cursor: text("Where to go on."),
    reset: flag("True where the given cursor could not be continued: the items start over."),
  },
  {
    snapshot: anyObject("The state, where an account starts over."),
    recorded: listOf(ref("Record"), "With `include=recorded`: updates that were not emitted."),
    recordedCursor: text("The next `recordedSince`."),
  },
);

const Failure = object({
  time: instant(),
  status: nullable(count("The answer's status; `null` where none came.")),
  error: nullable(text("Why none came.")),
});

const Subscriber = object({
  id: text(),
  state: oneOf(["active", "probing", "paused", "disabled"]),
  since: nullable(instant("Since when it is in this state.")),
  reason: nullable(text("Why it is disabled.")),
  pending: count("Deliveries that wait for an attempt."),
  held: count("Deliveries that wait for the subscriber."),
  dead: count("Deliveries whose attempts are used up."),
  delivered: count(),
  successRate: nullable(number("The share of the newest attempts that succeeded.")),
  p50: nullable(number("Milliseconds.")),
  p95: nullable(number("Milliseconds.")),
  oldestPendingAt: nullable(instant()),
  lastFailure: nullable(Failure),
  advice: nullable(text("What an operator can do; `null` where nobody is needed.")),
  replay: nullable(object({ total: count("Selected."), released: count("Started over.") })),
});

const Attempt = object({
  time: instant(),
  status: nullable(count("The answer's status; `null` where none came.")),
  error: nullable(text()),
  ms: count("How long it took."),
  trigger: oneOf(["initial", "retry", "probe", "manual", "replay"]),
  answer: nullable(text("The first kilobyte of the answer.")),
});

const deliveryMembers = {
  id: text(),
  subscriber: text(),
  event: object({
    id: text(),
    event: text(),
    guid: nullable(text()),
    source: text(),
    seq: nullable(count()),
  }),
  state: oneOf(["pending", "delivered", "held", "superseded", "dead", "cancelled"]),
  attempts: listOf(ref("Attempt"), "The newest 50."),
  nextAttemptAt: nullable(instant()),
};

const SentRequest = object(
  {
    method: { const: "POST" },
    url: nullable(text("`null` for a queue.")),
    headers: mapOf(text(), "Lower-case names; signatures and secrets are `***`."),
    body: nullable(text("Exactly what is sent; `null` for bytes that are no text.")),
  },
  { bodyBase64: text("Bytes that are no text.") },
);

const Connector = object({
  kind: text("What it connects to."),
  state: oneOf(["connected", "connecting", "waiting", "failed"]),
  since: instant("Since when it is in this state."),
  lastMessageAt: nullable(instant()),
  reconnects: count(),
  lastError: nullable(text()),
  lastErrorAt: nullable(instant()),
  retryAt: nullable(instant("When it connects again.")),
  counts: mapOf(count(), "What it heard, by what became of it."),
  gaps: count("How often it could not resume."),
  watching: nullable(count("Exports that it polls.")),
});

const Source = object({
  id: text(),
  provider: text(),
  verify: oneOf(["secrets", "none"]),
  counts: mapOf(count(), "Webhooks by what became of them."),
  countedSince: nullable(instant()),
  lastSeenAt: nullable(instant("When a verified webhook came last.")),
  connector: nullable(ref("Connector")),
  advice: nullable(text("What an operator can do; `null` where nobody is needed.")),
});

const Rejection = object({
  n: nullable(count("Its number.")),
  time: instant(),
  status: count("What its sender was answered."),
  reason: text("The exact reason, which the sender was not told."),
  explanation: text("The reason in a sentence."),
  advice: text("What an operator can do."),
  method: text(),
  headers: mapOf(text(), "Lower-case names; what proves a sender is `***`."),
  body: nullable(text("The beginning of the body.")),
  kept: flag("True while it can be ingested again."),
});

const Preset = object({
  name: text("What `provider` takes."),
  title: text(),
  secrets: flag("True when a source of it needs a secret."),
  headers: listOf(text(), "Headers that carry the proof."),
  events: listOf(text(), "Events that it causes."),
  setup: listOf(text(), "What to do in the provider's dashboard."),
  retries: object({ level: text(), sentence: text() }),
  lacks: listOf(text(), "What it cannot tell."),
});

const Receipt = object(
  { result: oneOf(["accepted", "duplicate", "ignored"]) },
  {
    events: listOf(text(), "Ids of the events emitted by this call."),
    job: object({ source: text(), guid: text() }),
    reason: text("Why it was ignored."),
  },
);

const Simulation = object({
  rules: listOf(object({ id: text(), matches: flag("Whether it matches."), why: text() })),
  deliveries: listOf(object({ subscriber: text(), format: text() })),
});

/** Every component by its name. */
export const COMPONENTS: Readonly<Record<string, Schema>> = {
  Problem,
  Job,
  JobPage: pageOf(ref("Job")),
  EventFrame,
  Record,
  EventsPage,
  Subscriber,
  SubscriberPage: pageOf(ref("Subscriber")),
  Attempt,
  Delivery: object(deliveryMembers),
  DeliveryPage: pageOf(ref("Delivery")),
  SentRequest,
  DeliveryDetail: object({ ...deliveryMembers, request: nullable(ref("SentRequest")) }),
  Connector,
  Source,
  SourcePage: pageOf(ref("Source")),
  Rejection,
  RejectionPage: pageOf(ref("Rejection")),
  Preset,
  PresetPage: pageOf(ref("Preset")),
  Receipt,
  Simulation,
};
