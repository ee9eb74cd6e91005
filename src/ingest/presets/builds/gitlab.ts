// GitLab CI/CD: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of GitLab CI/CD. */
export const gitlab: Preset = {
  name: "gitlab",
  title: "GitLab CI/CD",
  verify: [
    "standard-webhooks",
    {
      header: "x-gitlab-token",
      layout: "{token}",
    },
  ],
  map: {
    event: {
      path:
        "(object_kind=='pipeline' && join(':', ['pipeline', object_attributes.status])) || " +
        "(object_kind=='build' && join(':', ['build', build_status]))",
      values: {
        "pipeline:created": "job.created",
        "pipeline:pending": "job.created",
        "pipeline:waiting_for_resource": "job.created",
        "pipeline:preparing": "job.created",
        "build:created": "job.created",
        "build:pending": "job.created",
        "pipeline:running": "job.started",
        "build:running": "job.started",
        "pipeline:success": "job.finished",
        "build:success": "job.finished",
        "pipeline:failed": "job.failed",
        "pipeline:canceled": "job.failed",
        "pipeline:skipped": "job.failed",
        "build:failed": "job.failed",
        "build:canceled": "job.failed",
      },
    },
    id: '"$headers"."webhook-id" || "$headers"."idempotency-key"',
    guid: "to_string(object_attributes.id || build_id)",
    account: "project.path_with_namespace",
    error: "build_failure_reason || object_attributes.detailed_status",
    time: "object_attributes.finished_at || build_finished_at",
  },
  setup: [
    "Open Settings, Webhooks of the project or group and add a webhook with the URL {url}.",
    "Select Pipeline events or Job events; use one source for each kind, for their ids " +
      "are counted separately.",
    "Set a signing token (whsec_…) or, on an older GitLab, a secret token; store it as a " +
      "Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "GitLab's own retries were not verified; take a failed delivery as lost.",
  },
  lacks: [
    "The older secret token proves only that the sender knows it; the body is not signed.",
    "A retried pipeline keeps its id and runs again without an event that says so.",
  ],
};
