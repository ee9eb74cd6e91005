import { describe, expect, test } from "vitest";
import { fault, ok } from "../../../src/kernel/result.ts";
import { serveClient, type BridgeTimes } from "../../../src/stream/centrifugo/bridge.io.ts";
import type { Encoding } from "../../../src/stream/centrifugo/encoding/encoding.ts";
import { JSON_ENCODING } from "../../../src/stream/centrifugo/encoding/json.ts";
import { PROTOBUF_ENCODING } from "../../../src/stream/centrifugo/encoding/protobuf.ts";
import { eventually } from "./stream-fixture.ts";

const LONG: BridgeTimes = { pingEvery: 60_000, pongWithin: 60_000, connectWithin: 60_000 };
const CONNECT = '{"id":1,"connect":{"token":"good"}}';

/** One end of a socket, and what came in on it. */
class End {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  readonly closed: Promise<number>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve(code));
    });
    socket.addEventListener("message", ({ data }) => {
      this.texts.push(String(data));
    });
    socket.accept();
  }
}

/** A frame of 100 commands, whose ids count from `from`. */
const frame = (from: number): string =>
  Array.from({ length: 100 }, (_, index) => `{"id":${from + index},"history":{}}`).join("\n");

/** A client, the bridge that serves it, and the object's end of its socket. */
function bridged(
  times: Partial<BridgeTimes> = {},
  ready: Promise<void> = Promise.resolve(),
  encoding: Encoding = JSON_ENCODING,
): { client: End; opened: End[] } {
  const { 0: outside, 1: inside } = new WebSocketPair();
  const opened: End[] = [];
  serveClient(inside, {
    account: "acme",
    encoding,
    grant: null,
    check: async (token) => (token === "good" ? ok({ kind: "admin" }) : fault("expired")),
    open: async () => {
      await ready;
      const { 0: near, 1: far } = new WebSocketPair();
      opened.push(new End(far));
      return ok(near);
    },
    times: { ...LONG, ...times },
  });
  return { client: new End(outside), opened };
}

