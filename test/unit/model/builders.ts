// One builder for each noun of the model that tests of other folders need.

import type {
  AttemptEnvelope,
  JobEnvelope,
  JobSnapshot,
  SubscriptionMessage,
} from "../../../src/model/event.ts";

const TIME = "2026-11-21T19:00:00.000Z";

/** A running job. */
export const snapshot = (change: Partial<JobSnapshot> = {}): JobSnapshot => ({
  source: "comments",
  guid: "g1",
  account: "acme",
  provider: "exportcomments",
  status: "progress",
  event: "job.progress",
  current: null,
  total: null,
  url: null,
  error: null,
  attempt: 1,
  seq: 3,
  createdAt: TIME,
  updatedAt: TIME,
  finishedAt: null,
  stalled: false,
  absorbed: 0,
  late: 0,
  conflicts: 0,
  details: {},
  ...change,
});

/** A job that has absorbed updates, and got some late. */
export const jobWithHistory = (change: Partial<JobSnapshot> = {}): JobSnapshot =>
  snapshot({
    current: 5,
    total: 10,
    seq: 2,
    updatedAt: "2026-11-21T19:00:01.000Z",
    absorbed: 3,
    late: 1,
    ...change,
  });

/** A progress event of a job; its time has the last digit of `seq` as its second. */
export const progressEvent = (seq: number, change: Partial<JobEnvelope> = {}): JobEnvelope => ({
  version: "v3-beta",
  event: "job.progress",
  guid: "g1",
  status: "progress",
  url: null,
  details: { guid: "g1", status: "progress" },
  id: `evt_${change.guid ?? "g1"}_${seq}`,
  seq,
  attempt: 1,
  source: "comments",
  account: "acme",
  time: `2026-11-21T19:00:0${seq % 10}.000Z`,
  ...change,
});

/** An event about an attempt to deliver. */
export const attemptEvent = (id: string): AttemptEnvelope => ({
  version: "v3-beta",
  event: "webhook.event.created",
  guid: "g1",
  status: "200",
  url: null,
  details: {},
  id,
  source: "comments",
  account: "acme",
  time: TIME,
});

/** A message about an account as a whole. */
export const accountMessage: SubscriptionMessage = {
  type: "subscription.updated",
  id: "evt_s",
  source: "comments",
  account: "acme",
  time: TIME,
  guid: "x",
};
