// The event about a delivery attempt: `webhook.event.created`.

import type { Target } from "../../config/settings.ts";
import {
  ENVELOPE_VERSION,
  isJobEvent,
  isOperational,
  nameOf,
  type AttemptEnvelope,
  type RelayEvent,
} from "../../model/event.ts";
import { iso, type Millis } from "../../kernel/time.ts";
import type { Health } from "../retry/breaker.ts";
import { isTest } from "../queue/rows.ts";

/** An attempt that was facts. `status` 0 means that no answer came. */
interface AttemptFacts {
  readonly event: RelayEvent;
  readonly delivery: string;
  readonly subscriber: string;
  readonly target: Target;
  readonly attempt: number;
  readonly status: number;
  readonly at: Millis;
  /** The subscriber's new state, when this attempt changed it. */
  readonly newState?: Health["state"];
}

/**
 * Whether the attempts of an event are reported: not for tests, nor for these reports, nor for
 * operational events, which belong to no account.
 */
export const isReported = (event: RelayEvent): boolean =>
  nameOf(event) !== "webhook.event.created" && !isOperational(event) && !isTest(event.id);

/**
 * The event about an attempt. `id` is its own and `guid` the delivery's. `details.guid` is the
 * job's, `null` when the event belongs to none. `details.subscriberState` is there when the attempt
 * changed it: the breaker opened or closed, or the subscriber is disabled.
 */
export function attemptEnvelope(facts: AttemptFacts, id: string): AttemptEnvelope {
  const { event, delivery, subscriber, attempt, newState } = facts;
  const responseCode = String(facts.status);
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
      webhookUrl: publicAddress(facts.target),
      subscriber,
      guid: isJobEvent(event) ? event.guid : null,
      attempt,
      ...(newState === undefined ? {} : { subscriberState: newState }),
    },
    id,
    source: event.source,
    account: event.account,
    time: iso(facts.at),
  };
}

/** By target: the settings live as long as their isolate. */
const addresses = new WeakMap<Target, string>();

/**
 * The target for everybody who may read the account's stream: only the origin of a URL. Receivers
 * such as Slack have a secret in the path, others in the query or the user.
 */
function publicAddress(target: Target): string {
  const known = addresses.get(target);
  if (known !== undefined) return known;
  const address =
    target.kind === "url" ? new URL(target.url).origin : `${target.kind}:${target.binding}`;
  addresses.set(target, address);
  return address;
}

/** Attempts by account, in the order they were facts. */
export function byAccount(
  envelopes: readonly AttemptEnvelope[],
): ReadonlyMap<string, readonly AttemptEnvelope[]> {
  return Map.groupBy(envelopes, (envelope) => envelope.account);
}
