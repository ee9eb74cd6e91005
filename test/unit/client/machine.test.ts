import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoff } from "../../../src/client/loss.ts";
import { step, type Effect, type Input } from "../../../src/client/machine.ts";
import { isOpen, machine, type Machine, type Transport } from "../../../src/client/state.ts";
import { runs } from "../runs.ts";

const T0 = 1_000_000;
const ALL: readonly Transport[] = ["ws", "sse", "poll"];
const START: Input = { kind: "start" };
const TICK: Input = { kind: "tick" };

/**
 * Feeds inputs at the times given (in ms after `T0`); chance is 0 unless told. Returns the machine
 * and what it asked for.
 */
function play(
  inputs: readonly (readonly [at: number, input: Input])[],
  from: Machine = machine(ALL, 0, 0, 0),
  chance = 0,
): { m: Machine; effects: readonly (Effect | undefined)[] } {
  let m = from;
  const effects = inputs.map(([at, input]) => {
    const [next, effect] = step(m, input, T0 + at, chance);
    m = next;
    return effect;
  });
  return { m, effects };
}

const on = (kind: "dialed" | "hello" | "alive", id = 1): Input => ({ kind, id });
const closed = (code: number, id = 1, retryAfter?: number): Input => ({
  kind: "closed",
  id,
  code,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

const LIVE = play([
  [0, START],
  [0, on("dialed")],
  [0, on("hello")],
]).m;

describe("connecting", () => {
  test("a start opens one connection, a second start none", () => {
    const { m, effects } = play([
      [0, START],
      [1, START],
    ]);
    expect(effects).toEqual(["open", undefined]);
    expect(m).toMatchObject({ kind: "connecting", id: 1, via: 0, due: T0 + 30_000 });
  });

  test("the time to say hello counts from the moment the token is there", () => {
    const { m } = play([
      [0, START],
      [5_000, on("dialed")],
    ]);
    expect(m).toMatchObject({ kind: "connecting", due: T0 + 9_000 });
  });

  test("a hello makes it live", () => {
    expect(LIVE).toMatchObject({
      kind: "live",
      began: T0,
      aliveAt: T0,
      pinged: false,
      due: T0 + 25_000,
      proven: 0,
    });
  });

  test("word of an older connection is ignored", () => {
    const again = play(
      [
        [0, closed(1006)],
        [500, TICK],
      ],
      LIVE,
    ).m;
    expect(again).toMatchObject({ kind: "connecting", id: 2 });
    expect(
      play(
        [
          [600, on("hello", 1)],
          [600, closed(4500, 1)],
        ],
        again,
      ).m,
    ).toEqual(again);
  });
});

describe("what follows a close", () => {
  test.each([
    [1000, "waiting"],
    [1006, "waiting"],
    [1011, "waiting"],
    [1012, "waiting"],
    [4000, "waiting"],
    [4005, "waiting"],
    [4008, "waiting"],
    [4013, "waiting"],
    [4499, "waiting"],
    [4501, "failed"],
    [4507, "failed"],
    [4999, "failed"],
  ] as const)("code %i: %s", (code, kind) => {
    expect(play([[20_000, closed(code)]], LIVE).m.kind).toBe(kind);
  });

  test("a token that ended during a long connection is replaced at once, as expired", () => {
    expect(play([[20_000, closed(4005)]], LIVE).m).toMatchObject({
      kind: "waiting",
      due: T0 + 20_000,
      expired: true,
    });
  });

  test("tokens that end as soon as they are used are replaced ever more slowly", () => {
    expect(play([[1_000, closed(4005)]], LIVE, 0.5).m).toMatchObject({
      kind: "waiting",
      due: T0 + 1_000 + 1_000,
      expired: true,
    });
  });

  test("a refused token is tried once more as an expired one when there was a connection before, then never again", () => {
    const again = play(
      [
        [20_000, closed(4500)],
        [20_000, TICK],
      ],
      LIVE,
    );
    expect(again.effects).toEqual([undefined, "open"]);
    expect(again.m).toMatchObject({ kind: "connecting", expired: true });
    expect(play([[20_001, closed(4500, 2)]], again.m).m).toMatchObject({
      kind: "failed",
      code: 4500,
    });
  });

  test("a first token that is refused is final", () => {
    expect(
      play([
        [0, START],
        [1, closed(4500)],
      ]).m,
    ).toMatchObject({ kind: "failed", code: 4500 });
  });

  test("a job that is not there is looked for at the next address, but not after it was seen", () => {
    const first = play(
      [
        [0, START],
        [1, closed(4507)],
      ],
      machine(ALL, 1, 0, 0),
    );
    expect(first.m).toMatchObject({ kind: "waiting", due: T0 + 1, spare: 0 });
    expect(
      play(
        [
          [2, TICK],
          [3, closed(4507, 2)],
        ],
        first.m,
      ).m,
    ).toMatchObject({ kind: "failed", code: 4507 });
    const seen = play(
      [
        [0, START],
        [0, on("hello")],
        [1, closed(4507)],
      ],
      machine(ALL, 1, 0, 0),
    );
    expect(seen.m).toMatchObject({ kind: "failed", code: 4507 });
  });

  test("Retry-After lengthens the wait and never shortens it", () => {
    expect(play([[20_000, closed(1006, 1, 9_000)]], LIVE).m).toMatchObject({ due: T0 + 29_000 });
    expect(play([[20_000, closed(1006, 1, 10)]], LIVE).m).toMatchObject({ due: T0 + 20_500 });
  });

  test("a failed machine stays failed until it is started again", () => {
    const failed = play([[20_000, closed(4501)]], LIVE).m;
    for (const kind of ["tick", "away", "back", "probe"] as const)
      expect(play([[99_000, { kind }]], failed).m.kind).toBe("failed");
    expect(play([[99_000, START]], failed).effects).toEqual(["open"]);
  });
});

describe("backoff", () => {
  test.each([
    [0, 0, 500],
    [0, 1, 1_000],
    [1, 1, 1_500],
    [3, 0.5, 2_500],
    [6, 1, 20_000],
    [60, 1, 20_000],
    [60, 0, 500],
  ])("after %i failures and with chance %d: %i ms", (failures, chance, wait) => {
    expect(backoff(failures, chance)).toBe(wait);
  });

  test("ten quiet seconds reset it, one less does not", () => {
    expect(play([[10_000, closed(1006)]], { ...LIVE, failures: 3 }).m).toMatchObject({
      failures: 0,
    });
    expect(play([[9_999, closed(1006)]], { ...LIVE, failures: 3 }).m).toMatchObject({
      failures: 4,
    });
  });

  test("it stays between its bounds", () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (failures, chance) => {
          const wait = backoff(failures, chance);
          expect(wait).toBeGreaterThanOrEqual(500);
          expect(wait).toBeLessThanOrEqual(20_000);
        },
      ),
    );
  });
});

