// How attempts follow each other, and what leaves when a subscriber recovers.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MAX_REDIRECTS } from "../../../src/deliver/targets/archive/download.ts";
import { HEALTHY } from "../../../src/deliver/retry/breaker.ts";
import type { QueueRow } from "../../../src/deliver/queue/queue-row.ts";
import { MAX_REQUESTS_PER_WAKE } from "../../../src/deliver/queue/capacity.ts";
import { Pump } from "../../../src/deliver/pump.io.ts";
import { ObjectAlarm } from "../../../src/durable/alarm.io.ts";
import { SubscriberQueue } from "../../../src/deliver/queue/queue.io.ts";
import { INITIAL_STATE } from "../../../src/deliver/state.ts";
import { migrate } from "../../../src/durable/migrations.store.ts";
import { MIGRATIONS } from "../../../src/deliver/tables.ts";
import { SubscriberStore } from "../../../src/deliver/subscriber.store.ts";
import type { Dispatch } from "../../../src/model/messages.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/kernel/time.ts";
import { dispatch } from "./filled.ts";
import { openStorage, type NodeStorage } from "./sqlite.ts";
import { BINDINGS } from "../../support/bindings.ts";

const CONCURRENCY = 4;

// Timers fire when a test says so, however slow the machine is.
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

interface PumpFixture {
  readonly node: NodeStorage;
  readonly queue: SubscriberQueue;
  readonly store: SubscriberStore;
  readonly alarm: ObjectAlarm;
  readonly pump: Pump;
  /** Attempts so far, and how often results were flushed. */
  readonly attempts: () => number;
  readonly flushes: () => number;
  /** Answers one attempt, the oldest, and lets the pump look. */
  readonly answer: () => Promise<void>;
}

const ignore = (): void => undefined;

