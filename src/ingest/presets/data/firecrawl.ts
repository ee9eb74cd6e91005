// Firecrawl: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Firecrawl. */
export const firecrawl: Preset = {
  name: "firecrawl",
  title: "Firecrawl",
  verify: {
    header: "x-firecrawl-signature",
    layout: "sha256={sig}",
  },
  map: {
    event: {
      path: "(ends_with(type, '.completed') && !success && 'completed:error') || type",
      values: {
        "crawl.started": "job.started",
        "batch_scrape.started": "job.started",
        "extract.started": "job.started",
        "agent.started": "job.started",
        "crawl.page": "job.progress",
        "batch_scrape.page": "job.progress",
        "agent.action": "job.progress",
        "crawl.completed": "job.finished",
        "batch_scrape.completed": "job.finished",
        "extract.completed": "job.finished",
        "agent.completed": "job.finished",
        "crawl.failed": "job.failed",
        "extract.failed": "job.failed",
        "agent.failed": "job.failed",
        "agent.cancelled": "job.failed",
        "completed:error": "job.failed",
      },
    },
    guid: "id",
    current: "count()",
    error: "error",
  },
  setup: [
    'Send webhook: { url: "{url}", events: ["started", "page", "completed", ' +
      '"failed"] } with each crawl or batch scrape.',
    "Store the webhook secret of your account settings as a Worker secret and name it in " +
      "secrets.",
    'Set redact = ["data"] when whole pages must not be stored and forwarded.',
  ],
  retries: {
    level: "some",
    sentence: "Firecrawl wants a 2xx within 10 seconds and tries again after 1, 5 and 15 minutes.",
  },
  lacks: [
    "Progress is the number of pages so far; Firecrawl sends no total.",
    "There is no delivery id, so two pages with equal bodies count once.",
    "There is no time in the body.",
  ],
};
