// Cloudflare Stream: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Cloudflare Stream. */
export const cloudflareStream: Preset = {
  name: "cloudflare-stream",
  title: "Cloudflare Stream",
  verify: {
    header: "webhook-signature",
    layout: "time={t},sig1={sig}",
    base: "{t}.{body}",
  },
  map: {
    event: {
      path: "status.state",
      values: {
        ready: "job.finished",
        error: "job.failed",
      },
    },
    guid: "uid",
    url: "playback.hls",
    error:
      "status.errorReasonText || status.errReasonText || status.errorReasonCode || " +
      "status.errReasonCode",
    time: "modified",
  },
  setup: [
    'Send PUT /accounts/{account}/stream/webhook with {"notificationUrl":"{url}"} to ' +
      "the Cloudflare API; an account has one webhook.",
    "Store the secret of the answer as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence:
      "Whether Cloudflare Stream tries again is not documented; take a failed delivery as lost.",
  },
  lacks: [
    "Only the end of an encoding is reported.",
    "pctComplete is kept in details, but it is no progress: it may be 39 when the video " +
      "is ready.",
  ],
};
