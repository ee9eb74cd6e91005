// OpenAI: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of OpenAI. */
export const openai: Preset = {
  name: "openai",
  title: "OpenAI",
  verify: "standard-webhooks",
  map: {
    event: {
      path: "type",
      values: {
        "response.completed": "job.finished",
        "batch.completed": "job.finished",
        "fine_tuning.job.succeeded": "job.finished",
        "eval.run.succeeded": "job.finished",
        "video.completed": "job.finished",
        "response.failed": "job.failed",
        "response.cancelled": "job.failed",
        "response.incomplete": "job.failed",
        "batch.failed": "job.failed",
        "batch.expired": "job.failed",
        "batch.cancelled": "job.failed",
        "fine_tuning.job.failed": "job.failed",
        "fine_tuning.job.cancelled": "job.failed",
        "eval.run.failed": "job.failed",
        "eval.run.canceled": "job.failed",
        "video.failed": "job.failed",
      },
    },
    id: '"$headers"."webhook-id"',
    guid: "data.id",
    time: "created_at",
  },
  setup: [
    "Open the settings of your OpenAI project and choose Webhooks, then create an " +
      "endpoint with the URL {url}.",
    "Subscribe to the events of the jobs you run: response, batch, fine_tuning.job, " +
      "eval.run and video.",
    "Copy the signing secret (it begins with whsec_), store it as a Worker secret and " +
      "name it in secrets.",
  ],
  retries: {
    level: "many",
    sentence: "OpenAI wants a 2xx within 20 seconds and tries again with growing waits.",
  },
  lacks: [
    "OpenAI reports only ends, so a job appears with its last event.",
    "The body carries no result and no error text; fetch them by the job's id.",
  ],
};
