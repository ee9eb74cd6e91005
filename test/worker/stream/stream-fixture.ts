// What the tests of streams share: published events, tokens, sockets whose frames can be awaited.

import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import {
  type AttemptEnvelope,
  type JobEnvelope,
  type JobEvent,
  type JobSnapshot,
} from "../../../src/model/event.ts";
import type { Publication } from "../../../src/model/messages.ts";
import type { JobList, JobsQuery } from "../../../src/account/jobs.store.ts";
import type { EventFrame, Frame, HelloFrame } from "../../../src/stream/frames.ts";
import { mint } from "../../../src/stream/auth/tokens.io.ts";

export const ORIGIN = "https://relay.test";
export const ADMIN = "test-admin-token";

export interface JobIdea {
  readonly account: string;
  readonly guid?: string;
  readonly source?: string;
  readonly createdAt?: string;
}

/** A published event of a job, its snapshot beside it. */
export function publication(
  idea: JobIdea,
  seq: number,
  event: JobEvent = "job.progress",
): Publication {
  const {
    account,
    guid = "g1",
    source = "comments",
    createdAt = "2026-11-21T19:00:00.000Z",
  } = idea;
  const status = event === "job.finished" ? "done" : "progress";
  const time = new Date(Date.parse(createdAt) + seq * 5_000).toISOString();
  const envelope: JobEnvelope = {
    version: "v3-beta",
    event,
    guid,
    status,
    url: null,
    details: { guid, status },
    id: `evt_${source}_${guid}_${seq}`,
    seq,
    attempt: 1,
    source,
    account,
    time,
    ...(event === "job.progress" ? { current: seq, total: 100 } : {}),
  };
  const snapshot: JobSnapshot = {
    source,
    guid,
    account,
    provider: "exportcomments",
    status,
    event,
    current: seq,
    total: 100,
    url: null,
    error: null,
    attempt: 1,
    seq,
    createdAt,
    updatedAt: time,
    finishedAt: event === "job.finished" ? time : null,
    stalled: false,
    absorbed: 0,
    late: 0,
    conflicts: 0,
    details: envelope.details,
  };
  return { event: envelope, snapshot };
}

/** Publications of one job from `from` to `to`. */
export const run = (idea: JobIdea, from: number, to: number): Publication[] =>
  Array.from({ length: to - from + 1 }, (_, index) => publication(idea, from + index));

export const attempt = (account: string, id: string, guid = "g1"): AttemptEnvelope => ({
  version: "v3-beta",
  event: "webhook.event.created",
  guid,
  status: "200",
  url: null,
  details: {},
  id,
  source: "comments",
  account,
  time: "2026-11-21T19:00:00.000Z",
});

export const account = (name: string) => env.ACCOUNT.getByName(name);

/**
 * What the API asks of an account; spelled out, since the types of RPC do not get to the end of
 * JSON.
 */
interface Lister {
  jobs(query: JobsQuery): Promise<JobList>;
}

export function lister(name: string): Lister {
  const stub: unknown = account(name);
  return stub as Lister;
}

/** A list of jobs, as the account answers it. */
export const jobsOf = async (
  name: string,
  query: Partial<JobsQuery> = {},
): Promise<readonly JobSnapshot[]> => (await lister(name).jobs({ limit: 10, ...query })).jobs;

/** A stream token of the account, valid for an hour unless told otherwise. */
export const token = (
  name: string,
  channels: readonly string[] | null = null,
  expiresIn = 3_600,
): Promise<string> =>
  mint("test-stream-secret-of-at-least-32-bytes", {
    account: name,
    channels,
    expiresIn,
    now: Date.now(),
  });

export const ask = (
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Response> => exports.default.fetch(new Request(`${ORIGIN}${path}`, { method, headers }));

/** A WebSocket client that keeps what it gets. */
export class Client {
  readonly response: Response;
  readonly frames: Frame[] = [];
  readonly texts: string[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** How the socket was closed, once it was. */
  closing: { readonly code: number; readonly reason: string } | null = null;
  #wake: () => void = () => undefined;

  constructor(response: Response) {
    this.response = response;
    const socket = response.webSocket;
    if (socket === null) throw new Error(`no socket: ${response.status}`);
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => {
        this.closing = { code, reason };
        resolve(this.closing);
      });
    });
    socket.addEventListener("message", ({ data }) => {
      if (String(data).startsWith("probe ")) return socket.send(data);
      this.texts.push(String(data));
      if (String(data).startsWith("{")) this.frames.push(JSON.parse(String(data)) as Frame);
      this.#wake();
    });
    socket.accept();
  }

  get hello(): HelloFrame {
    const [hello] = this.frames;
    if (hello?.type !== "hello") throw new Error("the first frame is no hello");
    return hello;
  }

  get events(): EventFrame[] {
    return this.frames.filter((frame) => frame.type === "event");
  }

  /** Waits until so many texts have come in all. */
  async until(count: number): Promise<this> {
    while (this.texts.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this;
  }

  send(text: string | ArrayBuffer): void {
    this.response.webSocket?.send(text);
  }

  close(): void {
    this.response.webSocket?.close(1000);
  }
}

/** Opens a stream over WebSocket. */
export const open = async (path: string, headers: Record<string, string> = {}): Promise<Client> =>
  new Client(await ask(path, { upgrade: "websocket", ...headers }));

/** Opens an account's stream with its own token and waits for the hello. */
export async function openAccount(
  name: string,
  query: Record<string, string> = {},
): Promise<Client> {
  const parameters = new URLSearchParams({ token: await token(name), ...query });
  const client = await open(
    `/v1/accounts/${encodeURIComponent(name)}/stream?${parameters.toString()}`,
  );
  return client.until(1);
}

export const seqs = (frames: readonly EventFrame[]): unknown[] =>
  frames.map(({ event }) => event["seq" as keyof typeof event]);

/** Reads an event stream as its blocks. */
export class SseReader {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(response: Response) {
    this.response = response;
    if (response.body === null) throw new Error("no body");
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next block, its fields by name; `null` at the end of the stream. */
  async next(): Promise<Record<string, string> | null> {
    while (!this.#text.includes("\n\n")) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#text += value;
    }
    const end = this.#text.indexOf("\n\n");
    const block = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return Object.fromEntries(
      block
        .split("\n")
        .map((line) => [
          line.slice(0, line.indexOf(":")),
          line.slice(line.indexOf(":") + 1).trimStart(),
        ]),
    );
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** Runs `condition` until it holds. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { interval: 5 }).toBe(true);
}
