// Mux Video: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Mux Video. */
export const mux: Preset = {
  name: "mux",
  title: "Mux Video",
  verify: {
    header: "mux-signature",
    layout: "t={t},v1={sig}",
    base: "{t}.{body}",
  },
  map: {
    event: {
      path: "type",
      values: {
        "video.asset.created": "job.created",
        "video.asset.ready": "job.finished",
        "video.asset.errored": "job.failed",
      },
    },
    id: "id",
    guid: "data.id",
    account: "environment.id",
    url:
      "data.playback_ids[0].id && join('', ['https://stream.mux.com/', " +
      "data.playback_ids[0].id, '.m3u8'])",
    error: "data.errors.messages[0]",
    time: "created_at",
  },
  setup: [
    "Open Settings, Webhooks in the Mux dashboard, choose the environment and create a " +
      "webhook with the URL {url}.",
    "Store the signing secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "many",
    sentence: "Mux tries again for 24 hours and may send an event again after a 2xx.",
  },
  lacks: [
    "Every event of the environment arrives; those that are not about an asset's " +
      "encoding are ignored.",
    "There is no progress between created and ready.",
  ],
};
