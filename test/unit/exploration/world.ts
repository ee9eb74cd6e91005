// The state of a small world: two jobs at most, their account, two subscribers, calls on their way.

import type { QueueRow } from "../../../src/deliver/queue/queue-row.ts";
import type { Settlement } from "../../../src/deliver/retry/settlement.ts";
import type { SubscriberState } from "../../../src/deliver/state.ts";
import type { StoredState } from "../../../src/deliver/delivery.ts";
import type { Sighting } from "../../../src/job/dedupe.ts";
import type { Destination } from "../../../src/job/outbox/destinations.ts";
import type { Lack, Watermarks } from "../../../src/job/outbox/outbox.ts";
import type { ShardMove } from "../../../src/job/outbox/shards.ts";
import type { UpdateRecord } from "../../../src/job/records.ts";
import type { JobState } from "../../../src/job/state.ts";
import type { Millis } from "../../../src/kernel/time.ts";
import type { JobEvent } from "../../../src/model/event.ts";

/** An emitted event in the job's log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly id: string;
  readonly event: JobEvent;
  readonly attempt: number;
  readonly current: number | null;
  /** Key of the update that it came from; `null` for a value that waited. */
  readonly key: string | null;
  readonly to: readonly Destination[];
  /** The subscribers that the configuration had. */
  readonly meantFor: readonly string[];
  /** Progress after progress: the account's index does not get it. */
  readonly minor: boolean;
  readonly size: 1;
}

/** What a job has on disk. */
export interface JobRows {
  readonly state: JobState;
  readonly watermarks: Watermarks;
  readonly events: readonly LoggedEvent[];
  readonly records: readonly UpdateRecord[];
  readonly sightings: Readonly<Record<string, Sighting>>;
}

/** What happens once a drain has ended, by who waits for it. */
export interface AfterDrain {
  readonly save: boolean;
  readonly rest: boolean;
  readonly alarm: boolean;
}

/** A drain: a page of it is under way while names are awaited. */
export interface Drain extends AfterDrain {
  readonly last: number;
  readonly awaited: readonly string[];
  readonly took: readonly string[];
  readonly failed: readonly string[];
  readonly sent: boolean;
  /** What the shards of one subscriber lack is sent one after the other; the first is under way. */
  readonly chains: readonly Chain[];
  /** Subscribers whose change of a shard has ended in this page. */
  readonly moved: readonly string[];
  /** Changes of shards that are left at the end, the first under way, and those that ended. */
  readonly ending: readonly ShardMove[] | null;
  readonly ended: readonly string[];
}

export type Chain = readonly Lack<LoggedEvent>[];

/** What an instance of a job knows. */
export interface JobMemory {
  readonly state: JobState;
  readonly watermarks: Watermarks;
  readonly unsaved: boolean;
  readonly attempted: number | null;
  readonly drain: Drain | null;
  /** An erasure: the job's `seq` when it began, and who has to be told yet. */
  readonly erasing: { readonly seq: number; readonly left: readonly string[] } | null;
}

export interface Job {
  readonly rows: JobRows | null;
  readonly memory: JobMemory | null;
  readonly alarm: Millis | null;
  /** How often the job was erased. */
  readonly life: number;
  /** The alarm's handler has not returned: after a crash the platform calls it again. */
  readonly alarmRuns: boolean;
}

/** An entry of the account's log. */
export interface AccountEntry {
  readonly job: number;
  readonly seq: number;
  /** It stands in the log alone: no row of the index has it. */
  readonly unlisted: boolean;
}

export interface Account {
  readonly log: readonly AccountEntry[];
  /** The `seq` of each job's row in the index; 0 without one. */
  readonly index: readonly number[];
  readonly gone: readonly (Gone | null)[];
  readonly memory: {
    /** The places of progress were read from the log. */
    readonly located: boolean;
    /** The `seq` of the newest progress that this instance logged. */
    readonly added: readonly number[];
  } | null;
}

