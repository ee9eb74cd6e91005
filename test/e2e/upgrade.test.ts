// Storage that an earlier version wrote opens in this one, goes on, and loses nothing.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openStorage, type OpenedStorage } from "../support/opened-storage.ts";
import { jsonOf, type Receiver } from "../support/receiver.ts";
import { ADMIN_TOKEN } from "../support/relay.ts";
import { storageFolders, type Standing, type StorageFixture } from "../support/storage-fixture.ts";
import { bundleRelay, type Bundle, type StoredRelay } from "../support/stored-relay.ts";
import { until } from "../support/wait.ts";
import * as watchers from "../support/watchers.ts";

/** Longer than everything that the fixture says happens by itself, in ms. */
const HOURS = 3 * 3_600_000;

const folders = storageFolders();

let bundle: Bundle;
beforeAll(() => {
  bundle = bundleRelay();
});
afterAll(() => bundle.remove());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Opens a fixture as if it had been made `age` milliseconds ago, until the test ends. */
async function open(folder: (typeof folders)[number], age: number): Promise<OpenedStorage> {
  const opened = await openStorage({ bundle, folder, age });
  cleanups.push(opened.close);
  return opened;
}

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly event: { readonly id: string; readonly event: string };
}

interface Page<T> {
  readonly items: readonly T[];
}

const deliveriesOf = (subscriber: string): string => `/v1/subscribers/${subscriber}/deliveries`;

const listOf = (subscriber: string): string => `${deliveriesOf(subscriber)}?limit=100`;

/** A subscriber's deliveries as the earlier version left them. */
const storedDeliveries = ({ answers }: StorageFixture, subscriber: string): readonly Listed[] =>
  (answers[listOf(subscriber)] as Page<Listed>).items;

/** Subscribers as the earlier version left them. */
function storedSubscribers({ answers }: StorageFixture): readonly Listed[] {
  return (answers["/v1/subscribers"] as Page<Listed>).items;
}

/** Whether a subscriber gets the events of a job in their order. */
function keepsOrder({ vars }: StorageFixture, subscriber: string): boolean {
  const all = vars["SUBSCRIBERS"] as readonly { readonly id: string; readonly order?: string }[];
  return all.find(({ id }) => id === subscriber)?.order !== "none";
}

const waits = ({ state }: Listed): boolean => state === "pending" || state === "held";

/** A subscriber, and deliveries of it that should arrive. */
interface Waiting {
  readonly id: string;
  readonly list: readonly Listed[];
}

/** Resolves when deliveries have arrived; only a progress may be left out for a newer one. */
async function untilArrived(relay: StoredRelay, { id: to, list }: Waiting): Promise<void> {
  const arrived = async (): Promise<boolean> => {
    const { items } = await relay.get<Page<Listed>>(listOf(to));
    const found = new Map(items.map((delivery) => [delivery.id, delivery.state]));
    return list.every(({ id, event }) => {
      const state = found.get(id);
      return state === "delivered" || (state === "superseded" && event.event === "job.progress");
    });
  };
  await until(arrived, { what: `what waits for ${to} to arrive` });
}

interface Numbered {
  readonly event: string;
  readonly seq: number;
}

async function untilAt(relay: StoredRelay, { job, event, seq }: Standing): Promise<void> {
  const stands = async (): Promise<boolean> => {
    const snapshot = await relay.get<Numbered>(job);
    return snapshot.event === event && snapshot.seq === seq;
  };
  await until(stands, { what: `${event} as number ${seq} of ${job}` });
}

type Sent = Readonly<Record<string, unknown>>;

/** The events that a receiver of envelopes was sent. */
function sentTo(receiver: Receiver | undefined): readonly Sent[] {
  return (receiver?.requests ?? []).map(jsonOf);
}

function hasSeen({ requests }: Receiver, event: string | undefined): boolean {
  return requests.some(({ headers }) => headers["webhook-id"] === event);
}

/** A stream that was left, and is watched again. */
interface Resumed {
  readonly path: string;
  /** The events that the earlier version had after the place. */
  readonly ids: readonly string[];
  readonly watcher: watchers.Watcher;
}

/** Opens every stream that was left, where it was left. */
function resume(opened: OpenedStorage, watch: typeof watchers.watchSse): readonly Resumed[] {
  return opened.fixture.resumes.map(({ path, since, ids }) => {
    const watcher = watch(opened.relay.url, { path, since, token: ADMIN_TOKEN });
    cleanups.push(() => watcher.close());
    return { path, ids, watcher };
  });
}

const eventsOf = ({ watcher }: Resumed): readonly watchers.EventFrame["event"][] =>
  watchers.eventsIn(watcher.frames).map(({ event }) => event);

test("there is storage of the first version", () => {
  expect(folders.map(({ name }) => name)).toContain("0.1.0");
});

