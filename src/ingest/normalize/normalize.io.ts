// Reads a verified body and prepares what is to be handed over; hashing is the only I/O.

import { utf8 } from "../../kernel/bytes.ts";
import type { AccountUpdate, DedupeKey, RawBody } from "../../model/messages.ts";
import { sha256Hex } from "../../kernel/hmac.io.ts";
import type { Json } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Millis } from "../../kernel/time.ts";
import type { RunEvent } from "../correlation/runs.ts";
import { MAX_ID, scrub } from "./fields.ts";
import {
  accountOf,
  accountUpdateOf,
  draftOf,
  type JobDraft,
  type Provenance,
} from "./normalize.ts";
import type { Arrival, Issue, JobReport, ParsedEvent, Provider } from "../provider.ts";

/** What is to be handed over for one event of a request. */
export type PreparedUpdate =
  | { readonly kind: "job"; readonly guid: string; readonly draft: JobDraft }
  /** The guid is to be asked of the correlation object of `context`, a hash. */
  | {
      readonly kind: "run";
      readonly context: string;
      readonly run: RunEvent;
      readonly draft: JobDraft;
    }
  | { readonly kind: "account"; readonly update: AccountUpdate }
  | { readonly kind: "ignored"; readonly reason: string };

/** What the request itself, not its body, adds. */
export interface RequestContext {
  readonly traceparent: string;
  readonly now: Millis;
  /** The provider's bytes, when somebody is to get them unchanged. */
  readonly raw: RawBody | null;
}

/** An account's own id is checked where it is read; what the source puts before it may make it too long for an object's name. */
const ACCOUNT_TOO_LONG = fault([
  {
    path: "account",
    message: `must have at most ${MAX_ID} characters, the source's prefix included`,
  },
]);

/** One entry per event of the body, in its order; the fault lists what is wrong with the body. */
export async function normalize(
  provider: Provider,
  arrival: Arrival,
  json: Json,
  circumstances: RequestContext,
): Promise<Result<readonly PreparedUpdate[], readonly Issue[]>> {
  const outcomes = provider.read(scrub(json), arrival);
  if (!outcomes.ok) return outcomes;
  if (
    !outcomes.value.every(
      (outcome) =>
        outcome.kind === "ignored" || accountOf(arrival.source, outcome.account).length <= MAX_ID,
    )
  ) {
    return ACCOUNT_TOO_LONG;
  }
  const single = outcomes.value.length === 1;
  return ok(
    await Promise.all(
      outcomes.value.map((outcome, index) =>
        ready(outcome, single ? null : index, arrival, circumstances),
      ),
    ),
  );
}

async function ready(
  outcome: ParsedEvent,
  index: number | null,
  arrival: Arrival,
  circumstances: RequestContext,
): Promise<PreparedUpdate> {
  if (outcome.kind === "ignored") return outcome;
  const key = await keyOf(outcome.key, index, arrival.body);
  const provenance: Provenance = {
    source: arrival.source,
    key,
    traceparent: circumstances.traceparent,
    raw: circumstances.raw,
  };
  return outcome.kind === "account"
    ? { kind: "account", update: accountUpdateOf(outcome, provenance) }
    : readyJob(outcome, provenance, circumstances.now);
}

async function readyJob(
  report: JobReport,
  provenance: Provenance,
  now: Millis,
): Promise<PreparedUpdate> {
  const draft = draftOf(report, provenance);
  const { subject } = report;
  switch (subject.kind) {
    case "guid":
      return { kind: "job", guid: subject.guid, draft };
    case "run": {
      const run: RunEvent = {
        phase: subject.phase,
        eventId: provenance.key.value,
        createdAt: subject.createdAt ?? now,
      };
      return { kind: "run", context: await sha256Hex(utf8(subject.context)), run, draft };
    }
  }
}

/** The provider's event id, hashed when it is too long to store; else the body's hash, told apart within a batch by position. */
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
