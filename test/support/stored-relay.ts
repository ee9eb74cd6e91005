// The present Worker on raw `workerd`, over storage that outlives it; spoken to over HTTP alone.

import { join } from "node:path";
import { RELAY_READY, relaySpec, type Bundle } from "../bench/relay.ts";
import { startWorker } from "../bench/workerd.ts";
import { ADMIN_TOKEN } from "./relay.ts";
import { postSigned, sign, type HookAnswer } from "./senders.ts";
import type { StoredWebhook } from "./storage-fixture.ts";

export { bundleRelay, type Bundle } from "../bench/relay.ts";

/** The Worker whose objects are held to limits that the local runtime does not hold. */
export const LIMITED_WORKER = join(import.meta.dirname, "platform", "limited-worker.ts");

/** Vars and secrets in one. */
export type StoredVars = Readonly<Record<string, unknown>>;

/** A running relay. */
export interface StoredRelay {
  readonly url: string;
  /** Reads a path as the operator; throws for any answer but a 2xx. */
  get<T = unknown>(path: string): Promise<T>;
  /** Asks for something as the operator, by POST unless told otherwise. */
  ask<T = unknown>(path: string, body?: object, method?: string): Promise<T>;
  /** Signs a webhook as of now and posts it. */
  send(webhook: StoredWebhook): Promise<HookAnswer>;
  /** Resident bytes of the runtime; `null` where `/proc` does not say. */
  memory(): number | null;
  /** Ends the runtime as a power cut would. */
  stop(): Promise<void>;
}

/** Where to start. */
export interface StoredLaunch {
  readonly bundle: Bundle;
  readonly vars: StoredVars;
  /** The directory of the objects' SQLite files. */
  readonly storage: string;
  /** Called with what the Worker writes to its log. */
  readonly onLog?: (text: string) => void;
}

/** Starts the relay and waits until its configuration is known to be valid. */
export async function startStored({ bundle, vars, ...launch }: StoredLaunch): Promise<StoredRelay> {
  const spec = relaySpec(bundle, vars);
  const { url, memory, stop } = await startWorker(spec, {
    ready: RELAY_READY,
    inspect: false,
    ...launch,
  });
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  const call = async <T>(path: string, init: RequestInit): Promise<T> => {
    const headers = { authorization, "content-type": "application/json" };
    const answer = await fetch(url + path, { ...init, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${text.slice(0, 300)}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  return {
    url,
    get: (path) => call(path, {}),
    ask: (path, body, method = "POST") => call(path, { method, body: JSON.stringify(body ?? {}) }),
    send: async (webhook) => {
      const { source, provider, body, headers } = webhook;
      const signed = await sign({
        provider,
        secret: secretOf(vars, source),
        body,
        now: Date.now(),
      });
      return postSigned(url, source, { body, headers: { ...signed.headers, ...headers } });
    },
    memory,
    stop,
  };
}

interface SourceVars {
  readonly id: string;
  readonly secrets: readonly string[];
}

function secretOf(vars: StoredVars, source: string): string {
  const found = (vars["SOURCES"] as readonly SourceVars[]).find(({ id }) => id === source);
  const secret = vars[found?.secrets[0] ?? ""];
  if (typeof secret !== "string") throw new Error(`${source} has no secret`);
  return secret;
}
