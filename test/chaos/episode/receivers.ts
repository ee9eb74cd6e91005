// The three subscribers, which answer as the round says and remember what they took.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import type { Arrived, Told } from "../../prove/parts/judge.ts";
import type { Answering, SubscriberId } from "./script.ts";

/** What a subscriber took, by job. */
export interface Taker {
  readonly url: string;
  answering: Answering;
  /** Secrets that a delivery may be signed by at present. */
  secrets: readonly string[];
  readonly faults: readonly string[];
  arrivedOf(source: string, guid: string): readonly Arrived[];
  /** True once it took the end of a job. */
  hasEnd(source: string, guid: string): boolean;
  /** Every attempt at a job's events, as it was answered, for the message of a failure. */
  attemptsAt(source: string, guid: string): string;
  readonly taken: () => number;
  close(): Promise<void>;
}

/** Milliseconds: below the subscribers' timeout, so that the answer is still awaited. */
const SLOW = 400;

async function answer(outgoing: ServerResponse, how: Answering): Promise<boolean> {
  switch (how) {
    case "hang":
      return false;
    case "reset":
      outgoing.socket?.resetAndDestroy();
      return false;
    case "slow":
      await pause(SLOW);
      outgoing.writeHead(204).end();
      return true;
    case "well":
      outgoing.writeHead(204).end();
      return true;
    case "429":
      outgoing.writeHead(429, { "retry-after": "1" }).end();
      return false;
    case "400":
    case "410":
    case "500":
      outgoing.writeHead(Number(how)).end();
      return false;
  }
}

const isSigned = (
  body: Buffer,
  headers: Record<string, string>,
  secrets: readonly string[],
): boolean =>
  secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, headers, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  });

/** Starts a subscriber. */
export async function startTaker(id: SubscriberId, secrets: readonly string[]): Promise<Taker> {
  const arrived = new Map<string, Map<string, Arrived>>();
  /** Ids that were answered 4xx. */
  const refused = new Set<string>();
  const ended = new Set<string>();
  const attempts = new Map<string, string[]>();
  const began = performance.now();
  const faults: string[] = [];
  let count = 0;
  const server = createServer((incoming, outgoing) => {
    void (async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const told = JSON.parse(body.toString()) as Told;
      if (!isSigned(body, incoming.headers as Record<string, string>, taker.secrets))
        faults.push(`${id} got ${told.id} with a signature of a secret that is not configured`);
      const { answering } = taker;
      const key = `${told.source} ${told.guid}`;
      const attempt = `${Math.round(performance.now() - began)} ms: ${told.seq} ${answering}`;
      attempts.set(key, [...(attempts.get(key) ?? []), attempt]);
      if (answering.startsWith("4")) refused.add(told.id);
      if (!(await answer(outgoing, answering))) return;
      count += 1;
      const ofJob = arrived.get(key) ?? new Map<string, Arrived>();
      arrived.set(key, ofJob);
      if (told.event === "job.finished") ended.add(key);
      if (!ofJob.has(told.id))
        ofJob.set(told.id, { id: told.id, seq: told.seq, isExcused: refused.has(told.id) });
    })().catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const taker: Taker = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    answering: "well",
    secrets,
    faults,
    arrivedOf: (source, guid) => [...(arrived.get(`${source} ${guid}`)?.values() ?? [])],
    hasEnd: (source, guid) => ended.has(`${source} ${guid}`),
    attemptsAt: (source, guid) => (attempts.get(`${source} ${guid}`) ?? []).join(", "),
    taken: () => count,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return taker;
}
