// Cloudinary: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Cloudinary. */
export const cloudinary: Preset = {
  name: "cloudinary",
  title: "Cloudinary",
  verify: "cloudinary",
  map: {
    event: {
      path: "notification_type",
      values: {
        eager: "job.finished",
        upload: "job.finished",
      },
    },
    guid: "batch_id || public_id",
    url: "eager[0].secure_url || secure_url",
  },
  setup: [
    'Send notification_url: "{url}" with each upload or eager transformation, or set ' +
      "it in the account's settings.",
    "Store the API secret of the account as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence: "Whether Cloudinary tries again was not verified; take a failed delivery as lost.",
  },
  lacks: [
    "The signature is a SHA-1 digest, as Cloudinary makes it; accounts that use SHA-256 " +
      'need digest = "sha256" in a recipe of their own.',
    "Failures and progress are not reported.",
    "A signature is accepted for two hours, as in the vendor's own library.",
  ],
};
