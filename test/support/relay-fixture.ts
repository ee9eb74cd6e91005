// Many subscribers on one relay: a lane is a source, a rule and a subscriber of its own, so that
// the tests of a file run side by side.

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
 * How a lane differs from an ExportComments source without throttle and a subscriber that is
 * retried often.
 */
export interface LaneOptions {
  readonly source?: JsonObject;
  readonly subscriber?: JsonObject;
  /** Lanes whose subscribers get this lane's events too. */
  readonly also?: readonly string[];
}

/** A source and its subscriber; both have the lane's name as id. */
export interface Lane {
  readonly id: string;
  readonly receiver: Receiver;
  /**
   * Posts a signed message to the lane's source; throws when it is not answered 202. Answers what
   * the relay answered.
   */
  send(body: JsonObject, headers?: Readonly<Record<string, string>>): Promise<HookAnswer>;
  /** One page of deliveries, newest first. */
  deliveries(query?: string): Promise<readonly DeliveryView[]>;
  /** Resolves once the newest delivery that fits the query satisfies the condition. */
  until(fits: (delivery: DeliveryView) => boolean, timeout?: number): Promise<DeliveryView>;
  state(): Promise<SubscriberView>;
  /** Resolves once the subscriber does as said. */
  untilState(fits: (state: SubscriberView) => boolean, timeout?: number): Promise<SubscriberView>;
  /** Posts to `/v1/subscribers/{id}/{path}`. */
  act<T = unknown>(path: string, body?: JsonObject): Promise<ApiAnswer<T>>;
}

/** A relay with lanes. */
export interface Lanes<K extends string> {
  /** The running one: another after `restart`. */
  readonly relay: Relay;
  /**
   * Kills the runtime like a machine that loses power, does what is to be done meanwhile, and
   * starts it again with its data.
   */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  lane(name: K): Lane;
  /** Calls the API as the operator; `token` null calls it as nobody. */
  api<T = unknown>(
    method: string,
    path: string,
    options?: { readonly body?: JsonObject; readonly token?: string | null },
  ): Promise<ApiAnswer<T>>;
  stop(): Promise<void>;
}

/** Seconds before attempts 2 to 4: long enough to look in between, short enough to wait for. */
const RETRY = [0.5, 0.5, 0.5] as const;

/** Starts one relay and one receiver per lane. */
export async function startLanes<K extends string>(
  lanes: Readonly<Record<K, LaneOptions>>,
  options: RelayOptions = {},
): Promise<Lanes<K>> {
  const names = Object.keys(lanes) as K[];
  const started = await Promise.all(
    names.map(async (name) => [name, await startReceiver()] as const),
  );
  const receivers = new Map<string, Receiver>(started);
  const urlOf = (name: K): JsonObject => {
    const { subscriber = {} } = lanes[name];
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
        ...lanes[id].source,
      })),
      SUBSCRIBERS: names.map((id) => ({ id, retry: RETRY, ...urlOf(id), ...lanes[id].subscriber })),
      RULES: names.map((id) => ({
        id,
        match: { source: id },
        to: [id, ...(lanes[id].also ?? [])],
      })),
    },
  };
  let relay = await startRelay(relayOptions).catch(async (error: unknown) => {
    await closeAll();
    throw error;
  });
  const { url, port, persistTo } = relay;
  /** The first owns the directory with the data of all. */
  const relays = [relay];
  const api: Lanes<K>["api"] = async <T>(
    method: string,
    path: string,
    request: Parameters<Lanes<K>["api"]>[2] = {},
  ) => callApi<T>(url + path, { method, ...request });
  const health = await api("GET", "/healthz");
  if (health.status !== 200) {
    await Promise.all([relay.stop(), closeAll()]);
    throw new Error(`the lanes' configuration is wrong: ${health.text}`);
  }
  const made = new Map(names.map((name) => [name, makeLane(url, name, receivers)] as const));
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
    lane: (name) => {
      const lane = made.get(name);
      if (lane === undefined) throw new Error(`no lane ${name}`);
      return lane;
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

function makeLane(url: string, id: string, receivers: ReadonlyMap<string, Receiver>): Lane {
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
    timeout: number,
  ): Promise<T> => {
    let last: T | undefined;
    const found = async (): Promise<{ readonly value: T } | null> => {
      last = await look();
      return fits(last) ? { value: last } : null;
    };
    try {
      return (await until(found, { timeout, every: 50, what })).value;
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
    until: async (fits, timeout = 15_000) => {
      const all = await seen(
        "deliveries",
        () => deliveries("limit=100"),
        (items) => items.some(fits),
        timeout,
      );
      const found = all.find(fits);
      if (found === undefined) throw new Error("it was there a moment ago");
      return found;
    },
    state,
    untilState: (fits, timeout = 15_000) => seen("state", state, fits, timeout),
    act: <T>(path: string, body?: JsonObject) =>
      callApi<T>(`${base}/${path}`, { method: "POST", ...(body === undefined ? {} : { body }) }),
  };
}

/** The secret that lanes sign with. */
export const LANE_SECRET = BASE_VARS["SUBSCRIBER_SECRET"] as string;
