import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { AccountStore } from "../../../src/account/account.store.ts";
import { entryOf } from "../../../src/account/entries.ts";
import { FAN_SOCKETS, HOME_SOCKETS, MAX_VIEWERS } from "../../../src/stream/limits.ts";
import { OPEN_HEADER, writeStreamOpen, type StreamOpen } from "../../../src/stream/stream.ts";
import {
  account,
  ADMIN,
  ask,
  eventually,
  open,
  openAccount,
  publication,
  run,
  seqs,
  SseReader,
  token,
} from "../stream/stream-fixture.ts";

const bearer = { authorization: `Bearer ${ADMIN}` };
const fan = (name: string, number = 0) => env.FAN.getByName(`${number}/${name}`);

/** The clients of the sockets that fill an object: one that is collected would close its socket. */
const kept: WebSocket[] = [];

/** Fills an object with sockets that nobody reads. */
const fill = (stub: DurableObjectStub, count: number): Promise<void> =>
  runInDurableObject(stub, (_, state) => {
    for (let index = 0; index < count; index += 1) {
      const { 0: client, 1: server } = new WebSocketPair();
      kept.push(client);
      state.acceptWebSocket(server, ["frames"]);
      server.serializeAttachment({ kind: "frames", channels: [], expires: null });
    }
  });

const countOf = (stub: DurableObjectStub): Promise<number> =>
  runInDurableObject(
    stub,
    (_, state) =>
      state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN).length,
  );

/** The fans that an account calls. */
const listOf = (name: string): Promise<readonly unknown[]> =>
  runInDurableObject(account(name), (_, state) =>
    state.storage.sql
      .exec("SELECT fan FROM fan ORDER BY fan")
      .toArray()
      .map((row) => row["fan"]),
  );

/** Commits an event that nobody is told of, as when the account dies right after its commit. */
async function commitUntold(name: string, seq: number): Promise<void> {
  await runInDurableObject(account(name), (_, state) => {
    const store = new AccountStore(state.storage, name, () => "0a");
    const { event, snapshot } = publication({ account: name }, seq);
    store.commit(() => {
      store.jobs.put({
        created: Date.parse(snapshot.createdAt),
        source: "comments",
        guid: "g1",
        seq,
        snapshot,
      });
      return store.log.append([entryOf(event)], Date.now());
    });
  });
  // Who dies takes its sockets along.
  await evictDurableObject(account(name), { webSockets: "close" });
}

const alarmOf = (name: string): Promise<number | null> =>
  runInDurableObject(account(name), (_, state) => state.storage.getAlarm());

/**
 * What a fan asks of its account; spelled out, since the types of RPC do not get to the end of
 * JSON.
 */
interface Host {
  fetch(url: string, init: RequestInit): Promise<Response>;
  openViewer(fan: number, sockets: number, open: StreamOpen): Promise<unknown>;
}

/** Opens a stream of an account that keeps no more viewers itself. */
async function crowded(name: string): Promise<Awaited<ReturnType<typeof openAccount>>> {
  await fill(account(name), HOME_SOCKETS);
  return openAccount(name);
}

