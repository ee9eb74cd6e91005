// Query strings and bodies of the API, each parsed once.

import * as z from "zod/mini";
import { describeIssue } from "../kernel/json/describe-issue.ts";
import type { Problem } from "../kernel/problem.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import { parseIso } from "../kernel/time.ts";
import { JOB_EVENTS, STATUS_OF } from "../model/event.ts";
import { isIdLength, MAX_ID } from "../model/ids.ts";
import { DEFAULT_LIMIT, MAX_LIMIT, positionOf } from "./paging.ts";

const limit = z._default(
  z.coerce.number().check(z.int(), z.gte(1), z.lte(MAX_LIMIT)),
  DEFAULT_LIMIT,
);

const word = z.string().check(z.minLength(1));
const optionalWord = z.optional(word);

const DELIVERY_STATES = [
  "pending",
  "delivered",
  "held",
  "superseded",
  "dead",
  "cancelled",
] as const;

const accountId = z.string().check(z.refine(isIdLength, `must have 1 to ${MAX_ID} characters`));

const instant = z.pipe(
  z.iso.datetime({ offset: true }),
  z.transform((text: string, { issues }) => {
    const at = parseIso(text);
    if (at !== null) return at;
    issues.push({ code: "custom", input: text, message: "is not an instant" });
    return z.NEVER;
  }),
);

/** `GET /v1/jobs`: `since` and `until` bound the instant of creation. */
export const JobsQuery = z.object({
  account: z.optional(accountId),
  source: optionalWord,
  status: z.optional(z.enum([...new Set(Object.values(STATUS_OF))])),
  event: z.optional(z.enum(JOB_EVENTS)),
  q: z.optional(accountId),
  since: z.optional(instant),
  until: z.optional(instant),
  limit,
  cursor: z.optional(
    z.pipe(
      z.string(),
      z.transform((text: string, { issues }) => {
        const position = positionOf(text);
        if (position !== null) return position;
        issues.push({ code: "custom", input: text, message: "is not a cursor of this list" });
        return z.NEVER;
      }),
    ),
  ),
});

/** `GET /v1/subscribers/{id}/deliveries` */
export const DeliveriesQuery = z.object({
  state: z.optional(z.enum(DELIVERY_STATES)),
  guid: optionalWord,
  limit,
  cursor: optionalWord,
});

/** `POST /v1/subscribers/{id}/replay`: which deliveries to repeat; by default the dead ones. */
export const ReplayManyRequest = z.strictObject({
  state: z._default(z.enum(DELIVERY_STATES), "dead"),
  since: z.optional(instant),
  until: z.optional(instant),
  event: optionalWord,
});

/** `POST /v1/rules/simulate`: an envelope, of which any part may be missing. */
export const SimulateRequest = z.looseObject({
  event: optionalWord,
  type: optionalWord,
  source: z.optional(z.string()),
  account: z.optional(z.string()),
});

/** The longest lifetime of a minted stream token, in seconds: 30 days. */
const MAX_TOKEN_LIFE = 30 * 24 * 3600;

/** `POST /v1/tokens` */
export const TokenRequest = z.strictObject({
  account: accountId,
  channels: z.optional(
    z
      .array(z.string().check(z.minLength(1), z.maxLength(512)))
      .check(z.minLength(1), z.maxLength(128)),
  ),
  expiresIn: z.int().check(z.gte(1), z.lte(MAX_TOKEN_LIFE)),
});

/** `POST /v1/jobs/{source}/{guid}/replay`: events with a `seq` above `since` are sent again. */
export const ReplayRequest = z.strictObject({
  subscribers: z.optional(z.array(word).check(z.minLength(1))),
  since: z._default(z.int().check(z.gte(0)), 0),
});

/** What is wrong, in the words of the configuration's problems; zod's own for the other kinds. */
function wordsOf(issue: z.core.$ZodRawIssue): ReturnType<typeof describeIssue> {
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  if (issue.code !== "invalid_type") return describeIssue(issue);
  return issue.input === undefined ? "is required" : `must be of type ${issue.expected}`;
}

/** Parses a document of the caller; the problem lists path and message of each issue. */
export function parse<T extends z.ZodMiniType>(
  schema: T,
  document: unknown,
  status: 400 | 422,
): Result<z.output<T>, Problem> {
  const parsed = schema.safeParse(document, { error: wordsOf });
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.join("."),
    message: issue.message,
  }));
  return fault({ status, title: status === 400 ? "Bad Request" : "Unprocessable Content", issues });
}

/**
 * Reads a body as JSON; `undefined` when it is none, which the schema then refuses. An empty body
 * is an empty object.
 */
export function readJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
