// The envelope of an event, as subscribers, streams and the API show it (README, What comes out).

import { ENVELOPE_VERSION, type JobEnvelope } from "../../model/event.ts";
import { withMembers } from "../../kernel/json/members.ts";
import { iso, type Millis } from "../../kernel/time.ts";
import type { Emission } from "../decision.ts";

/** Composes the envelope; `id` has no dot, `now` is the instant of emission. */
export function envelopeOf(emission: Emission, id: string, now: Millis): JobEnvelope {
  const { event, update, state } = emission;
  const progress = event === "job.progress";
  return {
    version: ENVELOPE_VERSION,
    event,
    guid: state.guid,
    status: state.status,
    url: update === null ? state.url : update.url,
    details: withMembers(state.details, { guid: state.guid, status: state.status }),
    ...(progress && state.current !== null ? { current: state.current } : {}),
    ...(progress && state.total !== null ? { total: state.total } : {}),
    id,
    seq: state.seq,
    attempt: state.lifecycle.attempt,
    source: state.source,
    account: state.account,
    time: iso(now),
    ...(update === null || update.occurredAt === null
      ? {}
      : { occurredAt: iso(Math.min(update.occurredAt, now)) }),
    ...(emission.absorbed > 0 ? { absorbed: emission.absorbed } : {}),
  };
}
