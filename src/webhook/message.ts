// A delivery as the frameworks hand it out, and the event that it holds.

import type { JobEvent, SubscriptionMessage } from "../model/event.ts";
import type { JobEventOf, OperationalEnvelope } from "../model/event-of.ts";
import { refuse } from "./fault.ts";

type HeaderValue = string | readonly string[] | undefined;

/** Headers: those of `fetch`, an object as Node has it, or pairs. Names may be of any case. */
export type HeaderSource =
  | Iterable<readonly [string, HeaderValue]>
  | { readonly [name: string]: HeaderValue };

/** A request of `fetch`, or headers and the body as it came, never parsed. */
export type WebhookRequest =
  | { readonly headers: HeaderSource; arrayBuffer(): Promise<ArrayBuffer> }
  | { readonly headers: HeaderSource; readonly body: string | Uint8Array | ArrayBuffer };

/** An event: `event` tells envelopes apart, `type` is there on messages of an account only. */
export type WebhookEvent =
  | ((JobEventOf<JobEvent> | OperationalEnvelope) & { readonly type?: undefined })
  | (SubscriptionMessage & { readonly event?: undefined });

/** The value of a header, whatever case its name is in; several lines of one are joined. */
export function headerOf(headers: HeaderSource, name: string): string {
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [key, value] of pairs as Iterable<readonly [string, HeaderValue]>)
    if (value && key.toLowerCase() === name) return String(value);
  return refuse("headers", `no ${name}`);
}

/** Reads the event of a proven body: an envelope, or a CloudEvent around one. */
export function eventOf(text: string): WebhookEvent {
  let event;
  try {
    event = JSON.parse(text) as WebhookEvent & { readonly specversion?: string; data?: unknown };
    if (event.specversion) event = event.data as WebhookEvent;
  } catch {
    // It is no JSON, so it has no event.
  }
  return event?.id && (event.event ?? event.type) ? event : refuse("event", "none in the body");
}
