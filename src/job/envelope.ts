// The envelope of an emission: the shape that every subscriber, stream and API answer shows (contract, section 4).

import { ENVELOPE_VERSION, type JobEnvelope } from "../model/event.ts";
import { iso, type Millis } from "../kernel/time.ts";
import type { Emission } from "./decide.ts";

/** Composes the envelope; `id` has no dot, `now` is the instant of emission. */
export function envelopeOf(emission: Emission, id: string, now: Millis): JobEnvelope {
  const { event, heard, state } = emission;
  const progress = event === "job.progress";
  return {
    version: ENVELOPE_VERSION,
    event,
    guid: state.guid,
    status: state.status,
    url: heard === null ? state.url : heard.url,
    details: { ...state.details, guid: state.guid, status: state.status },
    ...(progress && state.current !== null ? { current: state.current } : {}),
    ...(progress && state.total !== null ? { total: state.total } : {}),
    id,
    seq: state.seq,
    attempt: state.life.attempt,
    source: state.source,
    account: state.account,
    time: iso(now),
    ...(heard === null || heard.occurredAt === null ? {} : { occurredAt: iso(heard.occurredAt) }),
    ...(emission.absorbed > 0 ? { absorbed: emission.absorbed } : {}),
  };
}
