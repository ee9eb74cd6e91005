import { evictDurableObject, listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { Publication } from "../../../src/model/messages.ts";
import { CLOSE } from "../../../src/stream/frames.ts";
import { OPEN_HEADER, writeStreamOpen } from "../../../src/stream/stream.ts";
import { update } from "../job/updates.ts";
import {
  account,
  ask,
  Client,
  eventually,
  open,
  openAccount,
  publication,
  seqs,
  SseReader,
  token,
} from "./stream-fixture.ts";

/** An event of a job that is a megabyte large. */
function large(name: string, seq: number): Publication {
  const { event, snapshot } = publication({ account: name }, seq);
  return { event: { ...event, details: { text: "x".repeat(1_000_000) } }, snapshot };
}

async function publish(name: string, from: number, to: number): Promise<void> {
  for (let seq = from; seq <= to; seq += 1) await account(name).publish([large(name, seq)]);
}

/**
 * Opens an account's stream whose frames nobody reads before `read` is called. A token that ends at
 * another instant is another viewer's.
 */
async function openUnread(name: string, viewer = 0): Promise<{ readonly read: () => Client }> {
  const path = `/v1/accounts/${name}/stream?token=${await token(name, null, 3_600 + 10 * viewer)}`;
  const response = await ask(path, {
    upgrade: "websocket",
  });
  return { read: () => new Client(response) };
}

/** Characters of a viewer's first frame. */
const sizeOf = async ({ read }: { readonly read: () => Client }): Promise<number> =>
  (await read().until(1)).texts[0]?.length ?? 0;

describe("a viewer that answers no probes", () => {
  test("is closed with 4008 after 8 MiB that it cannot have read, and resumes without a gap", async () => {
    const name = "slow";
    const viewer = await openUnread(name);
    await publish(name, 1, 12);
    const slow = viewer.read();
    expect(await slow.closed).toEqual(CLOSE.tooSlow);
    expect(seqs(slow.events)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const next = await openAccount(name, { since: slow.events.at(-1)?.cursor ?? "" });
    await next.until(4);
    expect([next.hello.recovered, seqs(next.events)]).toEqual([true, [10, 11, 12]]);
    next.close();
  });

  test("is remembered by an object that was evicted meanwhile", async () => {
    const name = "slow-evicted";
    const slow = await openAccount(name);
    await publish(name, 1, 8);
    await slow.until(9);
    await evictDurableObject(account(name));
    await publish(name, 9, 12);
    expect(await slow.closed).toEqual(CLOSE.tooSlow);
    expect(seqs(slow.events)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("is closed after less than 8 MiB when all viewers together are behind by 32 MiB", async () => {
    const name = "slow-crowd";
    const unread = await Promise.all(
      Array.from({ length: 12 }, (_, viewer) => openUnread(name, viewer)),
    );
    await publish(name, 1, 8);
    const slow = unread.map(({ read }) => read());
    await Promise.all(slow.map(async ({ closed }) => expect(await closed).toEqual(CLOSE.tooSlow)));
    for (const { events } of slow) expect(events.length).toBeLessThan(6);
    // Those that left make room at once.
    const next = await openAccount(name);
    expect(next.hello.recovered).toBe(false);
    next.close();
  });
});

/** An event of a job, whose snapshot is a megabyte large. */
function largeJob(name: string, guid: string): Publication {
  const { event, snapshot } = publication({ account: name, guid }, 1);
  return { event, snapshot: { ...snapshot, details: { text: "x".repeat(1_000_000) } } };
}

describe("64 MiB that nobody reads", () => {
  test("of an account refer others to a fan, which shows them everything", async () => {
    const name = "slow-full";
    await account(name).publish(["a", "b", "c"].map((guid) => largeJob(name, guid)));
    const unread = await Promise.all(
      Array.from({ length: 30 }, (_, viewer) => openUnread(name, viewer)),
    );
    const viewers = unread.map(({ read }) => read());
    for (const viewer of viewers) await viewer.until(1);
    const [first, ...others] = viewers.map(({ texts }) =>
      texts[0]?.replace(/"cursor":"[^"]*"/, ""),
    );
    expect(others).toEqual(others.map(() => first));
    // The slowest was closed, so that what is on its way shrinks.
    expect(await viewers[0]?.closed).toEqual(CLOSE.tooSlow);
    await account(name).publish([publication({ account: name, guid: "d" }, 1)]);
    const last = viewers.findLast(({ closing }) => closing === null);
    await last?.until(2);
    for (const viewer of viewers) viewer.close();
  });

  test("by one viewer are 16 MiB, and others are sent everything at the account itself", async () => {
    const name = "slow-greedy";
    const fans = await listDurableObjectIds(env.FAN);
    await account(name).publish(["a", "b", "c"].map((guid) => largeJob(name, guid)));
    const unread: { readonly read: () => Client }[] = [];
    for (let n = 0; n < 24; n += 1) unread.push(await openUnread(name));
    const last = unread.at(-1);
    expect(last === undefined ? 0 : await sizeOf(last)).toBeLessThan(2_000_000);
    expect(await sizeOf(await openUnread(name, 1))).toBeGreaterThan(3_000_000);
    expect(await listDurableObjectIds(env.FAN)).toHaveLength(fans.length);
    for (const { read } of unread.slice(0, -1)) read().close();
  });

  test("at a fan leave room for viewers with small first frames", async () => {
    const name = "slow-fan";
    await account(name).publish(["a", "b", "c"].map((guid) => largeJob(name, guid)));
    const newest = { account: name, guid: "new", createdAt: "2026-11-22T00:00:00.000Z" };
    await account(name).publish([publication(newest, 1)]);
    const channels = [`exports:${name}`];
    const header = writeStreamOpen({
      grant: { kind: "admin" },
      channels,
      since: null,
      protocol: null,
    });
    const openFan = (): Promise<Response> =>
      env.FAN.getByName(`0/${name}`).fetch("https://object/stream", {
        headers: { upgrade: "websocket", [OPEN_HEADER]: header },
      });
    const unread: Response[] = [];
    for (let n = 0; n < 24; n += 1) unread.push(await openFan());
    const next = await new Client(await openFan()).until(1);
    expect(next.texts[0]).toMatch(/"recovered":false,"snapshot":.*"guid":"new"/);
    expect(next.texts[0]?.length).toBeLessThan(10_000);
    await account(name).publish([publication(newest, 2)]);
    await next.until(2);
    const viewers = unread.map((response) => new Client(response));
    expect(await viewers[0]?.closed).toEqual(CLOSE.tooSlow);
    for (const viewer of [...viewers, next]) viewer.close();
  });

  test("of a job leave room for others, which get its snapshot instead of a long replay", async () => {
    const job = env.JOB.getByName("comments/slow-job");
    for (let current = 1; current <= 3; current += 1) {
      const details = { text: "x".repeat(1_000_000) };
      const event = current === 1 ? "job.created" : "job.requeued";
      await job.ingest(update("slow-job", event, { details }));
      if (current > 1) await job.ingest(update("slow-job", "job.failed", { details }));
    }
    await job.ingest(update("slow-job", "job.requeued"));
    const stream = `/v1/jobs/comments/slow-job/stream?token=${await token("acme")}&since=0`;
    const unread = [];
    for (let n = 0; n < 14; n += 1) unread.push(await ask(stream, { upgrade: "websocket" }));
    const next = await open(stream);
    await next.until(1);
    expect(next.hello).toMatchObject({ recovered: false, snapshot: { guid: "slow-job" } });
    for (const response of unread) new Client(response).close();
    next.close();
  });
});

describe("a viewer that answers probes", () => {
  test("is sent everything, as an event stream is", async () => {
    const name = "fast";
    const path = `/v1/accounts/${name}/stream`;
    const headers = { authorization: `Bearer ${await token(name)}` };
    const client = await (await open(`${path}?probes=1`, headers)).until(1);
    const reader = new SseReader(await ask(path, { ...headers, accept: "text/event-stream" }));
    const streamed: string[] = [];
    const reading = (async (): Promise<void> => {
      while (streamed.length < 24) {
        const block = await reader.next();
        if (block === null) return;
        if (block["event"] === "event") streamed.push(block["id"] ?? "");
      }
    })();
    for (let seq = 1; seq <= 24; seq += 1) {
      await publish(name, seq, seq);
      await client.until(1 + seq);
      await eventually(async () => streamed.length >= seq);
    }
    await reading;
    expect(client.events.map(({ cursor }) => cursor)).toEqual(streamed);
    expect(seqs(client.events)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
    client.close();
    await reader.cancel();
  });

  test("is closed with 4501 after an answer to a probe that was not sent", async () => {
    const client = await openAccount("liar", { probes: "1" });
    client.send("probe 00000000");
    expect(await client.closed).toEqual(CLOSE.badRequest);
  });
});
