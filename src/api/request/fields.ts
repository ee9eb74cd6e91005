// Values that queries and bodies of the API have in common, each with its limits.

import * as z from "zod/mini";
import { parseIso } from "../../kernel/time.ts";
import { MAX_ID } from "../../model/ids.ts";
import { DEFAULT_LIMIT, MAX_LIMIT, positionOf } from "../lists/paging.ts";

const ID_LENGTH = `must have 1 to ${MAX_ID} characters`;

/** The id of a job or an account, or a part of one. */
export const Id = z.string().check(z.minLength(1, ID_LENGTH), z.maxLength(MAX_ID, ID_LENGTH));

/** The id of a source. */
export const SourceId = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be the id of a source"));

/** Text that is not empty. */
export const Word = z.string().check(z.minLength(1));

const NOT_A_LIMIT = `must be a whole number from 1 to ${MAX_LIMIT}`;

/** Items of a page; a query is text. */
export const Limit = z._default(
  z.pipe(
    z.pipe(
      z.string().check(z.regex(/^\d{1,4}$/, NOT_A_LIMIT)),
      z.transform((text: string) => Number(text)),
    ),
    z.number().check(z.gte(1, NOT_A_LIMIT), z.lte(MAX_LIMIT, NOT_A_LIMIT)),
  ),
  DEFAULT_LIMIT,
);

/** Longest cursor: two ids and an instant in base64. */
const MAX_CURSOR = 4_096;

/** Where a page of jobs begins. */
export const JobsCursor = z.pipe(
  z.string(),
  z.transform((text: string, { issues }) => {
    const position = text.length > MAX_CURSOR ? null : positionOf(text);
    if (position !== null) return position;
    issues.push({ code: "custom", input: text, message: "is not a cursor of this list" });
    return z.NEVER;
  }),
);

/** An instant of ISO 8601 with its zone, in milliseconds. */
export const Instant = z.pipe(
  z.iso.datetime({ offset: true }),
  z.transform((text: string, { issues }) => {
    const at = parseIso(text);
    if (at !== null) return at;
    issues.push({ code: "custom", input: text, message: "is not an instant" });
    return z.NEVER;
  }),
);
