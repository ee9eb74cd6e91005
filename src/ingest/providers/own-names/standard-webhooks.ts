// Standard Webhooks (spec 1.0.0) without a map: `type` is the relay's name of the event.

import * as z from "zod/mini";
import type { Json } from "../../../kernel/json.ts";
import { ok, type Result } from "../../../kernel/result.ts";
import { check, ignoredEvent, membersOf, Text } from "../../normalize/fields.ts";
import type { Arrival, Issue, ParsedEvent, Provider } from "../../provider.ts";
import { ownEvent, readReport } from "./report.ts";

/** The payload that the specification recommends. */
const Payload = z.object({
  type: Text.check(z.minLength(1)),
  timestamp: z.optional(z.unknown()),
  data: z.optional(z.unknown()),
});

/** What the bodies of a `standard-webhooks` source mean; `data` is the report. */
export const standardWebhooks: Provider = { read };

function read(
  json: Json,
  { headers, id, now }: Arrival,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const payload = check(Payload, json);
  if (!payload.ok) return payload;
  const { type, timestamp, data } = payload.value;
  const event = ownEvent(type);
  if (event === null) return ok([ignoredEvent(type)]);
  // Where nothing is verified, the recipe has not read the header.
  const header = headers.get("webhook-id") ?? headers.get("svix-id") ?? "";
  const key = id ?? (header.trim() === "" ? null : header.trim());
  const time = timestamp as Json | undefined;
  const report = readReport(event, membersOf(data as Json), { at: "data.", key, time, now });
  return report.ok ? ok([report.value]) : report;
}
