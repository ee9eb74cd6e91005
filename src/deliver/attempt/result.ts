// What came of one attempt to deliver, whatever the target is.

import type { Millis } from "../../kernel/time.ts";

/** Why no answer came: the words that the API and the console show. */
export type FailureReason = "timeout" | "refused" | "reset" | "tls" | "dns" | "unknown";

/** The target answered; header names are lower-case, `answer` is the beginning of the body. */
export interface Answered {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: string;
  readonly ms: Millis;
  /** Where it says nothing about the target: a file's server answered, not the bucket. */
  readonly healthSignal?: "none";
}

/** No answer came; a later attempt may succeed. `error` is for people and holds no secret. */
export interface Failed {
  readonly kind: "failure";
  readonly reason: FailureReason;
  readonly error: string;
  readonly ms: Millis;
  /** Where it says nothing about the target: a download failed, not the bucket. */
  readonly healthSignal?: "none";
}

/**
 * No later attempt can succeed (a message over the queue's limit, a file that is gone): the
 * delivery is dead at once. It says nothing about the target, so the breaker does not count it.
 */
interface Impossible {
  readonly kind: "impossible";
  readonly error: string;
  readonly ms: Millis;
}

/**
 * The event holds nothing for its target (an archive, and an event without a file), so nothing was
 * sent: the delivery is cancelled. `error` is the reason, for people.
 */
interface NothingToDeliver {
  readonly kind: "nothing";
  readonly error: string;
  readonly ms: Millis;
}

/** What came of an attempt. */
export type AttemptResult = Answered | Failed | Impossible | NothingToDeliver;

/** Bytes of an answer's body that are kept. */
export const MAX_ANSWER_BYTES = 1_024;

/** UTF-16 code units of an error text that are kept. */
export const MAX_ERROR_CHARS = 320;

/**
 * The words of the runtimes, checked in this order. Node puts a code on `cause`, workerd has
 * messages only (2026-10).
 */
const FAILURE_WORDS: readonly (readonly [FailureReason, RegExp])[] = [
  ["timeout", /timed? ?out|TimeoutError|ETIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT/i],
  ["dns", /ENOTFOUND|EAI_AGAIN|DNS|could not be resolved/i],
  ["tls", /\bTLS\b|\bSSL\b|certificate|handshake|ERR_TLS|CERT_/i],
  ["refused", /ECONNREFUSED|connection refused|EHOSTUNREACH|ENETUNREACH/i],
  ["reset", /ECONNRESET|EPIPE|UND_ERR_SOCKET|connection (?:was )?(?:lost|reset|closed)/i],
  ["reset", /disconnected|prematurely|socket hang up|terminated/i],
];

/** Why a `fetch` threw; `unknown` when no words fit. */
export function failureReason(thrown: unknown): FailureReason {
  const text = describe(thrown);
  return FAILURE_WORDS.find(([, words]) => words.test(text))?.[0] ?? "unknown";
}

/** Name, message and code of a thrown value and of its cause. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = "code" in thrown ? String(thrown.code) : "";
  const cause = thrown.cause === undefined ? "" : describe(thrown.cause);
  return `${thrown.name} ${thrown.message} ${code} ${cause}`;
}

/** What workerd says in place of a reason, with an id of its own logs (2026-10). */
const OPAQUE = /internal error; reference = \w+/;

/** An error's text for people; `told` is what was thrown, without addresses. */
export const failureText = (told: string): string =>
  OPAQUE.test(told)
    ? "no connection: the runtime does not say whether name, certificate or network is wrong"
    : told;