/** A subscriber's object without its class. */
function pumpFor(
  target: Readonly<Record<string, string>>,
  node: NodeStorage = openStorage(),
): PumpFixture {
  const open: ((response: Response) => void)[] = [];
  let attempts = 0;
  let flushes = 0;
  const binding = {
    fetch: (): Promise<Response> => {
      attempts += 1;
      return new Promise((resolve) => {
        open.push(resolve);
      });
    },
  };
  const env = {
    ...BINDINGS,
    SUBSCRIBERS: [{ id: "crm", ...target, concurrency: CONCURRENCY, attemptEvents: false }],
    LOG_LEVEL: "error",
    CRM: binding,
    FILES: {},
  } as unknown as Env;
  const store = new SubscriberStore(node.storage);
  const queue = new SubscriberQueue(node.storage, store);
  const alarm = new ObjectAlarm(node.storage);
  const flush = (): void => {
    flushes += 1;
    queue.flush();
  };
  const pump = new Pump({
    hasJoined: () => true,
    env,
    alarm,
    store,
    queue,
    id: "crm",
    report: ignore,
    flush,
    otherDeadline: () => null,
  });
  /** Lets attempts reach the receiver, and answers their rows. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (queue.underWay.size === open.length) return;
    }
  };
  const answer = async (): Promise<void> => {
    await settle();
    open.shift()?.(new Response(null, { status: 204 }));
    await settle();
  };
  return {
    node,
    alarm,
    queue,
    store,
    pump,
    attempts: () => attempts,
    flushes: () => flushes,
    answer,
  };
}

const events = (count: number): readonly Dispatch[] =>
  Array.from({ length: count }, (_, index) => dispatch(index));

test("the alarm is set before a wake-up has used up its requests", async () => {
  const { node, alarm, queue, pump, attempts, answer } = pumpFor({ service: "CRM" });
  queue.enqueue(events(3 * MAX_REQUESTS_PER_WAKE), null);
  pump.wake();
  // At first only the watchdog is set.
  expect((node.alarm ?? 0) - Date.now()).toBeGreaterThan(SECOND);
  while ((node.alarm ?? Infinity) > Date.now() + SECOND) await answer();
  expect(attempts()).toBeLessThan(MAX_REQUESTS_PER_WAKE);
  expect(queue.underWay.size).toBe(CONCURRENCY);
  alarm.fired();
  const before = attempts();
  pump.wake();
  while (attempts() < before + MAX_REQUESTS_PER_WAKE / 2) {
    await answer();
    expect(queue.underWay.size).toBe(CONCURRENCY);
  }
});

test("a wake-up sends its requests and no more, however many wait", async () => {
  const { queue, pump, attempts, flushes, answer } = pumpFor({ service: "CRM" });
  queue.enqueue(events(2 * MAX_REQUESTS_PER_WAKE), null);
  pump.wake();
  for (let index = 0; index < 2 * MAX_REQUESTS_PER_WAKE; index += 1) await answer();
  expect([attempts(), queue.underWay.size, flushes()]).toEqual([MAX_REQUESTS_PER_WAKE, 0, 1]);
});

test("results are flushed when the last attempt under way ends, not before", async () => {
  const { queue, pump, flushes, answer } = pumpFor({ service: "CRM" });
  queue.enqueue(events(CONCURRENCY + 1), null);
  pump.wake();
  for (let index = 0; index < CONCURRENCY; index += 1) await answer();
  expect(flushes()).toBe(0);
  await answer();
  expect(flushes()).toBe(1);
});

test("a result is flushed although another attempt hangs", async () => {
  const { queue, store, pump, answer, flushes } = pumpFor({ service: "CRM" });
  queue.enqueue(events(2), null);
  pump.wake();
  await answer();
  expect([queue.underWay.size, flushes(), store.history.find(1)?.state]).toEqual([1, 0, "pending"]);
  vi.advanceTimersByTime(50);
  expect([flushes(), store.history.find(1)?.state]).toEqual([1, "delivered"]);
  await answer();
  expect([queue.underWay.size, flushes(), store.history.find(2)?.state]).toEqual([
    0,
    2,
    "delivered",
  ]);
});

test("an archive's attempts count with the redirects that they may follow", async () => {
  const { queue, pump, answer } = pumpFor({ archive: "FILES" });
  const withFile = events(MAX_REQUESTS_PER_WAKE).map((one) => ({
    ...one,
    event: { ...one.event, event: "job.finished" as const, url: "http://10.0.0.1/f.csv" },
  }));
  queue.enqueue(withFile as readonly Dispatch[], null);
  pump.wake();
  for (let index = 0; index < MAX_REQUESTS_PER_WAKE; index += 1) await answer();
  expect(queue.backlog.size).toBe(
    MAX_REQUESTS_PER_WAKE - Math.floor(MAX_REQUESTS_PER_WAKE / (1 + MAX_REDIRECTS)),
  );
});

test("events without a file use up none of an archive's requests", async () => {
  const { queue, pump, answer } = pumpFor({ archive: "FILES" });
  queue.enqueue(events(MAX_REQUESTS_PER_WAKE), null);
  pump.wake();
  while (queue.backlog.size > 0) await answer();
  expect(queue.backlog.size).toBe(0);
});

/** Deliveries that were refused by a 400 and wait for an hour, one job for each or one for all. */
function refused(node: NodeStorage, count: number, guid: string): void {
  migrate(node.storage, MIGRATIONS);
  const body = JSON.stringify(dispatch(7));
  node.storage.sql.exec(
    `INSERT INTO delivery (n, id, key, event_id, event, source, guid, seq, state, at, due, waiting,
        cause, attempts, step, instant, tried, ms, log, json_bytes, body)
      WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
      SELECT n, 'dlv_' || n, 'old_' || n, 'old_' || n, 'job.stalled', 's', ${guid}, n, 'pending',
        ?, ?, 'refusal', 'schedule', 1, 1, 0, 0, 1, '', ?, ? FROM number`,
    count,
    Date.now() - HOUR,
    Date.now() + HOUR,
    body.length,
    body,
  );
}

test.each([
  ["of many jobs", "'r' || n"],
  ["of one job", "'g0'"],
])("a new event, a test and a retry pass 50,060 refused deliveries %s", async (_, guid) => {
  const node = openStorage();
  refused(node, 50_060, guid);
  const { queue, pump, attempts, answer } = pumpFor({ service: "CRM" }, node);
  queue.enqueue([dispatch(0)], null);
  pump.wake();
  expect([...queue.underWay]).toEqual([50_061]);
  while (queue.underWay.size > 0) await answer();
  expect([attempts(), queue.dispatchOf(50_061)?.dispatch.event.id]).toEqual([1, "evt_0"]);
  queue.enqueue([dispatch(1)], "manual");
  queue.reopen([40_000], "manual", queue.state);
  expect(queue.backlog.size).toBeLessThan(5_000);
  pump.wake();
  expect([...queue.underWay].toSorted((left, right) => left - right)).toEqual([40_000, 50_062]);
  node.close();
});

test.each(["disabled", "paused", "probing"] as const)(
  "a subscriber that is no longer %s gets at once what waited for it, but not what it refused",
  (state) => {
    const { queue, node } = pumpFor({ service: "CRM" });
    const now = Date.now();
    queue.enqueue(events(5), null);
    const later: readonly QueueRow["waiting"][] = [
      "unavailable",
      "asked",
      "refusal",
      "unavailable",
    ];
    for (const [index, waiting] of later.entries()) {
      const row = queue.backlog.get(index + 1);
      if (row === undefined) throw new Error("five rows");
      const entry = {
        time: now,
        status: 503,
        error: null,
        ms: 1,
        trigger: "initial",
        answer: null,
      } as const;
      const settled = { ...row, waiting, due: now + HOUR, attempts: 1 };
      queue.finish({
        row: settled,
        state: "pending",
        outcome: "retry",
        sent: true,
        entry,
        subscriberState: queue.state,
      });
    }
    queue.underWay.add(4);
    const healths = {
      disabled: { state: "disabled", since: now, reason: "gone" },
      paused: { state: "paused", since: now },
      probing: {
        state: "probing",
        since: now,
        failingSince: now,
        wait: MINUTE,
        probeAt: now + MINUTE,
      },
    } as const;
    queue.save({ ...INITIAL_STATE, health: healths[state] });
    expect(queue.backlog.get(1)?.due).toBe(now + HOUR);
    queue.save({ ...INITIAL_STATE, health: { ...HEALTHY, since: now } });
    const waits = (rows: readonly QueueRow[]): readonly string[] =>
      rows.map(({ due }) => (due < now + HOUR ? "now" : "later"));
    const expected = ["now", "later", "later", "later", "now"];
    expect(
      waits([1, 2, 3, 4, 5].map((n) => queue.backlog.get(n)).filter((row) => row !== undefined)),
    ).toEqual(expected);
    queue.flush();
    const stored = node.storage.sql.exec("SELECT due FROM delivery ORDER BY n").toArray();
    expect(waits(stored as unknown as readonly QueueRow[])).toEqual(expected);
    node.close();
  },
);
