// CloudConvert: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of CloudConvert. */
export const cloudconvert: Preset = {
  name: "cloudconvert",
  title: "CloudConvert",
  verify: {
    header: "cloudconvert-signature",
  },
  map: {
    event: {
      path: "event",
      values: {
        "job.created": "job.created",
        "job.finished": "job.finished",
        "job.failed": "job.failed",
      },
    },
    guid: "job.id",
    url: "job.tasks[?operation=='export/url'].result.files[].url | [0]",
    error: "job.tasks[?status=='error'].message | [0]",
    time: "job.ended_at || job.created_at",
  },
  setup: [
    "Open the CloudConvert dashboard, choose Webhooks and create one with the URL {url} " +
      "and the events job.created, job.finished and job.failed.",
    "Store its signing secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "Whether CloudConvert tries again is not documented; take a failed delivery as lost.",
  },
  lacks: ["There is no progress.", "The download address is that of the first exported file."],
};
