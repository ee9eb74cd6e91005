// Receives a webhook step by step: media type, size, proof, JSON, meaning. Nothing is stored here.

import { TOLERANCE } from "../config/defaults.ts";
import type { Settings, SourceSettings } from "../config/settings.ts";
import { parseBody, type Json } from "../kernel/json.ts";
import { newTraceparent } from "../kernel/random.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import type { IngestFault } from "./faults.ts";
import type { PreparedUpdate } from "./normalize/normalize.io.ts";
import { prepare } from "./normalize/prepare.io.ts";
import type { Arrival } from "./provider.ts";
import { keySetsOf } from "./key-sets.io.ts";
import { providerOf } from "./providers/registry.ts";
import type { RecipeFault } from "./recipe/faults.ts";
import type { RecipeRequest } from "./recipe/recipe.ts";
import { handshakeReply } from "./recipe/handshake.io.ts";
import { verifyRecipe, type Verified } from "./recipe/verify.io.ts";
import { readBody } from "../kernel/http/body.io.ts";
import { checkMedia, traceparentOf } from "./request/headers.ts";

/** Why a request is refused, and its body as far as it was read. */
export interface Refused {
  readonly fault: IngestFault;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** What a request asks for: updates to dispatch, or an answer to its sender's question. */
export type Received =
  | { readonly kind: "updates"; readonly updates: readonly PreparedUpdate[] }
  | { readonly kind: "reply"; readonly reply: Json };

/** Reads a request to `source`; the fault is the first step that failed. */
export async function receive(
  request: Request,
  source: SourceSettings,
  settings: Settings,
  now: Millis,
): Promise<Result<Received, Refused>> {
  const { method, url, headers } = request;
  // An event whose attributes are in its headers may have no data, and data without a type is JSON
  // (CloudEvents 1.0.2: HTTP binding, 3.1).
  const isEvent = headers.has("ce-specversion");
  const contentType = headers.get("content-type") || (isEvent ? "application/json" : "");
  const media = checkMedia(contentType, headers.get("content-encoding"));
  if (!media.ok) return fault({ fault: { kind: "media", reason: media.fault }, body: null });
  const body = await readBody(request, source.maxBody);
  if (!body.ok) return fault({ fault: { kind: "body", reason: body.fault }, body: null });
  const refused = (reason: IngestFault) => fault({ fault: reason, body: body.value });
  const asked = { method, url, headers, body: body.value };
  const proved = await prove(asked, { source, settings, now });
  if (!proved.ok) return refused({ kind: "unverified", reason: proved.fault });
  const json = isEvent && body.value.byteLength === 0 ? ok(null) : parseBody(body.value);
  if (!json.ok) return refused({ kind: "unreadable", reason: json.fault });
  const reply =
    proved.value?.scheme.handshake === null
      ? null
      : await replyTo(proved.value, json.value, source);
  if (reply !== null) return ok({ kind: "reply", reply });
  const id = proved.value?.id ?? null;
  const arrival: Arrival = { headers, url, body: body.value, source, id, now };
  const updates = await prepare(arrival, json.value, {
    provider: providerOf(source),
    settings,
    contentType,
    traceparent: traceparentOf(headers.get("traceparent")) ?? newTraceparent(),
  });
  return updates.ok ? ok({ kind: "updates", updates: updates.value }) : refused(updates.fault);
}

/** What a proof is checked with. */
interface ProofOptions {
  readonly source: SourceSettings;
  readonly settings: Settings;
  readonly now: Millis;
}

/** Verifies a request by its source's recipe; `null` where nothing is to be proved. */
function prove(
  request: RecipeRequest,
  { source, settings, now }: ProofOptions,
): Promise<Result<Verified, RecipeFault>> | Result<null, RecipeFault> {
  if (source.recipe === null) return ok(null);
  return verifyRecipe(source.recipe, request, {
    secrets: source.secrets,
    tolerance: source.tolerance,
    defaultTolerance: TOLERANCE,
    now,
    jwks: keySetsOf(settings),
  });
}

/** What the sender's question is answered with; `null` when the body is none. */
async function replyTo(
  verified: Verified | null,
  json: Json,
  { secrets }: SourceSettings,
): Promise<Json | null> {
  if (verified === null) return null;
  const { scheme, secretIndex } = verified;
  const secret = secretIndex === null ? null : (secrets[secretIndex]?.trim() ?? null);
  return handshakeReply(scheme, json, secret);
}
