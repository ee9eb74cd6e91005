// Buildkite: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Buildkite. */
export const buildkite: Preset = {
  name: "buildkite",
  title: "Buildkite",
  verify: {
    header: "x-buildkite-signature",
    layout: "timestamp={t},signature={sig}",
    base: "{t}.{body}",
  },
  map: {
    event: {
      path:
        "(event=='build.finished' && join(':', [event, (build.blocked && 'blocked') || " +
        "build.state])) || event",
      values: {
        "build.scheduled": "job.created",
        "build.running": "job.started",
        "build.failing": "job.progress",
        "build.finished:blocked": "job.progress",
        "build.finished:passed": "job.finished",
        "build.finished:failed": "job.failed",
        "build.finished:canceled": "job.failed",
        "build.finished:skipped": "job.failed",
        "build.finished:not_run": "job.failed",
      },
    },
    guid: "build.id",
    account: "organization.slug",
    error: "build.state",
    time: "build.finished_at || build.started_at",
  },
  fields: {
    // In seconds: a blocked build waits for a person.
    stallAfter: 86_400,
  },
  setup: [
    "Open Notification Services in the organization's settings and add a Webhook with " +
      "the URL {url}.",
    "Choose to send an HMAC signature in X-Buildkite-Signature and select the build events.",
    "Store the token shown there as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "Whether Buildkite tries again is not documented; take a failed delivery as lost.",
  },
  lacks: [
    "A build that waits for a person to unblock it counts as progress, not as finished.",
    "There is no delivery id, so equal bodies count once.",
  ],
};
