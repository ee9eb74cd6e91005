// A simulation of the object around the pure decisions: rows, sightings, one alarm, evictions. No
// I/O, the clock is a number.

import { decideDue, decideUpdate, nextAt } from "../../../src/job/decide.ts";
import type { Emission, RecordReason } from "../../../src/job/decision.ts";
import { keyText, type Sighting } from "../../../src/job/dedupe.ts";
import type { Policy } from "../../../src/job/policy.ts";
import { applyRecord } from "../../../src/job/records.ts";
import { envelopeOf } from "../../../src/job/view/envelope.ts";
import type { StoredUpdate, JobState } from "../../../src/job/state.ts";
import { alarmAt } from "../../../src/durable/alarm.ts";
import type { JobEnvelope } from "../../../src/model/event.ts";

/** One thing that happens to a job. */
export type Step =
  | { readonly kind: "update"; readonly update: StoredUpdate }
  /** Time passes, and the alarm fires at its instant. */
  | { readonly kind: "pass"; readonly ms: number }
  /**
   * The clock leaps, back too, and an alarm that became due fires only afterwards, with the next
   * step.
   */
  | { readonly kind: "leap"; readonly ms: number }
  | { readonly kind: "evict" };

export type Outcome = "emitted" | "refused" | RecordReason;

/** An emitted event, and what made it leave. */
export interface EmittedEvent {
  readonly envelope: JobEnvelope;
  readonly at: number;
  /** The update that was emitted, and when it came; `null` for the relay's own events. */
  readonly from: { readonly update: StoredUpdate; readonly at: number } | null;
  readonly by: "update" | "clock";
  /** How many updates had come before. */
  readonly after: number;
}

/** An update and its outcome; `at` is when it came, `attempt` the attempt that it came in. */
export interface AppliedUpdate {
  readonly update: StoredUpdate;
  readonly at: number;
  readonly outcome: Outcome;
  /** True when it left a row among the records. */
  readonly recorded: boolean;
  readonly attempt: number;
}

interface Row {
  readonly n: number;
  readonly at: number;
  readonly lifecycleCount: number;
  readonly key: string;
  readonly reason: RecordReason;
  readonly update: string;
}

/** A job with everything that its rows would hold. */
export class SimulatedJob {
  readonly emitted: EmittedEvent[] = [];
  readonly applied: AppliedUpdate[] = [];
  /** States that a restart got wrong: what was in memory, what the rows gave. */
  readonly lost: { readonly memory: JobState; readonly rows: JobState }[] = [];
  state: JobState | null = null;
  now: number;
  readonly #policy: Policy;
  readonly #records: Row[] = [];
  readonly #events: {
    readonly at: number;
    readonly lifecycleCount: number;
    readonly key: string | null;
  }[] = [];
  #stored: string | null = null;
  #sightings = new Map<string, Sighting>();
  #armed: number | null = null;

  constructor(policy: Policy, now: number) {
    this.#policy = policy;
    this.now = now;
  }

  step(step: Step): void {
    switch (step.kind) {
      case "update":
        return this.apply(step.update);
      case "pass":
        return this.pass(step.ms);
      case "leap":
        this.now += step.ms;
        return undefined;
      case "evict":
        return this.evict();
    }
  }

  apply(update: StoredUpdate): void {
    const { state, now } = this;
    const key = keyText(update.key);
    const decision = decideUpdate(state, update, {
      sighting: this.#sightings.get(key),
      policy: this.#policy,
      now,
    });
    const outcome =
      decision.kind === "emit"
        ? "emitted"
        : decision.kind === "record"
          ? decision.reason
          : decision.kind;
    if (decision.kind === "emit") {
      this.#commit(decision.emission, { key, at: now, by: "update" });
    } else if (decision.kind === "record") {
      if (state === null) throw new Error("the first update of a job is always emitted");
      const row: Row = {
        n: state.lastRecord + 1,
        at: now,
        lifecycleCount: state.lifecycleCount,
        key,
        reason: decision.reason,
        update: JSON.stringify(update),
      };
      this.#records.push(row);
      this.#sightings.set(key, { lifecycleCount: state.lifecycleCount });
      this.state = applyRecord(state, { n: row.n, at: now, reason: row.reason, update });
    }
    this.applied.push({
      update,
      at: now,
      outcome,
      recorded: decision.kind === "record",
      attempt: this.state?.lifecycle.attempt ?? 0,
    });
    this.#arm();
  }

  pass(ms: number): void {
    const until = this.now + ms;
    this.#fire();
    while (this.#armed !== null && this.#armed <= until) {
      this.now = Math.max(this.now, this.#armed);
      this.#fire();
    }
    this.now = Math.max(this.now, until);
  }

  evict(): void {
    const before = this.state;
    if (before === null || this.#stored === null) return;
    const stored = JSON.parse(this.#stored) as JobState;
    const rows = this.#records
      .filter(({ n }) => n > stored.lastRecord)
      .map(({ n, at, reason, update }) => ({
        n,
        at,
        reason,
        update: JSON.parse(update) as StoredUpdate,
      }))
      .reduce(applyRecord, stored);
    this.state = rows;
    this.lost.push({ memory: before, rows });
    const keyed = [
      ...this.#records,
      ...this.#events.flatMap(({ at, lifecycleCount, key }) =>
        key === null ? [] : [{ at, lifecycleCount, key }],
      ),
    ];
    keyed.sort((left, right) => left.lifecycleCount - right.lifecycleCount || left.at - right.at);
    this.#sightings = new Map(
      keyed.map(({ key, at, lifecycleCount }) => [key, { at, lifecycleCount }]),
    );
  }

  /**
   * The alarm: everything due is said, then it is set anew. Rings for nothing when nothing is due.
   */
  #fire(): void {
    if (this.#armed === null || this.#armed > this.now) return;
    this.#armed = null;
    for (let emission = this.#due(); emission !== null; emission = this.#due()) {
      const record = emission.record === null ? undefined : this.#records[emission.record - 1];
      this.#commit(emission, { key: null, at: record?.at ?? this.now, by: "clock" });
    }
    this.#arm();
  }

  #due(): Emission | null {
    return this.state === null ? null : decideDue(this.state, this.#policy, this.now);
  }

  #commit(
    emission: Emission,
    {
      key,
      at,
      by,
    }: { readonly key: string | null; readonly at: number; readonly by: EmittedEvent["by"] },
  ): void {
    const { state, update } = emission;
    this.state = state;
    this.#stored = JSON.stringify(state);
    this.#events.push({ at: this.now, lifecycleCount: state.lifecycleCount, key });
    if (key !== null) this.#sightings.set(key, { lifecycleCount: state.lifecycleCount });
    const envelope = envelopeOf(emission, `evt_${state.seq}`, this.now);
    this.emitted.push({
      envelope,
      at: this.now,
      from: update === null ? null : { update, at },
      by,
      after: this.applied.length,
    });
  }

  #arm(): void {
    if (this.state === null) return;
    this.#armed =
      alarmAt(this.now, nextAt(this.state, this.#policy, this.now), this.#armed) ?? this.#armed;
  }
}

/** Plays a schedule from the instant `begin`. */
export function play(policy: Policy, steps: readonly Step[], begin = 1_000_000): SimulatedJob {
  const job = new SimulatedJob(policy, begin);
  for (const step of steps) job.step(step);
  return job;
}
