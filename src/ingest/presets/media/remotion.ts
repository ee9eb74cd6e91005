// Remotion Lambda: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Remotion Lambda. */
export const remotion: Preset = {
  name: "remotion",
  title: "Remotion Lambda",
  verify: {
    header: "x-remotion-signature",
    layout: "sha512={sig}",
    digest: "sha512",
  },
  map: {
    event: {
      path: "type",
      values: {
        success: "job.finished",
        error: "job.failed",
        timeout: "job.failed",
      },
    },
    guid: "renderId",
    url: "outputUrl",
    error: "errors[0].message",
  },
  setup: [
    'Pass webhook: { url: "{url}", secret: "…" } to renderMediaOnLambda().',
    "Store that secret as a Worker secret and name it in secrets; without one Remotion " +
      "sends NO_SECRET_PROVIDED, which is refused.",
  ],
  retries: {
    level: "none",
    sentence: "Whether Remotion tries again is not documented; take a failed delivery as lost.",
  },
  lacks: ["Only ends are reported.", "There is no delivery id and no time in the body."],
};
