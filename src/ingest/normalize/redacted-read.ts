// Reads a body without what its source redacts, so that nothing is derived from it.

import type { SourceSettings } from "../../config/settings.ts";
import type { Json } from "../../kernel/json.ts";
import { ok, type Result } from "../../kernel/result.ts";
import type { AccountReport, Arrival, Issue, ParsedEvent, Provider } from "../provider.ts";
import { redact, redactBody } from "./redact.ts";

/**
 * Reads the events of a body. Where the source has paths to redact, everything but the identity of
 * an event (its name, job, account, id and instant) is read from a copy of the body without them.
 */
export function readEvents(
  provider: Provider,
  json: Json,
  arrival: Arrival,
): Result<readonly ParsedEvent[], readonly Issue[]> {
  const whole = provider.read(json, arrival);
  const { redact: paths } = arrival.source;
  if (!whole.ok || paths.length === 0 || provider.redacts === true) return whole;
  const redacted = provider.read(redactBody(json, paths), arrival);
  const contents =
    redacted.ok && redacted.value.length === whole.value.length ? redacted.value : [];
  return ok(whole.value.map((event, index) => withContent(event, contents[index], paths)));
}

/** An event with the content of the redacted body; where it has none, nothing derived is kept. */
function withContent(
  event: ParsedEvent,
  content: ParsedEvent | undefined,
  paths: SourceSettings["redact"],
): ParsedEvent {
  switch (event.kind) {
    case "ignored":
      return event;
    case "account":
      return { ...event, body: accountBody(event.body, content, paths) };
    case "job": {
      if (content?.kind === "job") {
        const { url, current, total, standard, rest } = content;
        return { ...event, url, current, total, standard, rest };
      }
      const rest = redact(event.rest, paths);
      return { ...event, url: null, current: null, total: null, standard: {}, rest };
    }
  }
}

function accountBody(
  body: AccountReport["body"],
  content: ParsedEvent | undefined,
  paths: SourceSettings["redact"],
): AccountReport["body"] {
  if ("type" in body) return { ...redact(body, paths), type: body.type };
  const read = content?.kind === "account" && !("type" in content.body) ? content.body : null;
  const url = read === null || paths.includes("url") ? null : read.url;
  return { ...body, url, details: redact(body.details, paths) };
}
