// GitHub Actions: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of GitHub Actions. */
export const githubActions: Preset = {
  name: "github-actions",
  title: "GitHub Actions",
  verify: "github",
  map: {
    event: {
      path:
        "(workflow_job && (" +
        "(action=='completed' && join('', ['job.completed:', workflow_job.conclusion])) || " +
        "join('', ['job.', action]))) || " +
        "(workflow_run && (" +
        "(action=='completed' && join('', ['run.completed:', workflow_run.conclusion])) || " +
        "(workflow_run.run_attempt > `1` && join('', ['run.', action, ':again'])) || " +
        "join('', ['run.', action])))",
      values: {
        "run.requested": "job.created",
        "job.queued": "job.created",
        "run.in_progress": "job.started",
        "run.in_progress:again": "job.started",
        "job.in_progress": "job.started",
        "run.requested:again": "job.requeued",
        "run.completed:success": "job.finished",
        "run.completed:neutral": "job.finished",
        "run.completed:skipped": "job.finished",
        "job.completed:success": "job.finished",
        "job.completed:skipped": "job.finished",
        "job.completed:neutral": "job.finished",
        "run.completed:failure": "job.failed",
        "run.completed:cancelled": "job.failed",
        "run.completed:timed_out": "job.failed",
        "run.completed:action_required": "job.failed",
        "run.completed:startup_failure": "job.failed",
        "run.completed:stale": "job.failed",
        "job.completed:failure": "job.failed",
        "job.completed:cancelled": "job.failed",
        "job.completed:timed_out": "job.failed",
      },
    },
    id: '"$headers"."x-github-delivery"',
    guid: "to_string(workflow_job.id || workflow_run.id)",
    account: "organization.login || repository.owner.login",
    error: "workflow_job.conclusion || workflow_run.conclusion",
    time: "workflow_run.updated_at || workflow_job.completed_at || workflow_job.started_at",
  },
  fields: {
    // In seconds: a job may run for six hours without an event.
    stallAfter: 21_600,
  },
  setup: [
    "Open Settings, Webhooks of the repository or organization and add a webhook with " +
      "the payload URL {url}.",
    "Choose the content type application/json and enter a secret.",
    "Select either Workflow runs or Workflow jobs; use one source for each kind, for " +
      "their ids are counted separately.",
    "Store the same secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence:
      "GitHub waits 10 seconds and never tries again by itself; redeliver by hand or " +
      "through its API.",
  },
  lacks: ["There is no progress between started and finished, and no download address."],
};
