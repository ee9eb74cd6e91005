// One connection to a Centrifugo server: frames in, actions out.

import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/kernel/json.ts";
import { SECOND } from "../../../../src/kernel/time.ts";
import type { Position } from "../../../../src/upstream/record.ts";
import type { Action } from "../../../../src/upstream/centrifugo/action.ts";
import {
  openSession,
  receiveFrame,
  type Session,
} from "../../../../src/upstream/centrifugo/session.ts";
import {
  CONNECT_TIMEOUT,
  MAX_SILENCE,
  passTime,
  PING_GRACE,
  refresh,
  refreshLater,
  sessionDue,
} from "../../../../src/upstream/centrifugo/timing.ts";

const NOW = 1_795_824_000_000;
const CHANNEL = "exports:u1";
const at = (offset: number, epoch = "abc"): Position => ({ epoch, offset });

const opened = (positions: Readonly<Record<string, Position>> = {}): Session =>
  openSession("jwt", new Map(Object.entries(positions)), NOW).session;

const frame = (...messages: readonly Json[]): string =>
  messages.map((message) => JSON.stringify(message)).join("\n");

const reply = (subs: Json, more: Readonly<Record<string, Json>> = {}): Json => ({
  id: 1,
  connect: { client: "c", version: "6", subs, ping: 25, pong: true, ...more },
});

const push = (offset: number | null, data: Json, channel = CHANNEL): Json => ({
  push: { channel, pub: { data, ...(offset === null ? {} : { offset }) } },
});

const received = (session: Session, text: string): readonly Action[] =>
  receiveFrame(session, text, NOW).actions;

/** A connection that stands at offset 4 of a channel with history. */
const live = (more: Readonly<Record<string, Json>> = {}): Session =>
  receiveFrame(
    opened(),
    frame(
      reply({ [CHANNEL]: { recoverable: true, epoch: "abc", offset: 4 }, "user:u1": {} }, more),
    ),
    NOW,
  ).session;

const closes = (actions: readonly Action[]): string | undefined =>
  actions.flatMap((action) => (action.kind === "close" ? [action.failure.error] : []))[0];

