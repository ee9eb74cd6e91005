// Events, their statuses, and the envelopes that subscribers and browsers see.

import type { Json, JsonObject } from "../kernel/json.ts";

/** Events of a job: those of the ExportComments event reference, and two of the relay's own. */
export const JOB_EVENTS = [
  "job.created",
  "job.started",
  "job.progress",
  "job.finished",
  "job.failed",
  "job.requeued",
  "job.convert.done",
  "job.convert.failed",
  "bulk_download.ready",
  "bulk_download.failed",
  "job.stalled",
  "job.archived",
] as const;
/** The name of a job's event. */
export type JobEvent = (typeof JOB_EVENTS)[number];

/** Events whose `url` is a file of the job; the others never carry one. */
export const EVENTS_WITH_FILE: ReadonlySet<JobEvent> = new Set<JobEvent>([
  "job.finished",
  "job.convert.done",
  "bulk_download.ready",
]);

/** Job events that a provider can cause; the other two come from the relay. */
export type ProviderJobEvent = Exclude<JobEvent, "job.stalled" | "job.archived">;

/** The status each event shows (README, What comes out); `job.stalled` keeps the job's last one. */
export const STATUS_OF: Readonly<Record<Exclude<JobEvent, "job.stalled">, string>> = {
  "job.created": "queueing",
  "job.started": "progress",
  "job.progress": "progress",
  "job.finished": "done",
  "job.failed": "error",
  "job.requeued": "queueing",
  "job.convert.done": "done",
  "job.convert.failed": "error",
  "bulk_download.ready": "ready",
  "bulk_download.failed": "error",
  "job.archived": "done",
};

/** The version every envelope carries. */
export const ENVELOPE_VERSION = "v3-beta";

/** The normalized event of a job (README, What comes out). Instants are ISO 8601. */
export interface JobEnvelope {
  readonly version: typeof ENVELOPE_VERSION;
  readonly event: JobEvent;
  readonly guid: string;
  readonly status: string;
  /** The download URL. */
  readonly url: string | null;
  readonly details: JsonObject;
  /** Only on `job.progress`. */
  readonly current?: number;
  readonly total?: number;
  readonly id: string;
  /** Counts a job's emitted events from 1 without a gap. */
  readonly seq: number;
  /** Counts from 1; a requeue opens the next. */
  readonly attempt: number;
  readonly source: string;
  readonly account: string;
  /** When the relay emitted the event. */
  readonly time: string;
  /** The provider's own instant, when it gave one. */
  readonly occurredAt?: string;
  /** Progress only, above 0 only: how many earlier updates were dropped in favour of this one. */
  readonly absorbed?: number;
}

/**
 * `webhook.event.created`: a delivery attempt of a provider or of the relay. It belongs to no job,
 * has no `seq`, and is shown on the channel `webhooks:{account}`.
 */
export interface AttemptEnvelope {
  readonly version: typeof ENVELOPE_VERSION;
  readonly event: "webhook.event.created";
  readonly guid: string;
  /** The HTTP status as text. */
  readonly status: string;
  readonly url: string | null;
  readonly details: JsonObject;
  readonly id: string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly occurredAt?: string;
}

/** A typed message of an account as it came, and four fields; channel `user:{account}`. */
export interface TypedMessage {
  readonly type: string;
  readonly id: string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly [field: string]: Json;
}

/** The change of a subscription: the one typed message that comes as a webhook, too. */
export interface SubscriptionMessage extends TypedMessage {
  readonly type: "subscription.updated";
}

/**
 * Typed messages of ExportComments' notification and dashboard channels, as far as its
 * documentation names them (2026-11). Others are passed on, too.
 */
export const NOTIFICATION_TYPES = [
  "export_started",
  "export_progress",
  "export_completed",
  "export_failed",
  "subscription_updated",
  "usage_limit_warning",
  "new_activity",
  "activity_update",
  "complete_update",
  "usage_stats",
] as const;

/** Events of an account as a whole. */
export type AccountEvent = AttemptEnvelope | TypedMessage;

/** Events about the relay's own work, and the status each shows (docs/operations.md). */
export const OPERATIONAL_STATUS = {
  "relay.subscriber.failing": "failing",
  "relay.subscriber.recovered": "recovered",
  "relay.subscriber.disabled": "disabled",
  "relay.source.refusing": "refusing",
} as const;
/** The name of an operational event. */
export type OperationalEvent = keyof typeof OPERATIONAL_STATUS;

/** What operational events name as their account, and those about subscribers as their source. */
export const RELAY = "relay";

/**
 * `relay.*`: the relay says that a subscriber or a source needs an operator. It belongs to no job,
 * has no `seq`, and goes to subscribers only.
 */
export interface OperationalEnvelope {
  readonly version: typeof ENVELOPE_VERSION;
  readonly event: OperationalEvent;
  /** The id of the subscriber or source that it is about. */
  readonly guid: string;
  readonly status: string;
  readonly url: null;
  readonly details: JsonObject;
  readonly id: string;
  readonly source: string;
  readonly account: typeof RELAY;
  readonly time: string;
}

/** Everything that travels to subscribers and browsers. */
export type RelayEvent = JobEnvelope | AccountEvent | OperationalEnvelope;

/**
 * True for a message of an account. It is told by its `type`, which no envelope has: a message
 * keeps every other field of its sender, so that it may look like an event of a job.
 */
export const isTypedMessage = (event: RelayEvent): event is TypedMessage => "type" in event;

/** The event's name, whichever form it has. */
export const nameOf = (event: RelayEvent): string =>
  isTypedMessage(event) ? event.type : event.event;

/** True for events about the relay's own work. */
export const isOperational = (event: RelayEvent): event is OperationalEnvelope =>
  !isTypedMessage(event) && Object.hasOwn(OPERATIONAL_STATUS, event.event);

/** True for events that belong to a job and carry `seq`. */
export const isJobEvent = (event: RelayEvent): event is JobEnvelope =>
  !isTypedMessage(event) && event.event !== "webhook.event.created" && !isOperational(event);

/** Channel names (docs/protocol.md, Paths). */
export const exportsChannel = (account: string): string => `exports:${account}`;
export const webhooksChannel = (account: string): string => `webhooks:${account}`;
export const userChannel = (account: string): string => `user:${account}`;
export const jobChannel = (guid: string): string => `export.${guid}.job`;

/**
 * The state of a job as `GET /v1/jobs/{source}/{guid}` and stream snapshots show it. Instants are
 * ISO 8601.
 */
export interface JobSnapshot {
  readonly source: string;
  readonly guid: string;
  readonly account: string;
  readonly provider: string;
  readonly status: string;
  readonly event: JobEvent;
  readonly current: number | null;
  readonly total: number | null;
  readonly url: string | null;
  readonly error: string | null;
  readonly attempt: number;
  readonly seq: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
  readonly stalled: boolean;
  readonly absorbed: number;
  readonly late: number;
  readonly conflicts: number;
  readonly details: JsonObject;
}
