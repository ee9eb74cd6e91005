import { describe, expect, test } from "vitest";
import { ok } from "../../../../src/kernel/result.ts";
import type { CommandContext } from "../../../../src/stream/centrifugo/replies.ts";
import { sessionEnd, type Session } from "../../../../src/stream/centrifugo/session.ts";
import { pushOf } from "../../../../src/stream/centrifugo/history.ts";
import { MAX_NAMES } from "../../../../src/stream/centrifugo/limits.ts";
import {
  bothWays,
  connected,
  grant,
  NOW,
  play,
  waiting,
  type Played,
} from "./connection-fixture.ts";
import { entry, envelope } from "../log-fixture.ts";

const lines = (...commands: readonly object[]): string =>
  commands.map((command) => JSON.stringify(command)).join("\n");
const error = (id: number, code: number, message: string, more: object = {}): object => ({
  id,
  error: { code, message, ...more },
});
const DEFAULTS = ["exports:acme", "webhooks:acme", "user:acme"];
const beginning = (offset: number, more: object = {}): object => ({
  recoverable: true,
  positioned: true,
  epoch: "0a1b",
  offset,
  ...more,
});
const state = (channel: string): object => ({
  data: { account: `acme seen by ${channel}`, jobs: [] },
});
const connectReply = (subs: object, more: object = { expires: true, ttl: 70 }): object => ({
  id: 1,
  connect: {
    client: "c1",
    version: "jobrelay",
    ...more,
    session: "c1",
    ping: 25,
    pong: true,
    subs,
  },
});
const subsOf = (offset: number): object => ({
  "exports:acme": beginning(offset, state("exports:acme")),
  "webhooks:acme": beginning(offset),
  "user:acme": beginning(offset),
});
const pub = (offset: number): object => ({
  data: envelope(offset % 3 === 0 ? "g2" : "g1", offset),
  offset,
});

const waits = (replies: readonly unknown[], close: number | null = null): Played => ({
  session: waiting,
  replies,
  close,
});

const jobs = (count: number, name = (index: number): string => `export.${index}.job`): string[] =>
  Array.from({ length: count }, (_, index) => name(index));

const busy = (id: number): object => error(id, 111, "too many requests", { temporary: true });

const past = (query: object, log = bothWays(3, 9)): unknown =>
  play(connected([]), lines({ id: 1, history: { channel: "export.g1.job", ...query } }), { log })
    .replies[0];
const pageOf = (...offsets: readonly number[]): object => ({
  id: 1,
  history: { publications: offsets.map(pub), epoch: "0a1b", offset: 9 },
});

/** What comes in, what goes out, and the session before and after. */
interface Row {
  readonly name: string;
  readonly before: Session;
  readonly frame: string;
  readonly given?: Partial<CommandContext>;
  readonly result: Played;
}

const table = (rows: readonly Row[]): void => {
  test.each(rows)("$name", ({ before, frame, given, result }) => {
    expect(play(before, frame, given)).toEqual(result);
  });
};

