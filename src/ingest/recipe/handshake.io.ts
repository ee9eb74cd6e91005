// Answers a verified question of a sender.

import { toHex, utf8 } from "../../kernel/bytes.ts";
import { macOf } from "../../kernel/hmac.io.ts";
import { writeJson, type Json } from "../../kernel/json.ts";
import { isQuestion, rootWithDigests, signedTexts } from "./handshake.ts";
import { sharedCryptoKey } from "./keys/keys.io.ts";
import type { Scheme } from "./scheme.ts";

/** Characters of a reply, as JSON: a challenge has at most some hundred. */
export const MAX_REPLY_CHARS = 4_096;

/**
 * What a verified request wants to hear: a text is sent as `text/plain`, anything else as JSON.
 * `null`: it is no such question. `root` is the parsed body; `secret` the one that verified,
 * `null` when none was needed.
 */
export async function handshakeReply(
  { handshake, proof }: Scheme,
  root: Json,
  secret: string | null,
): Promise<Json | null> {
  if (handshake === null || !isQuestion(handshake, root)) return null;
  const texts = signedTexts(handshake, root);
  if (texts === null) return null;
  const form = proof.kind === "mac" || proof.kind === "jwt" ? proof.key : "utf8";
  const digest = proof.kind === "mac" ? proof.digest : "sha256";
  const key = secret === null ? null : await sharedCryptoKey(secret, form, digest);
  if (texts.length > 0 && key === null) return null;
  const digests =
    key === null ? [] : await Promise.all(texts.map((text) => macOf(key, utf8(text))));
  const reply = handshake.reply(rootWithDigests(root, digests.map(toHex)));
  return reply !== null && writeJson(reply).length <= MAX_REPLY_CHARS ? reply : null;
}
