// A subscriber on loopback for tests: records what arrives and answers as told, badly if need be.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { until } from "./wait.ts";

/** A request as it arrived. */
export interface ReceivedRequest {
  /** When the whole body had arrived, epoch milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The raw bytes. */
  readonly body: Buffer;
  /** Counts the receiver's requests from 0. */
  readonly index: number;
}

/**
 * What the receiver does with one request. It waits for `after`, then for `delay` in ms, and then
 * does the rest.
 */
export type Answer =
  | {
      readonly kind?: "answer";
      readonly after?: Promise<unknown>;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly delay?: number;
    }
  /** Never answers; the socket stays open until `close`. */
  | { readonly kind: "hang" }
  /** Drops the connection without an answer. */
  | { readonly kind: "reset"; readonly delay?: number }
  /** Sends the head at once and then one byte every `every` ms, `bytes` times. */
  | {
      readonly kind: "trickle";
      readonly every: number;
      readonly bytes: number;
      readonly status?: number;
    }
  /**
   * Sends the head and the beginning of a longer body, and then nothing more, or drops the
   * connection.
   */
  | {
      readonly kind: "partial";
      readonly next: "hang" | "reset";
      readonly status?: number;
      readonly body?: string;
    }
  /** Sends text that need not be HTTP, and ends the connection. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "redirect"; readonly location: string; readonly status?: number };

/** An answer for every request, or a function of the request. */
export type Script = Answer | ((request: ReceivedRequest) => Answer);

/** A running subscriber. */
export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** Answers for the next requests, one each, before the script applies again. */
  next(...answers: readonly Answer[]): void;
  /** Replaces the script. */
  script(script: Script): void;
  /** Resolves with the first request that fits, one that has arrived already included. */
  waitFor(predicate: (request: ReceivedRequest) => boolean): Promise<ReceivedRequest>;
  /** Resolves once that many requests have arrived. */
  waitForCount(count: number): Promise<readonly ReceivedRequest[]>;
  /** Most requests that were under way at once. */
  readonly busiest: number;
  close(): Promise<void>;
}

/** Starts a subscriber; `port` 0 takes a free one. The script answers 204 unless told otherwise. */
export async function startReceiver(
  options: { readonly script?: Script; readonly port?: number } = {},
): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const queue: Answer[] = [];
  let script: Script = options.script ?? { status: 204 };
  let under = 0;
  let busiest = 0;
  const server = createServer((incoming, outgoing) => {
    under += 1;
    busiest = Math.max(busiest, under);
    outgoing.once("close", () => {
      under -= 1;
    });
    void (async (): Promise<void> => {
      const request = { ...(await record(incoming)), index: requests.length };
      requests.push(request);
      await reply(
        outgoing,
        queue.shift() ?? (typeof script === "function" ? script(request) : script),
      );
    })().catch(() => outgoing.destroy());
  });
  // Longer than any test: a connection that is closed just when it is used again would count as a
  // failed attempt.
  server.keepAliveTimeout = 120_000;
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests,
    get busiest() {
      return busiest;
    },
    next: (...answers) => void queue.push(...answers),
    script: (next) => {
      script = next;
    },
    waitFor: (predicate) => until(() => requests.find(predicate), { what: "a matching request" }),
    waitForCount: (count) =>
      until(() => requests.length >= count && requests, { what: `${count} requests` }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

async function record(incoming: IncomingMessage): Promise<Omit<ReceivedRequest, "index">> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
  return {
    at: Date.now(),
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers,
    body: Buffer.concat(chunks),
  };
}

async function reply(outgoing: ServerResponse, answer: Answer): Promise<void> {
  switch (answer.kind) {
    case undefined:
    case "answer":
      await answer.after;
      if (answer.delay !== undefined) await pause(answer.delay);
      outgoing.writeHead(answer.status ?? 204, { ...answer.headers }).end(answer.body);
      return;
    case "hang":
      return;
    case "reset":
      if (answer.delay !== undefined) await pause(answer.delay);
      outgoing.socket?.resetAndDestroy();
      return;
    case "redirect":
      outgoing.writeHead(answer.status ?? 307, { location: answer.location }).end();
      return;
    case "partial":
      outgoing.writeHead(answer.status ?? 200, {
        "content-type": "text/plain",
        "content-length": "1000000",
      });
      outgoing.flushHeaders();
      if (answer.body !== undefined) outgoing.write(answer.body);
      if (answer.next === "reset") outgoing.socket?.end();
      return;
    case "text":
      outgoing.socket?.end(answer.text);
      return;
    case "trickle":
      outgoing.writeHead(answer.status ?? 200, { "content-type": "text/plain" });
      outgoing.flushHeaders();
      for (let sent = 0; sent < answer.bytes && !outgoing.destroyed; sent += 1) {
        outgoing.write(".");
        await pause(answer.every);
      }
      outgoing.end();
  }
}

/**
 * True when the request is signed by that secret (`whsec_…`), by the reference library of Standard
 * Webhooks.
 */
export function isSignedBy(request: ReceivedRequest, secret: string): boolean {
  try {
    new Webhook(secret).verify(request.body, { ...request.headers }, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

/** The body as JSON. */
export const jsonOf = (request: ReceivedRequest): Readonly<Record<string, unknown>> =>
  JSON.parse(request.body.toString("utf8")) as Readonly<Record<string, unknown>>;
