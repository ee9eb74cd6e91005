import { describe, expect, test } from "vitest";
import { PROTOBUF_ENCODING } from "../../../../src/stream/centrifugo/encoding/protobuf.ts";
import {
  JSON_ENCODING,
  parseFrame,
  writeFrame,
} from "../../../../src/stream/centrifugo/encoding/json.ts";
import { DISCONNECT, ERROR, type Command } from "../../../../src/stream/centrifugo/protocol.ts";
import { MAX_COMMANDS, MAX_FRAME } from "../../../../src/stream/centrifugo/limits.ts";
import {
  protocolFrom,
  readCentrifugoOpen,
  writeCentrifugoOpen,
} from "../../../../src/stream/centrifugo/open.ts";
import { encodeCommands } from "./official-protobuf.ts";

const refused = (id: number, error: Extract<Command, { kind: "refused" }>["error"]): Command => ({
  kind: "refused",
  id,
  error,
});
const commands = (frame: string): unknown => {
  const read = parseFrame(frame);
  return read.ok ? read.value : read.fault;
};

const named = (channel: string): unknown =>
  commands(JSON.stringify({ id: 2, subscribe: { channel } }));

const pings = (count: number): string =>
  Array.from({ length: count }, (_, index) => `{"id":${index + 1},"ping":{}}`).join("\n");

const protobufCommands = (frame: ArrayBuffer): unknown => {
  const read = PROTOBUF_ENCODING.read(frame);
  return read.ok ? read.value.commands : read.fault;
};

