// Takes in what a connector got, by the same steps as a webhook: normalized, dispatched, logged.

import type { Settings, SourceSettings } from "../config/settings.ts";
import { dispatch } from "../ingest/dispatch.io.ts";
import { reasonOf } from "../ingest/faults.ts";
import type { PreparedUpdate } from "../ingest/normalize/normalize.io.ts";
import { prepare } from "../ingest/normalize/prepare.io.ts";
import type { Provider } from "../ingest/provider.ts";
import type { ObjectFault } from "../durable/object-call.ts";
import { utf8 } from "../kernel/bytes.ts";
import { writeJson, type Json } from "../kernel/json.ts";
import { log } from "../kernel/log.io.ts";
import { newTraceparent } from "../kernel/random.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import { eventNames, receiptOf } from "../ingest/receipt.ts";
import { REFUSED, type TakenIn } from "./record.ts";

/** For whom something is taken in. */
export interface FeedDeps {
  readonly env: Env;
  readonly settings: Settings;
  readonly source: SourceSettings;
}

/** What an upstream server said once. */
export interface Statement {
  readonly json: Json;
  /** Names it for deduplication where its body does not. */
  readonly id: string | null;
  readonly provider: Provider;
}

const NO_HEADERS = new Headers();

/** Reads a statement; the fault is the reason why nothing can be made of it. */
export async function readStatement(
  { settings, source }: FeedDeps,
  { json, id, provider }: Statement,
  now: Millis,
): Promise<Result<readonly PreparedUpdate[], string>> {
  const body = utf8(writeJson(json));
  if (body.byteLength > source.maxBody) return fault("too-large");
  const arrival = { headers: NO_HEADERS, url: "", body, source, id, now };
  const contentType = "application/json";
  const options = { provider, settings, contentType, traceparent: newTraceparent() };
  const prepared = await prepare(arrival, json, options);
  return prepared.ok ? prepared : fault(reasonOf(prepared.fault));
}

/** Dispatches updates; once it answers, what they say is durable. The fault is to be repeated. */
export async function feed(
  { env, settings, source }: FeedDeps,
  updates: readonly PreparedUpdate[],
): Promise<Result<TakenIn, ObjectFault>> {
  const stored = await dispatch(env, updates, source.retention);
  const fields = { source: source.id, provider: source.provider };
  if (!stored.ok) {
    const { reason, message } = stored.fault;
    log(settings.logLevel, "error", "upstream.unavailable", { ...fields, reason, error: message });
    return fault(reason);
  }
  if (stored.value.some((one) => one.kind === "stored" && one.answer.result === "refused")) {
    logRefused({ settings, source }, "account-mismatch");
    return ok(REFUSED);
  }
  const receipt = receiptOf(stored.value);
  const { result } = receipt;
  const told =
    receipt.result === "ignored"
      ? { reason: receipt.reason }
      : { events: receipt.events, guid: receipt.job?.guid ?? null };
  log(settings.logLevel, "info", "upstream.accepted", { ...fields, result, ...told });
  return ok({ outcome: result, events: eventNames(stored.value) });
}

/** What a statement came to; `refusal` says why nothing of its job is taken in. */
export interface Told {
  readonly taken: TakenIn;
  readonly refusal: string | null;
}

/** Reads and takes in a statement; `null` when that is to be repeated. */
export async function tell(
  deps: FeedDeps,
  statement: Statement,
  now: Millis,
): Promise<Told | null> {
  const updates = await readStatement(deps, statement, now);
  if (!updates.ok) {
    logRefused(deps, updates.fault);
    return { taken: REFUSED, refusal: `is refused: ${updates.fault}` };
  }
  const fed = await feed(deps, updates.value);
  if (!fed.ok) return null;
  const isRefused = fed.value.outcome === "refused";
  return { taken: fed.value, refusal: isRefused ? "belongs to another account" : null };
}

/** Logs what nothing could be made of. */
export const logRefused = (
  { settings, source }: Pick<FeedDeps, "settings" | "source">,
  reason: string,
): void =>
  log(settings.logLevel, "warn", "upstream.refused", {
    source: source.id,
    provider: source.provider,
    reason,
  });
