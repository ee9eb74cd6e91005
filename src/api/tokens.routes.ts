// Mints stream tokens, for the operator's back end to give to browsers.

import { Hono } from "hono/tiny";
import { now } from "../kernel/clock.io.ts";
import { problemResponse } from "../kernel/problem.ts";
import { jobChannel } from "../model/event.ts";
import type { JobName } from "../model/messages.ts";
import { mint, type MintRequest } from "../stream/auth/tokens.io.ts";
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
  const { account, channels = null, watch, expiresIn } = request.value;
  const opens = watch === undefined ? { channels } : openingOnly(watch);
  const token = await mint(secret, { account, ...opens, expiresIn, now: now() });
  if (token.length > MAX_TOKEN)
    return problemResponse({
      status: 422,
      title: "Unprocessable Content",
      detail:
        `The token would have ${token.length} characters, and at most ${MAX_TOKEN} are read. ` +
        "Name fewer or shorter channels.",
    });
  if (watch === undefined) return c.json({ token });
  return c.json({ token, page: watchPage(new URL(c.req.url).origin, watch, token) });
});

/** What a token claims that opens one job: other sources may have a job of that guid, too. */
const openingOnly = ({ source, guid }: JobName): Pick<MintRequest, "channels" | "source"> => ({
  channels: [jobChannel(guid)],
  source,
});

/** The address of a job's page. What follows `#` stays in the browser, so no log has the token. */
const watchPage = (origin: string, { source, guid }: JobName, token: string): string =>
  `${origin}/watch/${encodeURIComponent(source)}/${encodeURIComponent(guid)}#${token}`;
