// Removes a job's files from the bucket of an archive.

import { subscriberConfig } from "../../subscriber-config.ts";
import { archiveFolder } from "./download.ts";

/** Objects that R2 lists and deletes in one call (R2 limits, 2026-10). */
const MAX_OBJECTS = 1_000;

/** Calls of an erasure at most; a job has a file for each of its ends. */
const MAX_ROUNDS = 20;

/**
 * Removes all files that an archive stored for a job; nothing when the subscriber is no archive, or
 * has left the configuration. Throws when the bucket fails: to repeat it does no harm.
 */
export async function eraseFiles(
  env: object,
  id: string,
  job: { readonly source: string; readonly guid: string },
): Promise<void> {
  const config = subscriberConfig(env, id);
  if (typeof config === "string" || config.subscriber.target.kind !== "archive") return;
  const { binding } = config.subscriber.target;
  const bucket = (env as Readonly<Record<string, R2Bucket | undefined>>)[binding];
  const folder = archiveFolder(job);
  if (bucket === undefined || folder === null) return;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { objects, truncated } = await bucket.list({ prefix: `${folder}/`, limit: MAX_OBJECTS });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
  throw new Error("the job has more files than one call removes");
}
