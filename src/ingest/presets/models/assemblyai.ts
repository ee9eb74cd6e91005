// AssemblyAI: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of AssemblyAI. */
export const assemblyai: Preset = {
  name: "assemblyai",
  title: "AssemblyAI",
  verify: {
    header: "x-webhook-secret",
    layout: "{token}",
  },
  map: {
    event: {
      path: "status",
      values: {
        completed: "job.finished",
        error: "job.failed",
      },
    },
    guid: "transcript_id",
  },
  setup: [
    "Choose a long random token, store it as a Worker secret and name it in secrets.",
    'Send webhook_url: "{url}", webhook_auth_header_name: "x-webhook-secret" and ' +
      "webhook_auth_header_value: the token with each transcript you request.",
  ],
  retries: {
    level: "some",
    sentence:
      "AssemblyAI makes up to ten attempts, but a 4xx ends them for good, so a wrong " +
      "secret loses the job's event.",
  },
  lacks: [
    "There is no signature, only the token in a header.",
    "The body holds an id and a status; fetch the transcript or its error by the id.",
  ],
};
