// Netlify deploys: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Netlify deploys. */
export const netlify: Preset = {
  name: "netlify",
  title: "Netlify deploys",
  verify: "netlify",
  map: {
    event: {
      path: "state",
      values: {
        building: "job.started",
        ready: "job.finished",
        error: "job.failed",
      },
    },
    guid: "id",
    url: "deploy_ssl_url",
    error: "error_message",
  },
  setup: [
    "Open the site's configuration, Notifications, and add HTTP post requests with the " +
      "URL {url} for deploy started, succeeded and failed.",
    "Enter a JWS secret token there, store it as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "Whether Netlify tries again was not verified; take a failed delivery as lost.",
  },
  lacks: [
    "There is no progress.",
    "The fields of the body are known from use, not from a documented form.",
  ],
};
