// Prepares the updates of what a sender said, by whatever way it came: a webhook or a connector.

import type { Settings } from "../../config/settings.ts";
import type { Json } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { IngestFault } from "../faults.ts";
import type { Arrival, Provider } from "../provider.ts";
import { normalize, type PreparedUpdate } from "./normalize.io.ts";
import { fitsRow } from "./update-size.ts";

/** How a body is read. */
export interface PrepareOptions {
  readonly provider: Provider;
  readonly settings: Settings;
  readonly contentType: string;
  readonly traceparent: string;
}

/** Prepares one update per event of a body; nothing is stored here. */
export async function prepare(
  arrival: Arrival,
  json: Json,
  { provider, settings, contentType, traceparent }: PrepareOptions,
): Promise<Result<readonly PreparedUpdate[], IngestFault>> {
  const { body, now } = arrival;
  const raw = keepsRaw(settings) ? { contentType, body } : null;
  const updates = await normalize(provider, arrival, json, { traceparent, now, raw });
  if (!updates.ok) return fault({ kind: "malformed", issues: updates.fault });
  return fitsRow(updates.value, body.byteLength) ? ok(updates.value) : fault({ kind: "overgrown" });
}

/** The provider's bytes are kept only while some subscriber is to get them. */
const keepsRaw = (settings: Settings): boolean =>
  [...settings.subscribers.values()].some(({ format }) => format === "raw");
