// Verifies the tokens of Centrifugo commands.

import { settingsOrNull } from "../../config/load.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log } from "../../kernel/log.io.ts";
import { fault } from "../../kernel/result.ts";
import { authorize } from "../auth/tokens.io.ts";
import type { TokenCheck } from "./session.ts";

/** What a token opens. The reason of a refusal is logged, since the client does not learn it. */
export async function checkToken(env: Env, token: string): Promise<TokenCheck> {
  const settings = settingsOrNull(env);
  if (settings === null) return fault("configuration");
  const checked = await authorize(token, settings, clock());
  if (!checked.ok)
    log(settings.logLevel, "info", "stream.refused", {
      target: "account",
      transport: "centrifugo",
      reason: `token-${checked.fault}`,
    });
  return checked;
}
