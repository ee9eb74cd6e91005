// One step of the world: a draft that the objects change, and the rules that it broke.

import type { Settings } from "../../../src/config/settings.ts";
import { parseDestination } from "../../../src/job/outbox/destinations.ts";
import type { Policy } from "../../../src/job/policy.ts";
import type { StoredUpdate } from "../../../src/job/state.ts";
import type { Rules } from "./rules.ts";
import {
  replaced,
  type Account,
  type Call,
  type Job,
  type JobMemory,
  type LoggedEvent,
  type Subscriber,
  type SubscriberMemory,
  type World,
} from "./world.ts";

/** What stays the same in every world of an exploration. */
export interface Setting {
  readonly rules: Rules;
  /** Configurations, one after the other. */
  readonly configs: readonly Settings[];
  readonly policy: Policy;
  /** What the provider sends about each job, one after the other. */
  readonly scripts: readonly (readonly StoredUpdate[])[];
  /** The destinations of subscribers by their places in a world: one for each shard. */
  readonly places: readonly string[];
  /** A request whose attempt has ended may be under way to the receiver still. */
  readonly hasLateRequests: boolean;
  /** Shards look for jobs that belong elsewhere. */
  readonly relocates: boolean;
}

/** The place of the subscriber that a destination names. */
export const placeOf = ({ places }: Setting, to: string): number => places.indexOf(to);

/** The subscriber of a place, whatever the shard is. */
export function subscriberAt({ places }: Setting, s: number): string {
  const destination = parseDestination(places[s] ?? "");
  return destination.kind === "subscriber" ? destination.id : "";
}

/** The place where a world has the receiver of a subscriber: that of its first shard. */
export const receiverOf = (setting: Setting, s: number): number =>
  setting.places.findIndex((_, other) => subscriberAt(setting, other) === subscriberAt(setting, s));

/** A world that a step changes. */
export class Stage {
  readonly setting: Setting;
  readonly broken: string[] = [];
  world: World;

  constructor(setting: Setting, world: World) {
    this.setting = setting;
    this.world = world;
  }

  get now(): number {
    return this.world.now;
  }

  /** The configuration that is in force. */
  get settings(): Settings {
    const settings = this.setting.configs[this.world.config];
    if (settings === undefined) throw new Error("there is no such configuration");
    return settings;
  }

  /** Whether the configuration has the subscriber of a place. */
  isConfigured(s: number): boolean {
    return this.settings.subscribers.has(subscriberAt(this.setting, s));
  }

  get rules(): Rules {
    return this.setting.rules;
  }

  job(j: number): Job {
    const job = this.world.jobs[j];
    if (job === undefined) throw new Error(`there is no job ${j}`);
    return job;
  }

  /** The events that a call of a job may bring: those of the life that sent it. */
  eventsOf({ job, life, seqs }: Call): readonly LoggedEvent[] {
    const { rows, life: now } = this.job(job);
    const events = life === now ? rows?.events : this.world.past[job];
    return (events ?? []).filter(({ seq }) => seqs.includes(seq));
  }

  setJob(j: number, changes: Partial<Job>): void {
    this.set({ jobs: replaced(this.world.jobs, j, { ...this.job(j), ...changes }) });
  }

  setJobMemory(j: number, memory: JobMemory, changes: Partial<JobMemory>): void {
    this.setJob(j, { memory: { ...memory, ...changes } });
  }

  setAccount(changes: Partial<Account>): void {
    this.set({ account: { ...this.world.account, ...changes } });
  }

  subscriber(s: number): Subscriber {
    const subscriber = this.world.subscribers[s];
    if (subscriber === undefined) throw new Error(`there is no subscriber ${s}`);
    return subscriber;
  }

  setSubscriber(s: number, changes: Partial<Subscriber>): void {
    const next = { ...this.subscriber(s), ...changes };
    this.set({ subscribers: replaced(this.world.subscribers, s, next) });
  }

  setSubscriberMemory(s: number, changes: Partial<SubscriberMemory>): void {
    const { memory } = this.subscriber(s);
    if (memory === null) throw new Error(`subscriber ${s} sleeps`);
    this.setSubscriber(s, { memory: { ...memory, ...changes } });
  }

  addCalls(calls: readonly Call[]): void {
    this.set({ calls: [...this.world.calls, ...calls] });
  }

  replaceCall(call: Call, by: Call | null): void {
    const calls = this.world.calls.flatMap((one) => (one === call ? (by ?? []) : one));
    this.set({ calls });
  }

  set(changes: Partial<World>): void {
    this.world = { ...this.world, ...changes };
  }

  must(holds: boolean, rule: string): void {
    if (!holds) this.broken.push(rule);
  }
}