describe("a connection with more channels than its frame may have read", () => {
  test("begins on all of them, and has a snapshot of those within the budget", () => {
    const names = ["export.g1.job", "export.g2.job", "export.g3.job"];
    const token = ok(grant(names));
    const frame = '{"id":1,"connect":{}}';
    const { session, replies } = play(waiting, frame, { token, budget: 60 });
    expect(session).toMatchObject({ phase: "connected", channels: names });
    const [{ connect }] = replies as [{ connect: { subs: Record<string, { data?: object }> } }];
    expect(names.map((name) => connect.subs[name]?.data !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("a connection that waits for its connect command", () => {
  const connect = (body: object = {}): string => lines({ connect: body, id: 1 });
  table([
    {
      name: "begins with a token, on the account's channels",
      before: waiting,
      frame: connect({ token: "good", name: "js" }),
      given: { log: bothWays(1, 4) },
      result: { session: connected(DEFAULTS), replies: [connectReply(subsOf(4))], close: null },
    },
    {
      name: "begins with the token of its upgrade",
      before: { ...waiting, grant: grant() },
      frame: connect(),
      result: { session: connected(DEFAULTS), replies: [connectReply(subsOf(0))], close: null },
    },
    {
      name: "prefers the token of the command",
      before: { ...waiting, grant: grant() },
      frame: connect({ token: "narrow" }),
      result: {
        session: connected(["export.g1.job"], grant(["export.g1.job"])),
        replies: [connectReply({ "export.g1.job": beginning(0, state("export.g1.job")) })],
        close: null,
      },
    },
    {
      name: "takes a pattern for a permission, and is on those of the account's channels that it covers",
      before: waiting,
      frame: connect({ token: "pattern" }),
      result: {
        session: connected(["exports:acme"], grant(["export*"])),
        replies: [connectReply({ "exports:acme": beginning(0, state("exports:acme")) })],
        close: null,
      },
    },
    {
      name: "is on each channel of its token once, and on none of another account",
      before: {
        ...waiting,
        grant: grant(["webhooks:acme", "webhooks:acme", "exports:other", "news", "user:*"]),
      },
      frame: connect(),
      result: {
        session: connected(
          ["webhooks:acme"],
          grant(["webhooks:acme", "webhooks:acme", "exports:other", "news", "user:*"]),
        ),
        replies: [connectReply({ "webhooks:acme": beginning(0) })],
        close: null,
      },
    },
    {
      name: "of the admin does not expire",
      before: waiting,
      frame: connect({ token: "admin" }),
      result: {
        session: connected(DEFAULTS, { kind: "admin" }),
        replies: [connectReply(subsOf(0), {})],
        close: null,
      },
    },
    {
      name: "with a forged token is closed",
      before: waiting,
      frame: connect({ token: "forged" }),
      result: waits([], 3500),
    },
    {
      name: "with garbage for a token is closed",
      before: waiting,
      frame: connect({ token: "garbage" }),
      result: waits([], 3500),
    },
    {
      name: "with another account's token is closed alike",
      before: waiting,
      frame: connect({ token: "foreign" }),
      result: waits([], 3500),
    },
    {
      name: "with an expired token is result to bring another",
      before: waiting,
      frame: connect({ token: "old" }),
      result: waits([error(1, 109, "token expired")]),
    },
    {
      name: "whose upgrade's token has ended meanwhile is result to bring another",
      before: { ...waiting, grant: grant(null, NOW) },
      frame: connect(),
      result: {
        session: { ...waiting, grant: grant(null, NOW) },
        replies: [error(1, 109, "token expired")],
        close: null,
      },
    },
    {
      name: "is result to come back while the configuration is broken",
      before: waiting,
      frame: connect({ token: "broken" }),
      result: waits([error(1, 100, "internal server error", { temporary: true })]),
    },
    {
      name: "is result that its command is malformed",
      before: waiting,
      frame: lines({ connect: { token: 7 }, id: 1 }),
      result: waits([], 3501),
    },
    {
      name: "may not subscribe before",
      before: waiting,
      frame: lines({ subscribe: { channel: "exports:acme" }, id: 1 }),
      result: waits([], 3501),
    },
    {
      name: "may not ask anything before",
      before: waiting,
      frame: lines({ ping: {}, id: 1 }),
      result: waits([], 3501),
    },
    {
      name: "may answer a ping that it was never sent",
      before: waiting,
      frame: "{}",
      result: waits([]),
    },
    {
      name: "may subscribe in the same frame",
      before: waiting,
      frame: lines(
        { connect: { token: "webhooks" }, id: 1 },
        { subscribe: { channel: "export.g1.job" }, id: 2 },
        { connect: {}, id: 3 },
        { ping: {}, id: 4 },
      ),
      result: {
        session: connected(["webhooks:acme"], grant(["webhooks:acme"])),
        replies: [
          connectReply({ "webhooks:acme": beginning(0) }),
          error(2, 103, "permission denied"),
        ],
        close: 3501,
      },
    },
    {
      name: "recovers each of its channels on its own",
      before: waiting,
      frame: connect({
        token: "good",
        subs: {
          "exports:acme": { recover: true, epoch: "0a1b", offset: 5 },
          "webhooks:acme": { recover: true, epoch: "0a1b", offset: 5 },
          "user:acme": { recover: true, epoch: "ffff", offset: 5 },
          "export.g1.job": { recover: true, epoch: "0a1b", offset: 5 },
        },
      }),
      given: { log: bothWays(1, 7) },
      result: {
        session: connected(DEFAULTS),
        replies: [
          connectReply({
            "exports:acme": beginning(5, {
              was_recovering: true,
              recovered: true,
              publications: [pub(6), pub(7)],
            }),
            "webhooks:acme": beginning(7, { was_recovering: true, recovered: true }),
            "user:acme": beginning(7, { was_recovering: true }),
          }),
        ],
        close: null,
      },
    },
  ]);
});

describe("a connection", () => {
  const before = connected(DEFAULTS);
  const same = (replies: readonly unknown[], close: number | null = null): Played => ({
    session: before,
    replies,
    close,
  });
  const job = { subscribe: { channel: "export.g1.job" }, id: 2 };
  const subscribed = connected([...DEFAULTS, "export.g1.job"]);
  const log = bothWays(3, 8);
  const recovering = (offset: number, more: object = {}): string =>
    lines({
      id: 2,
      subscribe: { ...job.subscribe, recover: true, epoch: "0a1b", offset, ...more },
    });
  table([
    {
      name: "subscribes to a job from now on",
      before,
      frame: lines(job),
      given: { log },
      result: {
        session: subscribed,
        replies: [{ id: 2, subscribe: beginning(8, state("export.g1.job")) }],
        close: null,
      },
    },
    {
      name: "subscribes once",
      before,
      frame: lines(job, { ...job, id: 3 }, { id: 4, subscribe: { channel: "exports:acme" } }),
      result: {
        session: subscribed,
        replies: [
          { id: 2, subscribe: beginning(0, state("export.g1.job")) },
          error(3, 105, "already subscribed"),
          error(4, 105, "already subscribed"),
        ],
        close: null,
      },
    },
    {
      name: "recovers what its channel missed, at the position that it came with",
      before,
      frame: recovering(4),
      given: { log },
      result: {
        session: subscribed,
        replies: [
          {
            id: 2,
            subscribe: beginning(4, {
              was_recovering: true,
              recovered: true,
              publications: [pub(5), pub(7), pub(8)],
            }),
          },
        ],
        close: null,
      },
    },
    {
      name: "that missed nothing is at the end of the log, so that its position does not grow old on a quiet channel",
      before: connected([]),
      frame: lines({
        id: 2,
        subscribe: { channel: "user:acme", recover: true, epoch: "0a1b", offset: 4 },
      }),
      given: { log },
      result: {
        session: connected(["user:acme"]),
        replies: [{ id: 2, subscribe: beginning(8, { was_recovering: true, recovered: true }) }],
        close: null,
      },
    },
    ...[
      { name: "before what the log holds", frame: recovering(1) },
      { name: "after what the log holds", frame: recovering(9) },
      { name: "of another log", frame: recovering(4, { epoch: "ffff" }) },
      { name: "that a client made up to fail", frame: recovering(0, { epoch: "_" }) },
    ].map(({ name, frame }) => ({
      name: `at a position ${name} is result so and shown the state`,
      before,
      frame,
      given: { log },
      result: {
        session: subscribed,
        replies: [
          { id: 2, subscribe: beginning(8, { was_recovering: true, ...state("export.g1.job") }) },
        ],
        close: null,
      },
    })),
    {
      name: "gets an error for a lost position when it asked for one",
      before,
      frame: recovering(1, { flag: 2 }),
      given: { log },
      result: same([error(2, 112, "unrecoverable position")]),
    },
    {
      name: "that asked for an error recovers all the same where it can",
      before,
      frame: recovering(7, { flag: 3 }),
      given: { log },
      result: {
        session: subscribed,
        replies: [
          {
            id: 2,
            subscribe: beginning(7, {
              was_recovering: true,
              recovered: true,
              publications: [pub(8)],
            }),
          },
        ],
        close: null,
      },
    },
    {
      name: "may not see foreign or unknown channels",
      before,
      frame: lines(
        { id: 2, subscribe: { channel: "exports:other" } },
        { id: 3, subscribe: { channel: "news" } },
        { id: 4, history: { channel: "user:other" } },
      ),
      result: same([
        error(2, 103, "permission denied"),
        error(3, 102, "unknown channel"),
        error(4, 103, "permission denied"),
      ]),
    },
    {
      name: "unsubscribes, also from what it was not on",
      before: subscribed,
      frame: lines(
        { id: 5, unsubscribe: { channel: "export.g1.job" } },
        { id: 6, unsubscribe: { channel: "export.g1.job" } },
      ),
      result: same([
        { id: 5, unsubscribe: {} },
        { id: 6, unsubscribe: {} },
      ]),
    },
    {
      name: "may unsubscribe from a channel of its token and come back",
      before,
      frame: lines(
        { id: 5, unsubscribe: { channel: "user:acme" } },
        { id: 6, subscribe: { channel: "user:acme" } },
      ),
      result: same([
        { id: 5, unsubscribe: {} },
        { id: 6, subscribe: beginning(0) },
      ]),
    },
    {
      name: "extends its life with the next token",
      before,
      frame: lines({ id: 7, refresh: { token: "later" } }),
      result: {
        session: connected(DEFAULTS, grant(null, NOW + 1_000_000)),
        replies: [
          { id: 7, refresh: { client: "c1", version: "jobrelay", expires: true, ttl: 970 } },
        ],
        close: null,
      },
    },
    {
      name: "loses the channels that the next token does not open",
      before: subscribed,
      frame: lines({ id: 7, refresh: { token: "narrow" } }),
      result: {
        session: connected(["export.g1.job"], grant(["export.g1.job"])),
        replies: [
          { id: 7, refresh: { client: "c1", version: "jobrelay", expires: true, ttl: 70 } },
          ...DEFAULTS.map((channel) => ({
            push: { channel, unsubscribe: { code: 2000, reason: "server unsubscribe" } },
          })),
        ],
        close: null,
      },
    },
    {
      name: "is closed for a next token of another account",
      before,
      frame: lines({ id: 7, refresh: { token: "foreign" } }),
      result: same([], 3500),
    },
    {
      name: "is closed for a forged next token",
      before,
      frame: lines({ id: 7, refresh: { token: "forged" } }),
      result: same([], 3500),
    },
    {
      name: "is closed to come back when its next token is old",
      before,
      frame: lines({ id: 7, refresh: { token: "old" } }),
      result: same([], 3005),
    },
    {
      name: "keeps its token while the configuration is broken",
      before,
      frame: lines({ id: 7, refresh: { token: "broken" } }),
      result: same([error(7, 100, "internal server error", { temporary: true })]),
    },
    {
      name: "whose token has ended is closed whatever it asks",
      before,
      frame: lines({ id: 8, ping: {} }),
      given: { now: NOW + 100_000 },
      result: same([], 3005),
    },
    {
      name: "is answered until the last millisecond",
      before,
      frame: lines({ id: 8, ping: {} }),
      given: { now: NOW + 99_999 },
      result: same([{ id: 8, ping: {} }]),
    },
    {
      name: "whose token has ended may still bring the next one",
      before,
      frame: lines({ id: 7, refresh: { token: "later" } }),
      given: { now: NOW + 100_000 },
      result: {
        session: connected(DEFAULTS, grant(null, NOW + 1_000_000)),
        replies: [
          { id: 7, refresh: { client: "c1", version: "jobrelay", expires: true, ttl: 870 } },
        ],
        close: null,
      },
    },
    {
      name: "connects once",
      before,
      frame: lines({ id: 1, connect: { token: "good" } }),
      result: same([], 3501),
    },
    {
      name: "has nobody to send to",
      before,
      frame: lines({ send: { data: 1 } }, { id: 8, ping: {} }),
      result: same([], 3508),
    },
    {
      name: "is refused what the relay does not offer, and goes on",
      before,
      frame: lines(
        { id: 1, rpc: { method: "m" } },
        { id: 2, publish: { channel: "exports:acme", data: 1 } },
        { id: 3, x: {} },
        { id: 4, subscribe: {} },
        {},
      ),
      result: same([
        error(1, 108, "not available"),
        error(2, 103, "permission denied"),
        error(3, 104, "method not found"),
        error(4, 107, "bad request"),
      ]),
    },
  ]);
});

describe("a position without an epoch", () => {
  test.each([
    ["in a subscription", connected([]), { id: 1, subscribe: { channel: "export.g1.job" } }],
    ["in a connect command", waiting, { id: 1, connect: { token: "narrow" } }],
  ])("%s is continued, as by a Centrifugo server", (_, before, command) => {
    const position = { recover: true, offset: 4 };
    const frame =
      "subscribe" in command
        ? { ...command, subscribe: { ...command.subscribe, ...position } }
        : { ...command, connect: { ...command.connect, subs: { "export.g1.job": position } } };
    const [reply] = play(before, lines(frame), { log: bothWays(1, 8) }).replies;
    const text = JSON.stringify(reply);
    expect([...text.matchAll(/"offset":(\d+)/g)].map(([, offset]) => offset)).toEqual([
      "4",
      "5",
      "7",
      "8",
    ]);
    expect(text).toContain('"recovered":true');
  });

  test("before the oldest event, or beyond the newest, is not", () => {
    const replies = [3, 9].map(
      (offset) =>
        play(
          connected([]),
          lines({ id: 1, subscribe: { channel: "export.g1.job", recover: true, offset } }),
          { log: bothWays(5, 8) },
        ).replies[0],
    );
    for (const reply of replies)
      expect(reply).toMatchObject({ subscribe: { was_recovering: true, offset: 8 } });
    expect(JSON.stringify(replies)).not.toContain('"recovered"');
  });
});

const refresh = (token: string, before: Session): Played =>
  play(before, lines({ id: 7, refresh: { token } }), { log: bothWays(1, 4) });

const ended = (channel: string): object => ({
  push: { channel, unsubscribe: { code: 2000, reason: "server unsubscribe" } },
});

describe("a refreshed token", () => {
  const reply = {
    id: 7,
    refresh: { client: "c1", version: "jobrelay", expires: true, ttl: 70 },
  };
  const narrow = grant(["export.g1.job"]);
  const wider = grant(["export.g1.job", "webhooks:acme"]);

  test("that names more channels subscribes to them", () => {
    expect(refresh("wider", connected(["export.g1.job"], narrow))).toEqual({
      session: connected(["export.g1.job", "webhooks:acme"], wider),
      replies: [reply, { push: { channel: "webhooks:acme", subscribe: beginning(4) } }],
      close: null,
    });
  });

  test("that names a job's channel shows the job, as a subscription does", () => {
    const before = connected(["webhooks:acme"], grant(["webhooks:acme"]));
    expect(refresh("wider", before).replies[1]).toEqual({
      push: {
        channel: "export.g1.job",
        subscribe: beginning(4, state("export.g1.job")),
      },
    });
  });

  test("that names fewer unsubscribes from the others, also from one that it still opens", () => {
    const before = connected(
      ["exports:acme", "export.g1.job"],
      grant(["exports:acme", "export.g1.job"]),
    );
    expect(refresh("narrow", before).replies).toEqual([reply, ended("exports:acme")]);
    expect(refresh("good", connected(["export.g1.job"], narrow)).replies).toMatchObject([
      { id: 7 },
      ended("export.g1.job"),
      ...DEFAULTS.map((channel) => ({ push: { channel, subscribe: {} } })),
    ]);
  });

  test("leaves what the client subscribed to, or unsubscribed from, by itself", () => {
    const before = connected(["exports:acme", "user:acme", "export.g2.job"]);
    expect(refresh("good", before)).toEqual({ session: before, replies: [reply], close: null });
  });
});

describe("a job's channel", () => {
  test.each([
    ["the whole account", null, true],
    ["the exports channel", ["exports:acme"], true],
    ["that job", ["export.g1.job"], true],
    ["every job by pattern", ["export.*"], true],
    ["another job", ["export.g2.job"], false],
    ["another channel", ["webhooks:acme"], false],
    ["nothing", [], false],
  ])("is open to a token of %s: %s %s", (_, channels, open) => {
    const result = play(
      connected([], grant(channels)),
      lines({ id: 2, subscribe: { channel: "export.g1.job" } }),
    );
    expect(result.replies).toEqual([
      open
        ? { id: 2, subscribe: beginning(0, state("export.g1.job")) }
        : error(2, 103, "permission denied"),
    ]);
  });
});

describe("the limits of a connection", () => {
  test("are 128 channels, its token's own among them", () => {
    const frame = lines({ id: 2, subscribe: { channel: "export.last.job" } });
    expect(play(connected(jobs(127)), frame).replies).toMatchObject([
      { id: 2, subscribe: { offset: 0 } },
    ]);
    expect(play(connected(jobs(128)), frame)).toEqual({
      session: connected(jobs(128)),
      replies: [error(2, 106, "limit exceeded")],
      close: null,
    });
  });

  test("are what its socket's attachment holds", () => {
    // 250 characters and a head of 6 bytes each: 58 of them are 14,848 bytes.
    const long = jobs(58, (index) => `export.${String(index).padStart(239, "0")}.job`);
    const fill = (length: number): string =>
      lines({ id: 2, subscribe: { channel: `export.${"f".repeat(length - 11)}.job` } });
    const left = MAX_NAMES - 58 * 256;
    expect(play(connected(long), fill(left - 6)).replies).toMatchObject([{ subscribe: {} }]);
    expect(play(connected(long), fill(left - 5)).replies).toEqual([
      error(2, 106, "limit exceeded"),
    ]);
    // A name outside Latin-1 takes two bytes a character.
    expect(
      play(
        connected(long),
        lines({ id: 2, subscribe: { channel: `export.${"…".repeat(65)}.job` } }),
      ).replies,
    ).toEqual([error(2, 106, "limit exceeded")]);
  });

  test("hold for a token that names too much", () => {
    const named = grant(jobs(128, (index) => `export.${String(index).padStart(60, "0")}.job`));
    expect(play({ ...waiting, grant: named }, lines({ id: 1, connect: {} }))).toEqual({
      session: { ...waiting, grant: named },
      replies: [error(1, 106, "limit exceeded")],
      close: null,
    });
    const fits = grant(jobs(128, (index) => `export.${String(index).padStart(36, "0")}.job`));
    expect(play({ ...waiting, grant: fits }, lines({ id: 1, connect: {} })).session).toEqual(
      connected(fits.kind === "account" ? (fits.channels ?? []) : [], fits),
    );
  });

  test("include the characters that one frame fetches, after which it is answered too many requests", () => {
    const frame = lines(
      { id: 1, history: { channel: "exports:acme", limit: 2 } },
      { id: 2, history: { channel: "exports:acme", limit: 2 } },
      { id: 3, subscribe: { channel: "export.g1.job" } },
      { id: 4, ping: {} },
    );
    const size = JSON.stringify(pub(1)).length + JSON.stringify(pub(2)).length;
    const result = (budget: number): unknown =>
      play(connected([]), frame, { log: bothWays(1, 2), budget }).replies;
    const page = (id: number, ...offsets: number[]): object => ({
      id,
      history: { publications: offsets.map(pub), epoch: "0a1b", offset: 2 },
    });
    expect(result(size)).toEqual([page(1, 1, 2), busy(2), busy(3), { id: 4, ping: {} }]);
    expect(result(size + 1)).toEqual([page(1, 1, 2), page(2, 1), busy(3), { id: 4, ping: {} }]);
  });

  test("are left for a connect command as well, whose client comes back by itself", () => {
    const frame = lines({ id: 1, connect: {} });
    expect(play({ ...waiting, grant: grant() }, frame, { budget: 0 })).toEqual({
      session: { ...waiting, grant: grant() },
      replies: [busy(1)],
      close: null,
    });
  });

  test("are as many characters of recovery, all or nothing", () => {
    const size = JSON.stringify([pub(1), pub(2)]).length;
    const frame = lines({
      id: 2,
      subscribe: { channel: "exports:acme", recover: true, epoch: "0a1b", offset: 0 },
    });
    const result = (budget: number): unknown =>
      play(connected([]), frame, { log: bothWays(1, 2), budget }).replies;
    expect(result(size)).toEqual([
      {
        id: 2,
        subscribe: beginning(0, {
          was_recovering: true,
          recovered: true,
          publications: [pub(1), pub(2)],
        }),
      },
    ]);
    expect(result(size - 1)).toEqual([
      { id: 2, subscribe: beginning(2, { was_recovering: true, ...state("exports:acme") }) },
    ]);
  });

  test("are shared by the channels of a connect command, in their order", () => {
    const size = JSON.stringify([pub(1), pub(2)]).length;
    const named = grant(["exports:acme", "export.g1.job", "webhooks:acme"]);
    const place = { recover: true, epoch: "0a1b", offset: 0 };
    const subs = { "exports:acme": place, "export.g1.job": place, "webhooks:acme": place };
    const result = play({ ...waiting, grant: named }, lines({ id: 1, connect: { subs } }), {
      log: bothWays(1, 2),
      budget: size,
    });
    expect(result.replies).toEqual([
      connectReply({
        "exports:acme": beginning(0, {
          was_recovering: true,
          recovered: true,
          publications: [pub(1), pub(2)],
        }),
        "export.g1.job": beginning(2, { was_recovering: true }),
        "webhooks:acme": beginning(2, { was_recovering: true, recovered: true }),
      }),
    ]);
    const lost = { channel: "export.g1.job", recover: true, epoch: "ffff", offset: 0 };
    const twice = lines(
      { id: 2, subscribe: { ...lost, flag: 2 } },
      { id: 3, subscribe: { channel: "user:acme" } },
    );
    const { length } = JSON.stringify(Object.values(state("export.g1.job"))[0]);
    expect(play(connected([]), twice, { budget: length }).replies).toEqual([
      error(2, 112, "unrecoverable position"),
      error(3, 111, "too many requests", { temporary: true }),
    ]);
    const plain = lines(
      { id: 2, subscribe: { channel: "export.g1.job" } },
      { id: 3, subscribe: { channel: "user:acme" } },
    );
    expect(play(connected([]), plain, { budget: length }).replies).toMatchObject([
      { id: 2, subscribe: {} },
      { id: 3, error: { code: 111 } },
    ]);
    expect(play(connected([]), plain, { budget: length + 1 }).replies).toMatchObject([
      { id: 2, subscribe: {} },
      { id: 3, subscribe: {} },
    ]);
  });

  test.each([
    [1_000, true],
    [1_001, false],
  ])("across %i missed events recover: %s", (missed, recovered) => {
    const frame = lines({
      id: 2,
      subscribe: { channel: "exports:acme", recover: true, epoch: "0a1b", offset: 0 },
    });
    const [reply] = play(connected([]), frame, { log: bothWays(1, missed), budget: 4_000_000 })
      .replies as [{ subscribe: { recovered?: boolean; publications?: unknown[] } }];
    expect([reply.subscribe.recovered ?? false, reply.subscribe.publications?.length ?? 0]).toEqual(
      [recovered, recovered ? missed : 0],
    );
  });
});

describe("the life of a connection", () => {
  test.each([
    [1_000_000, 970],
    [60_000, 30],
    [59_000, 29],
    [10_000, 5],
    [3_000, 1],
    [1, 1],
    [9_000_000_000_000 - NOW, 2_147_483],
  ])("with %i ms left is to be refreshed after %i s", (left, ttl) => {
    const before = { ...waiting, grant: grant(null, NOW + left) };
    expect(play(before, lines({ id: 1, connect: {} })).replies).toMatchObject([
      { connect: { expires: true, ttl } },
    ]);
  });

  test("ends with its token, or never", () => {
    expect(sessionEnd(waiting)).toBeNull();
    expect(sessionEnd(connected([]))).toBe(NOW + 100_000);
    expect(sessionEnd(connected([], { kind: "admin" }))).toBeNull();
  });
});

describe("the history of a channel", () => {
  const gone = error(1, 112, "unrecoverable position");
  test.each<[string, object, object]>([
    ["no limit asked for is its position alone", {}, pageOf()],
    ["limit 0 is its position alone", { limit: 0, since: { offset: 3, epoch: "0a1b" } }, pageOf()],
    ["a limit is its oldest events", { limit: 2 }, pageOf(4, 5)],
    ["no bound is all of them", { limit: -1 }, pageOf(4, 5, 7, 8)],
    [
      "a place in it is what follows",
      { limit: 2, since: { offset: 4, epoch: "0a1b" } },
      pageOf(5, 7),
    ],
    [
      "the place before its first event is all",
      { limit: 9, since: { offset: 2, epoch: "0a1b" } },
      pageOf(4, 5, 7, 8),
    ],
    ["its end is nothing", { limit: 9, since: { offset: 9, epoch: "0a1b" } }, pageOf()],
    ["a place in any log is what follows", { limit: 1, since: { offset: 4 } }, pageOf(5)],
    ["backwards is its newest events", { limit: 2, reverse: true }, pageOf(8, 7)],
    [
      "a place backwards is what precedes",
      { limit: 2, since: { offset: 7, epoch: "0a1b" }, reverse: true },
      pageOf(5, 4),
    ],
    ["a place in another log is an error", { limit: 2, since: { offset: 7, epoch: "ffff" } }, gone],
    ["a place before a trim is an error", { limit: 2, since: { offset: 1, epoch: "0a1b" } }, gone],
    ["a place before a trim of any log is an error", { limit: 2, since: { offset: 1 } }, gone],
    [
      "a position beyond its end is an empty page",
      { limit: 2, since: { offset: 10, epoch: "0a1b" } },
      pageOf(),
    ],
    [
      "backwards begins with the newest",
      { channel: "exports:acme", limit: 1, reverse: true },
      pageOf(9),
    ],
  ])("with %s", (_, query, reply) => {
    expect(past(query)).toEqual(reply);
  });

  test.each([299, 300, 301, -1])("with limit %i is at most 300 events", (limit) => {
    const result = play(
      connected([]),
      lines({ id: 1, history: { channel: "exports:acme", limit } }),
      { log: bothWays(1, 400) },
    );
    const [reply] = result.replies as [{ history: { publications: unknown[] } }];
    expect(reply.history.publications).toHaveLength(limit === 299 ? 299 : 300);
  });
});

test("an event is pushed on one channel, with its offset in the log", () => {
  expect(JSON.parse(pushOf("export.g1.job", entry(7)))).toEqual({
    push: { channel: "export.g1.job", pub: pub(7) },
  });
});
