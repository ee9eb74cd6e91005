// fal: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of fal. */
export const fal: Preset = {
  name: "fal",
  title: "fal",
  verify: "fal",
  map: {
    event: {
      path: "status",
      values: {
        OK: "job.finished",
        ERROR: "job.failed",
      },
    },
    guid: "request_id",
    url: "payload.images[0].url || payload.video.url",
    error: "error || payload_error",
  },
  setup: [
    "Send fal_webhook={url} with each request you put into the queue.",
    "No secret is needed: fal signs with keys that it publishes.",
  ],
  retries: {
    level: "many",
    sentence: "fal waits 15 seconds and makes ten attempts within about two hours.",
  },
  lacks: [
    "Only ends are reported.",
    "Images and videos give a download address; other models' outputs stay in details.",
  ],
};
