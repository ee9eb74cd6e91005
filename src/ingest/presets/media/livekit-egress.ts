// LiveKit Egress: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of LiveKit Egress. */
export const livekitEgress: Preset = {
  name: "livekit-egress",
  title: "LiveKit Egress",
  verify: "livekit",
  map: {
    event: {
      path: "(event=='egress_ended' && join(':', [event, egressInfo.status || 'none'])) || event",
      values: {
        egress_started: "job.started",
        egress_updated: "job.progress",
        "egress_ended:EGRESS_COMPLETE": "job.finished",
        "egress_ended:EGRESS_FAILED": "job.failed",
        "egress_ended:EGRESS_ABORTED": "job.failed",
        "egress_ended:EGRESS_LIMIT_REACHED": "job.failed",
      },
    },
    id: "id",
    guid: "egressInfo.egressId",
    status: "egressInfo.status",
    url: "egressInfo.fileResults[0].location",
    error: "egressInfo.error",
  },
  setup: [
    "Open the project's settings, Webhooks, and add the URL {url} with the API key that " +
      "signs.",
    "Store that key's API secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "Whether LiveKit tries again was not verified; take a failed delivery as lost.",
  },
  lacks: [
    "Progress has no numbers.",
    "Only the first file of an egress becomes the download address.",
    "Events of rooms and participants are ignored.",
  ],
};
