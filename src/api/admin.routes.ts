// Guards the API: the configuration must be valid and the caller must send the admin token.

import type { MiddlewareHandler } from "hono";
import { settingsOf } from "../config/load.ts";
import type { Settings } from "../config/settings.ts";
import { problemResponse } from "../kernel/problem.ts";
import { sameSecret } from "../kernel/same-secret.io.ts";

/** What guarded routes find in the context. */
export type AdminEnv = {
  Bindings: Env;
  /** `actId` is the same for every request with the same idempotency key. */
  Variables: { settings: Settings; actId?: string; isOperator?: boolean };
};

/** `Retry-After` while the configuration is invalid, in seconds. */
const RETRY_AFTER = "30";

/** A bearer token (RFC 6750, 2.1; the scheme in any case: RFC 9110, 11.1). */
const BEARER = /^bearer +(\S.*)$/i;

/**
 * Answers 503 while the configuration is broken or no ADMIN_TOKEN is set (never open), 401 without
 * the right token, where Cloudflare Access has not signed an operator in. What it lets through is
 * not to be stored by any cache.
 */
export const requireAdmin: MiddlewareHandler<AdminEnv> = async (c, next) => {
  const settings = settingsOf(c.env);
  if (!settings.ok) {
    return problemResponse(
      {
        kind: "invalid-configuration",
        status: 503,
        title: "The configuration is invalid",
        detail: settings.fault.join("; "),
      },
      { "retry-after": RETRY_AFTER },
    );
  }
  if (c.var.isOperator !== true) {
    const refused = await withoutToken(c.req.header("authorization"), settings.value);
    if (refused !== null) return refused;
  }
  c.set("settings", settings.value);
  await next();
  c.header("cache-control", "no-store");
  return undefined;
};

/** The answer to a request without the right token; `null` when it has it. */
async function withoutToken(
  authorization: string | undefined,
  { adminToken, access }: Settings,
): Promise<Response | null> {
  if (adminToken === null && access === null) {
    return problemResponse({
      kind: "not-configured",
      status: 503,
      title: "ADMIN_TOKEN is not set",
      detail: "Set it with `wrangler secret put ADMIN_TOKEN`.",
    });
  }
  const token = BEARER.exec(authorization ?? "")?.[1];
  if (token !== undefined && adminToken !== null && (await sameSecret(token, adminToken)))
    return null;
  return problemResponse(
    { status: 401, title: "Unauthorized" },
    { "www-authenticate": 'Bearer realm="jobrelay"' },
  );
}