describe("transports", () => {
  test("two failed upgrades lead to the next transport, at once", () => {
    const { m } = play([
      [0, START],
      [1, closed(1006)],
      [1_000, TICK],
      [1_001, closed(1006, 2)],
    ]);
    expect(m).toMatchObject({ kind: "waiting", via: 1, due: T0 + 1_001, upgrade: T0 + 301_001 });
  });

  test("one that hangs for four seconds leads there as well", () => {
    const { m, effects } = play([
      [0, START],
      [0, on("dialed")],
      [3_999, TICK],
      [4_000, TICK],
    ]);
    expect(effects).toEqual(["open", undefined, undefined, "close"]);
    expect(m).toMatchObject({ kind: "waiting", via: 1 });
  });

  test("a token that does not come within half a minute is asked for again, for the same transport", () => {
    const { m, effects } = play([
      [0, START],
      [29_999, TICK],
      [30_000, TICK],
    ]);
    expect(effects).toEqual(["open", undefined, "close"]);
    expect(m).toMatchObject({ kind: "waiting", via: 0, code: 4099 });
    expect(play([[60_000, TICK]], m).m).toMatchObject({ kind: "connecting", via: 0, id: 2 });
  });

  test("one that worked here is given six failures", () => {
    let m = play([[1, closed(1006)]], LIVE).m;
    for (let failures = 2; failures <= 6; failures += 1) {
      expect(m.via).toBe(0);
      m = play(
        [
          [10_000 * failures, TICK],
          [10_000 * failures + 1, closed(1006, failures)],
        ],
        m,
      ).m;
    }
    expect(m.via).toBe(1);
  });

  test("after the last comes the first, slowly", () => {
    const last = { ...machine(ALL, 0, 2, 0), failures: 5 };
    expect(
      play(
        [
          [0, START],
          [1, closed(1006)],
        ],
        last,
        0.5,
      ).m,
    ).toMatchObject({ via: 0, failures: 6 });
    expect(
      play(
        [
          [0, START],
          [1, closed(1006)],
        ],
        last,
        0.5,
      ).m.due,
    ).toBeGreaterThan(T0 + 1_000);
  });

  test("five minutes later the best is tried again, and one failure leads back", () => {
    const worse = play(
      [
        [0, START],
        [0, on("hello")],
      ],
      machine(ALL, 0, 1, T0 + 300_000),
    ).m;
    expect(play([[299_999, on("alive")]], worse).effects).toEqual([undefined]);
    const tried = play(
      [
        [300_000, on("alive")],
        [300_000, TICK],
      ],
      worse,
    );
    expect(tried.effects).toEqual(["close", "open"]);
    expect(tried.m).toMatchObject({ kind: "connecting", via: 0 });
    expect(play([[300_001, closed(1006, 2)]], tried.m).m).toMatchObject({
      via: 1,
      kind: "waiting",
      due: T0 + 300_001,
    });
  });

  test("a page that nobody looks at does not try", () => {
    const hidden = { ...machine(ALL, 0, 1, T0), away: false };
    const live = play([[0, START]], hidden).m;
    const away = play(
      [
        [0, { kind: "away" }],
        [0, on("hello")],
        [9_000_000, on("alive")],
      ],
      live,
    ).m;
    expect(away).toMatchObject({ kind: "live", via: 1 });
  });
});