describe("opening", () => {
  test("the first command carries the token and nothing to recover", () => {
    expect(openSession("jwt", new Map(), NOW).actions).toEqual([
      { kind: "send", text: '{"id":1,"connect":{"token":"jwt","name":"jobrelay"}}' },
    ]);
  });

  test("known positions are asked for", () => {
    const [action] = openSession("jwt", new Map([[CHANNEL, at(7)]]), NOW).actions;
    expect(JSON.parse((action as { text: string }).text)).toEqual({
      id: 1,
      connect: {
        token: "jwt",
        name: "jobrelay",
        subs: { [CHANNEL]: { recover: true, epoch: "abc", offset: 7 } },
      },
    });
  });

  test("a new channel begins at the position of the reply, one without history at none", () => {
    const subs = { [CHANNEL]: { recoverable: true, epoch: "abc" }, "user:u1": {} };
    expect(received(opened(), frame(reply(subs)))).toEqual([
      { kind: "live" },
      { kind: "place", channel: CHANNEL, position: at(0) },
      { kind: "place", channel: "user:u1", position: null },
    ]);
  });

  test("recovered publications are taken in order, and live ones go on after them", () => {
    const publications = [
      { data: { n: 5 }, offset: 5 },
      { data: { n: 6 }, offset: 6 },
    ];
    const sub = { recoverable: true, epoch: "abc", offset: 4, recovered: true, publications };
    const text = frame(reply({ [CHANNEL]: sub }), push(7, { n: 7 }));
    expect(received(opened({ [CHANNEL]: at(4) }), text)).toEqual([
      { kind: "live" },
      { kind: "take", channel: CHANNEL, position: at(5), data: { n: 5 } },
      { kind: "take", channel: CHANNEL, position: at(6), data: { n: 6 } },
      { kind: "take", channel: CHANNEL, position: at(7), data: { n: 7 } },
    ]);
  });

  test("nothing missed is no news", () => {
    const sub = { recoverable: true, epoch: "abc", offset: 4, recovered: true };
    expect(received(opened({ [CHANNEL]: at(4) }), frame(reply({ [CHANNEL]: sub })))).toEqual([
      { kind: "live" },
    ]);
  });

  test("a channel that was not recovered and stands where it stood has missed nothing", () => {
    const sub = { recoverable: true, epoch: "abc", offset: 4 };
    expect(received(opened({ [CHANNEL]: at(4) }), frame(reply({ [CHANNEL]: sub })))).toEqual([
      { kind: "live" },
    ]);
  });

  test.each([
    ["another epoch", { epoch: "new", offset: 2 }, at(2, "new")],
    ["another epoch without an offset", { epoch: "new" }, at(0, "new")],
    ["a history that has dropped it", { epoch: "abc", offset: 9 }, at(9)],
    ["a channel without history now", {}, null],
  ])("%s is a gap, and the channel goes on at the present", (_, sub, position) => {
    const given = frame(reply({ [CHANNEL]: { recoverable: true, was_recovering: true, ...sub } }));
    expect(received(opened({ [CHANNEL]: at(4) }), given)).toEqual([
      { kind: "live" },
      { kind: "gap", channel: CHANNEL },
      { kind: "place", channel: CHANNEL, position },
    ]);
  });

  test.each([[{}], [[]], ["none"], [null]])(
    "a channel that %j leaves out keeps its place, to be asked for again",
    (subs) => {
      const step = receiveFrame(opened({ [CHANNEL]: at(4) }), frame(reply(subs)), NOW);
      expect(step.actions).toEqual([{ kind: "live" }]);
      expect(step.session.positions.get(CHANNEL)).toEqual(at(4));
    },
  );

  test("what was recovered may have holes: the server says that it is all", () => {
    const publications = [5, 8, 7, 12].map((offset) => ({ data: offset, offset }));
    const sub = { recoverable: true, epoch: "abc", offset: 4, recovered: true, publications };
    const step = receiveFrame(opened({ [CHANNEL]: at(4) }), frame(reply({ [CHANNEL]: sub })), NOW);
    const taken = step.actions.flatMap((action) => (action.kind === "take" ? [action.data] : []));
    expect(taken).toEqual([5, 8, 12]);
    expect(step.session.positions.get(CHANNEL)).toEqual(at(12));
  });

  test.each([
    ["nothing was missed for this client", []],
    ["the newest one alone was kept", [{ data: 9, offset: 9 }]],
  ])("a recovery ends where the server says: %s", (_, publications) => {
    const sub = { recoverable: true, epoch: "abc", offset: 9, recovered: true, publications };
    const step = receiveFrame(opened({ [CHANNEL]: at(4) }), frame(reply({ [CHANNEL]: sub })), NOW);
    expect(step.session.positions.get(CHANNEL)).toEqual(at(9));
    expect(step.actions.at(-1)).toMatchObject({ channel: CHANNEL, position: at(9) });
    expect(received(step.session, frame(push(10, "live")))).toEqual([
      { kind: "take", channel: CHANNEL, position: at(10), data: "live" },
    ]);
  });

  test("a recovery that names its beginning, or another stream, moves nothing", () => {
    const publications = [{ data: 5, offset: 5 }];
    for (const place of [
      { epoch: "abc", offset: 4 },
      { epoch: "new", offset: 9 },
    ]) {
      const text = frame(reply({ [CHANNEL]: { ...place, recovered: true, publications } }));
      const step = receiveFrame(opened({ [CHANNEL]: at(4) }), text, NOW);
      expect(step.session.positions.get(CHANNEL)).toEqual(at(5));
    }
  });

  test.each([
    [{ code: 109, message: "token expired" }, false, "connect was refused with 109 token expired"],
    [{ code: 100, message: "internal server error", temporary: true }, false, undefined],
    [{ code: 103, message: "permission denied" }, true, undefined],
    [{ code: 103 }, true, "connect was refused with 103"],
  ])("an error %j is refused for good: %s", (error, refused, text) => {
    const [action] = received(opened(), frame({ id: 1, error }));
    expect(action).toMatchObject({
      kind: "close",
      failure: { refused, ...(text === undefined ? {} : { error: text }) },
    });
  });

  test("a second reply to connect changes nothing", () => {
    expect(received(live(), frame(reply({})))).toEqual([]);
  });
});