describe("an account with 2,000 sockets", () => {
  test("keeps the 2,000th and refers the next to a fan, where every transport gets the same frames", async () => {
    await fill(account("spread"), HOME_SOCKETS - 1);
    const home = await openAccount("spread");
    expect(await countOf(account("spread"))).toBe(HOME_SOCKETS);
    const away = await openAccount("spread");
    const sse = new SseReader(
      await ask("/v1/accounts/spread/stream", { ...bearer, accept: "text/event-stream" }),
    );
    const poll = ask("/v1/accounts/spread/events?wait=25", bearer);
    await eventually(async () => (await countOf(fan("spread"))) === 3);
    expect(await countOf(account("spread"))).toBe(HOME_SOCKETS);
    await account("spread").publish(run({ account: "spread" }, 1, 3));
    await Promise.all([home.until(4), away.until(4)]);
    expect(away.texts).toEqual(home.texts);
    await sse.next();
    const blocks = [await sse.next(), await sse.next(), await sse.next(), await sse.next()];
    expect(blocks.map((block) => block?.["data"])).toEqual(home.texts);
    expect(await (await poll).json()).toMatchObject({ items: home.events });
    await sse.cancel();
    home.close();
    away.close();
  });

  test("resumes a viewer at a fan by the account's cursor, and at the account by a fan's", async () => {
    await fill(account("move"), HOME_SOCKETS - 1);
    const home = await openAccount("move");
    await account("move").publish(run({ account: "move" }, 1, 2));
    await home.until(3);
    const away = await openAccount("move", { since: home.events[0]?.cursor ?? "" });
    await away.until(2);
    await account("move").publish(run({ account: "move" }, 3, 4));
    await away.until(4);
    expect([away.hello.recovered, seqs(away.events)]).toEqual([true, [2, 3, 4]]);
    const next = await openAccount("move", { since: away.events[0]?.cursor ?? "" });
    await next.until(3);
    expect([next.hello.recovered, seqs(next.events)]).toEqual([true, [3, 4]]);
    await runInDurableObject(account("move"), (_, state) => {
      for (const socket of state.getWebSockets()) socket.close(1000);
    });
    // An account counts its sockets once a second.
    await eventually(async () => {
      const another = await openAccount("move");
      const athome = await countOf(account("move"));
      another.close();
      return athome > 0;
    });
    const back = await openAccount("move", { since: away.events[1]?.cursor ?? "" });
    await back.until(2);
    expect([back.hello.recovered, seqs(back.events)]).toEqual([true, [4]]);
    expect(await countOf(account("move"))).toBeGreaterThan(0);
    for (const each of [home, away, next, back]) each.close();
  });

  test("refuses the first viewer beyond the limit, over every transport, and none before", async () => {
    await fill(account("over"), HOME_SOCKETS);
    const newViewer: StreamOpen = {
      grant: { kind: "admin" },
      channels: ["exports:over"],
      since: null,
      protocol: null,
    };
    const stub: unknown = account("over");
    const host = stub as Host;
    const headers = { upgrade: "websocket", [OPEN_HEADER]: writeStreamOpen(newViewer) };
    const asked = async (): Promise<number> =>
      (await host.fetch("https://object/stream", { headers })).status;
    // A fan tells how many sockets it has when somebody comes to it.
    await host.openViewer(7, MAX_VIEWERS - HOME_SOCKETS - 2, newViewer);
    expect(await asked()).toBe(421);
    await host.openViewer(7, MAX_VIEWERS - HOME_SOCKETS - 1, newViewer);
    expect(await asked()).toBe(429);
    const refused = await open("/v1/accounts/over/stream", bearer);
    expect(await refused.closed).toEqual({
      code: 4013,
      reason: "too many connections; retry in 30 s",
    });
    expect(
      (await ask("/v1/accounts/over/stream", { ...bearer, accept: "text/event-stream" })).status,
    ).toBe(429);
  });
});