describe("silence", () => {
  test("is asked about after 25 s and ends the connection 8 s later", () => {
    const { m, effects } = play(
      [
        [25_000, TICK],
        [32_999, TICK],
        [33_000, TICK],
      ],
      LIVE,
    );
    expect(effects).toEqual(["ping", undefined, "close"]);
    expect(m.kind).toBe("waiting");
  });

  test("is broken by any sign of life", () => {
    expect(
      play(
        [
          [25_000, TICK],
          [26_000, on("alive")],
        ],
        LIVE,
      ).m,
    ).toMatchObject({ pinged: false, aliveAt: T0 + 26_000, due: T0 + 51_000 });
  });

  test("is not judged while the page is hidden", () => {
    const { m, effects } = play(
      [
        [1, { kind: "away" }],
        [25_000, TICK],
        [50_000, TICK],
        [75_000, TICK],
      ],
      LIVE,
    );
    expect(effects).toEqual([undefined, "ping", "ping", "ping"]);
    expect(m.kind).toBe("live");
  });

  test("an answer owed when the page is hidden is forgiven", () => {
    const { m } = play(
      [
        [25_000, TICK],
        [26_000, { kind: "away" }],
        [33_000, TICK],
      ],
      LIVE,
    );
    expect(m.kind).toBe("live");
  });

  test("a WebSocket proves itself within 2 s when the page is shown again", () => {
    const { m, effects } = play(
      [
        [1, { kind: "away" }],
        [60_000, { kind: "back" }],
        [62_000, TICK],
      ],
      LIVE,
    );
    expect(effects).toEqual([undefined, "ping", "close"]);
    expect(m.kind).toBe("waiting");
  });

  test("an event stream, which cannot be asked, has until its next sign of life was due", () => {
    const sse = play(
      [
        [0, START],
        [0, on("hello")],
      ],
      machine(["sse"], 0, 0, 0),
    ).m;
    expect(
      play(
        [
          [1, { kind: "away" }],
          [10_000, { kind: "back" }],
        ],
        sse,
      ).m,
    ).toMatchObject({ due: T0 + 33_000 });
    expect(
      play(
        [
          [1, { kind: "away" }],
          [90_000, { kind: "back" }],
        ],
        sse,
      ).m,
    ).toMatchObject({ due: T0 + 92_000 });
  });

  test("a follower's question ends a dead connection even while this page is hidden", () => {
    const { m, effects } = play(
      [
        [1, { kind: "away" }],
        [60_000, { kind: "probe" }],
        [62_000, TICK],
      ],
      LIVE,
    );
    expect(effects).toEqual([undefined, "ping", "close"]);
    expect(m.kind).toBe("paused");
  });
});

