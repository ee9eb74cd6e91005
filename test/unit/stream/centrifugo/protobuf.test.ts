// The Protobuf encoding, beside the official one. `frames.test.ts` has the commands of both.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodingOf } from "../../../../src/stream/centrifugo/encoding/negotiation.ts";
import { JSON_ENCODING, parseFrame } from "../../../../src/stream/centrifugo/encoding/json.ts";
import { PROTOBUF_ENCODING } from "../../../../src/stream/centrifugo/encoding/protobuf.ts";
import { MAX_COMMANDS, MAX_FRAME } from "../../../../src/stream/centrifugo/limits.ts";
import { DISCONNECT, ERROR } from "../../../../src/stream/centrifugo/protocol.ts";
import { decodeReplies, encodeCommands } from "./official-protobuf.ts";
import { runs } from "../../runs.ts";

const bytes = (...values: readonly number[]): ArrayBuffer => new Uint8Array(values).buffer;
const read = (frame: ArrayBuffer): unknown => {
  const { ok, ...rest } = PROTOBUF_ENCODING.read(frame);
  return ok ? (rest as { value: { commands: unknown } }).value.commands : rest;
};
const closes = (reason: unknown): unknown => ({ fault: reason });

/** `{"id":1,"ping":{}}` without its length. */
const PING_1 = [0x08, 1, 0x5a, 0];

/** `{"id":1,"history":{"channel":"c","since":{"offset":…,"epoch":"ee"}}}`, the offset in bytes. */
const since = (...offset: readonly number[]): unknown =>
  read(
    bytes(
      14 + offset.length,
      0x08,
      1,
      0x52,
      10 + offset.length,
      0x0a,
      1,
      0x63,
      0x42,
      5 + offset.length,
      0x08,
      ...offset,
      0x12,
      2,
      0x65,
      0x65,
    ),
  );

describe("a frame of the server in Protobuf", () => {
  test.each([
    ["a ping", "{}", {}],
    ["a reply", '{"id":4294967295,"ping":{}}', { id: 4_294_967_295, ping: {} }],
    [
      "a refusal",
      '{"id":3,"error":{"code":111,"message":"too many requests","temporary":true}}',
      { id: 3, error: { code: 111, message: "too many requests", temporary: true } },
    ],
    [
      "a connection",
      '{"id":1,"connect":{"client":"c","version":"jobrelay","expires":true,"ttl":3570,"session":"c","ping":25,"pong":true,"subs":{"exports:é":{"recoverable":true,"positioned":true,"epoch":"0a","offset":9007199254740991,"data":{"jobs":[]}},"":{"recoverable":true,"positioned":true,"epoch":"0a","offset":0}}}}',
      {
        id: 1,
        connect: {
          client: "c",
          version: "jobrelay",
          expires: true,
          ttl: 3570,
          session: "c",
          ping: 25,
          pong: true,
          subs: {
            "exports:é": {
              recoverable: true,
              positioned: true,
              epoch: "0a",
              offset: 9_007_199_254_740_991,
              data: '{"jobs":[]}',
            },
            "": { recoverable: true, positioned: true, epoch: "0a", offset: 0 },
          },
        },
      },
    ],
    [
      "a recovered subscription",
      '{"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"0a","offset":4294967296,"was_recovering":true,"recovered":true,"publications":[{"data":{"event":"job.progress","seq":3},"offset":4294967297},{"data":{},"offset":4294967299}]}}',
      {
        id: 2,
        subscribe: {
          recoverable: true,
          positioned: true,
          epoch: "0a",
          offset: 4_294_967_296,
          was_recovering: true,
          recovered: true,
          publications: [
            { data: '{"event":"job.progress","seq":3}', offset: 4_294_967_297 },
            { data: "{}", offset: 4_294_967_299 },
          ],
        },
      },
    ],
    [
      "a page of history",
      '{"id":5,"history":{"publications":[],"epoch":"0a","offset":7}}',
      { id: 5, history: { epoch: "0a", offset: 7 } },
    ],
    ["the end of a subscription", '{"id":6,"unsubscribe":{}}', { id: 6, unsubscribe: {} }],
    [
      "a prolonged connection",
      '{"id":7,"refresh":{"client":"c","version":"jobrelay","expires":true,"ttl":1}}',
      { id: 7, refresh: { client: "c", version: "jobrelay", expires: true, ttl: 1 } },
    ],
    [
      "a subscription of the server",
      '{"push":{"channel":"user:a","subscribe":{"recoverable":true,"positioned":true,"epoch":"0a","offset":12,"data":[1]}}}',
      {
        push: {
          channel: "user:a",
          subscribe: { recoverable: true, positioned: true, epoch: "0a", offset: 12, data: "[1]" },
        },
      },
    ],
    [
      "the end of one",
      '{"push":{"channel":"user:a","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}}',
      {
        push: { channel: "user:a", unsubscribe: { code: 2000, reason: "server unsubscribe" } },
      },
    ],
    [
      "an event, whose numbers keep their digits",
      '{"push":{"channel":"exports:a","pub":{"data":{"id":7301122334455667788,"rate":1.0,"big":1e400,"text":"é \\"7301122334455667788\\"","__proto__":{"x":1}},"offset":8}}}',
      {
        push: {
          channel: "exports:a",
          pub: {
            data: '{"id":7301122334455667788,"rate":1.0,"big":1e400,"text":"é \\"7301122334455667788\\"","__proto__":{"x":1}}',
            offset: 8,
          },
        },
      },
    ],
  ])("is %s", (_, text, message) => {
    const frame = PROTOBUF_ENCODING.write(text) as Uint8Array;
    expect(decodeReplies(frame)).toEqual([message]);
  });

  test("is written of text that holds no messages as nothing", () => {
    for (const text of ["", "nothing", "{"])
      expect(PROTOBUF_ENCODING.write(text)).toEqual(new Uint8Array());
  });

  test("holds messages in their order, and a ping is the byte 00", () => {
    expect(PROTOBUF_ENCODING.write("{}")).toEqual(new Uint8Array([0]));
    const frame = PROTOBUF_ENCODING.write('{"id":1,"ping":{}}\n{}\n{"id":2,"ping":{}}');
    expect(decodeReplies(frame as Uint8Array)).toEqual([
      { id: 1, ping: {} },
      {},
      { id: 2, ping: {} },
    ]);
  });

  test.each([1, 127, 128, 16_384, 3_000_000])("holds an event of %i characters", (length) => {
    const data = { text: "…".repeat(length) };
    const frame = PROTOBUF_ENCODING.write(
      JSON.stringify({ push: { channel: "c", pub: { data, offset: 1 } } }),
    );
    expect(JSON.stringify(decodeReplies(frame as Uint8Array))).toBe(
      JSON.stringify([{ push: { channel: "c", pub: { data: JSON.stringify(data), offset: 1 } } }]),
    );
  });
});

