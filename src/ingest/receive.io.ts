// Receives a webhook step by step: media type, size, proof, JSON, meaning. Nothing is stored here.

import type { Settings, SourceSettings } from "../config/settings.ts";
import { parseBody } from "../kernel/json.ts";
import { newTraceparent } from "../kernel/random.io.ts";
import { fault, type Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import type { IngestFault } from "./faults.ts";
import { normalize, type PreparedUpdate } from "./normalize/normalize.io.ts";
import { fitsRow } from "./normalize/update-size.ts";
import type { Arrival } from "./provider.ts";
import { PROVIDER_FILES } from "./providers/registry.ts";
import { readBody } from "./request/body.io.ts";
import { checkMedia, traceparentOf } from "./request/headers.ts";
import { verify } from "./verify/verify.io.ts";

/** Why a request is refused, and its body as far as it was read. */
export interface Refused {
  readonly fault: IngestFault;
  readonly body: Uint8Array | null;
}

/** Prepares the updates of a request to `source`; the fault is the first step that failed. */
export async function receive(
  request: Request,
  source: SourceSettings,
  settings: Settings,
  now: Millis,
): Promise<Result<readonly PreparedUpdate[], Refused>> {
  const { headers } = request;
  const contentType = headers.get("content-type");
  const media = checkMedia(contentType, headers.get("content-encoding"));
  if (!media.ok) return fault({ fault: { kind: "media", reason: media.fault }, body: null });
  const body = await readBody(request, source.maxBody);
  if (!body.ok) return fault({ fault: { kind: "body", reason: body.fault }, body: null });
  const refused = (reason: IngestFault) => fault({ fault: reason, body: body.value });
  const provider = PROVIDER_FILES[source.provider];
  const arrival: Arrival = { headers, body: body.value, source };
  const verified = await verify(provider, arrival, now);
  if (!verified.ok) return refused({ kind: "unverified", reason: verified.fault });
  const json = parseBody(body.value);
  if (!json.ok) return refused({ kind: "unreadable", reason: json.fault });
  const updates = await normalize(provider, arrival, json.value, {
    traceparent: traceparentOf(headers.get("traceparent")) ?? newTraceparent(),
    now,
    raw: keepsRaw(settings)
      ? { contentType: contentType ?? "application/json", body: body.value }
      : null,
  });
  if (!updates.ok) return refused({ kind: "malformed", issues: updates.fault });
  return fitsRow(updates.value, body.value.byteLength) ? updates : refused({ kind: "overgrown" });
}

/** The provider's bytes are kept only while some subscriber is to get them. */
const keepsRaw = (settings: Settings): boolean =>
  [...settings.subscribers.values()].some(({ format }) => format === "raw");
