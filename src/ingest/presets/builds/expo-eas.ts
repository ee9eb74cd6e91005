// Expo EAS: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Expo EAS. */
export const expoEas: Preset = {
  name: "expo-eas",
  title: "Expo EAS",
  verify: {
    header: "expo-signature",
    layout: "sha1={sig}",
    digest: "sha1",
  },
  map: {
    event: {
      path: "status",
      values: {
        finished: "job.finished",
        errored: "job.failed",
        canceled: "job.failed",
      },
    },
    guid: "id",
    account: "accountName",
    url: "artifacts.buildUrl || archiveUrl",
    error: "error.message || submissionInfo.error.message",
    time: "completedAt",
  },
  setup: [
    "Run eas webhook:create --event BUILD --url {url} --secret … (and again with SUBMIT) " +
      "in the project.",
    "Take a secret of at least 16 characters, store it as a Worker secret and name it in " +
      "secrets.",
  ],
  retries: {
    level: "some",
    sentence: "Expo tries a few times; every answer below 400 counts as delivered.",
  },
  lacks: ["Only ends are reported.", "A retried build is a new job with a new id."],
};
