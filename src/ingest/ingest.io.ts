// Takes a webhook to its end: received, dispatched, counted, logged and answered.

import { secretTexts } from "../config/reading.ts";
import type { Settings, SourceSettings } from "../config/settings.ts";
import { now as clock } from "../kernel/clock.io.ts";
import { writeJson, type Json, type JsonObject } from "../kernel/json.ts";
import { log, type LogLevel } from "../kernel/log.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { newNumber } from "../kernel/random.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import type { KeptRequest, Rejection } from "../model/messages.ts";
import { dispatch } from "./dispatch.io.ts";
import { reasonOf, refusalOf, type IngestFault } from "./faults.ts";
import type { PreparedUpdate } from "./normalize/normalize.io.ts";
import { eventNames, receiptOf, type DispatchResult, type Receipt } from "./receipt.ts";
import { receive, type Refused } from "./receive.io.ts";
import { announceEnds } from "./tally/ended.io.ts";
import { keepRefused } from "./tally/keep.io.ts";
import { rejectionOf } from "./tally/rejection.ts";
import { countRequest, type TallyDeps } from "./tally/tally.io.ts";
import { isText } from "../kernel/json/exact-number.ts";

/** What a request meets. */
export interface IngestDeps {
  readonly env: Env;
  readonly settings: Settings;
  readonly after: TallyDeps["after"];
  /** When the request came: signed instants are judged by it. */
  readonly now: Millis;
  /** True for a kept request: it is already among the refused ones. */
  readonly retried?: true;
  /** Of the subscribers that rules name, those that get the events of a job that it creates. */
  readonly only?: readonly string[] | undefined;
}

/** Takes a webhook to the end, counts and logs it. After a 202 everything it says is stored. */
export async function ingestRequest(
  request: Request,
  source: SourceSettings,
  { env, settings, after, now, retried, only }: IngestDeps,
): Promise<Response> {
  const { logLevel } = settings;
  const fields = { source: source.id, provider: source.provider };
  const deps: TallyDeps = { env, after, logLevel, startedAt: clock() };
  const stored = await store(request, source, { env, settings, now, only });
  if (stored.ok) {
    const { value } = stored;
    if (value.kind === "reply") {
      countRequest(deps, source.id, { kind: "ignored" });
      log(logLevel, "info", "ingest.answered", fields);
      return replyResponse(value.reply);
    }
    const receipt = receiptOf(value.results);
    const events = eventNames(value.results);
    countRequest(deps, source.id, { kind: receipt.result, events });
    announceEnds(deps, source, value.updates);
    log(logLevel, "info", "ingest.accepted", { ...fields, ...loggable(receipt) });
    return Response.json(receipt, { status: 202 });
  }
  const { fault: reason, body, error } = stored.fault;
  // Who opens the address sends no webhook. It is neither counted nor kept.
  if (retried !== true && reason.kind !== "method")
    countRefused(deps, source, { request, reason, body });
  return refuse(reason, logLevel, { ...fields, ...(error === undefined ? {} : { error }) });
}

/** A refused request, and why. */
interface RefusedRequest {
  readonly request: Request;
  readonly reason: IngestFault;
  /** As far as it was read. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** Refusals that a change of the configuration may turn into acceptance. */
const MENDABLE: ReadonlySet<number> = new Set([400, 401, 422]);

/** Counts a refused request, and keeps it where the source asks for that. */
function countRefused(
  deps: TallyDeps,
  source: SourceSettings,
  { request, reason, body }: RefusedRequest,
): void {
  const { method, headers, url } = request;
  const { status } = refusalOf(reason).problem;
  const keeps = source.keepRefused && body !== null && MENDABLE.has(status);
  const n = keeps ? newNumber() : undefined;
  const rejection = (): Rejection => {
    const secrets = [...source.secrets, ...secretTexts({ ...deps.env })];
    const cause = { status, reason: reasonOf(reason), at: clock() };
    const shown = rejectionOf({ method, headers, body }, { secrets, redact: source.redact }, cause);
    return n === undefined ? shown : { n, ...shown };
  };
  countRequest(deps, source.id, { kind: "refused", reason: reasonOf(reason), rejection });
  if (keeps)
    keepRefused(deps, source.id, body.byteLength, () => ({
      url,
      headers: [...headers],
      body,
      rejection: rejection(),
    }));
}

/**
 * Ingests a kept request again, with the secrets and the recipe of today; signed instants are
 * judged by the time at which it came.
 */
export const ingestAgain = (
  { url, headers, body, rejection }: KeptRequest,
  source: SourceSettings,
  deps: Omit<IngestDeps, "now">,
): Promise<Response> =>
  ingestRequest(
    new Request(url, {
      method: "POST",
      headers: headers.map(([name, value]) => [name, value]),
      body,
    }),
    source,
    { ...deps, now: rejection.at, retried: true },
  );

/** What became of a request that was not refused. */
type Stored =
  | {
      readonly kind: "stored";
      readonly updates: readonly PreparedUpdate[];
      readonly results: readonly DispatchResult[];
    }
  | { readonly kind: "reply"; readonly reply: Json };

/** Receives and dispatches a webhook; `error` is the message of an object that failed. */
async function store(
  request: Request,
  source: SourceSettings,
  { env, settings, now, only }: Pick<IngestDeps, "env" | "settings" | "now" | "only">,
): Promise<Result<Stored, Refused & { readonly error?: string }>> {
  if (request.method !== "POST") return fault({ fault: { kind: "method" }, body: null });
  const received = await receive(request, source, settings, now);
  if (!received.ok) return received;
  if (received.value.kind === "reply") return ok(received.value);
  const updates = onlyFor(received.value.updates, only);
  const stored = await dispatch(env, updates, source.retention);
  if (!stored.ok) {
    const { reason, message } = stored.fault;
    return fault({ fault: { kind: "unavailable", reason }, body: null, error: message });
  }
  // The other events of the body are stored, and count as duplicates when it is sent again.
  return stored.value.some((one) => one.kind === "stored" && one.answer.result === "refused")
    ? fault({ fault: { kind: "account-mismatch" }, body: null })
    : ok({ kind: "stored", updates, results: stored.value });
}

/** Updates whose job, where they create it, is for these subscribers alone. */
const onlyFor = (
  updates: readonly PreparedUpdate[],
  only: readonly string[] | undefined,
): readonly PreparedUpdate[] =>
  only === undefined
    ? updates
    : updates.map((one) =>
        one.kind === "job" ? { ...one, update: { ...one.update, only } } : one,
      );

/** Senders compare a challenge with the whole body: text is sent bare, anything else as JSON. */
const replyResponse = (reply: Json): Response =>
  isText(reply)
    ? new Response(reply, { headers: { "content-type": "text/plain; charset=utf-8" } })
    : new Response(writeJson(reply), { headers: { "content-type": "application/json" } });

const loggable = (receipt: Receipt): JsonObject =>
  receipt.result === "ignored"
    ? { ...receipt }
    : { result: receipt.result, events: receipt.events, guid: receipt.job?.guid ?? null };

/** Answers a refusal; its exact reason goes into the log alone. */
export function refuse(
  reason: IngestFault,
  threshold: LogLevel,
  fields: Readonly<Record<string, string>>,
): Response {
  const { problem, headers } = refusalOf(reason);
  const level = problem.status >= 500 ? "error" : "warn";
  log(threshold, level, "ingest.refused", {
    ...fields,
    status: problem.status,
    reason: reasonOf(reason),
  });
  return problemResponse(problem, headers);
}