describe("a live connection", () => {
  test("pings are answered where the server asks for that", () => {
    expect([received(live(), "{}"), received(live({ pong: false }), "{}")]).toEqual([
      [{ kind: "send", text: "{}" }],
      [],
    ]);
  });

  test("a publication that was received already is passed over", () => {
    expect(received(live(), frame(push(4, "old"), push(5, "new"), push(5, "new")))).toEqual([
      { kind: "take", channel: CHANNEL, position: at(5), data: "new" },
    ]);
  });

  test("a publication that is missing closes, and what came before it stays taken", () => {
    const step = receiveFrame(live(), frame(push(5, "a"), push(7, "c"), push(8, "d")), NOW);
    expect(step.actions.map(({ kind }) => kind)).toEqual(["take", "close"]);
    expect(step.session.positions.get(CHANNEL)).toEqual(at(5));
  });

  test("offsets that go back close: the server has begun anew, or lost its place", () => {
    expect(closes(received(live(), frame(push(3, "old"))))).toBe(
      "offsets went back, the place is asked for again",
    );
  });

  test("a publication without an offset is taken, and the channel keeps its place", () => {
    const step = receiveFrame(live(), frame(push(null, "a"), push(5, "b")), NOW);
    expect(step.actions).toEqual([
      { kind: "take", channel: CHANNEL, position: null, data: "a" },
      { kind: "take", channel: CHANNEL, position: at(5), data: "b" },
    ]);
  });

  test("blank lines, names that are too long and errors of other commands say nothing", () => {
    const long = push(1, "a", "c".repeat(256));
    const text = `\n${frame(long, { id: 9, error: { code: 103 } })}\n \n`;
    expect(received(live(), text)).toEqual([]);
  });

  test("a channel that is not known is invalidated without a gap", () => {
    const unsubscribe = { channel: "exports:u9", unsubscribe: { code: 2_502 } };
    expect(received(live(), frame({ push: unsubscribe })).map(({ kind }) => kind)).toEqual([
      "place",
      "close",
    ]);
  });

  test("several pings of one frame get one answer", () => {
    expect(received(live(), "{}\n{}\n{}")).toEqual([{ kind: "send", text: "{}" }]);
  });

  test("a channel without history numbers nothing", () => {
    expect(received(live(), frame(push(null, { type: "x" }, "user:u1")))).toEqual([
      { kind: "take", channel: "user:u1", position: null, data: { type: "x" } },
    ]);
  });

  test("a stream that begins anew is a gap and goes on", () => {
    const pub = { data: "first", offset: 1, epoch: "new" };
    expect(received(live(), frame({ push: { channel: CHANNEL, pub } }))).toEqual([
      { kind: "gap", channel: CHANNEL },
      { kind: "take", channel: CHANNEL, position: at(1, "new"), data: "first" },
    ]);
  });

  test("a channel without a stream begins without an epoch, which its first publication brings", () => {
    const begun = receiveFrame(opened(), frame(reply({ [CHANNEL]: { recoverable: true } })), NOW);
    const pub = { data: "first", offset: 1, epoch: "new" };
    const step = receiveFrame(begun.session, frame({ push: { channel: CHANNEL, pub } }), NOW);
    expect(step.actions).toEqual([
      { kind: "take", channel: CHANNEL, position: at(1, "new"), data: "first" },
    ]);
    expect(closes(received(step.session, frame(push(3, "third"))))).toContain("missing");
  });

  test("an epoch without an offset is no position, and a channel that nobody subscribed has none", () => {
    const begun = receiveFrame(opened(), frame(reply({ [CHANNEL]: { recoverable: true } })), NOW);
    for (const [channel, pub] of [
      [CHANNEL, { data: 1, epoch: "new" }],
      ["exports:u2", { data: 1, epoch: "new", offset: 1 }],
    ] as const) {
      const step = receiveFrame(begun.session, frame({ push: { channel, pub } }), NOW);
      expect(step.actions).toEqual([{ kind: "take", channel, position: null, data: 1 }]);
      expect([...step.session.positions]).toEqual([[CHANNEL, null]]);
    }
  });

  test("a position that the server calls invalid is not asked for again", () => {
    const unsubscribe = { channel: CHANNEL, unsubscribe: { code: 2_502 } };
    const step = receiveFrame(live(), frame({ push: unsubscribe }), NOW);
    expect(step.actions.map(({ kind }) => kind)).toEqual(["gap", "place", "close"]);
    expect(step.session.positions.has(CHANNEL)).toBe(false);
    const disconnect = { disconnect: { code: 3_014, reason: "state invalidated" } };
    expect(received(live(), frame({ push: disconnect }))).toMatchObject([
      { kind: "close", forget: true, failure: { refused: false } },
    ]);
  });

  test("numbers keep their digits", () => {
    const text = `{"push":{"channel":"user:u1","pub":{"data":{"big":12345678901234567890}}}}`;
    const [action] = received(live(), text);
    expect(JSON.stringify(action)).toContain("12345678901234567890");
  });

  test.each([
    ["a subscription that the server lost", { unsubscribe: { code: 2_500 } }],
    ["disconnect", { disconnect: { code: 3_001, reason: "shutdown" } }],
  ])("%s closes", (_, push_) => {
    expect(closes(received(live(), frame({ push: { channel: CHANNEL, ...push_ } })))).toEqual(
      expect.any(String),
    );
  });

  test("a subscription that the server ends is forgotten, one that it begins has its place", () => {
    const text = frame(
      { push: { channel: CHANNEL, unsubscribe: { code: 2_000, reason: "server unsubscribe" } } },
      { push: { channel: "exports:u2", subscribe: { recoverable: true, epoch: "x", offset: 3 } } },
    );
    expect(received(live(), text)).toEqual([
      { kind: "place", channel: CHANNEL, position: null },
      { kind: "place", channel: "exports:u2", position: at(3, "x") },
    ]);
  });

  test("a server that names channels without end is left", () => {
    const subs = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`exports:${n}`, {}]));
    expect(closes(received(opened(), frame(reply(subs))))).toBe(
      "the server named too many channels",
    );
    let session = live();
    let failure: string | undefined;
    for (let n = 0; n < 1_001 && failure === undefined; n += 1) {
      const text = frame({ push: { channel: `exports:${n}`, subscribe: { epoch: "x" } } });
      const step = receiveFrame(session, text, NOW);
      ({ session } = step);
      failure = closes(step.actions);
    }
    expect(failure).toBe("the server named too many channels");
  });

  test.each([
    ["a channel", { ["x".repeat(256)]: { epoch: "abc", offset: 1 } }],
    ["an epoch", { [CHANNEL]: { epoch: "x".repeat(256), offset: 1 } }],
  ])("%s whose name is too long for the record has no place in it", (_, subs) => {
    const { positions } = receiveFrame(opened(), frame(reply(subs)), NOW).session;
    expect([...positions.values()].filter((position) => position !== null)).toEqual([]);
  });

  test.each(["text", 5, null, ["a"], [], true, {}])("data may be %j", (data) => {
    expect(received(live(), frame(push(5, data)))).toEqual([
      { kind: "take", channel: CHANNEL, position: at(5), data },
    ]);
  });

  test.each([
    { subs: { [CHANNEL]: 5 } },
    { subs: { [CHANNEL]: { epoch: 5, offset: "4" } } },
    { subs: { [CHANNEL]: { epoch: "abc", offset: -1, publications: "none", recovered: "yes" } } },
    { ping: "25", ttl: {}, pong: "true" },
    { ping: -1, ttl: -1 },
  ])("a reply of wrong types, %j, is read as far as it goes", (connect) => {
    expect(received(opened(), frame({ id: 1, connect }))[0]).toEqual({ kind: "live" });
  });

  test.each(["nonsense", "[]", "5", '{"push":', "\u0000"])("%j is no frame: it closes", (text) => {
    expect(closes(received(live(), text))).toBe("a frame is not readable");
  });

  test.each([{ push: {} }, { push: { channel: 5, join: {} } }, { id: 9, result: {} }, { x: 1 }])(
    "%j is nothing that is asked for",
    (message) => {
      expect(received(live(), frame(message))).toEqual([]);
    },
  );
});

