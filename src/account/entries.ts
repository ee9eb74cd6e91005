// An account's decisions about events: their kind and channels in its log, which are new, and which
// subscribers get them.

import type { Settings } from "../config/settings.ts";
import {
  exportsChannel,
  isJobEvent,
  jobChannel,
  nameOf,
  userChannel,
  webhooksChannel,
  type AccountEvent,
  type AttemptEnvelope,
  type JobSnapshot,
  type RelayEvent,
} from "../model/event.ts";
import type { JobRest } from "../model/reduce.ts";
import type { AccountUpdate, Dispatch } from "../model/messages.ts";
import { shardOf } from "../kernel/shard.ts";

/** What an event is about. A stored format: a column of the log. */
export type LogKind = "exports" | "webhooks" | "user";

/** The channels of an event, the broadest first; a job's event is on its job's channel, too. */
export function channelsOf(kind: LogKind, guid: string, account: string): readonly string[] {
  const channels: Readonly<Record<LogKind, readonly string[]>> = {
    exports: [exportsChannel(account), jobChannel(guid)],
    webhooks: [webhooksChannel(account)],
    user: [userChannel(account)],
  };
  return channels[kind];
}

/** An event to be logged, with the job that it is about; `guid` is empty without one. */
export interface NewEntry {
  readonly kind: LogKind;
  readonly source: string;
  readonly guid: string;
  readonly event: RelayEvent;
  /** What the event does not say of its job. */
  readonly rest?: JobRest | undefined;
  /** Delivery attempts of the same job that are logged right before it, in its row. */
  readonly attempts?: readonly AttemptEnvelope[];
  /** The job after its event, where the index of jobs does not show it. */
  readonly progress?: JobSnapshot;
}

/** How an event is logged. A delivery attempt names its job, so that both are erased together. */
export function entryOf(event: RelayEvent): NewEntry {
  if (isJobEvent(event)) return { kind: "exports", source: event.source, guid: event.guid, event };
  if (nameOf(event) === "webhook.event.created")
    return { kind: "webhooks", source: event.source, guid: jobOfAttempt(event), event };
  return { kind: "user", source: event.source, guid: "", event };
}

/** True for an event of the job, and for a delivery attempt of one of its events. */
export function isAboutJob(event: RelayEvent, source: string, guid: string): boolean {
  const entry = entryOf(event);
  return entry.kind !== "user" && entry.source === source && entry.guid === guid;
}

/**
 * The job of a delivery attempt: the relay's own name it in their details, a provider's in `guid`.
 */
function jobOfAttempt(event: RelayEvent): string {
  const { guid, details } = event as AttemptEnvelope;
  return typeof details["guid"] === "string" ? details["guid"] : guid;
}

/** The delivery attempts that are new, each once; `knownOf` answers which ids the log has. */
export function newAttempts(
  events: readonly AttemptEnvelope[],
  knownOf: (ids: readonly string[]) => ReadonlySet<string>,
): readonly AttemptEnvelope[] {
  const seen = new Set(knownOf(events.map(({ id }) => id)));
  return events.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** Most delivery attempts that share the row of an entry. */
export const MAX_SHARING = 16;

/** Delivery attempts as entries: those of one job that follow each other share a row. */
export function attemptEntries(attempts: readonly AttemptEnvelope[]): readonly NewEntry[] {
  const entries: (NewEntry & { attempts: AttemptEnvelope[] })[] = [];
  for (const attempt of attempts) {
    const entry = entryOf(attempt);
    const last = entries.at(-1);
    const shares =
      last !== undefined &&
      entry.guid !== "" &&
      last.attempts.length < MAX_SHARING &&
      last.source === entry.source &&
      last.guid === entry.guid;
    if (shares)
      entries[entries.length - 1] = {
        ...entry,
        attempts: [...last.attempts, last.event as AttemptEnvelope],
      };
    else entries.push({ ...entry, attempts: [] });
  }
  return entries;
}

/** The text by which an update is recognised when it is sent again. A stored format. */
export const keyOf = ({ source, key }: Pick<AccountUpdate, "source" | "key">): string =>
  `${source}/${key.kind}/${key.value}`;

/** An event that a subscriber gets. */
export interface NewOutboxEntry {
  readonly id: string;
  readonly subscriber: string;
  readonly shard: number;
  readonly dispatch: Dispatch;
}

/**
 * The outbox entries of an event for the subscribers that the rules chose. Only a `raw` subscriber
 * gets the provider's bytes.
 */
export function outboxEntriesOf(
  event: AccountEvent,
  update: AccountUpdate,
  chosen: { readonly subscribers: readonly string[]; readonly settings: Settings },
): readonly NewOutboxEntry[] {
  const { provider, traceparent, raw } = update;
  return chosen.subscribers.flatMap((id) => {
    const subscriber = chosen.settings.subscribers.get(id);
    if (subscriber === undefined) return [];
    const bytes = raw !== undefined && subscriber.format === "raw" ? { raw } : {};
    // All events of an account go to one shard, so that they stay in order.
    return [
      {
        id: event.id,
        subscriber: id,
        shard: shardOf(event.account, subscriber.shards),
        dispatch: { event, provider, traceparent, ...bytes },
      },
    ];
  });
}
