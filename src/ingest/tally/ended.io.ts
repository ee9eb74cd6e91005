// Tells the connector of a source which jobs ended by a webhook, so that it stops polling them.

import type { SourceSettings } from "../../config/settings.ts";
import { isText } from "../../kernel/json/exact-number.ts";
import { errorText, log } from "../../kernel/log.io.ts";
import { upstreamObject } from "../../objects.ts";
import type { PreparedUpdate } from "../normalize/normalize.io.ts";
import type { TallyDeps } from "./tally.io.ts";

/** Tells it after the answer. What is lost here is found by the next poll. */
export function announceEnds(
  { env, after, logLevel }: TallyDeps,
  { id: source, upstream }: SourceSettings,
  updates: readonly PreparedUpdate[],
): void {
  if (upstream?.kind !== "emailengine" || after === null) return;
  const tell = async (account: string, exportId: string): Promise<void> => {
    try {
      await upstreamObject(env, source).ended({ account, exportId });
    } catch (error) {
      log(logLevel, "warn", "ingest.end_not_told", { source, error: errorText(error) });
    }
  };
  for (const one of updates) {
    if (one.kind !== "job") continue;
    const { event, guid, details } = one.update;
    // The name that EmailEngine has for the account; the update's own may have a prefix.
    const { account } = details;
    const isEnd = event === "job.finished" || event === "job.failed";
    if (isEnd && isText(account) && account !== "") after(tell(account, guid));
  }
}
