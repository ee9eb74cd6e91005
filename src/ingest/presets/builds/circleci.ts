// CircleCI: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of CircleCI. */
export const circleci: Preset = {
  name: "circleci",
  title: "CircleCI",
  verify: {
    header: "circleci-signature",
    layout: "v1={sig}",
  },
  map: {
    event: {
      path: "join(':', [(job && 'job-completed') || type, job.status || workflow.status])",
      values: {
        "workflow-completed:success": "job.finished",
        "job-completed:success": "job.finished",
        "workflow-completed:failed": "job.failed",
        "workflow-completed:error": "job.failed",
        "workflow-completed:canceled": "job.failed",
        "workflow-completed:unauthorized": "job.failed",
        "job-completed:failed": "job.failed",
        "job-completed:canceled": "job.failed",
        "job-completed:unauthorized": "job.failed",
      },
    },
    id: "id",
    guid: "job.id || workflow.id",
    account: "organization.name",
    error: "job.status || workflow.status",
    time: "happened_at",
  },
  setup: [
    "Open the project settings, Webhooks, and add one with the receiver URL {url}.",
    "Select Workflow Completed or Job Completed and enter a secret token.",
    "Store the same token as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "some",
    sentence: "CircleCI wants a 2xx within 10 seconds and tries again later.",
  },
  lacks: ["Only ends are reported, so a job appears with its last event."],
};
