// Notices about the relay's own work, as they are stored, and the events that they become.

import { route } from "../route/rules.ts";
import type { Settings } from "../config/settings.ts";
import type { JsonObject } from "../kernel/json.ts";
import { shardOf } from "../kernel/shard.ts";
import { iso, type Millis } from "../kernel/time.ts";
import {
  ENVELOPE_VERSION,
  OPERATIONAL_STATUS,
  RELAY,
  type OperationalEnvelope,
  type OperationalEvent,
} from "../model/event.ts";
import type { Dispatch } from "../model/messages.ts";

/** Notices that wait at most in one object; the oldest go first. */
export const MAX_NOTICES = 20;

/**
 * Something that an operator should know. It is stored together with the change that it is about,
 * until every subscriber that wants it has it. Member names are a format.
 */
export interface Notice {
  readonly event: OperationalEvent;
  /** The event's id, so that a notice that is sent twice is delivered once. */
  readonly id: string;
  readonly at: Millis;
  readonly traceparent: string;
  readonly details: JsonObject;
}

/** The notices with one more. */
export const withNotice = (notices: readonly Notice[], notice: Notice): readonly Notice[] =>
  [...notices, notice].slice(-MAX_NOTICES);

/** The event of a notice; `subject` is the id of the subscriber or source that it is about. */
function operationalEnvelope(subject: string, notice: Notice): OperationalEnvelope {
  return {
    version: ENVELOPE_VERSION,
    event: notice.event,
    guid: subject,
    status: OPERATIONAL_STATUS[notice.event],
    url: null,
    details: notice.details,
    id: notice.id,
    source: notice.event.startsWith("relay.source.") ? subject : RELAY,
    account: RELAY,
    time: iso(notice.at),
  };
}

/** What one shard of a subscriber gets. */
interface NoticeParcel {
  readonly subscriber: string;
  readonly shard: number;
  readonly dispatches: readonly Dispatch[];
}

/** Who gets which notices about a subject; all of one subject reach a subscriber in order. */
export function parcelsOf(
  subject: string,
  notices: readonly Notice[],
  settings: Settings,
): readonly NoticeParcel[] {
  const bySubscriber = new Map<string, Dispatch[]>();
  for (const notice of notices) {
    const event = operationalEnvelope(subject, notice);
    for (const id of route(event, RELAY, settings)) {
      const dispatches = bySubscriber.get(id) ?? [];
      dispatches.push({ event, provider: RELAY, traceparent: notice.traceparent });
      bySubscriber.set(id, dispatches);
    }
  }
  return [...bySubscriber].map(([subscriber, dispatches]) => ({
    subscriber,
    shard: shardOf(`${RELAY}/${subject}`, settings.subscribers.get(subscriber)?.shards ?? 1),
    dispatches,
  }));
}
