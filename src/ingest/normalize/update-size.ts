// Whether the updates of a body can be stored: they may be longer than the body was.

import { utf8 } from "../../kernel/bytes.ts";
import type { AccountUpdate } from "../../model/messages.ts";
import type { PreparedUpdate } from "./normalize.io.ts";
import type { RunUpdate } from "./normalize.ts";

/**
 * Bytes of an update as JSON, its raw body aside. A row of a Durable Object holds 2 MB (2026-11),
 * and an event adds its own members to those of the update.
 */
export const MAX_UPDATE = 1_500_000;

/**
 * Bytes of a body that is not measured. What a provider sends grows sixfold at most: `1e20` is
 * written out, and an `é` in a path is encoded twice.
 */
export const NEVER_TOO_LARGE = 200_000;

/** True when every update of a body of `bodySize` bytes is at most `MAX_UPDATE` long. */
export const fitsRow = (updates: readonly PreparedUpdate[], bodySize: number): boolean =>
  bodySize <= NEVER_TOO_LARGE ||
  updates.every((one) => one.kind === "ignored" || sizeOf(one.update) <= MAX_UPDATE);

/** Bytes are at least as many as characters, so the longest texts need no encoding. */
function sizeOf(update: RunUpdate | AccountUpdate): number {
  const text = JSON.stringify({ ...update, raw: undefined });
  return text.length > MAX_UPDATE ? text.length : utf8(text).byteLength;
}
