// The event that is attempted, and the subscriber that gets it.

import type { SubscriberSettings } from "../../../../src/config/settings.ts";
import type { JobEnvelope } from "../../../../src/model/event.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export const EVENT: JobEnvelope = {
  version: "v3-beta",
  event: "job.finished",
  guid: "g1",
  status: "done",
  url: null,
  details: { guid: "g1" },
  id: "evt_1",
  seq: 1,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
};

/** A job's event on its way. */
export const dispatchOf = (over: Partial<JobEnvelope> = {}): Dispatch => ({
  event: { ...EVENT, ...over },
  provider: "exportcomments",
  traceparent: TRACEPARENT,
});

/** A subscriber with these settings. */
export const subscriber = (over: Partial<SubscriberSettings>): SubscriberSettings => ({
  id: "crm",
  target: { kind: "url", url: "https://crm.example.com/" },
  secrets: [SECRET],
  format: "envelope",
  headers: { "x-tenant": "acme" },
  timeout: 2_000,
  retry: [],
  order: "job",
  throttle: 0,
  concurrency: 4,
  rate: null,
  shards: 1,
  attemptEvents: true,
  maxArchive: 5_000_000_000,
  ...over,
});
