// The `where` of a rule: a MongoDB-style filter, checked word for word before `sift` runs it.
// sift alone is too lenient: it runs `$where` as code, takes misplaced operators for literals, and
// refuses some only while matching.

import sift, * as exported from "#sift";
import { withPlainNumbers } from "../kernel/json/exact-number.ts";
import { isObject } from "../kernel/json.ts";
import { matches } from "../kernel/pattern/match.ts";
import { compilePattern } from "../kernel/pattern/pattern.ts";
import type { Pattern } from "../kernel/pattern/program.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import { quote, step } from "../kernel/json/path.ts";

/**
 * Node reads sift as CommonJS, with all members on its function; bundlers read an ES module, and a
 * Worker's the one without the helpers of older runtimes.
 */
const { createEqualsOperation } = Object.assign({}, sift, exported) as typeof exported;

/** What is wrong with a filter and where in it. */
interface WhereProblem {
  readonly path: string;
  readonly message: string;
}

/** Decides whether an envelope passes; may throw on values that the operators cannot take. */
export type Matcher = (envelope: unknown) => boolean;

/** Levels of a filter: far more than a person writes. */
const MAX_LEVELS = 16;

const FLAGS = /^[imsu]*$/;
const TYPES: readonly unknown[] = ["number", "string", "bool", "array", "null"];
const DOCUMENT_OPERATORS = ["$and", "$or", "$nor"] as const;

type Add = (path: string, message: string) => void;

/** Compiles a filter; `path` is where it stands, as in `RULES[0].where`. */
export function compileWhere(
  where: unknown,
  path: string,
): Result<Matcher, readonly WhereProblem[]> {
  const problems: WhereProblem[] = [];
  checkDocument(where, path, 1, (at, message) => problems.push({ path: at, message }));
  if (problems.length > 0) return fault(problems);
  try {
    // A copy of plain objects: sift takes the tables that TOML parsers make for literals.
    const test = sift<unknown>(JSON.parse(JSON.stringify(where)) as object, {
      operations: { $where: refuse, $regex: regexOperation },
    });
    // Numbers are compared by their value, however they are written.
    return ok((envelope) => test(withPlainNumbers(envelope)));
  } catch {
    return fault([{ path, message: "is not a filter" }]);
  }
}

/** Replaces the operator of sift that compiles text into code. */
function refuse(): never {
  throw new Error("$where is not available");
}

/** Replaces the operator of sift that runs patterns in JavaScript's engine, perhaps for hours. */
function regexOperation(
  pattern: string,
  beside: Readonly<Record<string, unknown>>,
  siftOptions: Parameters<typeof createEqualsOperation>[2],
): ReturnType<typeof createEqualsOperation> {
  const compiled = compiledRegex(pattern, beside["$options"]);
  const test = (value: unknown): boolean =>
    compiled.ok && typeof value === "string" && matches(compiled.value, value);
  return createEqualsOperation(test, beside, siftOptions);
}

function compiledRegex(pattern: string, options: unknown): Result<Pattern, string> {
  const flags = typeof options === "string" ? options : "";
  return compilePattern(pattern, {
    ignoreCase: flags.includes("i"),
    multiline: flags.includes("m"),
    dotAll: flags.includes("s"),
  });
}

function checkDocument(value: unknown, path: string, level: number, add: Add): void {
  if (!isObject(value)) return add(path, "must be a table");
  if (level > MAX_LEVELS) return add(path, `is nested deeper than ${MAX_LEVELS} levels`);
  for (const [key, member] of Object.entries(value)) {
    const at = step(path, key);
    if (DOCUMENT_OPERATORS.some((operator) => operator === key))
      checkBranches(member, at, level, add);
    else if (key.startsWith("$"))
      add(at, Object.hasOwn(OPERATORS, key) ? "stands inside a field only" : unknownOperator(key));
    else if (CONFUSING.has(key)) add(at, "is no field of an event");
    else checkField(member, at, level + 1, add);
  }
}

/** Keys by which sift tells tables from literals: a filter that has one as a field is no filter. */
const CONFUSING: ReadonlySet<string> = new Set(["constructor", "toJSON", "__proto__"]);

function checkBranches(value: unknown, path: string, level: number, add: Add): void {
  if (!Array.isArray(value) || value.length === 0)
    return add(path, "must be a list of filters that is not empty");
  for (const [index, branch] of value.entries())
    checkDocument(branch, step(path, index), level + 1, add);
}

