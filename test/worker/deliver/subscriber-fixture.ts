// A subscriber's object in workerd: a receiver in place of the network, a clock, and builders.

import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, vi } from "vitest";
import type { Subscriber } from "../../../src/deliver/subscriber.object.ts";
import type { DeliveryView } from "../../../src/deliver/view.ts";
import type { JobEnvelope, JobEvent } from "../../../src/model/event.ts";
import type { Dispatch } from "../../../src/model/messages.ts";

export type Stub = DurableObjectStub<Subscriber>;

/** One request as the receiver saw it. */
export interface Received {
  readonly url: string;
  readonly id: string;
  readonly seq: number;
  readonly guid: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What the receiver does with a request. */
export type Script = (request: Received, signal: AbortSignal) => Response | Promise<Response>;

export interface Receiver {
  readonly requests: readonly Received[];
  /** `guid#seq` of every request, in the order of arrival. */
  readonly order: () => readonly string[];
  script: Script;
}

export const answer = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });

let time = 0;

/**
 * Puts the clock of objects forward. It moves in no other way: however slow the machine is, nothing
 * is due before a test says so.
 */
export function forward(ms: number): void {
  time += ms;
}

/** Lets time pass as it does, for a test of an alarm that rings by itself. */
export const letTimePass = (): void => vi.mocked(Date.now).mockRestore();

/**
 * Puts a receiver in place of the network, and a clock that stands still in place of the machine's:
 * the Worker shares the isolate of its tests.
 */
export function receiver(): Receiver {
  time = new Date().getTime();
  vi.spyOn(Date, "now").mockImplementation(() => time);
  const requests: Received[] = [];
  const one: Receiver = {
    requests,
    order: () => requests.map(({ guid, seq }) => `${guid}#${seq}`),
    script: () => answer(204),
  };
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const body = await request.text();
    const { seq, guid } = JSON.parse(body) as { seq: number; guid: string };
    const seen: Received = {
      url: request.url,
      id: request.headers.get("webhook-id") ?? "",
      seq,
      guid,
      headers: request.headers,
      body,
    };
    requests.push(seen);
    return one.script(seen, request.signal);
  });
  return one;
}

const names: string[] = [];

/** Another object for each test: another shard of a subscriber of the configuration. */
export function subscriber(id = "crm"): Stub {
  const name = `${id}/${names.length + 1}`;
  names.push(name);
  return byName(name);
}

/** Pauses the object of a test, so that its retries do not reach the receiver of the next one. */
export async function quiet(): Promise<void> {
  const name = names.at(-1);
  if (name !== undefined) await byName(name).pause();
  vi.restoreAllMocks();
}

/** Names a subscriber in the configuration; to be called before its object exists. */
export function configure(settings: Readonly<Record<string, unknown>>): string {
  const list = (env as unknown as { SUBSCRIBERS: unknown[] }).SUBSCRIBERS;
  list.push({
    url: "https://crm.example.com/hooks/jobs",
    secrets: ["CRM_SIGNING_SECRET"],
    ...settings,
  });
  return String(settings.id);
}

/** An event of a job as it is handed over; `finished(2)` and the like are easier to read. */
export function dispatch(
  seq: number,
  event: JobEvent = "job.created",
  guid = "g1",
): Dispatch & { readonly event: JobEnvelope } {
  const envelope: JobEnvelope = {
    version: "v3-beta",
    event,
    guid,
    status: "progress",
    url: null,
    details: { guid },
    id: `evt_${guid}_${seq}`,
    seq,
    attempt: 1,
    source: "comments",
    account: "acme",
    time: new Date(Date.now()).toISOString(),
  };
  return {
    event: envelope,
    provider: "exportcomments",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
}

export const progress = (seq: number, guid = "g1"): Dispatch => dispatch(seq, "job.progress", guid);
export const finished = (seq: number, guid = "g1"): Dispatch => dispatch(seq, "job.finished", guid);

/** Every delivery, oldest first. */
export async function deliveries(stub: Stub): Promise<readonly DeliveryView[]> {
  return (await stub.deliveries({ limit: 500 })).items.toReversed();
}

/** `guid#seq state` of every delivery, oldest first. */
export async function states(stub: Stub): Promise<readonly string[]> {
  return (await deliveries(stub)).map(({ event, state }) => `${event.guid}#${event.seq} ${state}`);
}

/** Waits until the deliveries are in these states. */
export async function becomes(stub: Stub, expected: readonly string[]): Promise<void> {
  await expect.poll(() => states(stub), { interval: 5 }).toEqual(expected);
}

/** Rings the alarm until a condition holds: what a real alarm does when its time comes. */
export async function ringUntil(
  stub: Stub,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  await expect
    .poll(
      async () => {
        if (await condition()) return true;
        await runDurableObjectAlarm(stub);
        return condition();
      },
      { interval: 5 },
    )
    .toBe(true);
}

/** A promise to be settled from outside. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** A new stub of an object: one whose object aborted stays broken. */
export const byName = (name: string): Stub => env.SUBSCRIBER.getByName(name);

/** Rows that the object writes while `act` runs. */
export async function rowsWritten(stub: Stub, act: () => Promise<void>): Promise<number> {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  await runInDurableObject(stub, (_, state) => {
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    Object.defineProperty(sql, "exec", {
      configurable: true,
      value: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      },
    });
  });
  await act();
  return runInDurableObject(stub, () =>
    cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0),
  );
}
