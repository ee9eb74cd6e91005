// Keys that verify requests, imported once per isolate: the import costs as much as the digest of a small body.

import { hmacKey, type Digest } from "../../kernel/hmac.io.ts";
import type { KeyForm } from "../provider.ts";
import { keyBytes } from "./signature.ts";

/** Imported keys kept per isolate: far above the secrets of one configuration (a var holds 5 KB), and bounded when tests make many. */
export const CACHED_KEYS = 256;

/** By digest, form and the secret's text. Resolved keys only: a promise made by one request must not be awaited by another on Workers. */
const imported = new Map<string, CryptoKey>();

/** The key of a secret; `null` when its text has not that form. */
export async function verifyingKey(
  secret: string,
  form: KeyForm,
  digest: Digest,
): Promise<CryptoKey | null> {
  const name = `${digest} ${form} ${secret}`;
  const cached = imported.get(name);
  if (cached !== undefined) return cached;
  const bytes = keyBytes(secret, form);
  if (bytes === null) return null;
  const key = await hmacKey(digest, bytes);
  // The oldest leaves first: a Map keeps the order of insertion.
  for (const oldest of imported.keys()) {
    if (imported.size < CACHED_KEYS) break;
    imported.delete(oldest);
  }
  imported.set(name, key);
  return key;
}
