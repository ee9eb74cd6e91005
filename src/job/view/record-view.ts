// A kept update as the API shows it beside the log: what it said, and why it was not emitted.

import type { JsonObject } from "../../kernel/json.ts";
import { iso, isoOrNull } from "../../kernel/time.ts";
import type { RecordReason } from "../decision.ts";
import type { UpdateRecord } from "../records.ts";

/** What `include=recorded` shows of an update. Instants are ISO 8601. */
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

/** What `include=recorded` adds to an answer: records, and the cursor that continues after them. */
export interface RecordedPage {
  readonly recorded: readonly RecordView[];
  readonly recordedCursor: string;
}

/** Shows some records; without any, the cursor stays where it was. */
export const recordedPage = (records: readonly UpdateRecord[], since: number): RecordedPage => ({
  recorded: records.map(recordView),
  recordedCursor: String(records.at(-1)?.n ?? since),
});

/** Shows a kept update. */
function recordView({ at, reason, update }: UpdateRecord): RecordView {
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
