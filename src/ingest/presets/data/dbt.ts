// dbt platform: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of dbt platform. */
export const dbt: Preset = {
  name: "dbt",
  title: "dbt platform",
  verify: {
    header: "authorization",
  },
  map: {
    event: {
      path: "join(':', [eventType, data.runStatus])",
      values: {
        "job.run.started:Queued": "job.created",
        "job.run.started:Running": "job.started",
        "job.run.started:Starting": "job.started",
        "job.run.completed:Success": "job.finished",
        "job.run.completed:Errored": "job.failed",
        "job.run.completed:Cancelled": "job.failed",
        "job.run.errored:Errored": "job.failed",
        "job.run.errored:Cancelled": "job.failed",
      },
    },
    id: "eventId",
    guid: "data.runId",
    account: "to_string(accountId)",
    status: "data.runStatus",
    error: "data.runStatusMessage",
    time: "timestamp",
  },
  setup: [
    "Open Account settings, Webhooks, and create a webhook with the URL {url} and the " +
      "events of job runs.",
    "Store its secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "some",
    sentence:
      "dbt waits 10 seconds and tries five times; a slow answer may count as failed, so " +
      "the same event may come again.",
  },
  lacks: [
    "The signature stands in the Authorization header; a proxy that rewrites this header " +
      "breaks it.",
    "A failed run may be reported twice, as completed and as errored; the second one is " +
      "a duplicate.",
  ],
};
