import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Publication } from "../../../src/model/messages.ts";
import { CLOSE } from "../../../src/stream/frames.ts";
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

/** Opens an account's stream whose frames nobody reads before `read` is called. */
async function openUnread(name: string): Promise<{ readonly read: () => Client }> {
  const response = await ask(`/v1/accounts/${name}/stream?token=${await token(name)}`, {
    upgrade: "websocket",
  });
  return { read: () => new Client(response) };
}

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
    const unread = await Promise.all(Array.from({ length: 12 }, () => openUnread(name)));
    await publish(name, 1, 8);
    const slow = unread.map(({ read }) => read());
    await Promise.all(slow.map(async ({ closed }) => expect(await closed).toEqual(CLOSE.tooSlow)));
    for (const { events } of slow) expect(events.length).toBeLessThan(6);
    // Those that left make room at once.
    const next = await openAccount(name);
    expect(next.hello.recovered).toBe(false);
    next.close();
  });

  test("keeps others out while 64 MiB are on their way, and lets them in when it has left", async () => {
    const name = "slow-full";
    const jobs = ["a", "b", "c"].map((guid) => {
      const { event, snapshot } = publication({ account: name, guid }, 1);
      return { event, snapshot: { ...snapshot, details: { text: "x".repeat(1_000_000) } } };
    });
    await account(name).publish(jobs);
    const unread = await Promise.all(Array.from({ length: 30 }, () => openUnread(name)));
    const viewers = unread.map(({ read }) => read());
    const { 0: first, [viewers.length - 1]: last } = viewers;
    expect(await last?.closed).toMatchObject({ code: 4013 });
    await first?.until(1);
    const refused = viewers.filter(({ texts }) => texts.length === 0);
    expect(refused.length).toBeLessThan(12);
    for (const viewer of viewers) viewer.close();
    await eventually(async () => {
      const next = await open(`/v1/accounts/${name}/stream?token=${await token(name)}`);
      const code = await Promise.race([next.closed, next.until(1)]);
      next.close();
      return code === next;
    });
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
