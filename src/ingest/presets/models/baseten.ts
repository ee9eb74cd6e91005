// Baseten: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Baseten. */
export const baseten: Preset = {
  name: "baseten",
  title: "Baseten",
  verify: {
    header: "x-baseten-signature",
    layout: "v1={sig}",
  },
  map: {
    event: {
      path: "(length(errors || `[]`) > `0` && 'failed') || type",
      values: {
        async_request_completed: "job.finished",
        failed: "job.failed",
      },
    },
    guid: "request_id",
    error: "errors[0].message",
    time: "time",
  },
  setup: [
    'Send webhook_endpoint: "{url}" with each asynchronous inference request.',
    "Create a webhook secret in the workspace settings, store it whole (whsec_ included) " +
      "as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence:
      "Baseten waits 10 seconds and tries once more after about two seconds, and only " +
      "after 500, 502, 503 or 504.",
  },
  lacks: [
    "The output is in the body and nowhere else: a lost delivery loses it.",
    "Only the end of a request is reported.",
  ],
};
