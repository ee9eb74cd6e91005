// A subscriber against a model: random events, answers, clock jumps, evictions, pauses.

import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { kindOf } from "../../../../src/deliver/queue/queue-row.ts";
import { ObjectAlarm } from "../../../../src/durable/alarm.io.ts";
import { Pump } from "../../../../src/deliver/pump.io.ts";
import { SubscriberQueue } from "../../../../src/deliver/queue/queue.io.ts";
import { WINDOW_LIMITS, type WindowLimits } from "../../../../src/deliver/queue/window/limits.ts";
import { SubscriberStore } from "../../../../src/deliver/subscriber.store.ts";
import type { JobEvent } from "../../../../src/model/event.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { DAY, HOUR, iso, SECOND } from "../../../../src/kernel/time.ts";
import { openStorage, type NodeStorage } from "../sqlite.ts";
import { BINDINGS } from "../../../support/bindings.ts";
import { runs } from "../../runs.ts";

/** Histories per run. The long run is the one of continuous integration. */
const RUNS = runs(2_000);

const CONCURRENCY = 3;
const WAITS = [5, 300, 1_800];
/** The usual window, and small ones that rows leave and come back to. */
const WINDOWS: readonly WindowLimits[] = [
  WINDOW_LIMITS,
  { rows: 3, most: 6, evictAbove: 0, perJob: 2, batch: 2 },
  { rows: 50, most: 100, evictAbove: 0, perJob: 50, batch: 50 },
];

/** The breaker: ten failures in a row, the first probe after half a minute. */
const MAX_FAILURES_IN_A_ROW = 10;
const FIRST_PROBE_WAIT_MS = 30 * SECOND;

let clock = Date.UTC(2026, 10, 21, 19);
beforeAll(() => void vi.spyOn(Date, "now").mockImplementation(() => clock));
afterAll(() => void vi.restoreAllMocks());

const EVENTS = [
  "job.created",
  "job.progress",
  "job.progress",
  "job.progress",
  "job.finished",
  "job.stalled",
] as const satisfies readonly JobEvent[];
type Status = 200 | 400 | 500 | 503 | "break";

type Step =
  | { readonly kind: "events"; readonly job: number; readonly events: readonly JobEvent[] }
  | { readonly kind: "again" }
  | { readonly kind: "answer"; readonly which: number; readonly status: Status }
  | { readonly kind: "wait"; readonly ms: number }
  /** The receiver is down while the clock goes from alarm to alarm. */
  | { readonly kind: "outage"; readonly rounds: number }
  | { readonly kind: "evict" | "pause" | "resume" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("events"),
      job: fc.nat(2),
      events: fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("answer"),
      which: fc.nat(2),
      status: fc.constantFrom<Status[]>(200, 200, 400, 500, 500, 503, "break"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("wait"),
      ms: fc.constantFrom(1, 500, 2 * SECOND, 7 * SECOND, 31 * SECOND, 400 * SECOND, HOUR),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("outage"), rounds: fc.integer({ min: 1, max: 14 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("evict", "pause", "resume", "again") }),
  },
);

const windows = fc.constantFrom(...WINDOWS);

/** What the model knows of one event. */
interface Known {
  readonly dispatch: Dispatch;
  readonly job: number;
  readonly seq: number;
  readonly kind: ReturnType<typeof kindOf>;
  /** Since when it waits. */
  readonly at: number;
  state: "waiting" | "flying" | "arrived";
  refused: boolean;
  failures: number;
  notBefore: number;
  instantUsed: boolean;
}

interface Flight {
  readonly known: Known;
  /** It left while the breaker was open. */
  readonly probe: boolean;
  /** When it left. */
  readonly since: number;
  readonly land: (response: Response) => void;
  readonly crash: (error: Error) => void;
}

/** The subscriber's object without its class, and the model beside it. */
class SubscriberModel {
  readonly node: NodeStorage = openStorage();
  readonly events = new Map<string, Known>();
  readonly broken: string[] = [];
  flights: Flight[] = [];
  paused = false;
  evictions = 0;
  /** Failures in a row, and when the next probe may leave; the model of the breaker. */
  failures = 0;
  probeAt: number | null = null;
  queue: SubscriberQueue;
  alarm: ObjectAlarm;
  pump: Pump;
  last: readonly Dispatch[] = [];
  #open = true;
  readonly #seqs = [0, 0, 0];
  readonly #env: Env;
  readonly #limits: WindowLimits;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
    const subscriber = {
      id: "crm",
      service: "CRM",
      retry: WAITS,
      concurrency: CONCURRENCY,
      attemptEvents: false,
    };
    this.#env = {
      ...BINDINGS,
      SUBSCRIBERS: [subscriber],
      ALLOW_PRIVATE_URLS: true,
      LOG_LEVEL: "error",
      CRM: { fetch: this.#fetch },
    } as unknown as Env;
    ({ queue: this.queue, alarm: this.alarm, pump: this.pump } = this.#start());
  }

