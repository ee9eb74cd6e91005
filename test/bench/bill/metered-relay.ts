// A relay on metered objects: posts webhooks, moves its clock, and reads what it has used.

import { flood } from "../load.ts";
import { bundleRelay, RELAY_READY, relaySpec, type Bundle } from "../relay.ts";
import { startWorker } from "../workerd.ts";
import { join } from "node:path";
import { ROOT } from "../../../src/cli/local/relay-process.ts";
import type { Usage } from "./usage.ts";

/** The Worker with its meter, bundled; to be removed with `remove`. */
export const bundleMetered = (): Bundle =>
  bundleRelay(join(ROOT, "test", "bench", "bill", "metered-worker.ts"));

/** A running relay whose clock stands still. */
export interface MeteredRelay {
  readonly url: string;
  readonly port: number;
  /** Posts webhooks, so many at once, and waits for what follows from them. */
  post(webhooks: readonly Buffer[], atOnce?: number): Promise<void>;
  /** Lets `ms` of its time pass: what is due then is done. Answers its time, in epoch ms. */
  advance(ms: number): Promise<number>;
  /** Lets its time pass until an instant, at least for what is due now. */
  advanceTo(instant: number): Promise<void>;
  /** Counts from nothing. */
  reset(): Promise<void>;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** Starts a relay with these vars. */
export async function startMetered(
  bundle: Bundle,
  vars: Readonly<Record<string, unknown>>,
): Promise<MeteredRelay> {
  const server = await startWorker(relaySpec(bundle, vars), { ready: RELAY_READY, inspect: false });
  const control = async (path: string): Promise<Response> => {
    const answer = await fetch(`${server.url}/meter/${path}`, { method: "POST" });
    if (!answer.ok) throw new Error(`the meter answered ${answer.status} to ${path}`);
    return answer;
  };
  await control("start");
  return {
    url: server.url,
    port: server.port,
    post: async (webhooks, atOnce = 1) => {
      await flood(server.port, webhooks, atOnce);
      await control("settle");
    },
    advance: async (ms) => timeOf(await control(`advance?ms=${ms}`)),
    advanceTo: async (instant) => void (await control(`advance?to=${instant}`)),
    reset: async () => void (await control("reset")),
    usage: async () => (await (await control("usage")).json()) as Usage,
    stop: () => server.stop(),
  };
}

const timeOf = async (answer: Response): Promise<number> => Number(await answer.text());
