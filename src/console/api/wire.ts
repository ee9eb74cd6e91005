// What the HTTP API answers, as the console reads it (docs/api.md).

import type { JobEnvelope } from "../../client/index.ts";

/** A page of a list. */
export interface ListOf<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

/** An update that was kept and not emitted. */
export interface RecordedUpdate {
  readonly time: string;
  readonly reason: string;
  readonly event: string;
  readonly current: number | null;
  readonly total: number | null;
  readonly url: string | null;
  readonly error: string | null;
  readonly occurredAt: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A page of a job's events with what was recorded beside them. */
export interface EventsPage {
  readonly items: readonly { readonly event: JobEnvelope; readonly cursor: string }[];
  readonly cursor: string;
  readonly recorded?: readonly RecordedUpdate[];
  readonly recordedCursor?: string;
}

/** One attempt to deliver; `status` is `null` when no answer came. */
export interface Attempt {
  readonly time: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: number;
  readonly trigger: string;
  readonly answer: string | null;
}

export interface Delivery {
  readonly id: string;
  readonly subscriber: string;
  readonly event: {
    readonly id: string;
    readonly event: string;
    readonly guid: string | null;
    readonly source: string;
    readonly seq: number | null;
  };
  readonly state: string;
  readonly attempts: readonly Attempt[];
  readonly nextAttemptAt: string | null;
}

/** The request of a delivery; what is secret in its headers is masked. */
export interface SentRequest {
  readonly method: string;
  /** `null` for a queue. */
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** `null` for bytes that are no text. */
  readonly body: string | null;
  readonly bodyBase64?: string;
}

/** A delivery with what is sent; an archive is sent no request. */
export interface DeliveryDetail extends Delivery {
  readonly request: SentRequest | null;
}

export interface Failure {
  readonly time: string;
  readonly status: number | null;
  readonly error: string | null;
}

export interface Subscriber {
  readonly id: string;
  readonly state: string;
  readonly since: string | null;
  readonly reason: string | null;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly delivered: number;
  readonly successRate: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly oldestPendingAt: string | null;
  readonly lastFailure: Failure | null;
  /** What an operator can do; `null` where nobody is needed. */
  readonly advice: string | null;
  readonly replay: { readonly total: number; readonly released: number } | null;
}

/** The state of a source's connection to its provider. */
export interface Connector {
  readonly state: string;
  readonly since: string;
  readonly lastMessageAt: string | null;
  readonly reconnects: number;
  readonly lastError: string | null;
  readonly lastErrorAt: string | null;
  /** When it tries again; `null` while it need not. */
  readonly retryAt: string | null;
  /** How often the provider could not give what was missed. */
  readonly gaps: number;
  /** Exports that are polled; `null` for a realtime server. */
  readonly watching: number | null;
}

export interface Source {
  readonly id: string;
  readonly provider: string;
  readonly verify: string;
  readonly counts: Readonly<Record<"accepted" | "duplicate" | "ignored" | "refused", number>>;
  readonly countedSince: string | null;
  readonly lastSeenAt: string | null;
  readonly connector: Connector | null;
  /** What an operator can do; `null` where nobody is needed. */
  readonly advice: string | null;
}

/** A refused webhook. */
export interface Refused {
  readonly n: number | null;
  readonly time: string;
  readonly status: number;
  readonly reason: string;
  /** The reason in a sentence, and what an operator can do. */
  readonly explanation: string;
  readonly advice: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly kept: boolean;
}

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly secrets: boolean;
  readonly headers: readonly string[];
  readonly events: readonly string[];
  readonly setup: readonly string[];
  readonly retries: { readonly level: string; readonly sentence: string };
  readonly lacks: readonly string[];
}

/** What the rules say about an event. */
export interface Simulation {
  readonly rules: readonly {
    readonly id: string;
    readonly matches: boolean;
    readonly why: string;
  }[];
  readonly deliveries: readonly { readonly subscriber: string; readonly format: string }[];
}

/** One step of a sample job; `at` is when it is due, in ms after the first. */
export interface SampleStep {
  readonly at: number;
  readonly event: string;
  readonly current: number;
  readonly total: number;
}

/** The sample: its steps, the source they go to, and who gets which of its events. */
export interface Sample extends ListOf<SampleStep> {
  readonly source: string | null;
  readonly subscribers: readonly { readonly id: string; readonly events: readonly string[] }[];
}
