// Airweave: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Airweave. */
export const airweave: Preset = {
  name: "airweave",
  title: "Airweave",
  verify: "svix",
  map: {
    event: {
      path: "event_type",
      values: {
        "sync.pending": "job.created",
        "sync.running": "job.started",
        "sync.completed": "job.finished",
        "sync.failed": "job.failed",
        "sync.cancelled": "job.failed",
      },
    },
    id: '"$headers"."svix-id" || "$headers"."webhook-id"',
    guid: "job_id",
    account: "collection_readable_id",
    error: "error",
    time: "timestamp",
  },
  setup: [
    "Open Webhooks in Airweave and add an endpoint with the URL {url} and the sync events.",
    "Store the signing secret (it begins with whsec_) as a Worker secret and name it in " +
      "secrets.",
  ],
  retries: {
    level: "many",
    sentence:
      "Airweave waits 30 seconds and makes five attempts within 2.6 hours, after a 4xx as well.",
  },
  lacks: ["There are no numbers between running and completed."],
};
