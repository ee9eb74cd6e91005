// The relay of the soak: counted, on raw workerd, asked over HTTP.

import { Agent, request } from "node:http";
import { join } from "node:path";
import { bundleRelay, RELAY_READY, relaySpec } from "../../bench/relay.ts";
import { startWorker } from "../../bench/workerd.ts";
import { ADMIN_TOKEN } from "../../support/relay.ts";
import type { Told } from "../parts/judge.ts";
import type { Used } from "./count.ts";
import type { Post } from "./lives.ts";

/** An answer to a webhook; status 0 stands for none. */
export interface HookAnswer {
  readonly status: number;
  readonly events: readonly string[];
  readonly job: { readonly source: string; readonly guid: string } | null;
}

/** A subscriber as the API shows it, and an estimate of how late its retries are. */
export interface Standing {
  readonly id: string;
  readonly state: string;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly delivered: number;
}

/** The running relay. */
export interface SoakRelay {
  readonly port: number;
  readonly adminToken: string;
  post(source: string, webhook: Post): Promise<HookAnswer>;
  logOf(source: string, guid: string): Promise<readonly Told[]>;
  accountOf(source: string, guid: string): Promise<string>;
  token(account: string, seconds: number): Promise<string>;
  cursorOf(account: string): Promise<string>;
  standings(): Promise<readonly Standing[]>;
  /** Milliseconds since the instant at which the most overdue attempt should have begun. */
  overdue(subscriber: string): Promise<number>;
  used(): Promise<Used>;
  memory(): number;
  stop(): Promise<void>;
}

/** Connections of the senders together. */
const CONNECTIONS = 32;

function postOver(agent: Agent, port: number, path: string, { headers, body }: Post) {
  return new Promise<{ readonly status: number; readonly text: string }>((resolve) => {
    const none = (): void => resolve({ status: 0, text: "" });
    const asked = request(
      { host: "127.0.0.1", port, path, method: "POST", agent, headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (more: string) => {
          text += more;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", none);
      },
    );
    asked.on("error", none);
    asked.end(body);
  });
}

/** Starts the relay on a directory of its own. */
export async function startSoakRelay({
  vars,
  storage,
  onLog,
}: {
  readonly vars: Readonly<Record<string, unknown>>;
  readonly storage: string;
  readonly onLog: (text: string) => void;
}): Promise<SoakRelay> {
  const bundle = bundleRelay(join(import.meta.dirname, "counted-worker.ts"));
  const spec = relaySpec(bundle, vars);
  const server = await startWorker(spec, { ready: RELAY_READY, inspect: false, storage, onLog });
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const headers = {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      "content-type": "application/json",
    };
    const answer = await fetch(server.url + path, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const logOf: SoakRelay["logOf"] = async (source, guid) => {
    const told: Told[] = [];
    for (let since = "0"; ;) {
      const page = await ask<{ items: readonly { event: Told }[]; cursor: string }>(
        `/v1/jobs/${source}/${encodeURIComponent(guid)}/events?since=${since}&limit=1000`,
      );
      if (page.items.length === 0) return told;
      told.push(...page.items.map(({ event }) => event));
      since = page.cursor;
    }
  };
  return {
    port: server.port,
    adminToken: ADMIN_TOKEN,
    post: async (source, webhook) => {
      const { status, text } = await postOver(agent, server.port, `/hooks/${source}`, webhook);
      if (status !== 202) return { status, events: [], job: null };
      const answer = JSON.parse(text) as Partial<HookAnswer>;
      return { status, events: answer.events ?? [], job: answer.job ?? null };
    },
    logOf,
    accountOf: async (source, guid) =>
      (await ask<{ account: string }>(`/v1/jobs/${source}/${encodeURIComponent(guid)}`)).account,
    token: async (account, expiresIn) =>
      (
        await ask<{ token: string }>("/v1/tokens", {
          method: "POST",
          body: JSON.stringify({ account, expiresIn }),
        })
      ).token,
    cursorOf: async (account) =>
      (await ask<{ cursor: string }>(`/v1/accounts/${account}/events`)).cursor,
    standings: async () => (await ask<{ items: readonly Standing[] }>("/v1/subscribers")).items,
    overdue: async (subscriber) => {
      const { items } = await ask<{ items: readonly { nextAttemptAt: string | null }[] }>(
        `/v1/subscribers/${subscriber}/deliveries?state=pending&limit=100`,
      );
      const late = items.map(({ nextAttemptAt }) =>
        nextAttemptAt === null ? 0 : Date.now() - Date.parse(nextAttemptAt),
      );
      return Math.max(0, ...late);
    },
    used: () => ask<Used>("/used"),
    memory: () => server.memory() ?? 0,
    stop: async () => {
      agent.destroy();
      await server.stop();
      bundle.remove();
    },
  };
}
