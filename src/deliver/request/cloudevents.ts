// CloudEvents 1.0: the attributes of an event, in the structured and in the binary mode.

import { utf8 } from "../../kernel/bytes.ts";
import { isJobEvent, isTypedMessage, nameOf, type RelayEvent } from "../../model/event.ts";
import type { Dispatch } from "../../model/messages.ts";

/** Context attributes and extensions by name; each is a non-empty String of CloudEvents. */
type Attributes = Readonly<Record<string, string>>;

/**
 * Digits of `sequence`, which sorts as text; ten digits hold more events than a job can have. It
 * counts the events of a job (equal `source` and `subject`) from `0000000001` without a gap.
 */
const SEQUENCE_DIGITS = 10;

/** What a String may not hold (CloudEvents 1.0, Type System), besides lone surrogates. */
const FORBIDDEN_CHARS = /[\p{Cc}\p{Noncharacter_Code_Point}]/gu;

/** A valid String: what is not allowed becomes U+FFFD. `data` holds the exact value. */
const stringValue = (value: string): string =>
  value.toWellFormed().replace(FORBIDDEN_CHARS, "\uFFFD");

/** The job or export an event is about; `null` for messages about an account as a whole. */
function guidOf(event: RelayEvent): string | null {
  return isTypedMessage(event) || event.guid === "" ? null : event.guid;
}

function attributes({ event, traceparent }: Dispatch): Attributes {
  const guid = guidOf(event);
  return {
    specversion: "1.0",
    id: event.id,
    source: `/sources/${encodeURIComponent(event.source)}`,
    type: nameOf(event),
    ...(guid === null ? {} : { subject: stringValue(guid) }),
    time: event.time,
    datacontenttype: "application/json",
    ...(isJobEvent(event) ? { sequence: String(event.seq).padStart(SEQUENCE_DIGITS, "0") } : {}),
    // Events with the same key stay in order: those of a job, or an account's messages.
    partitionkey: stringValue(`${event.source}/${guid ?? event.account}`),
    ...(traceparent === "" ? {} : { traceparent }),
  };
}

/** The event of structured mode: all attributes, and the envelope as `data`. */
export const structuredEvent = (dispatch: Dispatch): Readonly<Record<string, unknown>> => ({
  ...attributes(dispatch),
  data: dispatch.event,
});

/** The headers of binary mode; `datacontenttype` is the request's content type there. */
export function binaryHeaders(dispatch: Dispatch): Readonly<Record<string, string>> {
  const { datacontenttype: _, ...rest } = attributes(dispatch);
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [`ce-${name}`, headerValue(value)]),
  );
}

/** Everything but printable ASCII; of that the space, the double quote and the percent sign. */
const ENCODED_CHARS = /[^\u0021-\u007E]|["%]/gu;

/** An attribute as header value: percent-encoded UTF-8 (HTTP binding 1.0.2, 3.1.3.2). */
export const headerValue = (value: string): string =>
  value.toWellFormed().replace(ENCODED_CHARS, percentEncoded);

function percentEncoded(char: string): string {
  return Array.from(
    utf8(char),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}
