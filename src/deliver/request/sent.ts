// The request of a delivery as an operator may see it: exactly its body, and no secret.

import { withoutTexts } from "../../config/reading.ts";
import type { SubscriberSettings } from "../../config/settings.ts";
import { toBase64 } from "../../kernel/bytes.ts";
import { parseIso, SECOND } from "../../kernel/time.ts";
import { ED25519_PREFIX } from "../../model/signing-secret.ts";
import type { SentEvent } from "../page.ts";
import { unpackDispatch } from "../queue/rows.ts";
import type { DeliveryView } from "../view.ts";
import { render } from "./formats.ts";
import { deliveryHeaders } from "./headers.ts";

/** The request of the newest attempt; before the first one, of that. */
export interface SentRequest {
  readonly method: "POST";
  /** `null` for a queue: its message has headers and body alike. */
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** `null` for bytes that are no text. */
  readonly body: string | null;
  /** Only where `body` is `null`. */
  readonly bodyBase64?: string;
}

const MASK = "***";

/** Configured headers that carry credentials, whatever their value is. */
const SECRET_HEADER = /auth|token|cookie|secret|key|passw|credential|signature/;

/** Decodes bytes so that encoding the text gives the same bytes, a byte order mark included. */
const EXACT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The request behind a delivery, rendered in the format of its newest attempt; its headers are
 * those of today's configuration. An archive gets no request, but the job's file: `null`.
 */
export function sentRequest(
  subscriber: SubscriberSettings,
  { bytes, jsonBytes, contentType, format }: SentEvent,
  { attempts }: Pick<DeliveryView, "attempts">,
  secrets: readonly string[],
): SentRequest | null {
  const { target } = subscriber;
  if (target.kind === "archive") return null;
  const dispatch = unpackDispatch(bytes, jsonBytes, contentType);
  const rendered = render(format ?? subscriber.format, dispatch);
  const sentAt = parseIso(attempts.at(-1)?.time ?? "");
  const headers = deliveryHeaders({
    subscriber: { ...subscriber, headers: maskedHeaders(subscriber.headers, secrets) },
    dispatch,
    rendered,
    attempt: Math.max(1, attempts.length),
    timestampSeconds: Math.floor((sentAt ?? 0) / SECOND),
    signature: subscriber.secrets.map(maskedSignature).join(" "),
  });
  const { "webhook-timestamp": _, ...untimed } = headers;
  return {
    method: "POST",
    url: urlOf(subscriber),
    headers: sentAt === null ? untimed : headers,
    ...textOf(rendered.body),
  };
}

function urlOf({ id, target }: SubscriberSettings): string | null {
  if (target.kind === "url") return target.url;
  return target.kind === "service" ? serviceUrl(id) : null;
}

const maskedSignature = (secret: string): string =>
  `${secret.startsWith(ED25519_PREFIX) ? "v1a" : "v1"},${MASK}`;

const maskedHeaders = (
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SECRET_HEADER.test(name) ? MASK : withoutTexts(value, secrets),
    ]),
  );

function textOf(bytes: Uint8Array): Pick<SentRequest, "body" | "bodyBase64"> {
  try {
    return { body: EXACT.decode(bytes) };
  } catch {
    return { body: null, bodyBase64: toBase64(bytes) };
  }
}

/**
 * The URL of a request to a service binding; the bound Worker can tell subscribers apart by host.
 * `.internal` is reserved (ICANN, 2024), so the name never resolves in public.
 */
export const serviceUrl = (subscriber: string): string =>
  `https://${subscriber}.jobrelay.internal/`;
