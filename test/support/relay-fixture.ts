// One relay with a source, a rule and a subscriber for each test of a file, so that tests run side
// by side.

import type { JsonObject } from "../../src/kernel/json.ts";
import type { DeliveryView, SubscriberView } from "../../src/deliver/view.ts";
import { startReceiver, type Receiver } from "./receiver.ts";
import {
  ADMIN_TOKEN,
  BASE_VARS,
  SOURCE_SECRETS,
  startRelay,
  type Relay,
  type RelayOptions,
} from "./relay.ts";
import { sender, type HookAnswer } from "./senders.ts";
import { until } from "./wait.ts";

/** An answer of the API. */
export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly body: T;
  readonly text: string;
}

/**
 * What differs from an ExportComments source without throttle and a subscriber with short retries.
 */
export interface PairOptions {
  readonly source?: JsonObject;
  readonly subscriber?: JsonObject;
  /** Other pairs whose subscribers get this pair's events too. */
  readonly also?: readonly string[];
}

/** A source and its subscriber, which have the same id. */
export interface Pair {
  readonly id: string;
  readonly receiver: Receiver;
  /** Posts a signed message to the source; resolves with the answer, throws when it is not 202. */
  send(body: JsonObject, headers?: Readonly<Record<string, string>>): Promise<HookAnswer>;
  /** One page of deliveries, newest first. */
  deliveries(query?: string): Promise<readonly DeliveryView[]>;
  /** Resolves with the newest delivery that fits, once there is one. */
  until(fits: (delivery: DeliveryView) => boolean): Promise<DeliveryView>;
  state(): Promise<SubscriberView>;
  /** Resolves once the subscriber's state fits. */
  untilState(fits: (state: SubscriberView) => boolean): Promise<SubscriberView>;
  /** Posts to `/v1/subscribers/{id}/{path}`. */
  act<T = unknown>(path: string, body?: JsonObject): Promise<ApiAnswer<T>>;
}

/** A relay with its pairs. */
export interface Pairs<K extends string> {
  /** The running relay; `restart` replaces it. */
  readonly relay: Relay;
  /** Kills the runtime, runs `meanwhile`, and starts a relay again with the same data. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  pair(name: K): Pair;
  /** Calls the API with the admin token; `token` null sends none. */
  api<T = unknown>(
    method: string,
    path: string,
    options?: { readonly body?: JsonObject; readonly token?: string | null },
  ): Promise<ApiAnswer<T>>;
  stop(): Promise<void>;
}

/** Seconds before attempts 2 to 4: tests can look in between, and need not wait long. */
const RETRY = [0.5, 0.5, 0.5] as const;

/** Seconds for an answer: more than a busy machine takes for one. */
const TIMEOUT = 60;

