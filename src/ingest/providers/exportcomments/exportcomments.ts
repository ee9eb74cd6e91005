// ExportComments: flat webhooks (`export.*`) and realtime envelopes (`job.*` and more).

import type { Json } from "../../../kernel/json.ts";
import { ok, type Result } from "../../../kernel/result.ts";
import { checkNamed, ignoredEvent, membersOf, without } from "../../normalize/fields.ts";
import type { Issue, ParsedEvent, Provider } from "../../provider.ts";
import { eventIdOf } from "./ids.ts";
import { FLAT_EVENTS, readFlat } from "./flat.ts";
import { readAttempt, readRealtime, REALTIME_EVENTS } from "./realtime.ts";
import { isText } from "../../../kernel/json/exact-number.ts";

/** What the bodies of ExportComments mean. */
export const exportcomments: Provider = { read };

function read(json: Json): Result<readonly ParsedEvent[], readonly Issue[]> {
  const message = typedMessage(json);
  if (message !== null) return ok([message]);
  const named = checkNamed(json);
  if (!named.ok) return named;
  const event = named.value;
  const flat = FLAT_EVENTS.get(event);
  if (flat !== undefined) return readFlat(flat, json);
  const realtime = REALTIME_EVENTS.find((name) => name === event);
  if (realtime !== undefined) return readRealtime(realtime, json);
  if (event === "webhook.event.created") return readAttempt(json);
  return ok([ignoredEvent(event)]);
}

/**
 * A message of the account's own channels; only the change of a subscription is an event here.
 * `null` for anything else: what has an `event` may have a `type` of another meaning.
 */
function typedMessage(json: Json): ParsedEvent | null {
  const { type, event } = membersOf(json);
  if (!isText(type)) return null;
  if (type !== "subscription.updated") return event === undefined ? ignoredEvent(type) : null;
  const kept = without(json, ["type", "id", "source", "account", "time"]);
  return {
    kind: "account",
    account: null,
    key: eventIdOf(membersOf(json)),
    body: { ...kept, type },
  };
}