  #start(): { queue: SubscriberQueue; alarm: ObjectAlarm; pump: Pump } {
    const { storage } = this.node;
    const store = new SubscriberStore(storage);
    const queue = new SubscriberQueue(storage, store, this.#limits);
    const alarm = new ObjectAlarm(storage);
    return {
      queue,
      alarm,
      pump: new Pump({
        hasJoined: () => true,
        env: this.#env,
        alarm,
        store,
        queue,
        id: "crm",
        report: () => undefined,
        // What an object has left to do ends with it.
        flush: () => this.#open && queue === this.queue && queue.flush(),
        otherDeadline: () => null,
      }),
    };
  }

  #must(rule: string, holds: boolean): void {
    if (!holds) this.broken.push(rule);
  }

  #fetch = (_: string, init: RequestInit): Promise<Response> => {
    const { id } = JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) as { id: string };
    const known = this.events.get(id);
    if (known === undefined) throw new Error(`nobody sent ${id}`);
    this.#must(
      `${id} is sent again although it arrived`,
      known.state !== "arrived" || this.evictions > 0,
    );
    this.#must(`${id} is sent twice at once`, known.state !== "flying");
    this.#must("more at once than allowed", this.flights.length < CONCURRENCY);
    this.#must("sent while paused", !this.paused);
    const siblings = [...this.events.values()].filter(
      (other) => other.job === known.job && other.seq < known.seq,
    );
    const unsettled = siblings.filter(
      (other) =>
        other.state === "flying" ||
        (other.state === "waiting" && this.stateOf(other) === "pending"),
    );
    this.#must(
      `${id} overtakes`,
      unsettled.every((other) => other.state === "waiting" && other.refused),
    );
    this.#must(
      `${id} flies beside one of its job`,
      this.flights.every((flight) => flight.known.job !== known.job),
    );
    if (this.probeAt === null) this.#must(`${id} comes before its time`, clock >= known.notBefore);
    else
      this.#must(
        "a probe comes early, or beside something",
        clock >= this.probeAt && this.flights.length === 0,
      );
    known.state = "flying";
    return new Promise((land, crash) => {
      this.flights.push({ known, probe: this.probeAt !== null, since: clock, land, crash });
    });
  };

  /** What the table says. */
  stored(known: Known): { readonly n: number; readonly state: string } {
    const rows = this.node.storage.sql
      .exec<{ n: number; state: string }>(
        "SELECT n, state FROM delivery WHERE event_id = ?",
        known.dispatch.event.id,
      )
      .toArray();
    return rows[0] ?? { n: 0, state: "none" };
  }

  /** What the subscriber knows; an arrival is written a little later, together with others. */
  stateOf(known: Known): string {
    const { n, state } = this.stored(known);
    const isWritten = this.queue.backlog.get(n) !== undefined || known.state !== "arrived";
    return state === "pending" && !isWritten ? "delivered" : state;
  }

  take(job: number, names: readonly JobEvent[]): void {
    this.last = names.map((event) => {
      const seq = (this.#seqs[job] ?? 0) + 1;
      this.#seqs[job] = seq;
      const guid = `g${job}`;
      const id = `evt_${job}_${seq}`;
      const about = {
        version: "v3-beta",
        event,
        guid,
        status: "",
        url: null,
        details: {},
        attempt: 1,
        source: "s",
        account: "a",
      } as const;
      const dispatch: Dispatch = {
        event: { ...about, id, seq, time: iso(clock) },
        provider: "p",
        traceparent: "",
      };
      this.events.set(id, {
        dispatch,
        job,
        seq,
        kind: kindOf(event),
        at: clock,
        state: "waiting",
        refused: false,
        failures: 0,
        instantUsed: false,
        notBefore: 0,
      });
      return dispatch;
    });
    this.again();
  }

  again(): void {
    this.queue.enqueue(this.last, null);
    this.pump.wake();
  }

  /** The receiver answers, and the model draws its conclusions first. */
  answer(which: number, status: Status): void {
    const [flight] = this.flights.splice(which % Math.max(1, this.flights.length), 1);
    if (flight === undefined) return;
    const { known, probe } = flight;
    known.state = status === 200 ? "arrived" : "waiting";
    known.refused = status === 400;
    if (status === 200) {
      this.failures = 0;
      if (this.probeAt !== null && !this.paused) this.#recover();
      this.probeAt = null;
    } else {
      this.failures += 1;
      // A connection that breaks within a second is tried again at once; a probe is not.
      const instant = status === "break" && clock - flight.since < SECOND && !known.instantUsed;
      if (probe) known.notBefore = clock;
      if (!probe && instant) known.instantUsed = true;
      if (!probe && !instant) {
        known.notBefore = clock + (WAITS[known.failures] ?? 0) * SECOND * 0.8;
        known.failures += 1;
      }
      if (this.failures >= MAX_FAILURES_IN_A_ROW) this.probeAt ??= clock + FIRST_PROBE_WAIT_MS;
    }
    if (status === "break") flight.crash(new Error("Network connection lost."));
    else flight.land(new Response(null, { status }));
  }

  /** The subscriber is available again: what it could not take is due, what it refused is not. */
  #recover(): void {
    for (const one of this.events.values()) if (!one.refused) one.notBefore = clock;
  }

  wait(ms: number): void {
    clock += ms;
    if (this.node.alarm === null || this.node.alarm > clock) return;
    this.node.alarm = null;
    this.alarm.fired();
    this.pump.wake();
  }

  /** Goes to the next alarm, or an hour on. */
  next(): void {
    this.wait(this.node.alarm === null ? HOUR : Math.max(1, this.node.alarm - clock));
  }

  evict(): void {
    this.evictions += 1;
    for (const { known } of this.flights) known.state = "waiting";
    this.flights = [];
    ({ queue: this.queue, alarm: this.alarm, pump: this.pump } = this.#start());
    // As the object's constructor does; the alarm then looks at what the eviction left behind.
    if (this.queue.isBusy) this.pump.arm(clock + SECOND);
    this.wait(SECOND);
  }

  pause(on: boolean): void {
    this.paused = on;
    const { state } = this.queue;
    if (!on) {
      if (state.health.state !== "active") this.#recover();
      this.failures = 0;
      this.probeAt = null;
    }
    this.queue.save({
      ...state,
      health: on
        ? { state: "paused", since: clock }
        : { state: "active", since: clock, failures: 0, failingSince: null },
    });
    this.pump.wake();
  }

  /** Lets every attempt that began reach the receiver, and every answer its row. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (this.queue.underWay.size === this.flights.length) break;
    }
    this.#must("attempts and flights differ", this.queue.underWay.size === this.flights.length);
    this.#inspect();
  }

  #inspect(): void {
    const all = [...this.events.values()];
    const waits = all.some((one) => this.stateOf(one) === "pending");
    this.#must("fell asleep", !waits || this.paused || this.node.alarm !== null);
    for (const one of all) {
      const state = this.stateOf(one);
      const newer = all.filter(
        (other) => other.job === one.job && other.seq > one.seq && other.kind !== "other",
      );
      if (state === "superseded")
        this.#must(
          `${one.dispatch.event.id} is superseded for nothing`,
          // A crash may forget that it arrived.
          one.kind === "progress" &&
            newer.length > 0 &&
            (one.state === "waiting" || this.evictions > 0),
        );
      if (state === "delivered")
        this.#must(
          `${one.dispatch.event.id} did not arrive`,
          one.state === "arrived" || this.evictions > 0,
        );
      if (state === "dead")
        this.#must(`${one.dispatch.event.id} died early`, one.failures > WAITS.length);
      this.#must(`${one.dispatch.event.id} is lost`, state !== "none");
      const held = this.queue.state.health.state !== "active";
      // While everything is held, of the progress of a job in memory only the newest waits.
      if (held && this.#isInMemory(one) && one.kind === "progress" && one.state === "waiting") {
        this.#must(
          `${one.dispatch.event.id} waits although it is old`,
          newer.every((other) => !this.#isInMemory(other)),
        );
      }
    }
  }

  #isInMemory(known: Known): boolean {
    return this.queue.backlog.get(this.stored(known).n) !== undefined;
  }

  /** From here on the receiver is well and time passes: everything has to come to an end. */
  async end(): Promise<void> {
    this.pause(false);
    for (let round = 0; round < 400; round += 1) {
      await this.settle();
      while (this.flights.length > 0) {
        this.answer(0, 200);
        await this.settle();
      }
      if (!this.queue.isBusy) break;
      this.next();
    }
    for (const one of this.events.values()) {
      const { state } = this.stored(one);
      this.#must(
        `${one.dispatch.event.id} never came to an end: ${state}`,
        ["delivered", "superseded", "dead"].includes(state),
      );
      this.#must(
        `${one.dispatch.event.id} is ${state}`,
        (state === "delivered") === (one.state === "arrived") || this.evictions > 0,
      );
    }
    this.#open = false;
    this.node.close();
  }
}

async function play(model: SubscriberModel, one: Step): Promise<void> {
  switch (one.kind) {
    case "events":
      model.take(one.job, one.events);
      break;
    case "again":
      model.again();
      break;
    case "answer":
      model.answer(one.which, one.status);
      break;
    case "wait":
      model.wait(one.ms);
      break;
    case "outage":
      for (let round = 0; round < one.rounds; round += 1) {
        model.answer(round, 500);
        await model.settle();
        model.next();
        await model.settle();
      }
      break;
    case "evict":
      model.evict();
      break;
    case "pause":
    case "resume":
      model.pause(one.kind === "pause");
      break;
  }
  await model.settle();
}

test(
  "keeps order, loses nothing, holds while it should, and supersedes exactly what is old",
  { timeout: 120_000 + RUNS * 30 },
  async () => {
    await fc.assert(
      fc.asyncProperty(windows, fc.array(step, { maxLength: 60 }), async (limits, steps) => {
        clock += DAY;
        const model = new SubscriberModel(limits);
        for (const one of steps) {
          await play(model, one);
          if (model.broken.length > 0) break;
        }
        if (model.broken.length === 0) await model.end();
        expect(model.broken).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  },
);
