// A user's own jobs: `event` is the relay's name of it, and the body is the report.

import { isObject, type Json } from "../../../kernel/json.ts";
import { ok, type Result } from "../../../kernel/result.ts";
import { checkNamed, ignoredEvent, membersOf } from "../../normalize/fields.ts";
import type { Arrival, Issue, ParsedEvent, Provider } from "../../provider.ts";
import { ownEvent, readReport } from "./report.ts";

/**
 * What the bodies of a `generic` source mean. A member `id` is no key of deduplication, because it
 * is as likely a job's; the header `webhook-id` is one, also beside a bearer token.
 */
export const generic: Provider = { read };

function read(
  json: Json,
  { headers, id, now }: Arrival,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const named = checkNamed(json);
  if (!named.ok) return named;
  const event = ownEvent(named.value);
  if (event === null) return ok([ignoredEvent(named.value)]);
  const time = isObject(json) ? json["time"] : undefined;
  const own = headers.get("webhook-id")?.trim() ?? "";
  const key = id ?? (own === "" ? null : own);
  const context = { at: "", used: ["event"], key, time, now };
  const report = readReport(event, membersOf(json), context);
  return report.ok ? ok([report.value]) : report;
}
