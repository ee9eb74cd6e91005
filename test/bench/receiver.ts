// The subscriber of the benchmark: counts, remembers when each event came first, and answers.

import { createServer } from "node:http";
import { HOST } from "../../src/cli/local/relay-process.ts";

/** A listening subscriber. */
export interface Sink {
  readonly url: string;
  /** When each event's first attempt arrived, by event id, in `performance.now()` time. */
  readonly arrivals: ReadonlyMap<string, number>;
  /** Requests so far, and when the latest came. */
  count(): number;
  latest(): number;
  close(): Promise<void>;
}

/** How a subscriber answers: 204 at once where nothing else is said. */
export interface SinkOptions {
  readonly status?: number;
  /** Milliseconds before the answer. */
  readonly after?: number;
}

/** Starts a subscriber. Bodies are read and dropped. */
export async function startSink({ status = 204, after = 0 }: SinkOptions = {}): Promise<Sink> {
  const arrivals = new Map<string, number>();
  let count = 0;
  let latest = 0;
  const server = createServer((request, response) => {
    latest = performance.now();
    count += 1;
    const id = request.headers["webhook-id"];
    if (typeof id === "string" && !arrivals.has(id)) arrivals.set(id, latest);
    request.resume();
    const answer = (): void => void response.writeHead(status).end();
    if (after === 0) answer();
    else setTimeout(answer, after);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => {
    server.listen(0, HOST, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://${HOST}:${port}/`,
    arrivals,
    count: () => count,
    latest: () => latest,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
