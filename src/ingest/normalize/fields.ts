// Fields that the bodies of several providers share, with their limits.

import * as z from "zod";
import type { Json, JsonObject } from "../../kernel/json.ts";
import { isObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Ignored, Issue } from "../provider.ts";

/** Longest id in UTF-16 units: they are at most 765 bytes, and an object's name holds 1024. */
export const MAX_ID = 255;

const CONTROL = /\p{Cc}/u;

/** The id of a job or account: 1 to 255 characters without control characters, well-formed. */
export const Id = z
  .string()
  .min(1)
  .max(MAX_ID)
  .refine((text) => !CONTROL.test(text), "must not contain control characters")
  .refine((text) => text.isWellFormed(), "must be well-formed Unicode");

/** A number of items: an integer, never below 0. */
export const Count = z.number().int().nonnegative();

/** Text that may be left out. */
export const OptionalText = z.string().nullish();

/** A count that may be left out. */
export const OptionalCount = Count.nullish();

/** Any body that names its event. */
export const Named = z.object({ event: z.string().min(1) });

/** The outcome of an event that the relay does not model. */
export const ignoredEvent = (event: string): Ignored => ({
  kind: "ignored",
  reason: `event ${event.slice(0, 64)} is not modelled`,
});

/** Parses with a schema; the fault lists every issue. */
export function check<T>(schema: z.ZodType<T>, json: Json): Result<T, readonly Issue[]> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  return fault(
    parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })),
  );
}

/** The members of an object but those named. */
export function without(json: Json | undefined, names: readonly string[]): JsonObject {
  if (!isObject(json)) return {};
  return Object.fromEntries(Object.entries(json).filter(([name]) => !names.includes(name)));
}

/**
 * An absolute http(s) address as it was sent, or a path made absolute with `base`; `null` for
 * anything else.
 */
export function webAddress(text: string | null | undefined, base: string | null): string | null {
  if (text === null || text === undefined || text === "") return null;
  const isPath = base !== null && text.startsWith("/") && !text.startsWith("//");
  const address = URL.parse(text, isPath ? base : undefined);
  if (address === null || (address.protocol !== "https:" && address.protocol !== "http:"))
    return null;
  return isPath ? address.href : text;
}
