import { env } from "cloudflare:workers";
import { evictDurableObject, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { AccountStore } from "../../../src/account/account.store.ts";
import { CENTRIFUGO_TAG, Centrifugo } from "../../../src/stream/centrifugo/connections.io.ts";
import { ConnectionLimit } from "../../../src/stream/sockets/connection-limit.io.ts";
import {
  account,
  ADMIN,
  ask,
  attempt,
  eventually,
  openAccount,
  publication,
  run,
  token,
} from "./stream-fixture.ts";

const path = (name: string, query: Record<string, string> = {}): string =>
  `/v1/accounts/${encodeURIComponent(name)}/connection/websocket?${String(new URLSearchParams(query))}`;

/** A client that speaks the protocol by hand. */
class Wire {
  readonly response: Response;
  readonly messages: Record<string, unknown>[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;

  constructor(response: Response) {
    this.response = response;
    const socket = response.webSocket;
    if (socket === null) throw new Error(`no socket: ${response.status}`);
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    socket.addEventListener("message", ({ data }) => {
      for (const line of String(data).split("\n"))
        this.messages.push(JSON.parse(line) as Record<string, unknown>);
    });
    socket.accept();
  }

  close(): void {
    this.#socket.close(1000);
  }

  get pushes(): unknown[] {
    return this.messages.flatMap(
      ({
        push,
      }: {
        readonly push?: { channel: string; pub?: { data: { seq?: number; id: string } } };
      }) =>
        push?.pub === undefined ? [] : [`${push.channel} ${push.pub.data.seq ?? push.pub.data.id}`],
    );
  }

  get offsets(): unknown[] {
    return this.messages.flatMap(
      ({ push }: { push?: { pub?: { offset: number } } }) => push?.pub?.offset ?? [],
    );
  }

  send(...commands: readonly object[]): this {
    return this.sendRaw(commands.map((command) => JSON.stringify(command)).join("\n"));
  }

  sendRaw(frame: string | ArrayBuffer): this {
    this.#socket.send(frame);
    return this;
  }

  /** Waits until so many messages have come in all. */
  async until(count: number): Promise<this> {
    await eventually(async () => this.messages.length >= count);
    return this;
  }

  reply(id: number): unknown {
    return this.messages.find((message) => message["id"] === id);
  }
}

const dial = async (
  name: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Wire> => new Wire(await ask(path(name, query), { upgrade: "websocket", ...headers }));

/** A connection that its connect command has opened. */
async function connected(
  name: string,
  given: { token?: string; subs?: object } = {},
): Promise<Wire> {
  const wire = await dial(name);
  return wire
    .send({
      id: 1,
      connect: {
        token: given.token ?? (await token(name)),
        ...(given.subs === undefined ? {} : { subs: given.subs }),
      },
    })
    .until(1);
}

interface Positions {
  readonly connect: {
    readonly subs: Record<string, { readonly epoch: string; readonly offset: number }>;
  };
}

const sessions = (name: string): Promise<unknown[]> =>
  runInDurableObject(account(name), (_, state) =>
    state.getWebSockets(CENTRIFUGO_TAG).map((socket) => socket.deserializeAttachment()),
  );

describe("a Centrifugo connection", () => {
  test("gets the position of each channel of its token, and a snapshot of the jobs", async () => {
    await account("cf-begins").publish(run({ account: "cf-begins" }, 1, 2));
    const wire = await connected("cf-begins");
    const beginning = {
      recoverable: true,
      positioned: true,
      epoch: expect.stringMatching(/^[0-9a-f]{12}$/),
      offset: 2,
    };
    expect(wire.messages).toEqual([
      {
        id: 1,
        connect: {
          client: expect.stringMatching(/^[0-9a-f-]{36}$/),
          version: "jobrelay",
          session: expect.any(String),
          expires: true,
          ttl: expect.any(Number),
          ping: 25,
          pong: true,
          subs: {
            "exports:cf-begins": {
              ...beginning,
              data: {
                account: "cf-begins",
                jobs: [publication({ account: "cf-begins" }, 2).snapshot],
              },
            },
            "webhooks:cf-begins": beginning,
            "user:cf-begins": beginning,
          },
        },
      },
    ]);
    wire.close();
  });

  test("gets an event on every channel that it subscribed to, and on no other", async () => {
    const wire = await connected("cf-channels");
    await wire.send({ id: 2, subscribe: { channel: "export.g1.job" } }).until(2);
    await account("cf-channels").publish([
      publication({ account: "cf-channels" }, 1),
      publication({ account: "cf-channels", guid: "g2" }, 1),
    ]);
    await account("cf-channels").announce([attempt("cf-channels", "evt_a")]);
    await wire.until(6);
    expect(wire.pushes).toEqual([
      "exports:cf-channels 1",
      "export.g1.job 1",
      "exports:cf-channels 1",
      "webhooks:cf-channels evt_a",
    ]);
    expect(wire.offsets).toEqual([1, 1, 2, 3]);
    await wire.send({ id: 3, unsubscribe: { channel: "exports:cf-channels" } }).until(7);
    await account("cf-channels").publish([publication({ account: "cf-channels" }, 2)]);
    await wire.until(8);
    expect(wire.pushes.at(-1)).toBe("export.g1.job 2");
    wire.close();
  });

  test("shares its account with other streams, each with its own frames", async () => {
    const plain = await openAccount("cf-shares");
    const wire = await connected("cf-shares");
    await account("cf-shares").publish([publication({ account: "cf-shares" }, 1)]);
    await plain.until(2);
    await wire.until(2);
    expect(plain.frames.map(({ type }) => type)).toEqual(["hello", "event"]);
    expect(wire.pushes).toEqual(["exports:cf-shares 1"]);
    // What one of them must not say, the other may.
    plain.send('{"id":1,"ping":{}}');
    expect(await plain.closed).toMatchObject({ code: 4501 });
    await wire.send({ id: 9, ping: {} }).until(3);
    expect(wire.reply(9)).toEqual({ id: 9, ping: {} });
    wire.close();
  });

  test("is answered frame by frame in their order, although a token is verified in between", async () => {
    const wire = await connected("cf-order");
    const good = await token("cf-order");
    await runInDurableObject(account("cf-order"), async (instance, state) => {
      const [socket] = state.getWebSockets(CENTRIFUGO_TAG);
      if (socket === undefined) throw new Error("no socket");
      const frames = [
        { id: 2, subscribe: { channel: "export.g1.job" } },
        { id: 3, refresh: { token: good } },
        { id: 4, unsubscribe: { channel: "export.g1.job" } },
      ];
      await Promise.all(
        frames.map((frame) => instance.webSocketMessage(socket, JSON.stringify(frame))),
      );
    });
    await wire.until(4);
    expect(wire.messages.map((message) => Object.keys(message).join(" "))).toEqual([
      "id connect",
      "id subscribe",
      "id refresh",
      "id unsubscribe",
    ]);
    wire.close();
  });

  test("gets the reply of a subscription before its first event, whatever else its frame waits for", async () => {
    const wire = await connected("cf-overtake");
    const next = await token("cf-overtake");
    await runInDurableObject(account("cf-overtake"), async (instance, state) => {
      const [socket] = state.getWebSockets(CENTRIFUGO_TAG);
      if (socket === undefined) throw new Error("no socket");
      const frame = [
        { id: 2, subscribe: { channel: "export.g1.job" } },
        { id: 3, refresh: { token: next } },
      ];
      const turn = instance.webSocketMessage(
        socket,
        frame.map((command) => JSON.stringify(command)).join("\n"),
      );
      while (!JSON.stringify(socket.deserializeAttachment()).includes("export.g1.job"))
        await Promise.resolve();
      instance.publish([publication({ account: "cf-overtake" }, 1)]);
      await turn;
    });
    await wire.until(5);
    expect(wire.messages.slice(1).map(({ id, push }) => id ?? push)).toMatchObject([
      2,
      { channel: "exports:cf-overtake", pub: { offset: 1 } },
      { channel: "export.g1.job", pub: { offset: 1 } },
      3,
    ]);
    wire.close();
  });

  test("names channels whose ids hold commas and stars", async () => {
    const name = "cf,user*";
    const guid = "a,b*";
    const wire = await connected(name, {
      token: await token(name, [`exports:${name}`, `export.${guid}.job`]),
    });
    expect(wire.reply(1)).toMatchObject({
      connect: { subs: { [`exports:${name}`]: {}, [`export.${guid}.job`]: {} } },
    });
    await account(name).publish([publication({ account: name, guid }, 1)]);
    await wire.until(3);
    expect(wire.pushes).toEqual([`exports:${name} 1`, `export.${guid}.job 1`]);
    wire.close();
  });

  test("of the admin has no end", async () => {
    const wire = await connected("cf-admin", { token: ADMIN });
    expect(wire.reply(1)).toMatchObject({ connect: { version: "jobrelay" } });
    expect(Object.keys((wire.reply(1) as { connect: object }).connect)).not.toContain("expires");
    wire.close();
  });
});

describe("a Centrifugo connection whose object is evicted between any two frames", () => {
  test("goes on as if nothing had happened", async () => {
    const name = "cf-evicted";
    const stub = account(name);
    const idea = { account: name };
    const wire = await connected(name);
    await evictDurableObject(stub);
    await wire.send({ id: 2, subscribe: { channel: "export.g1.job" } }).until(2);
    await evictDurableObject(stub);
    await stub.publish([publication(idea, 1)]);
    await wire.until(4);
    await evictDurableObject(stub);
    await wire.send({ id: 3, subscribe: { channel: "export.g1.job" } }).until(5);
    await evictDurableObject(stub);
    await wire
      .send({ id: 4, refresh: { token: await token(name, ["webhooks:cf-evicted"]) } })
      .until(9);
    await evictDurableObject(stub);
    await stub.publish([publication(idea, 2)]);
    await stub.announce([attempt(name, "evt_a")]);
    await wire.until(10);
    await evictDurableObject(stub);
    await wire.send({ id: 5, history: { channel: "webhooks:cf-evicted", limit: 5 } }).until(11);
    expect(wire.pushes).toEqual([
      "exports:cf-evicted 1",
      "export.g1.job 1",
      "webhooks:cf-evicted evt_a",
    ]);
    expect([3, 4, 5].map((id) => wire.reply(id))).toMatchObject([
      { error: { code: 105 } },
      { refresh: { expires: true } },
      { history: { publications: [{ offset: 3, data: { id: "evt_a" } }] } },
    ]);
    expect(await sessions(name)).toMatchObject([
      { phase: "connected", channels: ["webhooks:cf-evicted"] },
    ]);
    wire.close();
  });

  test("recovers on the next connection from every position it may have reached", async () => {
    const name = "cf-recovers";
    const stub = account(name);
    const first = await connected(name);
    const { epoch } = (first.reply(1) as Positions).connect.subs["exports:cf-recovers"] ?? {
      epoch: "",
    };
    await stub.publish(run({ account: name }, 1, 4));
    await first.until(5);
    first.close();
    for (let offset = 0; offset <= 4; offset += 1) {
      await evictDurableObject(stub);
      const again = await connected(name, {
        subs: {
          "exports:cf-recovers": { recover: true, epoch, ...(offset === 0 ? {} : { offset }) },
        },
      });
      const rest = Array.from({ length: 4 - offset }, (_, index) => ({
        offset: offset + 1 + index,
      }));
      expect(again.reply(1)).toMatchObject({
        connect: {
          subs: {
            "exports:cf-recovers": {
              was_recovering: true,
              recovered: true,
              offset,
              ...(rest.length === 0 ? {} : { publications: rest }),
            },
            "webhooks:cf-recovers": { offset: 4 },
          },
        },
      });
      again.close();
    }
    const lost = await connected(name, {
      subs: { "exports:cf-recovers": { recover: true, epoch: "0badc0de", offset: 2 } },
    });
    const { subs } = (lost.reply(1) as Positions).connect;
    expect(subs["exports:cf-recovers"]).toMatchObject({
      was_recovering: true,
      offset: 4,
      data: { jobs: [{ seq: 4 }] },
    });
    expect(subs["exports:cf-recovers"]).not.toHaveProperty("recovered");
    lost.close();
  });
});

describe("the history of a Centrifugo channel", () => {
  test("is what the log holds of that channel, in both directions", async () => {
    const name = "cf-history";
    const stub = account(name);
    for (const seq of [1, 2, 3]) {
      await stub.publish([
        publication({ account: name }, seq),
        publication({ account: name, guid: "g2" }, seq),
      ]);
      await stub.announce([attempt(name, `evt_${seq}`)]);
    }
    const wire = await connected(name);
    let id = 1;
    const offsets = async (query: object): Promise<unknown> => {
      id += 1;
      await wire.send({ id, history: { limit: -1, ...query } }).until(id);
      const { history, error } = wire.reply(id) as {
        history?: { publications: { offset: number }[]; offset: number };
        error?: object;
      };
      return error ?? history?.publications.map(({ offset }) => offset);
    };
    // Offsets by threes: g1, g2, an attempt.
    const [g1, exports, webhooks] = ["export.g1.job", `exports:${name}`, `webhooks:${name}`];
    expect(await offsets({ channel: g1 })).toEqual([1, 4, 7]);
    expect(await offsets({ channel: g1, reverse: true })).toEqual([7, 4, 1]);
    expect(await offsets({ channel: g1, reverse: true, limit: 2 })).toEqual([7, 4]);
    expect(await offsets({ channel: exports, since: { offset: 4 } })).toEqual([5, 7, 8]);
    expect(await offsets({ channel: exports, since: { offset: 4 }, reverse: true })).toEqual([
      2, 1,
    ]);
    expect(await offsets({ channel: webhooks, since: { offset: 4 }, reverse: true })).toEqual([3]);
    expect(await offsets({ channel: webhooks, since: { offset: 9 } })).toEqual([]);
    await stub.forget("comments", "g1");
    expect(await offsets({ channel: exports })).toEqual([2, 5, 8]);
    expect(await offsets({ channel: exports, reverse: true })).toEqual([8, 5, 2]);
    expect(await offsets({ channel: exports, since: { offset: 4 } })).toEqual([5, 8]);
    expect(await offsets({ channel: exports, since: { offset: 4 }, reverse: true })).toEqual([2]);
    expect(await offsets({ channel: g1 })).toEqual([]);
    wire.close();
  });
});

describe("a Centrifugo connection that reads a lot", () => {
  test("is answered too many requests, while others of its account are served", async () => {
    const name = "cf-reads";
    const long = run({ account: name }, 1, 200).map(({ event, snapshot }) => ({
      event: { ...event, details: { ...event.details, text: "x".repeat(10_000) } },
      snapshot,
    }));
    await account(name).publish(long);
    const [greedy, modest] = [await connected(name), await connected(name)];
    const history = { channel: `exports:${name}`, limit: -1 };
    for (let id = 2; id <= 11; id += 1) greedy.send({ id, history });
    await greedy.until(11);
    const codes = Array.from({ length: 10 }, (_, index) => {
      const { error } = greedy.reply(2 + index) as { error?: { code: number } };
      return error?.code ?? 0;
    });
    expect([codes[0], codes.at(-1)]).toEqual([0, 111]);
    await modest.send({ id: 2, history }).until(2);
    expect(modest.reply(2)).toMatchObject({ history: { offset: 200 } });
    for (const wire of [greedy, modest]) wire.close();
  });

  test("is served when many of another viewer have read all they may, which are refused", async () => {
    const name = "cf-flood";
    const long = run({ account: name }, 1, 200).map(({ event, snapshot }) => ({
      event: { ...event, details: { ...event.details, text: "x".repeat(10_000) } },
      snapshot,
    }));
    await account(name).publish(long);
    const greedy = await token(name);
    const history = { channel: `exports:${name}`, limit: -1 };
    const wires = await Promise.all(
      Array.from({ length: 12 }, () => connected(name, { token: greedy })),
    );
    await Promise.all(wires.map((wire) => wire.send({ id: 2, history }).until(2)));
    const codes = wires.map(
      (wire) => (wire.reply(2) as { error?: { code: number } }).error?.code ?? 0,
    );
    expect(new Set(codes)).toEqual(new Set([0, 111]));
    // Another token is another viewer, whatever the first has read.
    const modest = await connected(name, { token: await token(name, null, 601) });
    await modest.send({ id: 2, history }).until(2);
    expect(modest.reply(2)).toMatchObject({ history: { offset: 200 } });
    for (const wire of [...wires, modest]) wire.close();
  });
});

describe("the end of a Centrifugo connection", () => {
  test("comes with its token, by the alarm", async () => {
    const stub = account("cf-ends");
    const short = await connected("cf-ends", { token: await token("cf-ends", null, 2) });
    const long = await connected("cf-ends");
    await evictDurableObject(stub);
    expect(await short.closed).toEqual({ code: 3005, reason: "connection expired" });
    await stub.publish([publication({ account: "cf-ends" }, 1)]);
    await long.until(2);
    expect(short.pushes).toEqual([]);
    long.close();
  });

  test("does not come when the next token arrives in time", async () => {
    const stub = account("cf-extends");
    const wire = await connected("cf-extends", { token: await token("cf-extends", null, 2) });
    const other = await connected("cf-extends", { token: await token("cf-extends", null, 2) });
    await wire.send({ id: 2, refresh: { token: await token("cf-extends") } }).until(2);
    await other.closed;
    await stub.publish([publication({ account: "cf-extends" }, 1)]);
    await wire.until(3);
    expect(wire.pushes).toEqual(["exports:cf-extends 1"]);
    wire.close();
  });

  test.each<[string, string | ArrayBuffer, number]>([
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0xff]).buffer, 3501],
    ["no JSON", "hello", 3501],
    ["a frame of more than 64 KB", `{"id":1,"ping":{}}${" ".repeat(65_536)}`, 1009],
    ["a second connect command", '{"id":2,"connect":{}}', 3501],
    ["a message to nobody", '{"send":{}}', 3508],
  ])("comes with %s", async (name, frame, code) => {
    const account1 = `cf-bad-${name.length}`;
    const wire = await connected(account1);
    wire.sendRaw(frame);
    expect(await wire.closed).toMatchObject({ code });
  });

  test("comes with an invalid token, without saying what is wrong with it", async () => {
    for (const bad of [
      await token("cf-other"),
      "garbage",
      `${(await token("cf-tokens")).slice(0, -5)}AAAAA`,
    ]) {
      const wire = await dial("cf-tokens");
      wire.send({ id: 1, connect: { token: bad } });
      expect(await wire.closed).toEqual({ code: 3500, reason: "invalid token" });
      const later = await connected("cf-tokens");
      later.send({ id: 2, refresh: { token: bad } });
      expect(await later.closed).toEqual({ code: 3500, reason: "invalid token" });
    }
  });
});

