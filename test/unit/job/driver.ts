// A simulation of the object around the pure decisions: rows, sightings, one alarm, evictions. No I/O, the clock is a number.

import {
  decideUpdate,
  nextAt,
  decideDue,
  applyRecord,
  type Emission,
  type Policy,
  type RecordReason,
} from "../../../src/job/decide.ts";
import { keyText, type Sighting } from "../../../src/job/dedupe.ts";
import { envelopeOf } from "../../../src/job/envelope.ts";
import type { StoredUpdate, JobState } from "../../../src/job/state.ts";
import { alarmAt } from "../../../src/durable/alarm.ts";
import type { JobEnvelope } from "../../../src/model/event.ts";

/** One thing that happens to a job. */
export type Step =
  | { readonly kind: "hear"; readonly update: StoredUpdate }
  /** Time passes, and the alarm rings at its instant. */
  | { readonly kind: "pass"; readonly ms: number }
  /** The clock leaps, back too, and an alarm that became due rings only afterwards, with the next step. */
  | { readonly kind: "leap"; readonly ms: number }
  | { readonly kind: "evict" };

export type Outcome = "emitted" | RecordReason;

/** An emitted event, and what made it leave. */
export interface Spoken {
  readonly envelope: JobEnvelope;
  readonly at: number;
  /** The update that speaks and the instant it was heard; `null` for the relay's own word. */
  readonly heard: { readonly update: StoredUpdate; readonly at: number } | null;
  readonly by: "update" | "clock";
  /** How many updates had been told before. */
  readonly after: number;
}

/** An update, and what became of it; `at` is the instant it was heard, `attempt` the one it was heard in. */
export interface Told {
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
  readonly era: number;
  readonly key: string;
  readonly reason: RecordReason;
  readonly heard: string;
}

/** A job with everything that its rows would hold. */
export class SimulatedJob {
  readonly spoken: Spoken[] = [];
  readonly told: Told[] = [];
  /** States that a restart got wrong: what was in memory, what the rows gave. */
  readonly lost: { readonly memory: JobState; readonly rows: JobState }[] = [];
  state: JobState | null = null;
  now: number;
  readonly #policy: Policy;
  readonly #records: Row[] = [];
  readonly #events: { readonly at: number; readonly era: number; readonly key: string | null }[] =
    [];
  #stored: string | null = null;
  #sightings = new Map<string, Sighting>();
  #armed: number | null = null;

  constructor(policy: Policy, now: number) {
    this.#policy = policy;
    this.now = now;
  }

  step(step: Step): void {
    switch (step.kind) {
      case "hear":
        return this.hear(step.update);
      case "pass":
        return this.pass(step.ms);
      case "leap":
        this.now += step.ms;
        return undefined;
      case "evict":
        return this.evict();
    }
  }

  hear(update: StoredUpdate): void {
    const { state, now } = this;
    const key = keyText(update.key);
    const decision = decideUpdate(state, update, this.#sightings.get(key), {
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
      this.#commit(decision.emission, { key, heardAt: now, by: "update" });
    } else if (decision.kind === "record") {
      if (state === null) throw new Error("the first update of a job is always emitted");
      const row: Row = {
        n: state.record + 1,
        at: now,
        era: state.era,
        key,
        reason: decision.reason,
        heard: JSON.stringify(update),
      };
      this.#records.push(row);
      this.#sightings.set(key, { at: now, era: state.era });
      this.state = applyRecord(state, { n: row.n, at: now, reason: row.reason, update });
    }
    this.told.push({
      update,
      at: now,
      outcome,
      recorded: decision.kind === "record",
      attempt: this.state?.life.attempt ?? 0,
    });
    this.#arm();
  }

  pass(ms: number): void {
    const until = this.now + ms;
    this.#ring();
    while (this.#armed !== null && this.#armed <= until) {
      this.now = Math.max(this.now, this.#armed);
      this.#ring();
    }
    this.now = Math.max(this.now, until);
  }

  evict(): void {
    const before = this.state;
    if (before === null || this.#stored === null) return;
    const stored = JSON.parse(this.#stored) as JobState;
    const rows = this.#records
      .filter(({ n }) => n > stored.record)
      .map(({ n, at, reason, heard }) => ({
        n,
        at,
        reason,
        update: JSON.parse(heard) as StoredUpdate,
      }))
      .reduce(applyRecord, stored);
    this.state = rows;
    this.lost.push({ memory: before, rows });
    const keyed = [
      ...this.#records,
      ...this.#events.flatMap(({ at, era, key }) => (key === null ? [] : [{ at, era, key }])),
    ];
    keyed.sort((left, right) => left.era - right.era || left.at - right.at);
    this.#sightings = new Map(keyed.map(({ key, at, era }) => [key, { at, era }]));
  }

  /** The alarm: everything due is said, then it is set anew. Rings for nothing when nothing is due. */
  #ring(): void {
    if (this.#armed === null || this.#armed > this.now) return;
    this.#armed = null;
    for (let emission = this.#due(); emission !== null; emission = this.#due()) {
      const record = emission.record === null ? undefined : this.#records[emission.record - 1];
      this.#commit(emission, { key: null, heardAt: record?.at ?? this.now, by: "clock" });
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
      heardAt,
      by,
    }: { readonly key: string | null; readonly heardAt: number; readonly by: Spoken["by"] },
  ): void {
    const { state, heard } = emission;
    this.state = state;
    this.#stored = JSON.stringify(state);
    this.#events.push({ at: this.now, era: state.era, key });
    if (key !== null) this.#sightings.set(key, { at: this.now, era: state.era });
    const envelope = envelopeOf(emission, `evt_${state.seq}`, this.now);
    this.spoken.push({
      envelope,
      at: this.now,
      heard: heard === null ? null : { update: heard, at: heardAt },
      by,
      after: this.told.length,
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
