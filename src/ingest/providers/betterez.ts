// Betterez: `report.export.started` and `report.export.completed`, neither of which names a job.

import * as z from "zod";
import { concat, utf8 } from "../../kernel/bytes.ts";
import { numberOf } from "../../kernel/exact-number.ts";
import {
  canonical,
  isObject,
  restringified,
  type Json,
  type JsonObject,
} from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { parseIso, parseUnix } from "../../kernel/time.ts";
import {
  check,
  firstText,
  ignoredEvent,
  Named,
  OptionalText,
  without,
} from "../normalize/fields.ts";
import type {
  Arrival,
  ClaimFault,
  Claims,
  Issue,
  JobReport,
  ParsedEvent,
  Provider,
} from "../provider.ts";
import { digestsOf } from "../verify/signature.ts";

/** Before the ids of jobs, which the relay makes up because Betterez names none. */
const GUID_PREFIX = "btz_";

const PHASES: ReadonlyMap<string, "started" | "completed"> = new Map([
  ["report.export.started", "started"],
  ["report.export.completed", "completed"],
]);

/** The common envelope with what the relay reads of a report's `data`. */
const ReportEvent = z.object({
  id: OptionalText,
  created: z.unknown().optional(),
  data: z.preprocess(
    // An empty object of PHP.
    (value) => (Array.isArray(value) && value.length === 0 ? {} : value),
    z.object({
      accountId: OptionalText,
      createdAt: z.object({ value: OptionalText }).nullish().catch(null),
    }),
  ),
});

/** What both events of a run carry alike (contract, section 4), beside the sorted `emails`. */
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

/**
 * Everything about Betterez. `x-btrz-signature` is `t=…,s=…,s2=…`, where `s2` is the HMAC-SHA256 of
 * `{t}.{body}` and `s` is obsolete.
 */
export const betterez: Provider = { claims, read };

function claims({ headers, body }: Arrival): Result<Claims, ClaimFault> {
  const header = headers.get("x-btrz-signature");
  if (header === null || header.trim() === "") return fault("missing");
  const instants = new Set(valuesOf(header, "t"));
  const [instant] = instants;
  const presented = valuesOf(header, "s2").flatMap((text) => digestsOf(text, "sha256"));
  if (
    instant === undefined ||
    instants.size > 1 ||
    !/^\d{1,16}$/.test(instant) ||
    presented.length === 0
  )
    return fault("malformed");
  const timestamp = parseUnix(Number(instant));
  if (timestamp === null) return fault("malformed");
  const signed = utf8(`${instant}.`);
  const bases = [() => concat(signed, body), () => restringifiedBase(signed, body)];
  return ok({ kind: "hmac", digest: "sha256", key: "utf8", presented, bases, timestamp });
}

/** The values of one prefix in a comma-separated header; only the first `=` splits them. */
function valuesOf(header: string, prefix: string): readonly string[] {
  return header
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${prefix}=`))
    .map((part) => part.slice(prefix.length + 1));
}

/**
 * The signed text when Betterez signed `JSON.stringify(payload)`, which need not be the bytes it
 * sends.
 */
function restringifiedBase(signed: Uint8Array, body: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const text = restringified(body);
  return text === null ? null : concat(signed, utf8(text));
}

function read(json: Json): Result<readonly ParsedEvent[], readonly Issue[]> {
  const named = check(Named, json);
  if (!named.ok) return named;
  const phase = PHASES.get(named.value.event);
  if (phase === undefined) return ok([ignoredEvent(named.value.event)]);
  const parsed = check(ReportEvent, json);
  if (!parsed.ok) return parsed;
  const { id, created, data } = parsed.value;
  const emitted = parseUnix(numberOf(created) ?? Number.NaN);
  const sent = isObject(json) ? without(json.data, []) : {};
  const report: JobReport = {
    kind: "job",
    event: phase === "started" ? "job.started" : "job.finished",
    subject: {
      kind: "run",
      context: contextOf(sent),
      phase,
      createdAt: parseIso(data.createdAt?.value ?? "") ?? emitted,
      guidPrefix: GUID_PREFIX,
    },
    account: firstText(data.accountId),
    key: firstText(id),
    url: null,
    current: null,
    total: null,
    standard: {},
    rest: { ...without(json, ["event", "created", "data"]), ...sent },
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