describe("a session that fills its socket's attachment", () => {
  test("fits, at the limit of its names", async () => {
    const names = Array.from(
      { length: 58 },
      (_, index) => `export.${String(index).padStart(239, "0")}.job`,
    );
    const wire = await connected("cf-full", { token: await token("cf-full", ["export*"]) });
    await wire
      .send(...names.map((channel, index) => ({ id: index + 2, subscribe: { channel } })))
      .until(59);
    expect(wire.messages.filter((message) => message["error"] !== undefined)).toEqual([]);
    await evictDurableObject(account("cf-full"));
    await wire.send({ id: 100, subscribe: { channel: `export.${"…".repeat(80)}.job` } }).until(60);
    expect(wire.reply(100)).toMatchObject({ error: { code: 106 } });
    const wide = await connected("cf-wide", { token: await token("cf-wide", ["export*"]) });
    const others = Array.from(
      { length: 28 },
      (_, index) => `export.${"ě".repeat(120)}${index}.job`,
    );
    await wide
      .send(...others.map((channel, index) => ({ id: index + 2, subscribe: { channel } })))
      .until(29);
    expect(wide.messages.filter((message) => message["error"] !== undefined)).toEqual([]);
    for (const each of [wire, wide]) each.close();
  });
});

describe("the route of the Centrifugo protocol", () => {
  test.each([
    ["a token in the address", async () => dial("cf-route", { token: await token("cf-route") })],
    [
      "a bearer token",
      async () => dial("cf-route", {}, { authorization: `Bearer ${await token("cf-route")}` }),
    ],
    [
      "a token beside a subprotocol",
      async () =>
        dial(
          "cf-route",
          {},
          { "sec-websocket-protocol": `jobrelay.v1, ${await token("cf-route")}` },
        ),
    ],
  ])("takes %s in place of the command's", async (_, open) => {
    const wire = await open();
    await wire.send({ id: 1, connect: {} }).until(1);
    expect(wire.reply(1)).toMatchObject({
      connect: { expires: true, subs: { "exports:cf-route": {} } },
    });
    wire.close();
  });

  test("accepts an address with an old token, when the client sends a new one", async () => {
    const old = await token("cf-old", null, -1);
    const wire = await dial("cf-old", { token: old });
    await wire.send({ id: 1, connect: { token: old } }).until(1);
    expect(wire.reply(1)).toEqual({ id: 1, error: { code: 109, message: "token expired" } });
    await wire.send({ id: 2, connect: { token: await token("cf-old") } }).until(2);
    expect(wire.reply(2)).toMatchObject({ connect: { expires: true } });
    wire.close();
  });

  test.each<
    [
      string,
      {
        readonly account?: string;
        readonly query?: Record<string, string>;
        readonly headers?: Record<string, string>;
      },
      number,
    ]
  >([
    ["a forged token", { query: { token: "a.b.c" } }, 3500],
    ["a name that no account can have", { account: "x".repeat(1_025) }, 3500],
    ["a foreign origin", { headers: { origin: "https://evil.example" } }, 3507],
  ])(
    "closes at once on %s",
    async (_, { account: name = "cf-closed", query, headers = {} }, code) => {
      const wire = await dial(name, query, headers);
      expect(await wire.closed).toMatchObject({ code });
      expect(wire.response.headers.get("sec-websocket-protocol")).toBe(
        headers["sec-websocket-protocol"] ?? null,
      );
    },
  );

  test("closes at once on another account's token", async () => {
    const wire = await dial("cf-closed", { token: await token("cf-foreign") });
    expect(await wire.closed).toMatchObject({ code: 3500 });
  });

  test("made no object out of what it closed at once", async () => {
    const objects = (await listDurableObjectIds(env.ACCOUNT)).map(String);
    expect(objects).toContain(String(env.ACCOUNT.idFromName("cf-route")));
    expect(objects).not.toContain(String(env.ACCOUNT.idFromName("cf-closed")));
  });

  test.each(["centrifuge-json", "centrifuge-protobuf"])(
    "answers the subprotocol %s of SDKs",
    async (protocol) => {
      const wire = await dial("cf-json", {}, { "sec-websocket-protocol": protocol });
      expect(wire.response.headers.get("sec-websocket-protocol")).toBe(protocol);
      wire.close();
    },
  );

  test("asks for an upgrade", async () => {
    const response = await ask(path("cf-http"));
    expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"]);
  });

  test("is refused while the object is at its connection limit", async () => {
    await runInDurableObject(account("cf-limit"), (_, state) => {
      const store = new AccountStore(state.storage, "cf-limit", () => "0a");
      const full = new Centrifugo(state, {
        env,
        log: store.log,
        limit: new ConnectionLimit(state, 1),
      });
      const statuses = [1, 2].map(() => full.accept({ grant: { kind: "admin" } }).status);
      expect([statuses, state.getWebSockets().length]).toEqual([[101, 429], 1]);
    });
  });

  test("is not the object's own", async () => {
    const response = await env.ACCOUNT.getByName("cf-direct").fetch("https://object/connection", {
      headers: { upgrade: "websocket" },
    });
    expect(response.status).toBe(404);
  });
});

