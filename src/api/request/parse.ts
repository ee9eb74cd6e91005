// Parses queries and bodies by their schemas, and says what is wrong with them.

import * as z from "zod/mini";
import { describeIssue } from "../../kernel/json/describe-issue.ts";
import { depthOf, MAX_DEPTH, parseBody } from "../../kernel/json.ts";
import { decodeUtf8 } from "../../kernel/json/utf8.ts";
import type { Problem, ProblemIssue } from "../../kernel/problem.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";

/** What is wrong, in the words of the configuration's problems; zod's own for the other kinds. */
function wordsOf(issue: z.core.$ZodRawIssue): string {
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  if (issue.code !== "invalid_type") return describeIssue(issue);
  return issue.input === undefined ? "is required" : `must be of type ${issue.expected}`;
}

/** What is allowed where something unknown was given. */
const unknownText = (allowed: readonly string[]): string =>
  allowed.length === 0
    ? "is unknown; nothing is allowed here"
    : `is unknown; allowed are ${allowed.join(", ")}`;

const namesOf = (schema: z.ZodMiniType): readonly string[] =>
  schema instanceof z.ZodMiniObject ? Object.keys(schema.shape) : [];

/** One issue for each unknown member, since each is a mistake of its own. */
function issuesOf(issue: z.core.$ZodIssue, schema: z.ZodMiniType): readonly ProblemIssue[] {
  if (issue.code !== "unrecognized_keys" || issue.path.length > 0)
    return [{ path: issue.path.join("."), message: issue.message }];
  return issue.keys.map((path) => ({ path, message: unknownText(namesOf(schema)) }));
}

/** Parses a document of the caller; the problem lists path and message of each issue. */
export function parse<T extends z.ZodMiniType>(
  schema: T,
  document: unknown,
  status: 400 | 422,
): Result<z.output<T>, Problem> {
  const parsed = schema.safeParse(document, { error: wordsOf });
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues.flatMap((issue) => issuesOf(issue, schema));
  return fault({ status, title: status === 400 ? "Bad Request" : "Unprocessable Content", issues });
}

/**
 * What is wrong with the names of a query: those that are unknown, or given twice. Its values are
 * parsed by the route.
 */
export function parameterProblem(
  given: Iterable<string>,
  schema: z.ZodMiniType | undefined,
): Problem | null {
  const allowed = schema === undefined ? [] : namesOf(schema);
  const names = [...given];
  const issues = [...new Set(names)].flatMap((path) => {
    if (!allowed.includes(path)) return [{ path, message: unknownText(allowed) }];
    const isTwice = names.indexOf(path) !== names.lastIndexOf(path);
    return isTwice ? [{ path, message: "must be given once" }] : [];
  });
  return issues.length === 0 ? null : { status: 400, title: "Bad Request", issues };
}

/**
 * Reads a body as JSON; `null`, which every schema refuses, when it is none or too deep. No body is
 * `{}`.
 */
export function readJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  if (text === null || depthOf(text) > MAX_DEPTH) return null;
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Reads a body as webhooks are read: its numbers keep their digits. */
export function readEvent(bytes: Uint8Array): unknown {
  const parsed = parseBody(bytes);
  if (parsed.ok) return parsed.value;
  return parsed.fault === "empty" ? {} : null;
}
