// What the relay tells an account's browsers about each delivery attempt: `webhook.event.created` (contract, section 4).

import type { Target } from "../../config/settings.ts";
import {
  ENVELOPE_VERSION,
  isJobEvent,
  nameOf,
  type AttemptEnvelope,
  type RelayEvent,
} from "../../model/event.ts";
import { iso, type Millis } from "../../kernel/time.ts";
import type { Health } from "../retry/breaker.ts";
import { isTest } from "../queue/rows.ts";

/** An attempt that was made. `status` 0 means that no answer came. */
export interface AttemptMade {
  readonly event: RelayEvent;
  readonly delivery: string;
  readonly subscriber: string;
  readonly target: Target;
  readonly attempt: number;
  readonly status: number;
  readonly at: Millis;
  /** The subscriber's new state, when this attempt changed it. */
  readonly becomes?: Health["state"];
}

/** True for events whose attempts are told: not those of tests, and never those of attempts, which would never end. */
export const isReported = (event: RelayEvent): boolean =>
  nameOf(event) !== "webhook.event.created" && !isTest(event.id);

/** The event about an attempt; `id` is its own, `guid` the delivery's; `details.guid` names the job, `null` when the event belongs to none; `details.subscriberState` stands there when the attempt changed it: the breaker opened or closed, or the subscriber is disabled. */
export function attemptEnvelope(made: AttemptMade, id: string): AttemptEnvelope {
  const { event, delivery, subscriber, attempt, becomes } = made;
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
      webhookUrl: publicAddress(made.target),
      subscriber,
      guid: isJobEvent(event) ? event.guid : null,
      attempt,
      ...(becomes === undefined ? {} : { subscriberState: becomes }),
    },
    id,
    source: event.source,
    account: event.account,
    time: iso(made.at),
  };
}

/** By target: the settings live as long as their isolate, and an attempt need not parse a URL. */
const addresses = new WeakMap<Target, string>();

/**
 * Where it went, for everybody who may read the account's stream: the origin of a URL and no more. With receivers like Slack's the
 * path is the secret; others put it into the query or the user.
 */
function publicAddress(target: Target): string {
  const known = addresses.get(target);
  if (known !== undefined) return known;
  const address =
    target.kind === "url" ? new URL(target.url).origin : `${target.kind}:${target.binding}`;
  addresses.set(target, address);
  return address;
}

/** Attempts by account, in the order they were made. */
export function byAccount(
  envelopes: readonly AttemptEnvelope[],
): ReadonlyMap<string, readonly AttemptEnvelope[]> {
  return Map.groupBy(envelopes, (envelope) => envelope.account);
}
