// The words for a problem that a schema finds and has no words of its own for.

import type * as z from "zod/mini";

const UNITS: Readonly<Record<string, string>> = { string: " characters", array: " items" };
const FORMATS: Readonly<Record<string, string>> = { uuid: "UUID", datetime: "ISO datetime" };

const quoted = (values: readonly unknown[], between: string): string =>
  values.map((value) => (typeof value === "string" ? `"${value}"` : String(value))).join(between);

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  // A number of JSON that is too large for one.
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : typeof value;
}

/**
 * What Zod says in English, for the schemas that are used here: its own text is for all there are,
 * and `zod/mini` has none. Passed as `error` to a parse whose issues are shown.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `Invalid input: expected ${issue.expected}, received ${typeOf(issue.input)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `Invalid input: expected ${quoted(issue.values, "")}`
        : `Invalid option: expected one of ${quoted(issue.values, "|")}`;
    case "too_big":
    case "too_small": {
      const [size, than, bound] =
        issue.code === "too_big" ? ["big", "<", issue.maximum] : ["small", ">", issue.minimum];
      const unit = UNITS[issue.origin];
      const to = issue.exact === true ? "exactly " : `${than}${issue.inclusive ? "=" : ""}`;
      return `Too ${size}: expected ${issue.origin} to ${unit ? "have" : "be"} ${to}${bound}${unit ?? ""}`;
    }
    case "invalid_format":
      return issue.format === "regex"
        ? `Invalid string: must match pattern ${issue.pattern}`
        : `Invalid ${FORMATS[issue.format]}`;
    case "unrecognized_keys":
      return `Unrecognized key${issue.keys.length > 1 ? "s" : ""}: ${quoted(issue.keys, ", ")}`;
    case "invalid_key":
      return `Invalid key in ${issue.origin}`;
    // No schema here finds others but "custom".
    case "custom":
    case "invalid_element":
    case "invalid_union":
    case "not_multiple_of":
      return "Invalid input";
  }
}
