import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { MAX_SOCKETS } from "../../../src/live/limits.ts";
import { Seats } from "../../../src/live/seats.io.ts";
import { account, ADMIN, ask, open, openAccount } from "./world.ts";

const bearer = { authorization: `Bearer ${ADMIN}` };

/** Accepts sockets that nobody reads, and answers their far ends. */
const accept = (state: DurableObjectState, count: number): readonly WebSocket[] =>
  Array.from({ length: count }, () => {
    const { 0: client, 1: server } = new WebSocketPair();
    state.acceptWebSocket(server);
    server.serializeAttachment({ kind: "frames", channels: [], expires: null });
    return client;
  });

describe("the seats of an object", () => {
  test("are as many as the limit, and a socket that leaves frees one", async () => {
    await runInDurableObject(account("seats"), (_, state) => {
      accept(state, 2);
      const seats = new Seats(state, 4);
      expect([seats.take(), seats.take()]).toEqual([true, true]);
      const [late] = accept(state, 2);
      expect([seats.take(), seats.take()]).toEqual([false, false]);
      late?.accept();
      const [gone] = state.getWebSockets();
      gone?.close(1000);
      expect([seats.take(), seats.take()]).toEqual([true, true]);
    });
  });
});

describe("an account with as many sockets as it takes", () => {
  test("lets in the last one, and refuses the next over every transport with a time to come back", async () => {
    await runInDurableObject(account("crowded"), (_, state) => {
      accept(state, MAX_SOCKETS - 1);
    });
    const last = await openAccount("crowded");
    expect(last.hello.type).toBe("hello");
    const refused = await open("/v1/accounts/crowded/stream", bearer);
    expect([await refused.closed, refused.texts]).toEqual([{ code: 4013, reason: "too many connections; retry in 30 s" }, []]);
    const sse = await ask("/v1/accounts/crowded/stream", { ...bearer, accept: "text/event-stream" });
    const waiting = await ask("/v1/accounts/crowded/events?wait=25", bearer);
    for (const answer of [sse, waiting]) {
      expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toEqual([
        429,
        "30",
        { type: "about:blank", status: 429, title: "Too many connections" },
      ]);
    }
    expect((await ask("/v1/accounts/crowded/events", bearer)).status).toBe(200);
    await runInDurableObject(account("crowded"), (_, state) => {
      state.getWebSockets()[0]?.close(1000);
    });
    const admitted = await openAccount("crowded");
    expect(admitted.hello.type).toBe("hello");
    for (const each of [last, admitted]) each.close();
  });
});