function checkField(value: unknown, path: string, level: number, add: Add): void {
  if (!isObject(value) || !Object.keys(value).some((key) => key.startsWith("$")))
    return checkLiteral(value, path, level, add);
  if (level > MAX_LEVELS) return add(path, `is nested deeper than ${MAX_LEVELS} levels`);
  for (const [key, operand] of Object.entries(value)) {
    const at = step(path, key);
    const check = Object.hasOwn(OPERATORS, key) ? OPERATORS[key] : undefined;
    if (check !== undefined) check({ operand, path: at, level: level + 1, beside: value }, add);
    else if (!key.startsWith("$")) add(at, "operators and fields do not mix");
    else
      add(
        at,
        DOCUMENT_OPERATORS.some((operator) => operator === key)
          ? "stands outside of fields only"
          : unknownOperator(key),
      );
  }
}

const unknownOperator = (key: string): string =>
  key === "$where" ? "is not allowed, it runs code" : `unknown operator ${quote(key)}`;

/** Values to compare with: JSON without operators, which would be taken for plain keys. */
function checkLiteral(value: unknown, path: string, level: number, add: Add): void {
  if (level > MAX_LEVELS) return add(path, `is nested deeper than ${MAX_LEVELS} levels`);
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    Number.isFinite(value)
  )
    return;
  if (Array.isArray(value))
    for (const [index, entry] of value.entries())
      checkLiteral(entry, step(path, index), level + 1, add);
  else if (isObject(value) && isPlain(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (key.startsWith("$"))
        add(
          step(path, key),
          'operators of a nested field need a dot path, as in "details.skipRate"',
        );
      else checkLiteral(member, step(path, key), level + 1, add);
    }
  } else add(path, "must be text, a number, true, false, null, a list or a table");
}

/** False for dates and other classes, which TOML parsers make and JSON cannot hold. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    prototype === Object.prototype ||
    Object.getPrototypeOf(prototype) === null
  );
}

/** An operator's operand, where it stands, and the operators beside it. */
interface Use {
  readonly operand: unknown;
  readonly path: string;
  readonly level: number;
  readonly beside: Readonly<Record<string, unknown>>;
}

type OperatorCheck = (use: Use, add: Add) => void;

const literal: OperatorCheck = ({ operand, path, level }, add) =>
  checkLiteral(operand, path, level, add);

const comparable: OperatorCheck = ({ operand, path }, add) => {
  if (typeof operand !== "string" && !Number.isFinite(operand))
    add(path, "must be a number or text");
};

const literals: OperatorCheck = (use, add) => {
  if (Array.isArray(use.operand)) checkLiteral(use.operand, use.path, use.level, add);
  else add(use.path, "must be a list");
};

const scalars: OperatorCheck = ({ operand, path }, add) => {
  const valid =
    Array.isArray(operand) &&
    operand.length > 0 &&
    operand.every((entry) => entry === null || typeof entry !== "object");
  if (!valid) add(path, "must be a list of plain values that is not empty");
};

const regex: OperatorCheck = ({ operand, path, beside }, add) => {
  if (typeof operand !== "string") return add(path, "must be a pattern");
  const compiled = compiledRegex(operand, beside["$options"]);
  if (!compiled.ok) add(path, compiled.fault);
};

const options: OperatorCheck = ({ operand, path, beside }, add) => {
  if (typeof operand !== "string" || !FLAGS.test(operand)) add(path, "must be any of i, m, s, u");
  else if (!Object.hasOwn(beside, "$regex")) add(path, "needs $regex beside it");
};

/** Operators of a field. `$where` is not among them. */
const OPERATORS: Readonly<Record<string, OperatorCheck>> = {
  $eq: literal,
  $ne: literal,
  $gt: comparable,
  $gte: comparable,
  $lt: comparable,
  $lte: comparable,
  $in: literals,
  $nin: literals,
  $all: scalars,
  $regex: regex,
  $options: options,
  $exists: ({ operand, path }, add) => {
    if (typeof operand !== "boolean") add(path, "must be true or false");
  },
  $size: ({ operand, path }, add) => {
    if (!Number.isSafeInteger(operand) || (operand as number) < 0)
      add(path, "must be a whole number");
  },
  $mod: ({ operand, path }, add) => {
    const valid =
      Array.isArray(operand) &&
      operand.length === 2 &&
      operand.every(Number.isFinite) &&
      operand[0] !== 0;
    if (!valid) add(path, "must be a list of a divisor and a remainder");
  },
  $type: ({ operand, path }, add) => {
    if (!TYPES.includes(operand)) add(path, `must be one of ${TYPES.join(", ")}`);
  },
  $not: ({ operand, path, level }, add) => checkField(operand, path, level, add),
  $elemMatch: ({ operand, path, level }, add) => {
    const isCondition =
      isObject(operand) && Object.keys(operand).some((key) => Object.hasOwn(OPERATORS, key));
    if (isCondition) checkField(operand, path, level, add);
    else checkDocument(operand, path, level, add);
  },
};
