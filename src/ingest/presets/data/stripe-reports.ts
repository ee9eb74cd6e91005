// Stripe report runs: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Stripe report runs. */
export const stripeReports: Preset = {
  name: "stripe-reports",
  title: "Stripe report runs",
  verify: "stripe",
  map: {
    event: {
      path: "type",
      values: {
        "reporting.report_run.succeeded": "job.finished",
        "reporting.report_run.failed": "job.failed",
      },
    },
    id: "id",
    guid: "data.object.id",
    account: "account",
    url: "data.object.result.url",
    error: "data.object.error",
    time: "created",
  },
  setup: [
    "Open Developers, Webhooks in the Stripe dashboard and add an endpoint with the URL " +
      "{url} and the events reporting.report_run.succeeded and reporting.report_run.failed.",
    "Store the endpoint's signing secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "many",
    sentence: "Stripe sends an event again for up to three days.",
  },
  lacks: ["Only ends are reported.", "The file's address needs an API key to be opened."],
};