describe.each(folders)("storage of version $name", (folder) => {
  test("answers as it did, to the last member and instant", async () => {
    const { fixture, relay, receivers } = await open(folder, 0);
    for (const [path, expected] of Object.entries(fixture.answers)) {
      // A later version may say more, so members that it adds are let be.
      expect({ path, answer: await relay.get(path) }).toMatchObject({ path, answer: expected });
    }
    const sent = [...receivers].flatMap(([id, { requests }]) => requests.map(() => id));
    expect(sent, "nothing is due, nothing is sent twice").toEqual([]);
  });

  test("resumes every stream without a gap", async () => {
    const opened = await open(folder, 0);
    for (const watch of [watchers.watchWebSocket, watchers.watchSse]) {
      for (const stream of resume(opened, watch)) {
        const { path, ids, watcher } = stream;
        await until(() => watcher.frames.length > ids.length, { what: `the events of ${path}` });
        expect(watcher.frames[0]).toMatchObject({ type: "hello", recovered: true });
        expect(eventsOf(stream).map(({ id }) => id)).toEqual(ids);
      }
    }
  });

  test("knows the webhooks that were taken", async () => {
    const { fixture, relay } = await open(folder, 0);
    const known = fixture.taken.filter(({ again }) => again);
    expect(known.length).toBeGreaterThan(0);
    for (const webhook of known) {
      const { status, body } = await relay.send(webhook);
      const told = `${status} ${body.result}: ${webhook.body}`;
      expect(told).toBe(`202 duplicate: ${webhook.body}`);
    }
    for (const { path, since, ids } of fixture.resumes) {
      const events = `${path.replace(/stream$/, "events")}?limit=1000&since=${since}`;
      const log = await relay.get<Page<Pick<Listed, "event">>>(events);
      expect(log.items.map(({ event }) => event.id)).toEqual(ids);
    }
  });

  test("does what falls due, and delivers what waits once receivers are well", async () => {
    const { fixture, relay, receivers } = await open(folder, HOURS);
    for (const standing of fixture.later) await untilAt(relay, standing);
    for (const { id, state } of storedSubscribers(fixture)) {
      if (state !== "active" && state !== "probing") continue;
      const stored = storedDeliveries(fixture, id);
      await untilArrived(relay, { id, list: stored.filter(waits) });
      if (id === fixture.raw) continue;
      const sent = sentTo(receivers.get(id));
      const over = stored.filter((one) => !waits(one));
      const finished = new Set(over.map(({ event }) => event.id));
      expect(sent.filter((event) => finished.has(String(event["id"])))).toEqual([]);
      if (!keepsOrder(fixture, id)) continue;
      for (const [job, events] of Map.groupBy(sent, ({ guid }) => guid)) {
        const seqs = events.map(({ seq }) => Number(seq));
        expect({ id, job, seqs }).toEqual({ id, job, seqs: seqs.toSorted((a, b) => a - b) });
      }
    }
    const bodies = new Set(fixture.taken.map(({ body }) => body));
    const raw = (receivers.get(fixture.raw)?.requests ?? []).map(({ body }) => body.toString());
    expect(raw.length).toBeGreaterThan(0);
    expect(raw.filter((body) => !bodies.has(body))).toEqual([]);
  });

  test("delivers what is retried, replayed or resumed", async () => {
    const { fixture, relay } = await open(folder, 0);
    for (const { id, state } of storedSubscribers(fixture)) {
      const stored = storedDeliveries(fixture, id);
      const dead = stored.filter((one) => one.state === "dead");
      if (dead.length > 0) {
        await relay.ask(`/v1/subscribers/${id}/replay`);
        await untilArrived(relay, { id, list: dead });
      }
      const [oldest] = stored.filter(waits).toReversed();
      if (state === "active" && oldest !== undefined) {
        await relay.ask(`${deliveriesOf(id)}/${oldest.id}/retry`);
        await untilArrived(relay, { id, list: [oldest] });
      }
      if (state !== "paused" && state !== "disabled") continue;
      await relay.ask(`/v1/subscribers/${id}/resume`);
      await untilArrived(relay, { id, list: stored.filter(waits) });
      const view = await relay.get<Listed>(`/v1/subscribers/${id}`);
      expect(view).toMatchObject({ state: "active", pending: 0, held: 0 });
    }
  });

  test("goes on with its jobs", async () => {
    const opened = await open(folder, HOURS);
    const { fixture, relay, receivers } = opened;
    const everybody = [...receivers.values()];
    const streams = resume(opened, watchers.watchWebSocket);
    for (const standing of fixture.later) await untilAt(relay, standing);
    for (const { webhook, leadsTo } of fixture.next) {
      const { body } = await relay.send(webhook);
      expect(body.result).toBe("accepted");
      expect(`/v1/jobs/${body.job?.source}/${body.job?.guid}`).toBe(leadsTo.job);
      await untilAt(relay, leadsTo);
      const [event] = body.events ?? [];
      const arrived = (): boolean => everybody.some((one) => hasSeen(one, event));
      await until(arrived, { what: `${leadsTo.event} to be delivered` });
    }
    for (const stream of streams.filter(({ path }) => path.startsWith("/v1/jobs/"))) {
      const { seq: last } = await relay.get<Numbered>(stream.path.replace(/\/stream$/, ""));
      await until(() => eventsOf(stream).at(-1)?.seq === last, { what: `all of ${stream.path}` });
      const seqs = eventsOf(stream).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, place) => last - seqs.length + 1 + place));
    }
  });
});