describe("a client of an account without a valid token", () => {
  test("waits in the Worker: no object is woken, and others connect however many there are", async () => {
    const name = "cf-nobody";
    const waiting = await Promise.all(Array.from({ length: 300 }, () => dial(name)));
    const invented = await dial(name);
    invented.send({ id: 1, connect: { token: "no token" } });
    expect(await invented.closed).toMatchObject({ code: 3500 });
    const silent = await dial(name);
    silent.send({ id: 1, subscribe: { channel: `exports:${name}` } });
    expect(await silent.closed).toMatchObject({ code: 3501 });
    const objects = (await listDurableObjectIds(env.ACCOUNT)).map(String);
    expect(objects).not.toContain(String(env.ACCOUNT.idFromName(name)));
    const viewer = await connected(name);
    expect(viewer.reply(1)).toMatchObject({ connect: { ping: 25, pong: true } });
    for (const each of [...waiting, viewer]) each.close();
  });
});

describe("an account that is watched by Centrifugo clients alone", () => {
  test("sleeps, and wakes for an event that reaches every one", async () => {
    const name = "cf-asleep";
    const wires = await Promise.all([1, 2, 3].map(() => connected(name)));
    await evictDurableObject(account(name));
    await account(name).publish([publication({ account: name }, 1)]);
    for (const wire of wires) {
      await wire.until(2);
      expect(wire.pushes).toEqual([`exports:${name} 1`]);
      wire.close();
    }
  });

  test("closes its socket when the client closes, and the client's when it goes away", async () => {
    const name = "cf-leaves";
    const [leaver, stayer] = await Promise.all([connected(name), connected(name)]);
    leaver.close();
    await eventually(async () => (await sessions(name)).length === 1);
    await evictDurableObject(account(name), { webSockets: "close" });
    expect(await stayer.closed).toEqual({ code: 3001, reason: "shutdown" });
  });

  test("answers JSON in binary frames", async () => {
    const wire = await dial("cf-binary");
    const frame = JSON.stringify({ id: 1, connect: { token: await token("cf-binary") } });
    await wire.sendRaw(new TextEncoder().encode(frame).buffer).until(1);
    expect(wire.reply(1)).toMatchObject({ connect: {} });
    wire.close();
  });
});
