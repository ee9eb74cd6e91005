// What a repeated request is answered (IETF draft-ietf-httpapi-idempotency-key-header-07).

import { DAY, MINUTE, type Millis } from "../../kernel/time.ts";
import type { KeptAnswer } from "../../model/messages.ts";

/** How long a key is remembered after its first request. */
export const KEPT_FOR: Millis = DAY;

/**
 * How long a request counts as running. One that took longer has died between its action and the
 * note of its answer; the next one with its key then acts again, which every action survives.
 */
const RUNS_FOR: Millis = MINUTE;

/** Longest key in characters; a UUID has 36. */
export const MAX_KEY = 255;

/** Characters of an answer that is kept; a row holds 2 MB. */
export const MAX_ANSWER = 500_000;

/** What is known of a key. */
export interface KeyRecord {
  /** A hash of method, path and body. */
  readonly fingerprint: string;
  /** When the key was first used. */
  readonly createdAt: Millis;
  /** When the newest request with it began; `null` once one has ended. */
  readonly runningSince: Millis | null;
  /** Of the request that acted; `null` while none has. */
  readonly answer: KeptAnswer | null;
}

/** What becomes of a request with a key. */
export type Beginning =
  /** It acts. `createdAt` is that of the key, also when an earlier request has died. */
  | { readonly kind: "acts"; readonly createdAt: Millis }
  | { readonly kind: "answered"; readonly answer: KeptAnswer }
  | { readonly kind: "running" }
  /** The key was used for something else. */
  | { readonly kind: "reused" };

/** Decides about a request, and what the key's record is from then on. */
export function begin(
  before: KeyRecord | null,
  fingerprint: string,
  now: Millis,
): { readonly beginning: Beginning; readonly record: KeyRecord | null } {
  const known = before !== null && now < before.createdAt + KEPT_FOR ? before : null;
  if (known !== null && known.fingerprint !== fingerprint)
    return { beginning: { kind: "reused" }, record: known };
  if (known?.answer !== undefined && known.answer !== null)
    return { beginning: { kind: "answered", answer: known.answer }, record: known };
  const since = known?.runningSince ?? null;
  if (since !== null && now < since + RUNS_FOR)
    return { beginning: { kind: "running" }, record: known };
  const createdAt = known?.createdAt ?? now;
  return {
    beginning: { kind: "acts", createdAt },
    record: { fingerprint, createdAt, runningSince: now, answer: null },
  };
}

/**
 * What is left of a key when its request has ended. An answer of success is kept. A refusal (4xx)
 * did nothing, so the key is free again. After a failure (5xx) the same request may act again under
 * the same key.
 */
export function end(
  record: KeyRecord | null,
  fingerprint: string,
  answer: KeptAnswer,
): KeyRecord | null {
  // An answer that comes after a day belongs to a key that may be another one by now.
  if (record === null || record.fingerprint !== fingerprint) return record;
  if (answer.status < 400 && answer.body.length <= MAX_ANSWER)
    return { ...record, runningSince: null, answer };
  return answer.status < 500 && answer.status >= 400 ? null : { ...record, runningSince: null };
}

/** A key: 1 to 255 visible characters of ASCII, with or without the quotes of a header string. */
const KEY = /^(?:"([\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

/** Reads the header; `null` when it is no key. */
export function keyOf(header: string): string | null {
  const match = KEY.exec(header.trim());
  return match?.[1] ?? match?.[2] ?? null;
}
