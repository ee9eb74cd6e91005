// Whether what a body became can be stored: it may be longer than the body was.

import { utf8 } from "../../kernel/bytes.ts";
import type { AccountUpdate } from "../../model/messages.ts";
import type { PreparedUpdate } from "./normalize.io.ts";
import type { JobDraft } from "./normalize.ts";

/**
 * Bytes of an update as JSON, its raw body aside. The row of a Durable Object holds 2 MB (2026-11), and an event adds its own
 * members to those of the update.
 */
export const MAX_UPDATE = 1_500_000;

/** Bytes of a body that is not measured: what a provider sends grows sixfold at most (`1e20` is written out; `é` in a path, twice). */
export const NEVER_TOO_LARGE = 200_000;

/** True when every update of a body of `bodySize` bytes is at most `MAX_UPDATE` long. */
export const fitsRow = (ready: readonly PreparedUpdate[], bodySize: number): boolean =>
  bodySize <= NEVER_TOO_LARGE ||
  ready.every(
    (one) =>
      one.kind === "ignored" ||
      sizeOf(one.kind === "account" ? one.update : one.draft) <= MAX_UPDATE,
  );

/** Bytes are at least as many as characters, so the longest texts are not encoded to be counted. */
function sizeOf(update: JobDraft | AccountUpdate): number {
  const text = JSON.stringify({ ...update, raw: undefined });
  return text.length > MAX_UPDATE ? text.length : utf8(text).byteLength;
}