describe("a frame that is too large", () => {
  const huge = `{"a":"${"x".repeat(20_000_000)}"}`;

  test("closes, and as a recovery it is not asked for again", () => {
    expect([received(live(), huge), received(opened({ [CHANNEL]: at(1) }), huge)]).toMatchObject([
      [{ kind: "close", failure: { error: "a frame is too large" } }],
      [{ kind: "close", forget: true }],
    ]);
    expect(received(live(), huge)[0]).not.toHaveProperty("forget");
  });
});

/** The text of a push whose data stands in it as it is. */
const pushOf = (data: string): string =>
  `{"push":{"channel":"${CHANNEL}","pub":{"offset":5,"data":${data}}}}`;

describe("a frame that cannot be taken", () => {
  const deep = pushOf("[".repeat(80) + "]".repeat(80));
  const many = pushOf(`[${"[],".repeat(600_000)}0]`);

  test.each([
    ["nested too deeply", deep],
    ["in too many parts", many],
  ])("%s, closes, and as a recovery it is not asked for for ever", (_, text) => {
    expect(received(live(), text)).toMatchObject([{ kind: "close" }]);
    expect(received(live(), text)[0]).not.toHaveProperty("forget");
    expect(received(opened({ [CHANNEL]: at(4) }), text)).toMatchObject([
      { kind: "close", forget: true },
    ]);
  });

  test("a page in place of the first frame loses no place", () => {
    const [action] = received(opened({ [CHANNEL]: at(4) }), "<html>502</html>");
    expect(action).toMatchObject({ kind: "close", failure: { error: "a frame is not readable" } });
    expect(action).not.toHaveProperty("forget");
  });
});