const pings = (count: number): ArrayBuffer =>
  bytes(...Array.from({ length: count }, () => [4, ...PING_1]).flat());

/** A command with a field of so many bytes that the relay does not read. */
const padding = (length: number): ArrayBuffer =>
  encodeCommands([{ id: 1, publish: { data: new Uint8Array(length) } }]);

describe("a client's frame in Protobuf", () => {
  test("of the byte 00 is a pong, alone or beside commands", () => {
    expect(PROTOBUF_ENCODING.isPong(bytes(0))).toBe(true);
    for (const frame of [bytes(), bytes(0, 0), bytes(1), bytes(4, ...PING_1)])
      expect(PROTOBUF_ENCODING.isPong(frame)).toBe(false);
    expect(read(bytes(0, 4, ...PING_1, 0))).toEqual([
      { kind: "pong" },
      { kind: "ping", id: 1 },
      { kind: "pong" },
    ]);
  });

  test("reads the same in JSON, in which it reaches the object", () => {
    const commands = [
      {
        id: 1,
        connect: { token: "t", subs: { __proto__: null, a: { recover: true, epoch: "e" } } },
      },
      { id: 2, history: { channel: "é\u0001", limit: -1, since: { offset: 7, epoch: "e" } } },
      { id: 3, subscribe: { channel: "c", flag: 2, tf: { op: "and", nodes: [{ op: "or" }] } } },
    ];
    const frame = PROTOBUF_ENCODING.read(encodeCommands(commands));
    if (!frame.ok) throw new Error("refused");
    expect(parseFrame(frame.value.text)).toEqual({ ok: true, value: frame.value.commands });
  });

  test("has positions up to 2^53 - 1, and refuses commands with larger ones", () => {
    expect(since(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)).toMatchObject([
      { kind: "history", since: { offset: 9_007_199_254_740_991, epoch: "ee" } },
    ]);
    const refused = [{ kind: "refused", id: 1, error: ERROR.badRequest }];
    expect(since(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10)).toEqual(refused);
    expect(since(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)).toEqual(refused);
  });

  test("may have fields that the relay does not know, of each type of the wire", () => {
    const unknown = [
      [0x80, 0x02, 0xff, 0x01],
      [0x81, 0x02, 1, 2, 3, 4, 5, 6, 7, 8],
      [0x82, 0x02, 3, 0xff, 0xff, 0xff],
      [0x85, 0x02, 1, 2, 3, 4],
    ];
    for (const field of unknown)
      expect(read(bytes(4 + field.length, ...field, ...PING_1))).toEqual([{ kind: "ping", id: 1 }]);
  });

  test("takes the last of a field that comes twice", () => {
    expect(read(bytes(6, 0x08, 5, ...PING_1))).toEqual([{ kind: "ping", id: 1 }]);
  });

  test.each([
    ["nothing", []],
    ["half a length", [0x80]],
    ["a length beyond its end", [5, ...PING_1]],
    ["a length of 2^32", [0x80, 0x80, 0x80, 0x80, 0x10, ...PING_1]],
    ["a length of 2^63", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ["a length of 11 bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ["a message cut off in a number", [2, 0x08, 0x80]],
    ["a message cut off behind a tag", [1, 0x08]],
    ["a message cut off in a tag", [1, 0x80]],
    ["a number that reaches into the next message", [2, 0x08, 0x80, 1, 0]],
    ["a text longer than its message", [6, 0x08, 1, 0x72, 2, 0x0a, 5]],
    ["a message longer than the one around it", [4, 0x08, 1, 0x5a, 9]],
    ["an unknown field longer than its message", [4, 0x82, 0x02, 0x7f, 0]],
    ["an unknown field of 2^40 bytes", [8, 0x82, 0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]],
    ["an unknown fixed field cut off", [4, 0x81, 0x02, 1, 2]],
    ["a group", [4, 0x83, 0x02, 0x84, 0x02]],
    ["the wire type 6", [3, 0x86, 0x02, 0]],
    ["the field 0", [2, 0x00, 0]],
    ["a tag beyond 32 bits", [6, 0x80, 0x80, 0x80, 0x80, 0x10, 0]],
    ["a number where a message is due", [4, 0x08, 1, 0x58, 0]],
    ["bytes where a number is due", [2, 0x0a, 0]],
    ["a fixed number where a varint is due", [5, 0x0d, 1, 0, 0, 0]],
    ["a token that is no UTF-8", [7, 0x08, 1, 0x72, 3, 0x0a, 1, 0xff]],
    ["an id beyond 32 bits", [8, 0x08, 0x80, 0x80, 0x80, 0x80, 0x10, 0x5a, 0]],
    ["a method without an id", [2, 0x5a, 0]],
    ["a good command and a bad one", [4, ...PING_1, 1, 0x08]],
  ])("of %s closes the connection as a bad request", (_, frame) => {
    expect(read(bytes(...frame))).toEqual(closes(DISCONNECT.badRequest));
  });

  test("holds at most 256 commands", () => {
    expect(read(pings(MAX_COMMANDS))).toHaveLength(256);
    expect(read(pings(MAX_COMMANDS + 1))).toEqual(closes(DISCONNECT.badRequest));
  });

  test("holds at most 64 KB", () => {
    const most = MAX_FRAME - padding(60_000).byteLength + 60_000;
    expect(padding(most).byteLength).toBe(MAX_FRAME);
    expect(read(padding(most))).toEqual([
      { kind: "refused", id: 1, error: ERROR.permissionDenied },
    ]);
    expect(read(padding(most + 1))).toEqual(closes(DISCONNECT.tooBig));
  });

  test("may name as many channels as it holds, and then fits the object's limit in JSON", () => {
    const subs = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [String(index), { recover: true }]),
    );
    const frame = encodeCommands([{ id: 1, connect: { token: "t", subs } }]);
    expect(frame.byteLength).toBeLessThan(MAX_FRAME);
    const parsed = PROTOBUF_ENCODING.read(frame);
    if (!parsed.ok) throw new Error("refused");
    expect(parsed.value.commands).toMatchObject([{ kind: "connect", positions: { size: 5_000 } }]);
    expect(parsed.value.text.length).toBeLessThan(8 * MAX_FRAME);
  });

  test("of any bytes is read or refused, and what is read reads the same in JSON", () => {
    const valid = encodeCommands([
      { id: 1, connect: { token: "token", subs: { a: { recover: true, epoch: "e", offset: 9 } } } },
      { id: 2, subscribe: { channel: "exports:acme", recover: true, flag: 3, type: 1 } },
      { id: 3, history: { channel: "c", limit: -1, since: { offset: 1, epoch: "e" } } },
    ]);
    const damaged = fc
      .array(fc.tuple(fc.nat(valid.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((edits) => {
        const copy = new Uint8Array(valid.slice(0));
        for (const [place, value] of edits) copy[place] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (frame) => {
        const parsed = PROTOBUF_ENCODING.read(Uint8Array.from(frame).buffer);
        expect(parsed.ok ? parseFrame(parsed.value.text).ok : parsed.fault).toEqual(
          parsed.ok ? true : DISCONNECT.badRequest,
        );
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe("a client's encoding", () => {
  test.each([
    ["centrifuge-protobuf", "", PROTOBUF_ENCODING],
    [null, "format=protobuf", PROTOBUF_ENCODING],
    ["jobrelay.v1", "cf_protocol=protobuf", PROTOBUF_ENCODING],
    ["centrifuge-json", "", JSON_ENCODING],
    [null, "format=json", JSON_ENCODING],
    [null, "", JSON_ENCODING],
  ])("with the subprotocol %s and the query %s", (protocol, query, encoding) => {
    expect(encodingOf(protocol, new URLSearchParams(query))).toBe(encoding);
  });
});

test("a text frame is read as the bytes of its UTF-8", () => {
  expect(PROTOBUF_ENCODING.read("\u0004\b\u0001Z\u0000")).toMatchObject({
    ok: true,
    value: { commands: [{ kind: "ping", id: 1 }] },
  });
  expect(PROTOBUF_ENCODING.isPong("\u0000")).toBe(true);
});