describe("a page that is hidden or offline", () => {
  test("keeps a live connection", () => {
    expect(play([[1, { kind: "away" }]], LIVE)).toMatchObject({
      m: { kind: "live" },
      effects: [undefined],
    });
  });

  test("does not come back after a loss, nor after a wait that was under way", () => {
    expect(
      play(
        [
          [1, { kind: "away" }],
          [2, closed(1006)],
        ],
        LIVE,
      ).m.kind,
    ).toBe("paused");
    expect(
      play(
        [
          [1, closed(1006)],
          [2, { kind: "away" }],
          [99_000, TICK],
        ],
        LIVE,
      ),
    ).toMatchObject({ m: { kind: "paused" }, effects: [undefined, undefined, undefined] });
  });

  test("connects as soon as it is started again", () => {
    const { effects } = play(
      [
        [1, { kind: "away" }],
        [2, closed(1006)],
        [3, { kind: "back" }],
        [3, START],
      ],
      LIVE,
    );
    expect(effects).toEqual([undefined, undefined, undefined, "open"]);
  });

  test("is not even connected at first", () => {
    expect(
      play([
        [0, { kind: "away" }],
        [0, START],
      ]),
    ).toMatchObject({ m: { kind: "paused" }, effects: [undefined, undefined] });
  });
});

/** Any input at any time, about a connection that may be an older one. */
const INPUT: fc.Arbitrary<Input> = fc.oneof(
  fc.constantFrom<Input>(
    START,
    TICK,
    { kind: "stop" },
    { kind: "away" },
    { kind: "back" },
    { kind: "probe" },
  ),
  fc.record({
    kind: fc.constantFrom("dialed" as const, "hello" as const, "alive" as const),
    id: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({
    kind: fc.constant("closed" as const),
    id: fc.integer({ min: 1, max: 12 }),
    code: fc.constantFrom(1000, 1006, 4005, 4008, 4099, 4500, 4501, 4507, 4599),
    retryAfter: fc.nat(60_000),
  }),
);

describe("whatever happens", () => {
  const story = fc.array(
    fc.tuple(INPUT, fc.nat(40_000), fc.double({ min: 0, max: 0.999, noNaN: true })),
    { maxLength: 60 },
  );

  test("there are never two connections, none is opened while nobody looks, and what is closed was open", () => {
    fc.assert(
      fc.property(story, fc.nat(2), (inputs, spare) => {
        let m = machine(ALL, spare, 0, 0);
        let now = T0;
        let open = 0;
        for (const [input, pause, chance] of inputs) {
          now += pause;
          const before = m;
          const [next, effect] = step(m, input, now, chance);
          m = next;
          if (input.kind === "closed" && isOpen(before) && input.id === before.id) open -= 1;
          if (effect === "close" && isOpen(before)) open -= 1;
          if (effect === "open") open += 1;
          expect(open).toBe(isOpen(m) ? 1 : 0);
          expect(effect === "open" && (m.away || m.id !== before.id + 1)).toBe(false);
          expect(effect === "ping" && m.kind !== "live").toBe(false);
        }
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("a wait is never shorter than nothing and never longer than 20 s or what the relay asked for", () => {
    fc.assert(
      fc.property(story, (inputs) => {
        let m = machine(ALL, 1, 0, 0);
        let now = T0;
        for (const [input, pause, chance] of inputs) {
          now += pause;
          const before = m.kind;
          const [next] = step(m, input, now, chance);
          m = next;
          if (m.kind !== "waiting" || before === "waiting") continue;
          const asked = input.kind === "closed" ? (input.retryAfter ?? 0) : 0;
          expect(m.due - now).toBeGreaterThanOrEqual(0);
          expect(m.due - now).toBeLessThanOrEqual(Math.max(20_000, asked));
        }
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("a relay that is back is reached, unless it refused", () => {
    fc.assert(
      fc.property(story, (inputs) => {
        let m = machine(ALL, 1, 0, 0);
        let now = T0;
        for (const [input, pause, chance] of inputs) {
          now += pause;
          [m] = step(m, input, now, chance);
        }
        if (m.kind === "failed") return;
        for (const input of [{ kind: "back" }, START] as const) [m] = step(m, input, now, 0.5);
        for (let turn = 0; turn < 6 && m.kind !== "live"; turn += 1) {
          if (m.kind === "waiting") now = Math.max(now, m.due);
          [m] = step(m, m.kind === "waiting" ? TICK : { kind: "hello", id: m.id }, now, 0.5);
        }
        expect(m.kind).toBe("live");
      }),
      { numRuns: runs(1_000) },
    );
  });
});