describe("a server that means harm", () => {
  test.each([
    ["pings", { ping: 1e308 }],
    ["pings", { ping: 1e-9 }],
    ["a token's life", { ttl: 1e308 }],
    ["a token's life", { ttl: 1e-9 }],
  ])("cannot set %s by %j so that nothing or everything is due", (_, more) => {
    const due = sessionDue(live(more)) - NOW;
    expect(due).toBeGreaterThan(500);
    expect(due).toBeLessThanOrEqual(86_400 * SECOND + PING_GRACE);
  });
});

describe("time", () => {
  test.each([
    ["no answer to connect", opened(), CONNECT_TIMEOUT, "the server did not answer connect"],
    ["a ping that is overdue", live(), 25 * SECOND + PING_GRACE, "pings stopped"],
    ["silence where no pings come", live({ ping: 0 }), MAX_SILENCE, "pings stopped"],
  ])("%s closes", (_, session, wait, error) => {
    expect(sessionDue(session)).toBe(NOW + wait);
    expect(passTime(session, NOW + wait - 1).actions).toEqual([]);
    expect(closes(passTime(session, NOW + wait).actions)).toBe(error);
  });

  test("what a server says without answering connect puts nothing off", () => {
    const step = receiveFrame(opened(), frame({}, push(1, "early")), NOW + 9 * SECOND);
    expect(sessionDue(step.session)).toBe(NOW + CONNECT_TIMEOUT);
    const answered = receiveFrame(step.session, frame(reply({})), NOW + 9 * SECOND);
    expect(sessionDue(answered.session)).toBe(NOW + 44 * SECOND);
  });

  test("every frame puts the end of patience off", () => {
    const { session } = receiveFrame(live(), "{}", NOW + 20 * SECOND);
    expect(sessionDue(session)).toBe(NOW + 55 * SECOND);
  });

  test("a token is refreshed after nine tenths of its life, once", () => {
    const session = live({ expires: true, ttl: 20 });
    expect(sessionDue(session)).toBe(NOW + 18 * SECOND);
    const step = passTime(session, NOW + 18 * SECOND);
    expect(step.actions).toEqual([{ kind: "refresh" }]);
    expect(passTime(step.session, NOW + 18 * SECOND).actions).toEqual([]);
    const sent = refresh(step.session, "fresh");
    expect(sent.actions).toEqual([{ kind: "send", text: '{"id":2,"refresh":{"token":"fresh"}}' }]);
    const text = frame({ id: 2, refresh: { expires: true, ttl: 10 } });
    expect(receiveFrame(sent.session, text, NOW).session.refreshAt).toBe(NOW + 9 * SECOND);
  });

  test.each([0.000_001, 1e-300])("a life of %d s does not fetch tokens without pause", (ttl) => {
    expect(live({ ttl }).refreshAt).toBe(NOW + SECOND);
  });

  test.each([1e300, 9e15, 86_400])("%d s between two pings hide no silence", (ping) => {
    expect(sessionDue(live({ ping, ttl: 1e300 }))).toBe(NOW + MAX_SILENCE + PING_GRACE);
  });

  test("a token address that asks for a pause gets it", () => {
    expect(sessionDue(refreshLater(live({ ping: 100 }), NOW, 60 * SECOND))).toBe(NOW + 60 * SECOND);
  });

  test("a token that cannot be had is fetched ever more seldom, until one was", () => {
    let session = live({ ping: 100 });
    const waits = Array.from({ length: 8 }, () => {
      session = refreshLater(session, NOW, 0);
      return ((session.refreshAt ?? 0) - NOW) / SECOND;
    });
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
    session = refreshLater(refresh(session, "fresh").session, NOW, 0);
    expect(session.refreshAt).toBe(NOW + 5 * SECOND);
  });

  test("a fresh token that could not be fetched is fetched again, one that is refused closes", () => {
    const session = refreshLater(live({ ttl: 20 }), NOW, 0);
    expect(sessionDue(session)).toBe(NOW + 5 * SECOND);
    const sent = refresh(session, "fresh").session;
    const text = frame({ id: 2, error: { code: 109, message: "token expired" } });
    expect(closes(received(sent, text))).toBe("the server refused a fresh token with 109");
  });

  test("the server may set another life of the token", () => {
    const text = frame({ push: { refresh: { expires: true, ttl: 60 } } });
    expect(receiveFrame(live(), text, NOW).session.refreshAt).toBe(NOW + 54 * SECOND);
  });
});