describe("the Worker, which holds a Centrifugo client's socket,", () => {
  test("closes a client that sends no connect command in time", async () => {
    const { client, opened } = bridged({ connectWithin: 10 });
    expect([await client.closed, opened.length]).toEqual([3502, 0]);
  });

  test("pings a client, and closes it when no pong comes in time", async () => {
    const { client, opened } = bridged({ pingEvery: 10, pongWithin: 30 });
    client.socket.send(CONNECT);
    expect(await client.closed).toBe(3012);
    expect(client.texts[0]).toBe("{}");
    expect(await opened[0]?.closed).toBe(1000);
  });

  test("keeps a client that answers, and passes no pong on to the object", async () => {
    const { client, opened } = bridged({ pingEvery: 10, pongWithin: 5_000 });
    client.socket.addEventListener("message", ({ data }) => {
      if (data === "{}") client.socket.send("{}");
    });
    client.socket.send(CONNECT);
    await eventually(async () => client.texts.length >= 3);
    client.socket.send('{"id":2,"ping":{}}');
    await eventually(async () => opened[0]?.texts.length === 2);
    expect(opened[0]?.texts).toEqual([CONNECT, '{"id":2,"ping":{}}']);
    client.socket.close(1000);
  });

  test("passes frames on in order, those included that come while the object is reached", async () => {
    const { client, opened } = bridged();
    client.socket.send(CONNECT);
    for (const id of [2, 3, 4]) client.socket.send(JSON.stringify({ id, ping: {} }));
    await eventually(async () => opened[0]?.texts.length === 4);
    expect(opened[0]?.texts.map((text) => (JSON.parse(text) as { id: number }).id)).toEqual([
      1, 2, 3, 4,
    ]);
    opened[0]?.socket.send('{"id":1,"connect":{}}');
    await eventually(async () => client.texts.length === 1);
    expect(client.texts).toEqual(['{"id":1,"connect":{}}']);
    opened[0]?.socket.close(3005, "connection expired");
    expect(await client.closed).toBe(3005);
  });

  test("closes a client that sends too much before it is connected", async () => {
    const { client } = bridged({}, new Promise(() => undefined));
    client.socket.send(CONNECT);
    for (let frames = 0; frames < 6; frames += 1) client.socket.send(`{}${" ".repeat(60_000)}`);
    expect(await client.closed).toBe(3013);
  });

  test("closes a client whose frame is larger than 64 KB", async () => {
    const { client, opened } = bridged();
    client.socket.send(`${CONNECT}${" ".repeat(65_536)}`);
    expect([await client.closed, opened.length]).toEqual([1009, 0]);
  });

  test("closes a client after five tokens that have ended", async () => {
    const { client, opened } = bridged();
    for (let id = 1; id <= 6; id += 1) client.socket.send(`{"id":${id},"connect":{"token":"old"}}`);
    expect([await client.closed, opened.length]).toEqual([3013, 0]);
    expect(client.texts.map((text) => (JSON.parse(text) as { id: number }).id)).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });

  test("refuses commands that come too fast itself, and closes the client when that goes on", async () => {
    const { client, opened } = bridged();
    client.socket.send(CONNECT);
    await eventually(async () => opened[0]?.texts.length === 1);
    for (const from of [100, 200, 300, 400]) client.socket.send(frame(from));
    await eventually(async () => client.texts.length === 2);
    expect(opened[0]?.texts).toEqual([CONNECT, frame(100), frame(200)]);
    const refused = client.texts.flatMap((text) => text.split("\n"));
    expect([refused.length, refused[0], refused[199]]).toEqual([
      200,
      '{"id":300,"error":{"code":111,"message":"too many requests","temporary":true}}',
      '{"id":499,"error":{"code":111,"message":"too many requests","temporary":true}}',
    ]);
    client.socket.send(frame(500));
    client.socket.send(frame(600));
    expect(await client.closed).toBe(3013);
    expect(opened[0]?.texts).toHaveLength(3);
  });

  test("pings a client after 1 MiB, and closes one that does not answer after 4 MiB", async () => {
    const { client, opened } = bridged();
    client.socket.send(CONNECT);
    await eventually(async () => opened[0]?.texts.length === 1);
    const event = `{"push":"${"x".repeat(1_000_000)}"}`;
    for (let events = 0; events < 8; events += 1) opened[0]?.socket.send(event);
    expect(await client.closed).toBe(3008);
    expect(client.texts.map((text) => (text === "{}" ? "ping" : "event"))).toEqual([
      "event",
      "event",
      "ping",
      "event",
      "event",
      "event",
    ]);
    expect(await opened[0]?.closed).toBe(1000);
  });

  test("sends everything to a client that answers", async () => {
    const { client, opened } = bridged();
    client.socket.addEventListener("message", ({ data }) => {
      if (data === "{}") client.socket.send("{}");
    });
    client.socket.send(CONNECT);
    await eventually(async () => opened[0]?.texts.length === 1);
    const events = (): number => client.texts.filter((text) => text !== "{}").length;
    for (let sent = 1; sent <= 20; sent += 1) {
      opened[0]?.socket.send(`{"push":"${"x".repeat(1_000_000)}"}`);
      await eventually(async () => events() === sent);
    }
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    client.socket.close(1000);
  });
});

describe("an isolate with 1,000 clients that show no token", () => {
  test("closes the one that waits longest for each that comes, and serves those with a token", async () => {
    const strangers = Array.from({ length: 1_000 }, () => bridged());
    const first = bridged();
    first.client.socket.send(CONNECT);
    await eventually(async () => first.opened.length === 1);
    const second = bridged();
    second.client.socket.send(CONNECT);
    await eventually(async () => second.opened.length === 1);
    expect(await strangers[0]?.client.closed).toBe(3013);
    const open = strangers.filter(({ client }) => client.socket.readyState === WebSocket.OPEN);
    expect(open).toHaveLength(999);
    for (const { client } of [...strangers, first, second]) client.socket.close(1000);
  });
});

