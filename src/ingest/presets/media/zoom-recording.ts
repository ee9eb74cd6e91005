// Zoom cloud recording: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Zoom cloud recording. */
export const zoomRecording: Preset = {
  name: "zoom-recording",
  title: "Zoom cloud recording",
  verify: "zoom",
  map: {
    event: {
      path: "event",
      values: {
        "recording.started": "job.started",
        "recording.completed": "job.finished",
      },
    },
    guid: "payload.object.uuid",
    account: "payload.account_id",
    time: "event_ts",
  },
  fields: {
    // In seconds: a long recording is processed for hours.
    stallAfter: 86_400,
  },
  setup: [
    "Deploy the relay with the source first: Zoom validates the address when it is saved " +
      "and again every 72 hours, and the relay answers that.",
    "Add an Event Subscription with the URL {url} to your app in the Zoom App " +
      "Marketplace and select Recording Started and Recording Completed.",
    "Store the app's secret token as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "What Zoom does after a failed delivery was not verified; take it as lost.",
  },
  lacks: [
    "There is no progress, and processing may take as long as the meeting or longer.",
    "The files' addresses stay in details: a recording has several.",
    "A uuid may hold slashes: encode it where it stands in a path.",
  ],
};