describe("a fan", () => {
  test("that is asleep is woken by an event and sends it once; after losing its sockets it sends what was missed", async () => {
    const client = await crowded("fan-sleeps");
    for (let seq = 1; seq <= 3; seq += 1) {
      await evictDurableObject(fan("fan-sleeps"));
      await account("fan-sleeps").publish([publication({ account: "fan-sleeps" }, seq)]);
      await client.until(1 + seq);
    }
    expect(seqs(client.events)).toEqual([1, 2, 3]);
    await evictDurableObject(fan("fan-sleeps"), { webSockets: "close" });
    expect(await client.closed).toMatchObject({ code: 1006 });
    await account("fan-sleeps").publish([publication({ account: "fan-sleeps" }, 4)]);
    const resumed = await openAccount("fan-sleeps", { since: client.events[1]?.cursor ?? "" });
    await resumed.until(3);
    expect(seqs(resumed.events)).toEqual([3, 4]);
    resumed.close();
  });

  test("that missed an event, because the account died, sends it before the next", async () => {
    const client = await crowded("fan-untold");
    await account("fan-untold").publish([publication({ account: "fan-untold" }, 1)]);
    await commitUntold("fan-untold", 2);
    await account("fan-untold").publish([publication({ account: "fan-untold" }, 3)]);
    await client.until(4);
    expect(seqs(client.events)).toEqual([1, 2, 3]);
    client.close();
  });

  test("that was asleep when the account died does so, too", async () => {
    const client = await crowded("fan-untold-asleep");
    await account("fan-untold-asleep").publish([publication({ account: "fan-untold-asleep" }, 1)]);
    await client.until(2);
    await commitUntold("fan-untold-asleep", 2);
    await evictDurableObject(fan("fan-untold-asleep"));
    await account("fan-untold-asleep").publish([publication({ account: "fan-untold-asleep" }, 3)]);
    await client.until(4);
    expect(seqs(client.events)).toEqual([1, 2, 3]);
    client.close();
  });

  test("that missed an event gets it once the job publishes the same event again", async () => {
    const client = await crowded("fan-again");
    await account("fan-again").publish([publication({ account: "fan-again" }, 1)]);
    await commitUntold("fan-again", 2);
    await account("fan-again").publish([publication({ account: "fan-again" }, 2)]);
    await client.until(3);
    expect(seqs(client.events)).toEqual([1, 2]);
    client.close();
  });

  test("that does not answer is called again by the alarm", async () => {
    const client = await crowded("fan-fails");
    const calls = { areLost: true };
    await runInDurableObject(fan("fan-fails"), (instance) => {
      const methods = Object.getPrototypeOf(instance) as { show: (...args: unknown[]) => unknown };
      const { show } = methods;
      // Calls are lost on their way, those of an alarm that rings meanwhile included.
      methods.show = function (...args) {
        if (calls.areLost) throw new Error("lost");
        methods.show = show;
        return show.apply(this, args);
      };
    });
    await account("fan-fails").publish([publication({ account: "fan-fails" }, 1)]);
    await eventually(async () => {
      const at = await alarmOf("fan-fails");
      return at !== null && at < Date.now() + 10_000;
    });
    expect(client.events).toEqual([]);
    calls.areLost = false;
    await evictDurableObject(account("fan-fails"));
    await runDurableObjectAlarm(account("fan-fails"));
    await client.until(2);
    expect(seqs(client.events)).toEqual([1]);
    client.close();
  });

  test("that is too far behind closes its viewers' sockets, and they start over with a snapshot", async () => {
    const client = await crowded("fan-far");
    await account("fan-far").publish([publication({ account: "fan-far" }, 1)]);
    await client.until(2);
    for (let seq = 2; seq <= 3; seq += 1) await commitUntold("fan-far", seq);
    await runInDurableObject(account("fan-far"), (_, state) => {
      state.storage.sql.exec("DELETE FROM log WHERE off <= 2");
      state.storage.sql.exec("UPDATE meta SET floor = 2");
    });
    await evictDurableObject(account("fan-far"));
    await account("fan-far").publish([publication({ account: "fan-far" }, 4)]);
    expect(await client.closed).toEqual({ code: 4010, reason: "place in the log lost" });
    expect(seqs(client.events)).toEqual([1]);
    const resumed = await openAccount("fan-far", { since: client.events[0]?.cursor ?? "" });
    expect(resumed.hello).toMatchObject({ recovered: false, snapshot: { jobs: [{ seq: 4 }] } });
    resumed.close();
  });

  test("forgets an erased job: who watched it starts over, and others resume", async () => {
    const name = "fan-erases";
    const client = await crowded(name);
    await account(name).publish([
      publication({ account: name }, 1),
      publication({ account: name, guid: "gone" }, 1),
      publication({ account: name }, 2),
    ]);
    await client.until(4);
    await account(name).forget("comments", "gone");
    const since = client.events[0]?.cursor ?? "";
    const all = await openAccount(name, { since });
    const own = await openAccount(name, { since, channels: "export.g1.job" });
    await own.until(2);
    expect([all.hello.recovered, own.hello.recovered, seqs(own.events)]).toEqual([
      false,
      true,
      [2],
    ]);
    expect(JSON.stringify(all.frames)).not.toContain("gone");
    for (const each of [client, all, own]) each.close();
  });

  test("keeps a job's next life when an end of retention comes late", async () => {
    const name = "fan-late";
    const client = await crowded(name);
    const next = { account: name, createdAt: "2026-11-21T19:02:00.000Z" };
    await account(name).publish([publication(next, 1), publication(next, 2)]);
    await client.until(3);
    await account(name).forget("comments", "g1", Date.parse(next.createdAt) - 1);
    const resumed = await openAccount(name, { since: client.events[0]?.cursor ?? "" });
    await resumed.until(2);
    expect([resumed.hello.recovered, seqs(resumed.events)]).toEqual([true, [2]]);
    for (const each of [client, resumed]) each.close();
  });

  test("without viewers is not called any more, until a viewer comes", async () => {
    const client = await crowded("fan-empty");
    expect(await listOf("fan-empty")).toEqual([0]);
    client.close();
    await eventually(async () => (await countOf(fan("fan-empty"))) === 0);
    await account("fan-empty").publish([publication({ account: "fan-empty" }, 1)]);
    await eventually(async () => (await listOf("fan-empty")).length === 0);
    const back = await openAccount("fan-empty", { since: client.hello.cursor });
    await account("fan-empty").publish([publication({ account: "fan-empty" }, 2)]);
    await back.until(3);
    expect([back.hello.recovered, seqs(back.events), await listOf("fan-empty")]).toEqual([
      true,
      [1, 2],
      [0],
    ]);
    back.close();
  });

  test("that is full leaves new viewers to another", async () => {
    await fill(fan("fan-full"), FAN_SOCKETS - 1);
    const client = await crowded("fan-full");
    const other = await openAccount("fan-full");
    expect([await countOf(fan("fan-full")), (await listOf("fan-full")).length]).toEqual([
      FAN_SOCKETS,
      2,
    ]);
    await account("fan-full").publish([publication({ account: "fan-full" }, 1)]);
    await Promise.all([client.until(2), other.until(2)]);
    expect(other.texts).toEqual(client.texts);
    for (const each of [client, other]) each.close();
  });

  test("closes a socket with 4005 when its token ends", async () => {
    await fill(account("fan-token"), HOME_SOCKETS);
    const client = await openAccount("fan-token", { token: await token("fan-token", null, 2) });
    await evictDurableObject(fan("fan-token"));
    expect(await client.closed).toEqual({ code: 4005, reason: "token expired" });
  });
});
