// The relay of an episode: raw workerd on the episode's disk, under the setup of the moment.

import { RELAY_READY, relaySpec, type Bundle } from "../../bench/relay.ts";
import { startWorker, type Server } from "../../bench/workerd.ts";
import {
  ADMIN_TOKEN,
  SOURCE_SECRETS,
  STREAM_SECRET,
  SUBSCRIBER_SECRET,
} from "../../support/relay.ts";
import type { Setup, SubscriberId } from "./script.ts";

/** The account of every job. */
export const ACCOUNT = "acme";

export const OWN_TOKEN = "chaos-own-token";

/** Secrets of the source `comments`. */
export const HOOK_SECRETS = { OLD: SOURCE_SECRETS.exportcomments, NEW: "chaos-newer-secret" };

/** Secrets that deliveries are signed by. */
export const SIGNING_SECRETS = {
  OLD: SUBSCRIBER_SECRET,
  NEW: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
};

/** Seconds before attempts 2, 3, …: no delivery of an episode uses them up. */
const RETRY = Array.from({ length: 50 }, () => 0.4);

/** A path that is answered whatever the configuration says. */
const READY_AT_ALL = "/client.js";

/** Vars and secrets of a setup. */
function varsOf(
  setup: Setup,
  urls: Readonly<Record<SubscriberId, string>>,
): Readonly<Record<string, unknown>> {
  const { shards, throttle, crmThrottle } = setup;
  const subscriber = (id: SubscriberId, more: object = {}) => ({
    id,
    url: setup.isBroken ? "nowhere" : urls[id],
    secrets: setup.subscriberSecrets.map((name) => `SIGNING_${name}`),
    timeout: 1,
    retry: RETRY,
    shards,
    ...more,
  });
  return {
    ADMIN_TOKEN,
    STREAM_SECRET,
    ALLOW_PRIVATE_URLS: true,
    LOG_LEVEL: "warn",
    HOOK_OLD: HOOK_SECRETS.OLD,
    HOOK_NEW: HOOK_SECRETS.NEW,
    SIGNING_OLD: SIGNING_SECRETS.OLD,
    SIGNING_NEW: SIGNING_SECRETS.NEW,
    OWN_TOKEN,
    SOURCES: [
      {
        id: "comments",
        provider: "exportcomments",
        secrets: setup.sourceSecrets.map((name) => `HOOK_${name}`),
        account: ACCOUNT,
        throttle,
      },
      ...(setup.hasOwn
        ? [
            {
              id: "own",
              provider: "generic",
              verify: "bearer",
              secrets: ["OWN_TOKEN"],
              account: ACCOUNT,
              throttle,
            },
          ]
        : []),
    ],
    SUBSCRIBERS: [
      subscriber("audit"),
      ...(setup.hasCrm ? [subscriber("crm", { throttle: crmThrottle })] : []),
      subscriber("billing"),
    ],
    RULES: [
      { id: "all", match: { event: "*" }, to: ["audit", ...(setup.hasCrm ? ["crm"] : [])] },
      {
        id: "some",
        match: { event: setup.billingGetsAll ? "*" : ["job.finished", "job.failed"] },
        to: ["billing"],
      },
    ],
  };
}

/** Lines of the runtime's log that are kept for the message of a failure. */
const KEPT_LINES = 200;

/** The relay, running or not. */
export class ChaosRelay {
  setup: Setup;
  readonly log: string[] = [];
  readonly #bundle: Bundle;
  readonly #storage: string;
  readonly #urls: Readonly<Record<SubscriberId, string>>;
  #server: Server | null = null;

  constructor(
    setup: Setup,
    {
      bundle,
      storage,
      urls,
    }: {
      readonly bundle: Bundle;
      readonly storage: string;
      readonly urls: Readonly<Record<SubscriberId, string>>;
    },
  ) {
    this.setup = setup;
    this.#bundle = bundle;
    this.#storage = storage;
    this.#urls = urls;
  }

  /** `null` while it is down. */
  get server(): Server | null {
    return this.#server;
  }

  async start(): Promise<void> {
    const spec = relaySpec(this.#bundle, varsOf(this.setup, this.#urls));
    this.#server = await startWorker(spec, {
      ready: this.setup.isBroken ? READY_AT_ALL : RELAY_READY,
      inspect: false,
      storage: this.#storage,
      outlivesFileLimit: true,
      onLog: (text) => {
        this.log.push(...text.split("\n").filter((line) => line !== ""));
        this.log.splice(0, this.log.length - KEPT_LINES);
      },
    });
  }

  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.stop();
  }

  /** Asks as the operator; throws for any answer but a 2xx, and while it is down. */
  async ask<T = unknown>(path: string, method: "GET" | "POST" = "GET"): Promise<T> {
    if (this.#server === null) throw new Error("the relay is down");
    const answer = await fetch(this.#server.url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...(method === "POST" ? { body: "{}" } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }
}
