// The headers of a delivery (README, Receive deliveries): ours always win over the configured ones.

import { nameOf } from "../../model/event.ts";
import type { Dispatch } from "../../model/messages.ts";
import type { SubscriberSettings } from "../../config/settings.ts";
import type { Rendered } from "./formats.ts";
import { VERSION } from "../../kernel/version.ts";

/** The `user-agent` of every request of the relay. */
export const USER_AGENT = `jobrelay/${VERSION}`;

/** What the headers of one attempt depend on. */
export interface Delivery {
  readonly subscriber: Pick<SubscriberSettings, "id" | "headers">;
  readonly dispatch: Dispatch;
  readonly rendered: Rendered;
  /** Counts from 1. */
  readonly attempt: number;
  /** When this attempt is made, in unix seconds: the instant that was signed. */
  readonly timestampSeconds: number;
  /** What `sign` returned; `""` for a subscriber without secrets. */
  readonly signature: string;
}

/** Names that describe a delivery: reserved even when it has none of them, against forgery. */
const RESERVED_NAMES = /^(?:content-type|user-agent|traceparent|(?:ce|x-jobrelay)-.*)$/;

/** The names of Standard Webhooks. */
const SIGNATURE_NAMES = /^webhook-(?:id|timestamp|signature)$/;

/** Names that frame a message: the platform sets them. */
const FRAMING_NAMES = /^(?:host|(?:content|transfer)-encoding|content-length|te|trailer|expect)$/;

/** Names that belong to one connection (RFC 9110, 7.6.1). */
const CONNECTION_NAMES = /^(?:connection|keep-alive|upgrade|proxy-.*)$/;

/** A field name (RFC 9110, 5.1). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/**
 * Controls that no field value holds (RFC 9110, 5.5). `fetch` would throw, and its message may
 * quote the value, perhaps a secret.
 */
const CONTROL_CHAR = /[^\P{Cc}\t]/u;

/**
 * The configured headers that may be sent, lower-case. Left out are those that would replace ours,
 * break the framing, or make the request impossible.
 */
export function staticHeaders(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const known = allowedHeaders.get(headers);
  if (known !== undefined) return known;
  const allowed = allowedOf(headers);
  allowedHeaders.set(headers, allowed);
  return allowed;
}

/** By configured headers: settings live as long as their isolate. */
const allowedHeaders = new WeakMap<
  Readonly<Record<string, string>>,
  Readonly<Record<string, string>>
>();

function allowedOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const lower = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const valid = lower.filter(([name, value]) => FIELD_NAME.test(name) && !CONTROL_CHAR.test(value));
  return Object.fromEntries(valid.filter(([name]) => !isOurs(name)));
}

const isOurs = (name: string): boolean =>
  [RESERVED_NAMES, SIGNATURE_NAMES, FRAMING_NAMES, CONNECTION_NAMES].some((names) =>
    names.test(name),
  );

/** All request headers of a delivery, names in lower case. */
export function deliveryHeaders(delivery: Delivery): Readonly<Record<string, string>> {
  const { subscriber, dispatch, rendered, attempt, timestampSeconds, signature } = delivery;
  return {
    ...staticHeaders(subscriber.headers),
    ...rendered.headers,
    "content-type": rendered.contentType,
    "user-agent": USER_AGENT,
    "webhook-id": dispatch.event.id,
    "webhook-timestamp": String(timestampSeconds),
    ...(signature === "" ? {} : { "webhook-signature": signature }),
    "x-jobrelay-subscriber": subscriber.id,
    "x-jobrelay-event": nameOf(dispatch.event),
    "x-jobrelay-attempt": String(attempt),
    ...(dispatch.traceparent === "" ? {} : { traceparent: dispatch.traceparent }),
  };
}