/** A delivery on disk. */
export interface StoredDelivery {
  readonly id: string;
  readonly state: StoredState;
  readonly row: QueueRow;
}

/** What an instance of a subscriber knows. */
export interface SubscriberMemory {
  readonly rows: readonly QueueRow[];
  /** In memory alone, until the first attempt ends. */
  readonly unstored: readonly StoredDelivery[];
  readonly underWay: readonly { readonly n: number; readonly probe: boolean }[];
  /** Deliveries that are being handed over to another shard. */
  readonly leaving: readonly number[];
  /** Ended attempts that are not written yet. */
  readonly results: readonly Pick<Settlement, "row" | "state">[];
}

/**
 * A job that is here no more: when it left, and the shard that has it, or the last life that was
 * erased.
 */
export interface Gone {
  readonly at: Millis;
  readonly to: string | null;
  readonly life: number;
}

export interface Subscriber {
  readonly stored: readonly StoredDelivery[];
  readonly state: SubscriberState;
  readonly memory: SubscriberMemory | null;
  readonly alarm: Millis | null;
  /** What became of each job that was here. */
  readonly gone: readonly (Gone | null)[];
  /** What the receiver took, by job: the first time of each event, in order. */
  readonly accepted: readonly (readonly number[])[];
  /** What it took because it was sent again by hand, in the same way. */
  readonly acceptedAgain: readonly (readonly number[])[];
}

/** A request that arrives after its attempt has ended. */
export interface LateRequest {
  readonly to: number;
  readonly row: Pick<QueueRow, "job" | "seq" | "kind">;
}

/** A call from a job to another object. */
export interface Call {
  readonly job: number;
  /** The life of the job that sends it. */
  readonly life: number;
  /** The name of the destination. */
  readonly to: string;
  /** The former shard that was called, and passes the call on. */
  readonly via: string | null;
  readonly seqs: readonly number[];
  /** Up to this `seq` an event may have been sent before. */
  readonly attempted: number;
  /** Nobody waits for its answer. */
  readonly late: boolean;
  /** The row whose first attempt its answer waits for; `null` before it has arrived. */
  readonly waits: number | null;
  /** Marks what is sent again by hand; `null` for what a drain sends. */
  readonly replay: string | null;
  /** A change of a shard; `null` for events. */
  readonly move: Move | null;
  /** When an erasure began; `null` for everything else. */
  readonly erasesAt: Millis | null;
}

/** A job's deliveries go from one shard to another: asked of the former one, then brought along. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** What is brought; `null` on the way to the former shard. */
  readonly adopted: readonly StoredDelivery[] | null;
  /** When the former shard began to hand over. */
  readonly startedAt: Millis;
  /** The former shard waits for the answer. */
  readonly isAwaited: boolean;
}

export interface World {
  readonly now: Millis;
  readonly jobs: readonly Job[];
  readonly account: Account;
  readonly subscribers: readonly Subscriber[];
  readonly calls: readonly Call[];
  readonly lateRequests: readonly LateRequest[];
  /** Which of the configurations is in force. */
  readonly config: number;
  /** How many replays may still be asked for, and what those sent that were answered, by job. */
  readonly replays: number;
  readonly replayed: readonly (readonly number[])[];
  /** How many erasures may still be asked for, which jobs have to be erased, and what they were. */
  readonly erasures: number;
  readonly mustErase: readonly boolean[];
  readonly past: readonly (readonly LoggedEvent[])[];
  /** How many updates of each job belong to lives that were erased. */
  readonly begun: readonly number[];
  /** How many updates of each job were acknowledged. */
  readonly acknowledged: readonly number[];
  /** When each job emitted progress last. */
  readonly progressAt: readonly (Millis | null)[];
  /** How many faults may still happen, and how many attempts may still fail. */
  readonly faults: number;
  readonly failures: number;
}

/** A list with one element replaced. */
export const replaced = <T>(list: readonly T[], index: number, value: T): readonly T[] =>
  list.map((one, at) => (at === index ? value : one));