describe("a command on the wire", () => {
  const subscribe = { kind: "subscribe", id: 2, channel: "c", since: null, strict: false };
  const history = { kind: "history", id: 3, channel: "c", since: null, limit: 0, reverse: false };
  const { badRequest, notAvailable, methodNotFound, permissionDenied } = ERROR;
  test.each<[string, unknown]>([
    ['{"connect":{},"id":1}', { kind: "connect", id: 1, token: null, positions: new Map() }],
    [
      '{"connect":{"token":"t","subs":{"a":{"recover":true,"epoch":"e","offset":7},"b":{"recover":true,"epoch":"e"},"c":{"epoch":"e"}}},"id":1}',
      {
        kind: "connect",
        id: 1,
        token: "t",
        positions: new Map([
          ["a", { epoch: "e", offset: 7 }],
          ["b", { epoch: "e", offset: 0 }],
        ]),
      },
    ],
    ['{"refresh":{"token":"t"},"id":4}', { kind: "refresh", id: 4, token: "t" }],
    ['{"refresh":{"token":""},"id":4}', refused(4, badRequest)],
    ['{"refresh":{},"id":4}', refused(4, badRequest)],
    ['{"subscribe":{"channel":"c","flag":1},"id":2}', subscribe],
    [
      '{"subscribe":{"channel":"c","recover":true,"epoch":"e","offset":7},"id":2}',
      { ...subscribe, since: { epoch: "e", offset: 7 } },
    ],
    [
      '{"subscribe":{"channel":"c","recover":true,"flag":3},"id":2}',
      { ...subscribe, since: { epoch: "", offset: 0 }, strict: true },
    ],
    ['{"subscribe":{"channel":"c","epoch":"e","offset":7},"id":2}', subscribe],
    ['{"subscribe":{"channel":"c","type":4},"id":2}', refused(2, notAvailable)],
    ['{"subscribe":{"channel":"c","tf":{"op":"eq"}},"id":2}', refused(2, notAvailable)],
    ['{"subscribe":{"channel":""},"id":2}', refused(2, badRequest)],
    ['{"subscribe":{},"id":2}', refused(2, badRequest)],
    ['{"unsubscribe":{"channel":"c"},"id":5}', { kind: "unsubscribe", id: 5, channel: "c" }],
    ['{"unsubscribe":{},"id":5}', refused(5, badRequest)],
    ['{"history":{"channel":"c"},"id":3}', history],
    [
      '{"history":{"channel":"c","limit":-1,"since":{"offset":4,"epoch":"e"},"reverse":true},"id":3}',
      { ...history, limit: -1, since: { offset: 4, epoch: "e" }, reverse: true },
    ],
    ['{"ping":{},"id":6}', { kind: "ping", id: 6 }],
    ["{}", { kind: "pong" }],
    ['{"rpc":{"method":"m"},"id":7}', refused(7, notAvailable)],
    ['{"presence":{"channel":"c"},"id":7}', refused(7, notAvailable)],
    ['{"presence_stats":{"channel":"c"},"id":7}', refused(7, notAvailable)],
    ['{"sub_refresh":{"channel":"c","token":"t"},"id":7}', refused(7, notAvailable)],
    ['{"id":8}', refused(8, methodNotFound)],
    ['{"ping":{},"send":{},"id":8}', refused(8, badRequest)],
    ['{"id":4294967295}', refused(4_294_967_295, methodNotFound)],
  ])("%s, in both encodings", (frame, command) => {
    expect(commands(frame)).toEqual([command]);
    expect(protobufCommands(encodeCommands([JSON.parse(frame)]))).toEqual([command]);
  });

  test.each<[string, unknown]>([
    [
      '{"connect":{"token":"","name":"js","data":{"a":[1]}},"id":1}',
      { kind: "connect", id: 1, token: null, positions: new Map() },
    ],
    ['{"connect":{"token":5},"id":1}', refused(1, badRequest)],
    ['{"connect":{"subs":{"a":{"recover":true,"offset":-1}}},"id":1}', refused(1, badRequest)],
    ['{"connect":{"subs":{"a":null}},"id":1}', refused(1, badRequest)],
    ['{"connect":[],"id":1}', refused(1, badRequest)],
    [
      '{"connect":{"token":null,"subs":null},"refresh":null,"id":1}',
      { kind: "connect", id: 1, token: null, positions: new Map() },
    ],
    [
      '{"connect":{"subs":{"a":{"recover":true,"epoch":null,"offset":null}}},"id":1}',
      {
        kind: "connect",
        id: 1,
        token: null,
        positions: new Map([["a", { epoch: "", offset: 0 }]]),
      },
    ],
    [
      '{"subscribe":{"channel":"c","recover":true,"epoch":null,"offset":4,"flag":null},"id":2}',
      { ...subscribe, since: { epoch: "", offset: 4 } },
    ],
    ['{"history":{"channel":"c","since":null,"limit":null,"reverse":null},"id":3}', history],
    [
      '{"subscribe":{"channel":"c","type":0,"tf":null,"delta":"fossil","token":"t"},"id":2}',
      subscribe,
    ],
    ['{"subscribe":{"channel":"c","flag":"2"},"id":2}', refused(2, badRequest)],
    ['{"subscribe":{"channel":"c","recover":true,"offset":1.5},"id":2}', refused(2, badRequest)],
    ['{"subscribe":{"channel":7},"id":2}', refused(2, badRequest)],
    ['{"history":{"channel":"c","limit":"9"},"id":3}', refused(3, badRequest)],
    ['{"history":{"channel":"c","since":7},"id":3}', refused(3, badRequest)],
    ['{"history":{"channel":"c","reverse":1},"id":3}', refused(3, badRequest)],
    ['{"send":{"data":1}}', { kind: "send" }],
    ['{"send":{"data":1},"id":9}', { kind: "send" }],
    ['{"publish":{"channel":"c","data":1},"id":7}', refused(7, permissionDenied)],
    ['{"teleport":{},"id":8}', refused(8, methodNotFound)],
    ['{"toString":{},"id":8}', refused(8, methodNotFound)],
    ['{"__proto__":{},"id":8}', refused(8, methodNotFound)],
  ])("%s", (frame, command) => {
    expect(commands(frame)).toEqual([command]);
  });

  test("names a channel in at most 776 bytes: a job's with the longest guid that is accepted", () => {
    const longest = `export.${"…".repeat(255)}.job`;
    expect(named(longest)).toEqual([{ ...subscribe, channel: longest }]);
    expect(named(`${longest}x`)).toEqual([refused(2, badRequest)]);
    expect(named("c".repeat(777))).toEqual([refused(2, badRequest)]);
  });
});

