// Publishes the public keys that verify `v1a` signatures, so a receiver needs no shared secret.

import { Hono } from "hono/tiny";
import { settingsOf } from "../../config/load.ts";
import { problemResponse, type Problem } from "../../kernel/problem.ts";
import { keyDocument, type PublicKey } from "./signing.ts";
import { publicKeys } from "./signing.io.ts";

/** Receivers read the keys again after 5 minutes, long before a rotated key signs alone. */
const HEADERS = { "access-control-allow-origin": "*", "cache-control": "public, max-age=300" };

/** `GET /.well-known/jobrelay-keys.json`: open; 503 while the configuration is invalid. */
export const keysRoutes = new Hono<{ Bindings: Env }>();

keysRoutes.get("/.well-known/jobrelay-keys.json", async (c) => {
  const settings = settingsOf(c.env);
  if (!settings.ok) {
    const problem: Problem = {
      kind: "invalid-configuration",
      status: 503,
      title: "Service Unavailable",
      detail: "The configuration is invalid; see /healthz.",
    };
    return problemResponse(problem, { "access-control-allow-origin": "*" });
  }
  const keysOf = new Map<string, readonly PublicKey[]>();
  for (const { id, secrets } of settings.value.subscribers.values())
    keysOf.set(id, await publicKeys(secrets));
  return c.json(keyDocument(keysOf), 200, HEADERS);
});
