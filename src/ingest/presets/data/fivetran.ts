// Fivetran: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Fivetran. */
export const fivetran: Preset = {
  name: "fivetran",
  title: "Fivetran",
  verify: {
    header: "x-fivetran-signature-256",
  },
  map: {
    event: {
      path: "(event=='sync_end' && join(':', [event, data.status || 'none'])) || event",
      values: {
        sync_start: "job.started",
        "sync_end:SUCCESSFUL": "job.finished",
        "sync_end:FAILURE": "job.failed",
        "sync_end:FAILURE_WITH_TASK": "job.failed",
        "sync_end:FAILED": "job.failed",
        "sync_end:CANCELED": "job.failed",
      },
    },
    guid: "sync_id",
    account: "destination_group_id || group_id",
    status: "data.status",
    error: "data.reason",
    time: "created",
  },
  setup: [
    "Deploy the relay with the source first: Fivetran sends a test event and keeps the " +
      "webhook only after a 2xx.",
    "Create a webhook with the URL {url}, a secret and the events sync_start and " +
      "sync_end through Fivetran's API or dashboard.",
    "Store the same secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "many",
    sentence:
      "Fivetran tries again for 24 hours with growing waits and disables the webhook after " +
      "that.",
  },
  lacks: [
    "A failed sync that Fivetran repeats by itself may be followed by a successful end " +
      "of the same job.",
    "There is no progress.",
  ],
};
