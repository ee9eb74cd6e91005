// Which changes of a subscriber's health its operators are told about.

import type { JsonObject } from "../../kernel/json.ts";
import { iso } from "../../kernel/time.ts";
import type { OperationalEvent } from "../../model/event.ts";
import { withNotice, type Notice } from "../../operations/notice.ts";
import { MAX_FAILURES_IN_A_ROW, type Health } from "../retry/breaker.ts";
import type { SubscriberState } from "../state.ts";

/** What makes a notice one of its own. */
type NoticeStamp = Pick<Notice, "id" | "at" | "traceparent">;

/**
 * The state with a notice where the change of health calls for one: the breaker opened
 * (`relay.subscriber.failing`), the subscriber is disabled (`.disabled`), or it is active again
 * after one of these (`.recovered`). Pausing and resuming by hand call for none.
 */
export function withHealthNotice(
  before: Health,
  after: SubscriberState,
  stamp: () => NoticeStamp,
): SubscriberState {
  const event = before.state === after.health.state ? null : eventOf(after);
  if (event === null) return after;
  const notice = { ...stamp(), event, details: detailsOf(before, after) };
  return {
    ...after,
    alerted: event !== "relay.subscriber.recovered",
    notices: withNotice(after.notices, notice),
  };
}

function eventOf({ health, alerted }: SubscriberState): OperationalEvent | null {
  switch (health.state) {
    case "probing":
      return "relay.subscriber.failing";
    case "disabled":
      return "relay.subscriber.disabled";
    case "active":
      return alerted ? "relay.subscriber.recovered" : null;
    case "paused":
      return null;
  }
}

function detailsOf(before: Health, { health, lastFailure }: SubscriberState): JsonObject {
  const failure =
    lastFailure === null ? {} : { lastFailure: { ...lastFailure, time: iso(lastFailure.time) } };
  switch (health.state) {
    case "probing":
      return {
        state: health.state,
        failures: MAX_FAILURES_IN_A_ROW,
        failingSince: iso(health.failingSince),
        ...failure,
      };
    case "disabled":
      return { state: health.state, reason: health.reason, ...failure };
    case "active":
    case "paused":
      return {
        state: health.state,
        before: before.state,
        ...("failingSince" in before && before.failingSince !== null
          ? { failingSince: iso(before.failingSince) }
          : {}),
      };
  }
}
