// Verifies a delivery by Standard Webhooks 1.0: `v1` with shared secrets, `v1a` with public keys.

import { refuse } from "./fault.ts";
import { eventOf, headerOf, type WebhookEvent, type WebhookRequest } from "./message.ts";

/** How far the timestamp of a delivery may be from now, in seconds. */
const TOLERANCE = 300;

/** Most signatures of a request that a secret is tried on: each costs a check of the whole body. */
const MAX_SIGNATURES = 16;

/** A shared secret of at least 24 bytes, with or without its prefix, or a public key. */
const SECRET = /^\s*(whsec_|whpk_|(?!wh\w+_))([\w+/=-]{32,})\s*$/;

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Tells whether a secret signed the content. The platform compares in constant time. */
async function isSigned(
  content: Uint8Array<ArrayBuffer>,
  header: string,
  secret: string,
): Promise<boolean> {
  // What is no base64 makes no key: some platforms would take an empty one.
  const [, kind, text = "?"] = SECRET.exec(secret) ?? [];
  const [signatures, algorithm] =
    kind === "whpk_"
      ? ([/\bv1a,([a-z\d+/]{86}==)/gi, { name: "Ed25519" }] as const)
      : ([/\bv1,([a-z\d+/]{43}=)/gi, { name: "HMAC", hash: "SHA-256" }] as const);
  let key: CryptoKey;
  try {
    const bytes = bytesOf(text.replaceAll("-", "+").replaceAll("_", "/"));
    key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
  } catch {
    return refuse("secret", "no whsec_… or whpk_…");
  }
  for (const [, signature = ""] of [...header.matchAll(signatures)].slice(0, MAX_SIGNATURES))
    if (await crypto.subtle.verify(algorithm.name, key, bytesOf(signature), content)) return true;
  return false;
}

async function bodyOf(request: WebhookRequest): Promise<Uint8Array> {
  let body: unknown;
  try {
    body = "arrayBuffer" in request ? await request.arrayBuffer() : request.body;
  } catch {
    // It was read before.
  }
  if (typeof body === "string") return new TextEncoder().encode(body);
  // A test by class would fail for a buffer of another realm.
  if ((body as ArrayBuffer | undefined)?.byteLength) return new Uint8Array(body as ArrayBuffer);
  return refuse("body", "no text or bytes: read or parsed before");
}

/**
 * Returns the event of a delivery, or throws a `WebhookError` with a `reason`. Each of `secrets` is
 * tried, so that one can be replaced by the next.
 */
export async function unwrap(
  request: WebhookRequest,
  secrets: readonly string[],
): Promise<WebhookEvent> {
  const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) =>
    headerOf(request.headers, `webhook-${name}`),
  ) as [string, string, string];
  if (!(Math.abs(Date.now() / 1_000 - Number(timestamp)) <= TOLERANCE))
    refuse("timestamp", "more than 5 min from now");
  const body = await bodyOf(request);
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  for (const secret of secrets[0] ? secrets : [""])
    if (await isSigned(content, signature, secret)) return eventOf(new TextDecoder().decode(body));
  return refuse("signature", "of none of the secrets");
}
