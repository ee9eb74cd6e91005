// The keys that verify requests, each imported once per isolate.

import { hmacKey, type Digest } from "../../kernel/hmac.io.ts";
import { KeyCache } from "../../kernel/key-cache.io.ts";
import type { KeyForm } from "../provider.ts";
import { keyBytes } from "./signature.ts";

const keys = new KeyCache<CryptoKey>();

/** The key of a secret; `null` when its text has not that form. */
export async function verifyingKey(
  secret: string,
  form: KeyForm,
  digest: Digest,
): Promise<CryptoKey | null> {
  return keys.get(`${digest} ${form} ${secret}`, async () => {
    const bytes = keyBytes(secret, form);
    return bytes === null ? null : hmacKey(digest, bytes);
  });
}
