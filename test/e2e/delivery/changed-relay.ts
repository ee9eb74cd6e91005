// One relay under configurations that follow each other: restarted on its storage for each.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeliveryView, SubscriberView } from "../../../src/deliver/view.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { jsonOf, startReceiver, type Receiver } from "../../support/receiver.ts";
import { BASE_VARS } from "../../support/relay.ts";
import { exportComments } from "../../support/senders.ts";
import { startStored, type Bundle, type StoredRelay } from "../../support/stored-relay.ts";

/** What a configuration says; the rest stays. */
export interface Configuration {
  /** Fields of the subscriber `crm`; `null`: there is none. */
  readonly subscriber?: Readonly<Record<string, unknown>> | null;
  /** Fields of the source `comments`. */
  readonly source?: Readonly<Record<string, unknown>>;
}

/** The relay, its subscriber, and what they have been asked. */
export interface ChangedRelay {
  readonly receiver: Receiver;
  /** Starts it under another configuration, as after a power cut. */
  change(configuration: Configuration): Promise<void>;
  post(...bodies: readonly JsonObject[]): Promise<void>;
  get<T = unknown>(path: string): Promise<T>;
  ask<T = unknown>(path: string, body?: object, method?: string): Promise<T>;
  state(): Promise<SubscriberView>;
  /** All deliveries, page by page. */
  deliveries(query?: string): Promise<readonly DeliveryView[]>;
  /** The `seq` of the events that arrived for a job, each as often as it came. */
  arrived(guid: string): readonly number[];
  stop(): Promise<void>;
}

/** Starts with no configuration of its own: `change` begins. */
export async function startChanged(bundle: Bundle): Promise<ChangedRelay> {
  const receiver = await startReceiver();
  const storage = mkdtempSync(join(tmpdir(), "jobrelay-changed-"));
  let relay: StoredRelay | null = null;
  const running = (): StoredRelay => {
    if (relay === null) throw new Error("no configuration yet");
    return relay;
  };
  const varsOf = ({ subscriber = {}, source = {} }: Configuration) => ({
    ...BASE_VARS,
    LOG_LEVEL: "error",
    SOURCES: [
      {
        id: "comments",
        provider: "exportcomments",
        secrets: ["COMMENTS_SECRET"],
        account: "acme",
        throttle: 0,
        ...source,
      },
    ],
    SUBSCRIBERS:
      subscriber === null
        ? []
        : [{ id: "crm", url: receiver.url, secrets: ["SUBSCRIBER_SECRET"], ...subscriber }],
  });
  const get = <T>(path: string): Promise<T> => running().get<T>(path);
  return {
    receiver,
    change: async (configuration) => {
      await relay?.stop();
      relay = await startStored({ bundle, vars: varsOf(configuration), storage });
    },
    post: async (...bodies) => {
      for (const body of bodies) {
        const webhook = { source: "comments", provider: "exportcomments" as const, headers: {} };
        const { status } = await running().send({ ...webhook, body: JSON.stringify(body) });
        if (status !== 202) throw new Error(`a webhook was answered ${status}`);
      }
    },
    get,
    ask: (path, body, method) => running().ask(path, body, method),
    state: () => get<SubscriberView>("/v1/subscribers/crm"),
    deliveries: async (query = "") => {
      const all: DeliveryView[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const page: { items: readonly DeliveryView[]; cursor: string | null } = await get(
          `/v1/subscribers/crm/deliveries?limit=50&${query}${cursor === "" ? "" : `&cursor=${cursor}`}`,
        );
        all.push(...page.items);
        ({ cursor } = page);
      }
      return all;
    },
    arrived: (guid) =>
      receiver.requests
        .map(jsonOf)
        .filter((event) => event["guid"] === guid)
        .map((event) => Number(event["seq"])),
    stop: async () => {
      await relay?.stop();
      await receiver.close();
      rmSync(storage, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The `n`th of six events of a job: two attempts that fail, and one that ends well. */
export function step(guid: string, n: number): JsonObject {
  const job = { guid, page: "https://example.com/video", total: 10 };
  const { created, failed, requeued, finished } = exportComments;
  const all = [created, failed, requeued, failed, requeued, finished];
  const make = all[n] ?? finished;
  return { ...make(job, `failure ${n}`), message_id: `${guid}-${n}` };
}
