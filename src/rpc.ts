// What the objects offer each other and the Worker: they implement these interfaces, and callers
// know nothing else of them.

import type { JobList, JobsQuery } from "./account/jobs.store.ts";
import type { InitialFrames } from "./account/fanout/fans.ts";
import type { LogRange } from "./account/fanout/log-range.ts";
import type { Beginning } from "./api/idempotency/idempotency.ts";
import type { DeliveriesPage, DeliveriesQuery, ReplayRequest } from "./deliver/page.ts";
import type { Health } from "./deliver/retry/breaker.ts";
import type { WaitingJob } from "./deliver/shards/waiting-job.ts";
import type { SubscriberStatus } from "./deliver/view.ts";
import type { RunEvent } from "./ingest/correlation/runs.ts";
import type { RecordedPage } from "./job/view/record-view.ts";
import type { Result } from "./kernel/result.ts";
import type { Millis } from "./kernel/time.ts";
import type { ConnectorView, WatchAnswer, WatchedExport } from "./model/connector.ts";
import type { AttemptEnvelope, JobSnapshot } from "./model/event.ts";
import type { IndexPart, SpreadDay } from "./model/index-parts.ts";
import type {
  AccountUpdate,
  ArchivedFile,
  Dispatch,
  IngestAnswer,
  JobRef,
  Kept,
  KeptAnswer,
  KeptRequest,
  JobUpdate,
  Publication,
  Rejection,
  Tally,
} from "./model/messages.ts";
import type { SourceCounts } from "./source/inspection.ts";
import type { JobQuery, SourceJobs } from "./source/index/jobs.store.ts";
import type { Page } from "./stream/frames.ts";
import type { PageQuery, StreamOpen } from "./stream/stream.ts";

/** What a method answers inside its object; a caller always gets a promise of plain data. */
export type Answer<T> = T | Promise<T>;

/**
 * An object that owns a stream: it answers polls, and upgrades that the Worker asks for by `fetch`.
 */
export interface StreamRpc {
  /** `null` for a job that does not exist or that the caller may not see. */
  page(query: PageQuery): Answer<(Page & Partial<RecordedPage>) | null>;
}

/** One job. */
export interface JobRpc extends StreamRpc {
  ingest(update: JobUpdate): Answer<IngestAnswer>;
  archived(file: ArchivedFile): Answer<void>;
  snapshot(): Answer<JobSnapshot | null>;
  /** Under the same `id` the same events are forwarded once. */
  replay(since: number, subscribers: readonly string[] | null, id?: string): Answer<number | null>;
  /** Of a life that began by `upTo`: a call that comes late must not take the next one. */
  erase(upTo?: Millis): Answer<boolean>;
  move(subscriber: string, shard: number): Answer<boolean>;
}

/** One account. */
export interface AccountRpc extends StreamRpc {
  publish(
    publications: readonly Publication[],
    attempts?: readonly AttemptEnvelope[],
  ): Answer<void>;
  announce(events: readonly AttemptEnvelope[]): Answer<void>;
  ingest(update: AccountUpdate): Answer<IngestAnswer>;
  jobs(query: JobsQuery): Answer<JobList>;
  forget(source: string, guid: string, upTo?: Millis, forGood?: boolean): Answer<void>;
  /** `characters` are the most of the first frames. */
  openViewer(
    fan: number,
    sockets: number,
    open: StreamOpen,
    characters?: number,
  ): Answer<InitialFrames>;
  logAfter(epoch: string, after: number): Answer<LogRange | null>;
  viewers(): Answer<number>;
}

/** One of the objects over which an account with many viewers spreads them. */
export interface FanRpc {
  show(range: LogRange): Answer<number>;
  forget(source: string, guid: string): Answer<void>;
}

/** One subscriber, or one of its shards. */
export interface SubscriberRpc {
  /** `passedOn` counts the former shards that it came by. */
  enqueue(dispatches: readonly Dispatch[], passedOn?: number): Answer<readonly string[]>;
  state(): Answer<SubscriberStatus>;
  deliveries(query: DeliveriesQuery): Answer<DeliveriesPage>;
  pause(): Answer<void>;
  resume(): Answer<void>;
  /** Under the same `act` this and the next two do something once, and answer alike. */
  sendTest(act?: string): Answer<{ readonly delivery: string }>;
  retry(id: string, act?: string): Answer<boolean>;
  replay(
    request: ReplayRequest,
    act?: string,
  ): Answer<Result<{ readonly count: number }, "running">>;
  /**
   * What comes late of a job that an operator erased at `upTo`, with its `files`, is dropped; of
   * one that expired nothing is removed that came after `upTo`. Likewise `forget`.
   */
  erase(source: string, guid: string, files?: boolean, upTo?: Millis): Answer<void>;
  expire(source: string, guid: string, upTo?: Millis): Answer<Millis | null>;
  wake(): Answer<void>;
  shards(): Answer<number>;
  join(shard: number): Answer<Health>;
  handOver(source: string, guid: string, to: number, sentAt?: Millis): Answer<boolean>;
  adopt(waiting: WaitingJob): Answer<boolean>;
}

/** The runs of one correlation key of one source. */
export interface CorrelationRpc {
  assign(event: RunEvent, retention: Millis): Answer<{ readonly guid: string }>;
}

/** One idempotency key of the API. */
export interface IdempotencyRpc {
  begin(fingerprint: string): Answer<Beginning>;
  end(fingerprint: string, answer: KeptAnswer): Answer<void>;
}

/** One source, or a part of its index of jobs. */
export interface SourceRpc {
  index(refs: readonly JobRef[], takesReferral?: boolean): Answer<SpreadDay | null>;
  jobs(query: JobQuery): Answer<SourceJobs>;
  forget(guid: string, createdAt: Millis, upTo?: Millis): Answer<SpreadDay | null>;
  notePart(part: IndexPart, holdsJobs: boolean): Answer<void>;
  count(tally: Tally): Answer<void>;
  counts(): Answer<SourceCounts>;
  rejected(): Answer<readonly Rejection[]>;
  keep(request: KeptRequest): Answer<number>;
  kept(n: number): Answer<Kept | null>;
  release(n: number, answer: KeptAnswer): Answer<void>;
}

/** The connector of one source. */
export interface UpstreamRpc {
  wake(): Answer<void>;
  /** `null` where the source has none. */
  state(): Answer<ConnectorView | null>;
  watch(exports: readonly WatchedExport[]): Answer<WatchAnswer>;
  ended(one: WatchedExport): Answer<void>;
}
