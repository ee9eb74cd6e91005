// Google Gemini: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Google Gemini. */
export const gemini: Preset = {
  name: "gemini",
  title: "Google Gemini",
  verify: "standard-webhooks",
  map: {
    event: {
      path: "type",
      values: {
        "interaction.requires_action": "job.progress",
        "batch.succeeded": "job.finished",
        "interaction.completed": "job.finished",
        "video.generated": "job.finished",
        "batch.failed": "job.failed",
        "batch.expired": "job.failed",
        "batch.cancelled": "job.failed",
        "interaction.failed": "job.failed",
        "interaction.cancelled": "job.failed",
      },
    },
    id: '"$headers"."webhook-id"',
    guid: "data.id",
    url: "data.output_file_uri",
    error: "data.error_message || data.error_code",
    time: "timestamp",
  },
  setup: [
    "Create a static webhook in the Gemini API with the URL {url} and the events of " +
      "batches, interactions and videos.",
    "Store the signing secret that the answer contains as a Worker secret and name it in " +
      "secrets; when you rotate it, list both, for the old one stays valid for 24 hours.",
  ],
  retries: {
    level: "many",
    sentence: "Gemini wants a 2xx within a few seconds and tries again for 24 hours.",
  },
  lacks: [
    "Webhooks that a single request asks for are signed with a public key, which this " +
      "preset does not check.",
    "An output that lies in Cloud Storage (gs://) gives no download address.",
  ],
};
