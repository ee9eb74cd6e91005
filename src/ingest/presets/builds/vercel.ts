// Vercel: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Vercel. */
export const vercel: Preset = {
  name: "vercel",
  title: "Vercel",
  verify: {
    header: "x-vercel-signature",
    digest: "sha1",
  },
  map: {
    event: {
      path: "type",
      values: {
        "deployment.created": "job.created",
        "deployment.succeeded": "job.finished",
        "deployment.error": "job.failed",
        "deployment.canceled": "job.failed",
      },
    },
    id: "id",
    guid: "payload.deployment.id",
    account: "payload.team.id || payload.user.id",
    url: "payload.deployment.url",
    time: "createdAt",
  },
  setup: [
    "Open the team's settings, Webhooks, and create one with the URL {url} and the " +
      "deployment events.",
    "Store the secret that is shown once as a Worker secret and name it in secrets; an " +
      "integration signs with its client secret.",
  ],
  retries: {
    level: "many",
    sentence: "Vercel wants a 2xx and tries again for 24 hours.",
  },
  lacks: [
    "There is no progress between created and succeeded.",
    "The deployment's address often comes without https:// and is left out then; it " +
      "stays in details.",
  ],
};
