// HCP Terraform: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of HCP Terraform. */
export const hcpTerraform: Preset = {
  name: "hcp-terraform",
  title: "HCP Terraform",
  verify: {
    header: "x-tfe-notification-signature",
    digest: "sha512",
  },
  map: {
    event: {
      path: "notifications[0].trigger",
      values: {
        "run:created": "job.created",
        "run:planning": "job.started",
        "run:needs_attention": "job.progress",
        "run:applying": "job.progress",
        "run:completed": "job.finished",
        "run:errored": "job.failed",
      },
    },
    guid: "run_id",
    account: "organization_name",
    status: "notifications[0].run_status",
    error: "notifications[0].message",
    time: "notifications[0].run_updated_at",
  },
  fields: {
    // In seconds: a run may wait for a person's approval.
    stallAfter: 86_400,
  },
  setup: [
    "Deploy the relay with the source first: HCP Terraform saves the notification only when the URL answers 2xx.",
    "Open the workspace's settings, Notifications, and create a Webhook with the URL " +
      "{url} and a token, for all run events.",
    "Store the same token as a Worker secret and name it in secrets; without a token " +
      "nothing is signed.",
  ],
  retries: {
    level: "none",
    sentence:
      "Whether HCP Terraform tries again is not documented; take a failed delivery as lost.",
  },
  lacks: [
    "A cancelled run is reported as failed, with Run Canceled as its error.",
    "There is no delivery id, so equal bodies count once.",
  ],
};
