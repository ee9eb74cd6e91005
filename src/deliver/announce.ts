// What the relay tells an account's browsers about each delivery attempt: `webhook.event.created` (contract, section 4).

import type { Target } from "../config/settings.ts";
import { ENVELOPE_VERSION, isJobEvent, nameOf, type AttemptEnvelope, type RelayEvent } from "../kernel/event.ts";
import { iso, type Millis } from "../kernel/time.ts";
import { isTest } from "./queue-rows.ts";

/** An attempt that was made. `status` 0 means that no answer came. */
export interface Made {
  readonly event: RelayEvent;
  readonly delivery: string;
  readonly subscriber: string;
  readonly target: Target;
  readonly attempt: number;
  readonly status: number;
  readonly at: Millis;
}

/** True for events whose attempts are told: not those of tests, and never those of attempts, which would never end. */
export const isTold = (event: RelayEvent): boolean => nameOf(event) !== "webhook.event.created" && !isTest(event.id);

/** The event about an attempt; `id` is its own, `guid` the delivery's. */
export function attemptEnvelope(made: Made, id: string): AttemptEnvelope {
  const { event, delivery, subscriber, attempt } = made;
  const responseCode = String(made.status);
  return {
    version: ENVELOPE_VERSION,
    event: "webhook.event.created",
    guid: delivery,
    status: responseCode,
    url: null,
    details: {
      uuid: delivery,
      event: nameOf(event),
      responseCode,
      webhookUrl: publicUrl(made.target),
      subscriber,
      guid: isJobEvent(event) ? event.guid : null,
      attempt,
    },
    id,
    source: event.source,
    account: event.account,
    time: iso(made.at),
  };
}

/** Where it went, without what a URL may keep secret: its query, and the user it names. */
function publicUrl(target: Target): string {
  if (target.kind !== "url") return `${target.kind}:${target.binding}`;
  const url = new URL(target.url);
  return `${url.origin}${url.pathname}`;
}

/** Attempts by account, in the order they were made. */
export function byAccount(envelopes: readonly AttemptEnvelope[]): ReadonlyMap<string, readonly AttemptEnvelope[]> {
  return Map.groupBy(envelopes, (envelope) => envelope.account);
}
