// The words of the relay: statuses, channels, and telling the kinds of events apart.

import { describe, expect, test } from "vitest";
import {
  ENVELOPE_VERSION,
  exportsChannel,
  isJobEvent,
  JOB_EVENTS,
  jobChannel,
  nameOf,
  STATUS_OF,
  userChannel,
  webhooksChannel,
  type AttemptEnvelope,
  type JobEnvelope,
  type SubscriptionMessage,
} from "../../../src/model/event.ts";

const base = {
  id: "evt_1",
  source: "comments",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
} as const;
const ofJob: JobEnvelope = {
  ...base,
  version: ENVELOPE_VERSION,
  event: "job.started",
  guid: "g-1",
  status: "progress",
  url: null,
  details: {},
  seq: 1,
  attempt: 1,
};
const ofAttempt: AttemptEnvelope = {
  ...base,
  version: ENVELOPE_VERSION,
  event: "webhook.event.created",
  guid: "d-1",
  status: "200",
  url: null,
  details: {},
};
const typed: SubscriptionMessage = {
  ...base,
  type: "subscription.updated",
  plan: "pro",
  action: "upgraded",
};

test("every event has its documented status", () => {
  expect(STATUS_OF).toEqual({
    "job.created": "queueing",
    "job.started": "progress",
    "job.progress": "progress",
    "job.finished": "done",
    "job.failed": "error",
    "job.requeued": "queueing",
    "job.convert.done": "done",
    "job.convert.failed": "error",
    "bulk_download.ready": "ready",
    "bulk_download.failed": "error",
    "job.archived": "done",
  });
});

test("only job.stalled has no status of its own", () => {
  expect(JOB_EVENTS.filter((event) => !Object.hasOwn(STATUS_OF, event))).toEqual(["job.stalled"]);
});

test("the version is the one of the event reference", () => {
  expect(ENVELOPE_VERSION).toBe("v3-beta");
});

describe("the kinds of events", () => {
  test.each([
    { event: ofJob, name: "job.started", belongs: true },
    { event: ofAttempt, name: "webhook.event.created", belongs: false },
    { event: typed, name: "subscription.updated", belongs: false },
    {
      event: { ...typed, event: "job.finished", guid: "g", seq: 1, status: "done", details: {} },
      name: "subscription.updated",
      belongs: false,
    },
  ])("$name belongs to a job: $belongs", ({ event, name, belongs }) => {
    expect([nameOf(event), isJobEvent(event)]).toEqual([name, belongs]);
  });
});

test("channels have their documented names", () => {
  expect([
    exportsChannel("acme"),
    webhooksChannel("acme"),
    userChannel("acme"),
    jobChannel("g-1"),
  ]).toEqual(["exports:acme", "webhooks:acme", "user:acme", "export.g-1.job"]);
});
