// Apify: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Apify. */
export const apify: Preset = {
  name: "apify",
  title: "Apify",
  verify: {
    header: "authorization",
    layout: "Bearer {token}",
  },
  map: {
    event: {
      path: "eventType",
      values: {
        "ACTOR.RUN.CREATED": "job.created",
        "ACTOR.BUILD.CREATED": "job.created",
        "ACTOR.RUN.RESURRECTED": "job.requeued",
        "ACTOR.RUN.SUCCEEDED": "job.finished",
        "ACTOR.BUILD.SUCCEEDED": "job.finished",
        "ACTOR.RUN.FAILED": "job.failed",
        "ACTOR.RUN.ABORTED": "job.failed",
        "ACTOR.RUN.TIMED_OUT": "job.failed",
        "ACTOR.BUILD.FAILED": "job.failed",
        "ACTOR.BUILD.ABORTED": "job.failed",
        "ACTOR.BUILD.TIMED_OUT": "job.failed",
      },
    },
    id: '"$headers"."x-apify-webhook-dispatch-id"',
    guid: "eventData.actorRunId || eventData.actorBuildId || resource.id",
    account: "userId",
    url:
      "eventData.actorRunId && join('', ['https://api.apify.com/v2/actor-runs/', " +
      "eventData.actorRunId, '/dataset/items'])",
    error: "resource.status",
    time: "createdAt",
  },
  setup: [
    "Choose a long random token, store it as a Worker secret and name it in secrets.",
    "Add a webhook with the URL {url} to the actor or task and select the run events.",
    'Put {"Authorization":"Bearer <token>"} into the webhook\'s headers template and ' +
      "leave its payload template as it is.",
  ],
  retries: {
    level: "many",
    sentence: "Apify waits 30 seconds and makes eleven attempts within 32 hours.",
  },
  lacks: [
    "There is no signature, only the token in a header.",
    "The dataset's address needs an Apify token to be opened.",
    "A changed payload template needs a map of its own.",
  ],
};
