// Reads a report that uses the relay's own names of events and fields.

import { asSent } from "../../../kernel/json/exact-number.ts";
import { isObject, type Json, type JsonObject } from "../../../kernel/json.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import type { Millis } from "../../../kernel/time.ts";
import { JOB_EVENTS, STATUS_OF, type ProviderJobEvent } from "../../../model/event.ts";
import {
  readCount,
  readError,
  readInstant,
  readName,
  readUrl,
  readWord,
} from "../../map/readings.ts";
import { checkId, membersOf, without } from "../../normalize/fields.ts";
import type { Issue, JobReport, StandardDetails } from "../../provider.ts";

/** The event of the relay's own name that a sender can cause; `null` for any other name. */
export const ownEvent = (name: string): ProviderJobEvent | null =>
  JOB_EVENTS.filter((event) => event !== "job.stalled" && event !== "job.archived").find(
    (event) => event === name,
  ) ?? null;

/** What stands around a report. */
export interface ReportContext {
  /** Stands before the paths of issues: `data.`. */
  readonly at: string;
  /** Members that are no part of `details`, beside those of a report. */
  readonly used?: readonly string[];
  /** The job when the report itself names none. */
  readonly subject?: string | null;
  readonly key: string | null;
  readonly time: Json | undefined;
  readonly now: Millis;
}

/** Fields with a meaning; all others are passed on in `details`. */
const READ = ["guid", "status", "url", "current", "total", "error", "details", "account"];

/**
 * Reads a report: `guid` is needed, and any of `status, url, current, total, error, details,
 * account` are read. A field of another type counts as left out. An envelope of a relay is a
 * report, too: what it has in `details` alone is found there.
 */
export function readReport(
  event: ProviderJobEvent,
  data: JsonObject,
  { at, used = [], subject = null, key, time, now }: ReportContext,
): Result<JobReport, readonly Issue[]> {
  const of = (name: string): Json => (Object.hasOwn(data, name) ? (data[name] ?? null) : null);
  const named = readName(of("guid")) ?? subject;
  if (named === null) return fault([{ path: `${at}guid`, message: "must be the id of a job" }]);
  const guid = checkId(named, `${at}guid`);
  if (!guid.ok) return guid;
  const inner = membersOf(of("details"));
  const detail = (name: string): Json =>
    Object.hasOwn(inner, name) ? (inner[name] ?? null) : null;
  const current = readCount(of("current")) ?? readCount(detail("totalExported"));
  const total = readCount(of("total")) ?? readCount(detail("total"));
  const url = readUrl(of("url"));
  const failure = readError(of("error")) ?? readError(detail("error")) ?? readWord(of("status"));
  const error = STATUS_OF[event] === "error" ? failure : null;
  return ok({
    kind: "job",
    event,
    subject: { kind: "guid", guid: guid.value },
    account: readName(of("account")),
    key,
    url,
    current,
    total,
    standard: present({
      totalExported: asSent(current, of("current"), detail("totalExported")),
      total: asSent(total, of("total"), detail("total")),
      download_link: url,
      error,
    }),
    rest: without(data, [...READ, ...used], { last: kept(of("details")) }),
    occurredAt: readInstant(time ?? null, now),
  });
}

/** `details` that are no object stay under their name; nothing and an empty list add nothing. */
function kept(details: Json): JsonObject {
  if (isObject(details)) return details;
  const isNothing = details === null || (Array.isArray(details) && details.length === 0);
  return isNothing ? {} : { details };
}

const present = (details: StandardDetails): StandardDetails =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null));