const bytes = (...values: readonly number[]): Uint8Array => new Uint8Array(values);

function speaking(times: Partial<BridgeTimes> = {}): {
  client: End;
  opened: End[];
  frames: number[][];
} {
  const { client, opened } = bridged(times, Promise.resolve(), PROTOBUF_ENCODING);
  const frames: number[][] = [];
  client.socket.binaryType = "arraybuffer";
  client.socket.addEventListener("message", ({ data }) => {
    frames.push([...new Uint8Array(data as ArrayBuffer)]);
  });
  return { client, opened, frames };
}

describe("the Worker, which holds the socket of a client that speaks Protobuf,", () => {
  /** `{"id":1,"connect":{"token":"good"}}` */
  const CONNECT_BYTES = [10, 0x08, 1, 0x22, 6, 0x0a, 4, 0x67, 0x6f, 0x6f, 0x64];
  /** `{"id":2,"ping":{}}` */
  const PING_BYTES = [4, 0x08, 2, 0x5a, 0];
  test("speaks JSON with the object, and Protobuf with the client", async () => {
    const { client, opened, frames } = speaking();
    client.socket.send(bytes(...CONNECT_BYTES, ...PING_BYTES));
    await eventually(async () => opened[0]?.texts.length === 1);
    expect(opened[0]?.texts[0]).toBe(`${CONNECT}\n{"id":2,"ping":{}}`);
    opened[0]?.socket.send(
      '{"id":2,"ping":{}}\n{"push":{"channel":"c","pub":{"data":1.0,"offset":300}}}',
    );
    await eventually(async () => frames.length === 1);
    expect(frames).toEqual([
      [
        4, 0x08, 2, 0x62, 0, 15, 0x22, 13, 0x12, 1, 0x63, 0x22, 8, 0x22, 3, 0x31, 0x2e, 0x30, 0x30,
        0xac, 2,
      ],
    ]);
    client.socket.close(1000);
  });

  test("pings with the byte 00, keeps a client that answers it, and wakes no object for it", async () => {
    const { client, opened, frames } = speaking({ pingEvery: 10, pongWithin: 5_000 });
    client.socket.addEventListener("message", () => client.socket.send(bytes(0)));
    client.socket.send(bytes(...CONNECT_BYTES));
    await eventually(async () => frames.length >= 3);
    expect([frames[0], opened[0]?.texts]).toEqual([[0], [CONNECT]]);
    client.socket.close(1000);
  });

  test("closes one that does not answer a ping", async () => {
    const { client } = speaking({ pingEvery: 10, pongWithin: 30 });
    client.socket.send(bytes(...CONNECT_BYTES));
    expect(await client.closed).toBe(3012);
  });

  test("answers commands that come too fast in Protobuf", async () => {
    const { client, opened, frames } = speaking();
    client.socket.send(bytes(...CONNECT_BYTES));
    await eventually(async () => opened[0]?.texts.length === 1);
    const many = bytes(...Array.from({ length: 200 }, () => PING_BYTES).flat());
    client.socket.send(many);
    client.socket.send(many);
    await eventually(async () => frames.length === 1);
    // 200 times the reply 2 with the error 111.
    expect(frames[0]?.length).toBe(200 * 28);
    expect(opened[0]?.texts).toHaveLength(2);
    client.socket.close(1000);
  });

  test.each([
    ["of no Protobuf", bytes(0xff, 0xff), 3501],
    ["in JSON", CONNECT, 3501],
    ["of more than 64 KB", new Uint8Array(65_537), 1009],
    ["of a number where a message is due", bytes(4, 0x08, 1, 0x20, 1), 3501],
  ])("closes a client for a frame %s", async (_, sent, code) => {
    for (const isConnected of [false, true]) {
      const { client, opened } = speaking();
      if (isConnected) {
        client.socket.send(bytes(...CONNECT_BYTES));
        await eventually(async () => opened[0]?.texts.length === 1);
      }
      client.socket.send(sent);
      expect(await client.closed).toBe(code);
    }
  });
});
