// OpenRouter video: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of OpenRouter video. */
export const openrouterVideo: Preset = {
  name: "openrouter-video",
  title: "OpenRouter video",
  verify: {
    header: "x-openrouter-signature",
    layout: "t={t},v1={sig}",
    base: "{t},{body}",
  },
  map: {
    event: {
      path: "type",
      values: {
        "video.generation.completed": "job.finished",
        "video.generation.failed": "job.failed",
        "video.generation.cancelled": "job.failed",
        "video.generation.expired": "job.failed",
      },
    },
    id: '"$headers"."x-openrouter-idempotency-key"',
    guid: "data.id",
    error: "data.error",
  },
  setup: [
    "Send the URL {url} as the callback of each video generation, or set it as the " +
      "webhook of your account.",
    "Store the webhook's signing secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "What OpenRouter does after a failed delivery is not documented; take it as lost.",
  },
  lacks: [
    "The signature's form is known from other receivers, not from OpenRouter's own pages.",
    "Only ends are reported.",
  ],
};
