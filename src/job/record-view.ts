// A recorded update as the API shows it beside the log: what was heard, and why it was not emitted.

import type { JsonObject } from "../kernel/json.ts";
import { iso, isoOrNull, type Millis } from "../kernel/time.ts";
import type { RecordReason } from "./decide.ts";
import type { StoredUpdate } from "./state.ts";

/** Instants are ISO 8601. */
export interface RecordView {
  readonly time: string;
  readonly reason: RecordReason;
  readonly event: string;
  readonly current: number | null;
  readonly total: number | null;
  readonly url: string | null;
  readonly error: string | null;
  readonly occurredAt: string | null;
  readonly details: JsonObject;
}

export function recordView({
  at,
  reason,
  update,
}: {
  readonly at: Millis;
  readonly reason: RecordReason;
  readonly update: StoredUpdate;
}): RecordView {
  const { event, current, total, url, error, occurredAt, details } = update;
  return {
    time: iso(at),
    reason,
    event,
    current,
    total,
    url,
    error,
    occurredAt: isoOrNull(occurredAt),
    details,
  };
}
