// Mints stream tokens, for the operator's back end to give to browsers.

import { Hono } from "hono/tiny";
import { now } from "../kernel/clock.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { mint } from "../stream/auth/tokens.io.ts";
import { MAX_TOKEN } from "../stream/auth/tokens.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { documentOf } from "./request/body.io.ts";
import { TokenRequest } from "./request/query.ts";

export const tokenRoutes = new Hono<AdminEnv>();

tokenRoutes.post("/v1/tokens", async (c) => {
  const request = await documentOf(c.req.raw, TokenRequest);
  if (!request.ok) return problemResponse(request.fault);
  const [secret] = c.var.settings.streamSecrets;
  if (secret === undefined)
    return problemResponse({
      kind: "not-configured",
      status: 503,
      title: "STREAM_SECRET is not set",
    });
  const { account, channels, expiresIn } = request.value;
  const token = await mint(secret, { account, channels: channels ?? null, expiresIn, now: now() });
  if (token.length > MAX_TOKEN)
    return problemResponse({
      status: 422,
      title: "Unprocessable Content",
      detail:
        `The token would have ${token.length} characters, and at most ${MAX_TOKEN} are read. ` +
        "Name fewer or shorter channels.",
    });
  return c.json({ token });
});
