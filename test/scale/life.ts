// A small life of a relay: one model of everything that is multiplied, and some jobs to act on.

import { startStored, type StoredLaunch, type StoredRelay } from "../support/stored-relay.ts";
import { exportComments } from "../support/senders.ts";
import type { Receiver } from "../support/receiver.ts";
import { foldStorage } from "../support/storage-files.ts";
import type { StoredWebhook } from "../support/storage-fixture.ts";
import { until } from "../support/wait.ts";
import { BASE_VARS } from "../support/relay.ts";
import { MARKER } from "./grow.ts";

export { type StoredRelay };

/** The account, the source and the subscriber of everything. */
export const ACCOUNT = "acme";
export const SOURCE = "comments";
export const SUBSCRIBER = "crm";

/** A source whose progress all leaves at once. */
const STEADY = "steady";

/** The job of many updates. */
export const BIG_JOB = "big";

/** The job whose index rows, log rows and deliveries are multiplied; all of it is delivered. */
export const MODEL_JOB = `job-${MARKER}`;

/** Jobs whose names begin like this are refused by the subscriber with 400, and wait for hours. */
const REFUSED = "refused-";

/** The job whose refused delivery is multiplied. */
export const REFUSED_JOB = `${REFUSED}${MARKER}`;

/** Jobs to be erased one by one, and jobs that are left to their retention. */
const ERASABLE_JOBS = 5;
export const EXPIRING_JOBS = 60;
export const erasableJob = (n: number): string => `erasable-${n}`;
export const expiringJob = (n: number): string => `expiring-${n}`;

/** Marks the updates of the big job that were emitted. */
export const EMITTED_MARKER = "600000000";

/** Marks the updates of the big job that are late and large. */
export const LARGE_MARKER = "800000000";

/** Bytes of a large update: all that a webhook may have, but for its frame. */
const LARGE_BYTES = 900_000;

/** In seconds: five hours before each retry. */
const RETRY = [18_000, 18_000, 18_000];

/** The configuration of the life and of everything after it. */
export const varsFor = (receiver: Receiver): Readonly<Record<string, unknown>> => {
  const source = { provider: "exportcomments", secrets: ["COMMENTS_SECRET"], account: ACCOUNT };
  return {
    ...BASE_VARS,
    LOG_LEVEL: "error",
    SOURCES: [
      // A progress that comes within an hour of the last one waits.
      { ...source, id: SOURCE, throttle: 3_600, stallAfter: 0 },
      { ...source, id: STEADY, throttle: 0, stallAfter: 0 },
    ],
    SUBSCRIBERS: [
      {
        id: SUBSCRIBER,
        url: receiver.url,
        secrets: ["SUBSCRIBER_SECRET"],
        retry: RETRY,
        attemptEvents: false,
      },
    ],
  };
};

/** Lets the receiver refuse what is to be refused. */
export function instruct(receiver: Receiver): void {
  receiver.script(({ body }) => ({ status: body.includes(`"guid":"${REFUSED}`) ? 400 : 204 }));
}

const page = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const jobOf = (guid: string): exportComments.CommentsExport => ({ guid, page, total: 900_000_000 });

const from =
  (source: string) =>
  (body: object): StoredWebhook => ({
    source,
    provider: "exportcomments",
    body: JSON.stringify(body),
    headers: {},
  });

const { created, progress, finished } = exportComments;

/** Webhooks of a job by its guid, of the source that waits. */
export const webhooks = {
  created: (guid: string): StoredWebhook => from(SOURCE)(created(jobOf(guid))),
  finished: (guid: string): StoredWebhook => from(SOURCE)(finished(jobOf(guid))),
  /** The update that carries this marker: its id and its number. */
  progress: (guid: string, marker: string): StoredWebhook =>
    from(SOURCE)({ ...progress(jobOf(guid), Number(marker)), message_id: `scale-${marker}` }),
  /** A progress that leaves at once. */
  steady: (guid: string, current: number): StoredWebhook =>
    from(STEADY)(progress(jobOf(guid), current)),
  /** An update that comes too late and is as large as one may be. */
  large: (guid: string, marker: string): StoredWebhook => {
    const body = created(jobOf(guid));
    const details = { ...(body["details"] as object), note: "x".repeat(LARGE_BYTES) };
    return from(SOURCE)({ ...body, details, message_id: `scale-${marker}` });
  },
};

/** Posts a webhook that has to be taken. */
export async function post(relay: StoredRelay, webhook: StoredWebhook): Promise<string> {
  const { status, body } = await relay.send(webhook);
  if (status !== 202) throw new Error(`a webhook was answered ${status}`);
  return body.result ?? "";
}

interface Delivery {
  readonly state: string;
  readonly attempts: readonly unknown[];
}

/** True when each delivery was attempted. */
async function allAttempted(relay: StoredRelay): Promise<boolean> {
  const path = `/v1/subscribers/${SUBSCRIBER}/deliveries?state=pending&limit=100`;
  const { items } = await relay.get<{ readonly items: readonly Delivery[] }>(path);
  return items.every(({ attempts }) => attempts.length > 0);
}

/** Plays the life and stops the runtime; what it leaves is in the files of the directory. */
export async function playLife(launch: StoredLaunch, receiver: Receiver): Promise<void> {
  const relay = await startStored(launch);
  try {
    const whole = [
      MODEL_JOB,
      ...Array.from({ length: ERASABLE_JOBS }, (_, n) => erasableJob(n)),
      ...Array.from({ length: EXPIRING_JOBS }, (_, n) => expiringJob(n)),
    ];
    for (const guid of whole) {
      await post(relay, webhooks.created(guid));
      await post(relay, webhooks.finished(guid));
    }
    await post(relay, webhooks.created(REFUSED_JOB));
    await post(relay, webhooks.created(BIG_JOB));
    await post(relay, webhooks.progress(BIG_JOB, EMITTED_MARKER));
    await post(relay, webhooks.progress(BIG_JOB, MARKER));
    await post(relay, webhooks.large(BIG_JOB, LARGE_MARKER));
    await receiver.waitForCount(2 * whole.length + 3);
    await until(() => allAttempted(relay), { what: "every delivery to be attempted" });
  } finally {
    await relay.stop();
  }
  foldStorage(launch.storage);
}
