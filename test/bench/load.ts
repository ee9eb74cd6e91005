// The load generator: prepared bytes over a few kept-alive TCP connections, so that it takes as
// little of the machine as it can.

import { connect, type Socket } from "node:net";
import { HOST } from "../../src/cli/local/relay-process.ts";

/** An answer; `body` is text. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * One connection with one request under way at most. Answers have to carry `Content-Length`, as
 * workerd's do.
 */
class Connection {
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  #waiting: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: Error) => void;
  } | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#take(chunk));
    const lost = (): void => this.#waiting?.reject(new Error("the connection was lost"));
    socket.once("close", lost);
    socket.on("error", lost);
  }

  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#pending = this.#pending.byteLength === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const head = this.#pending.indexOf(HEAD_END);
    if (head < 0) return;
    const lines = this.#pending.toString("latin1", 0, head);
    const begin = head + HEAD_END.byteLength;
    const end = begin + Number(/content-length: (\d+)/i.exec(lines)?.[1] ?? 0);
    if (this.#pending.byteLength < end) return;
    const answer: Answer = {
      status: Number(lines.slice(9, 12)),
      body: this.#pending.toString("utf8", begin, end),
    };
    this.#pending = this.#pending.subarray(end);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(answer);
  }
}

async function openConnections(port: number, count: number): Promise<readonly Connection[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: HOST, noDelay: true });
      await new Promise((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
      return new Connection(socket);
    }),
  );
}

/** The bytes of a POST. */
export function post(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const lines = Object.entries({
    "content-type": "application/json",
    ...headers,
    "content-length": String(Buffer.byteLength(body)),
  });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${HOST}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
}

/**
 * Connections of the generator: enough to keep one thread of workerd busy, few enough that the 202
 * is not all queueing.
 */
const CONNECTIONS = 32;

/** What a run of requests came to; `latencies` in ms, in the order of the requests. */
export interface Load {
  readonly answers: readonly Answer[];
  readonly latencies: readonly number[];
  readonly seconds: number;
}

/**
 * Sends every request as fast as answers come, `connections` at once. Throws when one is not
 * answered
 * 202.
 */
export async function flood(
  port: number,
  requests: readonly Buffer[],
  connections = CONNECTIONS,
): Promise<Load> {
  const open = await openConnections(port, connections);
  const answers: Answer[] = [];
  const latencies: number[] = [];
  let next = 0;
  const began = performance.now();
  try {
    await Promise.all(
      open.map(async (connection) => {
        for (let index = next++; index < requests.length; index = next++) {
          const sent = performance.now();
          answers[index] = accepted(await connection.send(requests[index] as Buffer));
          latencies[index] = performance.now() - sent;
        }
      }),
    );
  } finally {
    for (const connection of open) connection.close();
  }
  return { answers, latencies, seconds: (performance.now() - began) / 1_000 };
}

/**
 * A request that was sent in its turn: `due` is when it should have left, in `performance.now()`
 * time.
 */
export interface Paced {
  readonly due: number;
  readonly answer: Answer;
}

/**
 * Sends `perSecond` requests a second, however long answers take: a late one counts from when it
 * was due, so that a stall of the server shows in every request behind it.
 */
export async function pace(
  port: number,
  requests: readonly Buffer[],
  perSecond: number,
): Promise<readonly Paced[]> {
  const open = await openConnections(port, CONNECTIONS);
  const began = performance.now();
  let next = 0;
  const sent: Paced[] = [];
  try {
    await Promise.all(
      open.map(async (connection) => {
        for (let index = next++; index < requests.length; index = next++) {
          const due = began + (index * 1_000) / perSecond;
          for (let wait = due - performance.now(); wait > 0; wait = due - performance.now())
            await sleep(wait);
          sent[index] = { due, answer: accepted(await connection.send(requests[index] as Buffer)) };
        }
      }),
    );
  } finally {
    for (const connection of open) connection.close();
  }
  return sent;
}

const sleep = (ms: number): Promise<unknown> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

function accepted(answer: Answer): Answer {
  if (answer.status !== 202)
    throw new Error(`a webhook was answered ${answer.status}: ${answer.body.slice(0, 300)}`);
  return answer;
}
