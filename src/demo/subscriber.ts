// The demonstration's subscriber: an HTTP server that verifies each signature and is deliberately
// unavailable once.

import { createServer, type IncomingMessage, type Server } from "node:http";
import { Webhook } from "standardwebhooks";
import type { JobEnvelope } from "../model/event.ts";
import { HOST } from "../cli/local/relay-process.ts";

/** One request, and what was answered. */
export interface SubscriberArrival {
  readonly event: JobEnvelope;
  readonly valid: boolean;
  /** Counts the requests for this event, from 1. */
  readonly attempt: number;
  readonly answered: number;
}

/** The running server. */
export interface DemoSubscriber {
  readonly url: string;
  close(): Promise<void>;
}

/** How the subscriber behaves. */
export interface DemoSubscriberOptions {
  /** `whsec_…`. */
  readonly secret: string;
  /** True for a request to answer with 503; called on the first attempt of each event only. */
  readonly refuses: (event: JobEnvelope) => boolean;
  readonly onArrival: (arrival: SubscriberArrival) => void;
}

/** Starts the server on a free port of loopback. */
export async function startDemoSubscriber(options: DemoSubscriberOptions): Promise<DemoSubscriber> {
  const attempts = new Map<string, number>();
  const webhook = new Webhook(options.secret);
  const server = createServer((incoming, outgoing) => {
    bodyOf(incoming)
      .then((body) => {
        const event = JSON.parse(body) as JobEnvelope;
        const attempt = (attempts.get(event.id) ?? 0) + 1;
        attempts.set(event.id, attempt);
        const answered = attempt === 1 && options.refuses(event) ? 503 : 204;
        outgoing.writeHead(answered).end();
        return options.onArrival({
          event,
          valid: verifies(webhook, body, incoming),
          attempt,
          answered,
        });
      })
      .catch(() => outgoing.writeHead(400).end());
  });
  const port = await listen(server);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://${HOST}:${port}/`, close };
}

function verifies(webhook: Webhook, body: string, incoming: IncomingMessage): boolean {
  try {
    webhook.verify(body, incoming.headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
