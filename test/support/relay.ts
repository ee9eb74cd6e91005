// The real Worker for tests from outside: `wrangler dev` as a process of its own, which can be
// killed like a machine that loses power.

import type { RelayVars } from "../../src/cli/local/relay-config.ts";
import { startTemporaryRelay, type TemporaryRelay } from "../../src/cli/local/temporary-relay.ts";

/** A running relay. */
export type Relay = TemporaryRelay;

/** How the relay under test differs from the base. */
export interface RelayOptions {
  /**
   * Vars and secrets in one: `SOURCES`, `SUBSCRIBERS`, `RULES`, secrets by name. Put over
   * `BASE_VARS`; `undefined` removes one.
   */
  readonly vars?: RelayVars;
  /** Members put over the wrangler configuration: bindings to services, queues and buckets. */
  readonly bindings?: RelayVars;
  /** Configurations of Workers that run beside the relay and that its bindings name. */
  readonly alongside?: readonly string[];
  /** Keep the objects' data there, to start again with it. */
  readonly persistTo?: string;
  readonly port?: number;
}

/** Secrets of `BASE_VARS`. */
export const ADMIN_TOKEN = "e2e-admin-token";
export const STREAM_SECRET = "e2e-stream-secret-of-at-least-32-bytes";
export const SUBSCRIBER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** Secrets of the three sources in `BASE_VARS`, by provider. */
export const SOURCE_SECRETS = {
  exportcomments: "e2e-comments-secret",
  emailengine: "e2e-email-secret",
  betterez: "e2e-reports-secret",
} as const;

/**
 * Three sources (`comments`, `email`, `reports`), no subscriber, private URLs allowed: what a test
 * starts from.
 */
export const BASE_VARS: RelayVars = {
  ADMIN_TOKEN,
  STREAM_SECRET,
  ALLOW_PRIVATE_URLS: true,
  COMMENTS_SECRET: SOURCE_SECRETS.exportcomments,
  EMAIL_SECRET: SOURCE_SECRETS.emailengine,
  REPORTS_SECRET: SOURCE_SECRETS.betterez,
  SUBSCRIBER_SECRET,
  SOURCES: [
    { id: "comments", provider: "exportcomments", secrets: ["COMMENTS_SECRET"], account: "acme" },
    { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"] },
    { id: "reports", provider: "betterez", secrets: ["REPORTS_SECRET"] },
  ],
};

/**
 * vitest.config.ts has built the files that the Worker imports, so that no relay of a test has to;
 * elsewhere each does.
 */
const BUILD = process.env["VITEST"] === undefined ? {} : { build: undefined };

/**
 * Starts a relay on a free port and waits until `/healthz` answers, be it 200 or 503. Several may
 * run at once.
 */
export const startRelay = (options: RelayOptions = {}): Promise<Relay> =>
  startTemporaryRelay({
    ...options,
    vars: { ...BASE_VARS, ...options.vars },
    bindings: { ...BUILD, ...options.bindings },
  });