/** Starts one relay and one receiver per pair. */
export async function startPairs<K extends string>(
  pairs: Readonly<Record<K, PairOptions>>,
  options: RelayOptions = {},
): Promise<Pairs<K>> {
  const names = Object.keys(pairs) as K[];
  const started = await Promise.all(
    names.map(async (name) => [name, await startReceiver()] as const),
  );
  const receivers = new Map<string, Receiver>(started);
  const urlOf = (name: K): JsonObject => {
    const { subscriber = {} } = pairs[name];
    const elsewhere = ["url", "service", "queue", "archive"].some((target) => target in subscriber);
    return elsewhere ? {} : { url: receivers.get(name)?.url ?? "", secrets: ["SUBSCRIBER_SECRET"] };
  };
  const closeAll = async (): Promise<void> =>
    void (await Promise.all(started.map(([, receiver]) => receiver.close())));
  const relayOptions: RelayOptions = {
    ...options,
    vars: {
      ...options.vars,
      SOURCES: names.map((id) => ({
        id,
        provider: "exportcomments",
        secrets: ["COMMENTS_SECRET"],
        account: id,
        throttle: 0,
        ...pairs[id].source,
      })),
      SUBSCRIBERS: names.map((id) => ({
        id,
        retry: RETRY,
        timeout: TIMEOUT,
        ...urlOf(id),
        ...pairs[id].subscriber,
      })),
      RULES: names.map((id) => ({
        id,
        match: { source: id },
        to: [id, ...(pairs[id].also ?? [])],
      })),
    },
  };
  let relay = await startRelay(relayOptions).catch(async (error: unknown) => {
    await closeAll();
    throw error;
  });
  const { url, port, persistTo } = relay;
  /** The first one owns the directory that holds the data of all. */
  const relays = [relay];
  const api: Pairs<K>["api"] = async <T>(
    method: string,
    path: string,
    request: Parameters<Pairs<K>["api"]>[2] = {},
  ) => callApi<T>(url + path, { method, ...request });
  const health = await api("GET", "/healthz");
  if (health.status !== 200) {
    await Promise.all([relay.stop(), closeAll()]);
    throw new Error(`the pairs' configuration is wrong: ${health.text}`);
  }
  const made = new Map(names.map((name) => [name, makePair(url, name, receivers)] as const));
  return {
    get relay() {
      return relay;
    },
    restart: async (meanwhile) => {
      await relay.kill("SIGKILL");
      await meanwhile?.();
      relay = await startRelay({ ...relayOptions, port, persistTo });
      relays.push(relay);
    },
    pair: (name) => {
      const pair = made.get(name);
      if (pair === undefined) throw new Error(`no pair ${name}`);
      return pair;
    },
    api,
    stop: async () => {
      for (const each of relays.toReversed()) await each.stop();
      await closeAll();
    },
  };
}

async function callApi<T>(
  url: string,
  {
    method,
    body,
    token = ADMIN_TOKEN,
  }: { readonly method: string; readonly body?: JsonObject; readonly token?: string | null },
): Promise<ApiAnswer<T>> {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: (text === "" ? null : JSON.parse(text)) as T };
}

function makePair(url: string, id: string, receivers: ReadonlyMap<string, Receiver>): Pair {
  const receiver = receivers.get(id);
  if (receiver === undefined) throw new Error(`no receiver ${id}`);
  const base = `${url}/v1/subscribers/${id}`;
  const post = sender(url, {
    provider: "exportcomments",
    source: id,
    secret: SOURCE_SECRETS.exportcomments,
  });
  const deliveries = async (query = ""): Promise<readonly DeliveryView[]> =>
    (
      await callApi<{ items: readonly DeliveryView[] }>(`${base}/deliveries?${query}`, {
        method: "GET",
      })
    ).body.items;
  const state = async (): Promise<SubscriberView> =>
    (await callApi<SubscriberView>(base, { method: "GET" })).body;
  const seen = async <T>(
    what: string,
    look: () => Promise<T>,
    fits: (value: T) => boolean,
  ): Promise<T> => {
    let last: T | undefined;
    const found = async (): Promise<{ readonly value: T } | null> => {
      last = await look();
      return fits(last) ? { value: last } : null;
    };
    try {
      return (await until(found, { every: 50, what })).value;
    } catch (error) {
      throw new Error(`${what} of ${id} stays ${JSON.stringify(last)}`, { cause: error });
    }
  };
  return {
    id,
    receiver,
    send: async (body, headers) => {
      const answer = await post(body, headers);
      if (answer.status !== 202)
        throw new Error(`refused: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    },
    deliveries,
    until: async (fits) => {
      const all = await seen(
        "deliveries",
        () => deliveries("limit=100"),
        (items) => items.some(fits),
      );
      const found = all.find(fits);
      if (found === undefined) throw new Error("no delivery fits any more");
      return found;
    },
    state,
    untilState: (fits) => seen("state", state, fits),
    act: <T>(path: string, body?: JsonObject) =>
      callApi<T>(`${base}/${path}`, { method: "POST", ...(body === undefined ? {} : { body }) }),
  };
}

/** The secret that every pair's deliveries are signed with. */
export const SIGNING_SECRET = BASE_VARS["SUBSCRIBER_SECRET"] as string;
