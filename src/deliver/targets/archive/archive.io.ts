// The archive target: stores the file of an event in an R2 bucket and tells the job where it is.

import type { SubscriberSettings } from "../../../config/settings.ts";
import { checkUrl, type UrlPolicy } from "../../../config/url-policy.ts";
import { callObject } from "../../../durable/object-call.io.ts";
import { now } from "../../../kernel/clock.io.ts";
import { isJobEvent } from "../../../model/event.ts";
import type { Dispatch } from "../../../model/messages.ts";
import { jobObject } from "../../../objects.ts";
import type { AttemptResult } from "../../attempt/result.ts";
import { isTest } from "../../queue/rows.ts";
import type { ArchiveBucket } from "./bucket.io.ts";
import { transferFile } from "./transfer.io.ts";

/** Where an archive stores files, and what its settings say. */
interface ArchiveOptions {
  readonly bucket: ArchiveBucket & Pick<R2Bucket, "delete">;
  readonly policy: UrlPolicy;
  readonly subscriber: Pick<SubscriberSettings, "id" | "headers" | "timeout" | "maxArchive">;
}

/** Where a test event is stored, for a moment. No source id has such a name with a file below. */
const testKey = (eventId: string): string => `jobrelay-test/${eventId}`;

/** Tests an archive without a download: stores a small object and removes it. */
async function testBucket(
  { bucket }: Pick<ArchiveOptions, "bucket">,
  eventId: string,
): Promise<AttemptResult> {
  const startedAt = now();
  const key = testKey(eventId);
  await bucket.put(key, "A test of the relay. It may be removed.\n");
  await bucket.delete(key);
  return { kind: "answer", status: 200, headers: {}, answer: "", ms: now() - startedAt };
}

/**
 * Stores the file of an event. The file is stored before the job is told. When the
 * job does not answer, the attempt has failed: its retry finds the file and tells the job again. A
 * test event only tests the bucket; the bucket's error is thrown.
 */
export async function archive(
  env: Env,
  { bucket, policy, subscriber }: ArchiveOptions,
  { event }: Pick<Dispatch, "event">,
): Promise<AttemptResult> {
  if (isTest(event.id)) return testBucket({ bucket }, event.id);
  const { attempt, file } = await transferFile(
    {
      bucket,
      fetch: (url, init) => fetch(url, init),
      checkUrl: (url) => checkUrl(url, policy),
    },
    subscriber,
    event,
  );
  if (file === null || !isJobEvent(event)) return attempt;
  const told = await callObject(() =>
    jobObject(env, event.source, event.guid).archived({
      subscriber: subscriber.id,
      eventId: event.id,
      seq: event.seq,
      ...file,
    }),
  );
  if (told.ok) return attempt;
  const error = "the file is stored, but its job did not answer";
  return { kind: "failure", reason: "unknown", error, ms: attempt.ms };
}
