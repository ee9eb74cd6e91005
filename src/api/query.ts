// Query strings and bodies of the API, each parsed once.

import * as z from "zod";
import type { Problem } from "../kernel/problem.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import { parseIso } from "../kernel/time.ts";
import { JOB_EVENTS, STATUS_OF } from "../model/event.ts";
import { isIdLength, MAX_ID } from "../model/ids.ts";
import { DEFAULT_LIMIT, MAX_LIMIT, positionOf } from "./paging.ts";

const limit = z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT);

const DELIVERY_STATES = [
  "pending",
  "delivered",
  "held",
  "superseded",
  "dead",
  "cancelled",
] as const;

const accountId = z.string().refine(isIdLength, `must have 1 to ${MAX_ID} characters`);

const instant = z.iso.datetime({ offset: true }).transform((text, context) => {
  const at = parseIso(text);
  if (at !== null) return at;
  context.addIssue("is not an instant");
  return z.NEVER;
});

/** `GET /v1/jobs`: `since` and `until` bound the instant of creation. */
export const JobsQuery = z.object({
  account: accountId.optional(),
  source: z.string().min(1).optional(),
  status: z.enum([...new Set(Object.values(STATUS_OF))]).optional(),
  event: z.enum(JOB_EVENTS).optional(),
  q: accountId.optional(),
  since: instant.optional(),
  until: instant.optional(),
  limit,
  cursor: z
    .string()
    .transform((text, context) => {
      const position = positionOf(text);
      if (position !== null) return position;
      context.addIssue("is not a cursor of this list");
      return z.NEVER;
    })
    .optional(),
});

/** `GET /v1/subscribers/{id}/deliveries` */
export const DeliveriesQuery = z.object({
  state: z.enum(DELIVERY_STATES).optional(),
  guid: z.string().min(1).optional(),
  limit,
  cursor: z.string().min(1).optional(),
});

/** `POST /v1/subscribers/{id}/replay`: which deliveries to repeat; by default the dead ones. */
export const ReplayManyRequest = z.strictObject({
  state: z.enum(DELIVERY_STATES).default("dead"),
  since: instant.optional(),
  until: instant.optional(),
  event: z.string().min(1).optional(),
});

/** `POST /v1/rules/simulate`: an envelope, of which any part may be missing. */
export const SimulateRequest = z.looseObject({
  event: z.string().min(1).optional(),
  type: z.string().min(1).optional(),
  source: z.string().optional(),
  account: z.string().optional(),
});

/** The longest lifetime of a minted stream token, in seconds: 30 days. */
const MAX_TOKEN_LIFE = 30 * 24 * 3600;

/** `POST /v1/tokens` */
export const TokenRequest = z.strictObject({
  account: accountId,
  channels: z.array(z.string().min(1).max(512)).min(1).max(128).optional(),
  expiresIn: z.number().int().min(1).max(MAX_TOKEN_LIFE),
});

/** `POST /v1/jobs/{source}/{guid}/replay`: events with a `seq` above `since` are sent again. */
export const ReplayRequest = z.strictObject({
  subscribers: z.array(z.string().min(1)).min(1).optional(),
  since: z.number().int().min(0).default(0),
});

/** What is wrong, in the words of the configuration's problems; zod's own for the other kinds. */
function wordsOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  if (issue.code !== "invalid_type") return undefined;
  return issue.input === undefined ? "is required" : `must be of type ${issue.expected}`;
}

/** Parses a document of the caller; the problem lists path and message of each issue. */
export function parse<T extends z.ZodType>(
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
