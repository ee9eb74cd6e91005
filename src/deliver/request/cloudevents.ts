// CloudEvents 1.0: the attributes of an event, in the structured and in the binary mode of the HTTP binding.

import { utf8 } from "../../kernel/bytes.ts";
import { isJobEvent, nameOf, type RelayEvent } from "../../model/event.ts";
import type { Dispatch } from "../../model/messages.ts";

/** Context attributes and extensions by name; every one a String of CloudEvents, and none of them empty. */
type Attributes = Readonly<Record<string, string>>;

/**
 * Digits of `sequence`: the extension wants text that sorts as the numbers do, and ten digits hold more events than a job
 * can have. It counts within a job, that is within equal `source` and `subject`, from `0000000001` without a gap.
 */
const SEQUENCE_DIGITS = 10;

/** What a String attribute may not hold (CloudEvents 1.0, Type System): control characters and noncharacters; surrogates see `text`. */
const FORBIDDEN = /[\p{Cc}\p{Noncharacter_Code_Point}]/gu;

/** Makes any text a valid attribute; what is not allowed becomes U+FFFD. `data` holds the exact value. */
const text = (value: string): string => value.toWellFormed().replace(FORBIDDEN, "\uFFFD");

/** The job or export an event is about; `null` for messages about an account as a whole. */
function guidOf(event: RelayEvent): string | null {
  return typeof event.guid === "string" && event.guid !== "" ? event.guid : null;
}

function attributes({ event, traceparent }: Dispatch): Attributes {
  const guid = guidOf(event);
  return {
    specversion: "1.0",
    id: event.id,
    source: `/sources/${encodeURIComponent(event.source)}`,
    type: nameOf(event),
    ...(guid === null ? {} : { subject: text(guid) }),
    time: event.time,
    datacontenttype: "application/json",
    ...(isJobEvent(event) ? { sequence: String(event.seq).padStart(SEQUENCE_DIGITS, "0") } : {}),
    // What must stay together and in order: a job's events, and an account's messages.
    partitionkey: text(`${event.source}/${guid ?? event.account}`),
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

/** Everything but printable ASCII, and of that the space, the double quote and the percent sign. */
const ENCODED = /[^\u0021-\u007E]|["%]/gu;

/** An attribute as header value: percent-encoded UTF-8, upper-case hex (HTTP binding 1.0.2, 3.1.3.2). */
export const headerValue = (value: string): string =>
  value.toWellFormed().replace(ENCODED, percentEncoded);

function percentEncoded(char: string): string {
  return Array.from(
    utf8(char),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}
