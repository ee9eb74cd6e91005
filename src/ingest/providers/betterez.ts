// Betterez: `report.export.started` and `report.export.completed`, neither of which names a job.

import * as z from "zod/mini";
import { numberOf } from "../../kernel/json/exact-number.ts";
import { canonical, isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { parseIso, parseUnix } from "../../kernel/time.ts";
import {
  check,
  checkNamed,
  firstText,
  ignoredEvent,
  membersOf,
  OptionalText,
  textOrNull,
  without,
} from "../normalize/fields.ts";
import type { Issue, JobReport, ParsedEvent, Provider } from "../provider.ts";

/** Before the ids of jobs, which the relay makes up because Betterez names none. */
const GUID_PREFIX = "btz_";

const PHASES: ReadonlyMap<string, "started" | "completed"> = new Map([
  ["report.export.started", "started"],
  ["report.export.completed", "completed"],
]);

/** The text of an instant, which stands in an object; `null` for anything else. */
const instantText = (value: unknown): string | null =>
  isObject(value) ? textOrNull(value["value"]) : null;

/** The common envelope with what the relay reads of a report's `data`. */
const ReportEvent = z.object({
  id: OptionalText,
  created: z.optional(z.unknown()),
  data: z.pipe(
    // An empty object of PHP.
    z.transform((value) => (Array.isArray(value) && value.length === 0 ? {} : value)),
    z.object({
      accountId: OptionalText,
      createdAt: z.optional(z.transform(instantText)),
    }),
  ),
});

/** What both events of a run carry alike, beside the sorted `emails`. */
const CONTEXT_KEYS = [
  "accountId",
  "reportId",
  "customReportId",
  "reportTypeId",
  "createdBy",
  "format",
  "deliveryMethod",
  "columns",
  "filters",
  "bucket",
] as const;

/** What the bodies of Betterez mean. */
export const betterez: Provider = { read };

function read(json: Json): Result<readonly ParsedEvent[], readonly Issue[]> {
  const named = checkNamed(json);
  if (!named.ok) return named;
  const phase = PHASES.get(named.value);
  if (phase === undefined) return ok([ignoredEvent(named.value)]);
  const parsed = check(ReportEvent, json);
  if (!parsed.ok) return parsed;
  const { id, created, data } = parsed.value;
  const emitted = parseUnix(numberOf(created) ?? Number.NaN);
  const sent = isObject(json) ? membersOf(json.data) : {};
  const report: JobReport = {
    kind: "job",
    event: phase === "started" ? "job.started" : "job.finished",
    subject: {
      kind: "run",
      context: contextOf(sent),
      phase,
      createdAt: parseIso(data.createdAt ?? "") ?? emitted,
      guidPrefix: GUID_PREFIX,
    },
    account: firstText(data.accountId),
    key: firstText(id),
    url: null,
    current: null,
    total: null,
    standard: {},
    rest: without(json, ["event", "created", "data"], { last: sent }),
    occurredAt: emitted,
  };
  return ok([report]);
}

/** One text for all events of one correlation key: null equals absent, key order does not count. */
export function contextOf(data: JsonObject): string {
  const emails: Json = Array.isArray(data.emails)
    ? data.emails.map(canonical).toSorted()
    : (data.emails ?? null);
  const shared = CONTEXT_KEYS.map((key): readonly [string, Json] => [key, data[key] ?? null]);
  return canonical(Object.fromEntries<Json>([...shared, ["emails", emails]]));
}
