// Reads a verified body and prepares the updates that it stands for; hashing is the only I/O.

import type { SourceSettings } from "../../config/settings.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { MAX_ID } from "../../model/ids.ts";
import type { AccountUpdate, DedupeKey, JobUpdate, RawBody } from "../../model/messages.ts";
import { sha256Hex } from "../../kernel/hmac.io.ts";
import type { Json } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import type { RunEvent } from "../correlation/runs.ts";
import type { Arrival, Issue, ParsedEvent, Provider } from "../provider.ts";
import { checkId } from "./fields.ts";
import {
  accountOf,
  accountUpdateOf,
  jobUpdateOf,
  runUpdateOf,
  type RunUpdate,
} from "./normalize.ts";
import { readEvents } from "./redacted-read.ts";

/** What is to be dispatched for one event of a request. */
export type PreparedUpdate =
  | { readonly kind: "job"; readonly update: JobUpdate }
  /** The correlation object of `context`, a hash, tells the guid. */
  | {
      readonly kind: "run";
      readonly context: string;
      readonly run: RunEvent;
      readonly update: RunUpdate;
    }
  | { readonly kind: "account"; readonly update: AccountUpdate }
  | { readonly kind: "ignored"; readonly reason: string };

/** What the request itself, not its body, adds. */
interface RequestContext {
  readonly traceparent: string;
  readonly now: Millis;
  /** The provider's bytes, when a subscriber is to get them unchanged. */
  readonly raw: RawBody | null;
}

/** Prepares one update per event of the body, in its order; the fault lists what is malformed. */
export async function normalize(
  provider: Provider,
  arrival: Arrival,
  json: Json,
  context: RequestContext,
): Promise<Result<readonly PreparedUpdate[], readonly Issue[]>> {
  const events = readEvents(provider, json, arrival);
  if (!events.ok) return events;
  for (const event of events.value) {
    if (event.kind === "ignored") continue;
    const issues = accountIssues(arrival.source, event.account);
    if (issues.length > 0) return fault(issues);
  }
  const [first] = events.value;
  if (first !== undefined && events.value.length === 1)
    return ok([await prepare(first, null, arrival, context)]);
  return ok(
    await Promise.all(events.value.map((event, index) => prepare(event, index, arrival, context))),
  );
}

/** What is wrong with the account of an event: the one it names, or that one behind the prefix. */
function accountIssues(source: SourceSettings, named: string | null): readonly Issue[] {
  const own = source.account === null && named !== null ? checkId(named, "account") : null;
  if (own !== null && !own.ok) return own.fault;
  const whole = checkId(accountOf(source, named), "account");
  return whole.ok ? [] : whole.fault;
}

/** Prepares one event; `index` is its place in a batch, `null` when it is alone. */
async function prepare(
  event: ParsedEvent,
  index: number | null,
  { source, body, id }: Arrival,
  { traceparent, now, raw }: RequestContext,
): Promise<PreparedUpdate> {
  if (event.kind === "ignored") return event;
  const key = await keyOf(event.key ?? inBatch(id, index), index, body);
  const options = { source, key, traceparent, raw };
  if (event.kind === "account") return { kind: "account", update: accountUpdateOf(event, options) };
  const { subject } = event;
  if (subject.kind === "guid")
    return { kind: "job", update: jobUpdateOf(event, subject.guid, options) };
  const { phase, createdAt, guidPrefix } = subject;
  return {
    kind: "run",
    context: await sha256Hex(utf8(subject.context)),
    run: { phase, eventId: key.value, createdAt: createdAt ?? now, guidPrefix },
    update: runUpdateOf(event, options),
  };
}

/** The id of a request names each event of a batch only together with its place. */
const inBatch = (id: string | null, index: number | null): string | null =>
  id === null || index === null ? id : `${id}/${index}`;

/**
 * The provider's event id, hashed when it is too long to store. Without an id it is the body's
 * hash, and in a batch the event's place as well.
 */
async function keyOf(
  own: string | null,
  index: number | null,
  body: Uint8Array<ArrayBuffer>,
): Promise<DedupeKey> {
  if (own !== null)
    return { kind: "id", value: own.length > MAX_ID ? await sha256Hex(utf8(own)) : own };
  const hash = await sha256Hex(body);
  return { kind: "body", value: index === null ? hash : `${hash}/${index}` };
}
