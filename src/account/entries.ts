// An account's own decisions: where in its log an event goes, what it has been told before, and to whom an event is owed.

import type { Settings } from "../config/settings.ts";
import {
  isJobEvent,
  nameOf,
  type AccountEvent,
  type AttemptEnvelope,
  type RelayEvent,
} from "../model/event.ts";
import type { AccountUpdate, Dispatch } from "../model/messages.ts";
import { shardOf } from "../kernel/shard.ts";

/** The channel of an account that an event is on; an export's event is on its job's channel as well. */
export type LogKind = "exports" | "webhooks" | "user";

/** An event about to be logged, with the job it tells of, if any. */
export interface NewEntry {
  readonly kind: LogKind;
  readonly source: string;
  readonly guid: string;
  readonly event: RelayEvent;
}

/** Where an event goes in the log. Delivery attempts name the job they are about, so that they can be erased with it. */
export function entryOf(event: RelayEvent): NewEntry {
  if (isJobEvent(event)) return { kind: "exports", source: event.source, guid: event.guid, event };
  if (nameOf(event) === "webhook.event.created")
    return { kind: "webhooks", source: event.source, guid: jobOfAttempt(event), event };
  return { kind: "user", source: event.source, guid: "", event };
}

/** The job that a delivery attempt is about: the relay's own name it in their details; a provider's name themselves. */
function jobOfAttempt(event: RelayEvent): string {
  const { guid, details } = event as AttemptEnvelope;
  return typeof details["guid"] === "string" ? details["guid"] : guid;
}

/** The delivery attempts that are new, each once; `knownOf` tells which ids the log has. */
export function newAttempts(
  events: readonly AttemptEnvelope[],
  knownOf: (ids: readonly string[]) => ReadonlySet<string>,
): readonly AttemptEnvelope[] {
  const seen = new Set(knownOf(events.map(({ id }) => id)));
  return events.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** The text under which an update is recognised when it is sent again. */
export const keyOf = ({ source, key }: Pick<AccountUpdate, "source" | "key">): string =>
  `${source}/${key.kind}/${key.value}`;

/** An event that a subscriber is to get. */
export interface NewOutboxEntry {
  readonly id: string;
  readonly subscriber: string;
  readonly shard: number;
  readonly dispatch: Dispatch;
}

/** What an event is owed as; `subscribers` are those that the rules chose. The provider's bytes go to those alone that forward them. */
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
    // The account's events stay in order on one shard.
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
