// Replicate: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Replicate. */
export const replicate: Preset = {
  name: "replicate",
  title: "Replicate",
  verify: "standard-webhooks",
  map: {
    event: {
      path: "status",
      values: {
        starting: "job.created",
        processing: "job.progress",
        succeeded: "job.finished",
        failed: "job.failed",
        canceled: "job.failed",
      },
    },
    id: '"$headers"."webhook-id"',
    guid: "id",
    current: {
      path: "logs",
      match: "(\\d+)%\\s*\\|.+?\\|\\s*(\\d+)/(\\d+)",
      group: 2,
    },
    total: {
      path: "logs",
      match: "(\\d+)%\\s*\\|.+?\\|\\s*(\\d+)/(\\d+)",
      group: 3,
    },
    url: "(type(output)=='string' && output) || (type(output)=='array' && output[0]) || `null`",
    error: "error",
    time: "completed_at || started_at",
  },
  setup: [
    'Send webhook: "{url}" with each prediction or training you create.',
    'Send webhook_events_filter: ["start", "output", "logs", "completed"] to get ' +
      "progress; without it only outputs and the end are sent.",
    "Fetch your account's signing secret from GET /v1/webhooks/default/secret, store it " +
      "as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "some",
    sentence: "Replicate may try again when it gets no 2xx within a few seconds.",
  },
  lacks: [
    "Numbers come from the progress bar in the logs, so a model that prints none has none.",
    "Updates come at most every 500 ms.",
    "Only the first file of several outputs becomes the download address.",
  ],
};
