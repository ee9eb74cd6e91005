// What the soak runs: sources of all providers, three subscribers, and who gets what.

import {
  ADMIN_TOKEN,
  SOURCE_SECRETS,
  STREAM_SECRET,
  SUBSCRIBER_SECRET,
} from "../../support/relay.ts";

/** The bearer token of the source `own`. */
export const OWN_TOKEN = "soak-own-token";

/** Accounts of the source `own`. */
export const TEAMS = ["team-0", "team-1", "team-2", "team-3", "team-4", "team-5"] as const;

/** Every account that has viewers. */
export const ACCOUNTS = ["acme", "globex", ...TEAMS] as const;

/** Milliseconds between two progress events of a job: the default. */
export const THROTTLE = 5_000;

export const SUBSCRIBERS = ["well", "flapping", "slow"] as const;
export type SubscriberId = (typeof SUBSCRIBERS)[number];

/** What each subscriber's rule lets through. */
export const WANTS: Readonly<Record<SubscriberId, (event: string) => boolean>> = {
  well: () => true,
  flapping: () => true,
  slow: (event) => ["job.finished", "job.failed"].includes(event),
};

/** Seconds before attempts 2, 3, …: short, so that many retries fall into the run. */
const RETRY = [1, 2, 4, 8, 15, 30, 30, 30, 60, 60, 60, 60];

/** Vars and secrets. */
export const varsOf = (
  urls: Readonly<Record<SubscriberId, string>>,
): Readonly<Record<string, unknown>> => ({
  ADMIN_TOKEN,
  STREAM_SECRET,
  ALLOW_PRIVATE_URLS: true,
  LOG_LEVEL: "info",
  COMMENTS_SECRET: SOURCE_SECRETS.exportcomments,
  EMAIL_SECRET: SOURCE_SECRETS.emailengine,
  REPORTS_SECRET: SOURCE_SECRETS.betterez,
  OWN_TOKEN,
  SUBSCRIBER_SECRET,
  SOURCES: [
    { id: "comments", provider: "exportcomments", secrets: ["COMMENTS_SECRET"], account: "acme" },
    { id: "globex", provider: "exportcomments", secrets: ["COMMENTS_SECRET"], account: "globex" },
    { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"] },
    { id: "reports", provider: "betterez", secrets: ["REPORTS_SECRET"] },
    { id: "own", provider: "generic", verify: "bearer", secrets: ["OWN_TOKEN"] },
  ],
  SUBSCRIBERS: SUBSCRIBERS.map((id) => ({
    id,
    url: urls[id],
    secrets: ["SUBSCRIBER_SECRET"],
    timeout: 5,
    concurrency: 12,
    retry: RETRY,
  })),
  RULES: [
    { id: "all", match: { event: "*" }, to: ["well", "flapping"] },
    { id: "ends", match: { event: ["job.finished", "job.failed"] }, to: ["slow"] },
  ],
});