describe("a frame", () => {
  test.each([
    ["nothing", ""],
    ["blank lines", "\n \n"],
    ["no JSON", "hello"],
    ["JSON that is no object", "[]"],
    ["half a command", '{"id":1,"ping":'],
    ["a good command and a bad one", '{"id":1,"ping":{}}\n{'],
    ["a method without an id", '{"connect":{}}'],
    ["a zero id", '{"connect":{},"id":0}'],
    ["a negative id", '{"ping":{},"id":-1}'],
    ["a text for an id", '{"ping":{},"id":"1"}'],
    ["an id beyond 32 bits", '{"ping":{},"id":4294967296}'],
    ["something between two commands", '{"id":1,"ping":{}},{"id":2,"ping":{}}'],
  ])("with %s closes the connection as a bad request", (_, frame) => {
    expect(commands(frame)).toEqual(DISCONNECT.badRequest);
  });

  test.each([200, 30_000])("may nest %i levels", (levels) => {
    const data = `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect(commands(`{"id":1,"connect":{"data":${data}}}`)).toMatchObject([{ kind: "connect" }]);
  });

  test("of bytes holds JSON in UTF-8, and closes the connection when it does not", () => {
    const frame = new TextEncoder().encode('{"id":2,"subscribe":{"channel":"é"}}').buffer;
    expect(parseFrame(frame)).toMatchObject({ ok: true, value: [{ channel: "é" }] });
    for (const bytes of [new ArrayBuffer(3), new Uint8Array([0x7b, 0xff, 0x7d]).buffer])
      expect(parseFrame(bytes)).toEqual({ ok: false, fault: DISCONNECT.badRequest });
    expect(parseFrame(new ArrayBuffer(MAX_FRAME + 1))).toEqual({
      ok: false,
      fault: DISCONNECT.tooBig,
    });
  });

  test("holds commands with nothing between them, or written over several lines", () => {
    const text = '{"id":1,"ping":{}}{\n "id": 2,\n "subscribe": {"channel": "}{\\"["}\n}{}';
    expect(commands(text)).toEqual([
      { kind: "ping", id: 1 },
      { kind: "subscribe", id: 2, channel: '}{"[', since: null, strict: false },
      { kind: "pong" },
    ]);
  });

  test("holds commands in their order, one a line, blank lines between them", () => {
    expect(commands('{"id":1,"ping":{}}\n\n{}\r\n{"id":2,"ping":{}}\n')).toEqual([
      { kind: "ping", id: 1 },
      { kind: "pong" },
      { kind: "ping", id: 2 },
    ]);
  });

  test("holds at most 256 commands", () => {
    expect(commands(pings(MAX_COMMANDS))).toHaveLength(256);
    expect(commands(pings(MAX_COMMANDS + 1))).toEqual(DISCONNECT.badRequest);
  });

  test.each(["x", "é", "…", "😀"])("holds at most 64 KB, written in %s", (char) => {
    const empty = '{"id":1,"ping":{"x":""}}';
    const bytes = new TextEncoder().encode(char).byteLength;
    const fill = char.repeat(Math.floor((MAX_FRAME - empty.length) / bytes));
    const rest = " ".repeat((MAX_FRAME - empty.length) % bytes);
    const largest = `{"id":1,"ping":{"x":"${fill}"}}${rest}`;
    expect(commands(largest)).toEqual([{ kind: "ping", id: 1 }]);
    expect(commands(`${largest} `)).toEqual(DISCONNECT.tooBig);
  });

  test("of the server holds one message a line", () => {
    expect(writeFrame([{ id: 1, ping: {} }, { push: { channel: "a\nb" } }])).toBe(
      '{"id":1,"ping":{}}\n{"push":{"channel":"a\\nb"}}',
    );
  });
});

const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;

describe("the encoding of JSON", () => {
  test.each([
    ["{}", true],
    ["{}\n", true],
    [bytes(" {}"), true],
    ["", false],
    ['{"id":1,"ping":{}}', false],
    [`{}${" ".repeat(63)}`, false],
    [Uint8Array.of(0xff).buffer, false],
  ])("takes %j for a pong: %s", (frame, isPong) => {
    expect(JSON_ENCODING.isPong(frame)).toBe(isPong);
  });

  test("reads a frame with its text, and writes what it is given", () => {
    const text = '{"id":1,"ping":{}}';
    const read = { ok: true, value: { commands: [{ kind: "ping", id: 1 }], text } };
    expect([JSON_ENCODING.read(text), JSON_ENCODING.read(bytes(text))]).toEqual([read, read]);
    expect(JSON_ENCODING.write(text)).toBe(text);
  });

  test("closes the connection on a frame that is too big or holds no commands", () => {
    expect(JSON_ENCODING.read(" ".repeat(MAX_FRAME + 1))).toEqual({
      ok: false,
      fault: DISCONNECT.tooBig,
    });
    expect(JSON_ENCODING.read("{a}")).toEqual({ ok: false, fault: DISCONNECT.badRequest });
  });
});

describe("an upgrade", () => {
  test.each([
    [null, null],
    ["", null],
    ["chat", null],
    ["centrifuge-json", "centrifuge-json"],
    ["chat, centrifuge-protobuf", "centrifuge-protobuf"],
    ["jobrelay.v1, eyJ.eyJ.sig", "jobrelay.v1"],
  ])("that offers %s is answered with %s", (offer, answer) => {
    expect(protocolFrom(offer)).toBe(answer);
  });

  test("reaches the object as it left the Worker, and other requests carry none", () => {
    const open = {
      grant: { kind: "account", account: "é…", channels: null, expires: 5 },
    } as const;
    expect(readCentrifugoOpen(writeCentrifugoOpen(open))).toEqual(open);
    expect(readCentrifugoOpen(null)).toBeNull();
  });
});
