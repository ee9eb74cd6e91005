// Changes of maps that survive because nothing that the code promises depends on them.

import type { Explanation } from "./report.ts";

const COMPILE = "src/ingest/map/compile.ts";
const EVALUATE = "src/ingest/map/evaluate.ts";
const EXPRESSION = "src/ingest/map/expression.ts";
const NODES = "src/ingest/map/nodes.ts";
const PATHS = "src/ingest/map/paths.ts";
const TABLE = "src/ingest/map/table.ts";
const VALUES = "src/ingest/map/values.ts";

const NARROWS = "only tells the compiler what is always so";
const IS_REFUSED = "only tells the compiler: with a mistake the map is refused as a whole";
const NO_STEP_OF_ZERO = "a step of 0 has failed before";

export const EXPLAINED_OF_MAPS: readonly Explanation[] = [
  {
    file: COMPILE,
    code: 'if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 0 || wanted > groups) {',
    to: ["false"],
    why: NARROWS,
  },
  { file: COMPILE, code: "if (found === null) return null;", why: IS_REFUSED },
  {
    file: COMPILE,
    code: "if (mistakes.length > 0 || event === null || guid === null) return fault(mistakes);",
    to: ["false"],
    why: IS_REFUSED,
  },
  {
    file: COMPILE,
    code: "return event === null ? null : { event, table: ourOwn };",
    to: ["false"],
    why: IS_REFUSED,
  },
  {
    file: COMPILE,
    code: "return event === null || table === null ? null : { event, table };",
    to: ["false", "event === null && table === null"],
    why: IS_REFUSED,
  },
  {
    file: COMPILE,
    code: 'typeof name === "string" && EVENTS.has(name);',
    to: ["true"],
    why: NARROWS,
  },
  {
    file: EVALUATE,
    code: "return ok(read.flatMap((result) => (result.ok ? [result.value] : [])));",
    to: ['["Stryker was here"]'],
    why: NARROWS,
  },
  {
    file: EVALUATE,
    code: "if (guid === null || issues.length > 0) return fault(issues);",
    to: ["false"],
    why: NARROWS,
  },
  {
    file: EVALUATE,
    code: "const rest = isObject(member) ? redact(member, input.redact ?? []) : {};",
    to: ['["Stryker was here"]'],
    why: "a path that no event has redacts as little as none",
  },
  {
    file: EXPRESSION,
    code: 'return fault(error instanceof Error ? error.message : "");',
    to: ['"Stryker was here!"'],
    why: "the parser throws errors alone",
  },
  {
    file: EXPRESSION,
    code: "for (let place = 0; place < text.length; place += 1) {",
    to: ["place <= text.length"],
    why: "behind the end there is no quote",
  },
  {
    file: "src/ingest/map/functions.ts",
    code: "left === right ? 0 : left < right ? -1 : 1;",
    to: ["false", "left <= right"],
    why: "sorting asks only which of two is smaller",
  },
  {
    file: "src/ingest/map/functions.ts",
    code: "const pairs = list.map((value, index) => ({ value, key: keys[index] ?? 0 }));",
    why: NARROWS,
  },
  {
    file: NODES,
    code: "const NOTHING: Evaluation = () => null;",
    why: "neither an expression with a mistake nor an argument that is an &expression is run",
  },
  { file: NODES, code: 'case "Binding":', why: "it stands in a let alone, which is refused first" },
  {
    file: NODES,
    code: "const referred = reference === undefined ? undefined : children[reference];",
    to: ["false"],
    why: NARROWS,
  },
  {
    file: "src/ingest/map/operators.ts",
    code: "if (first === null || second === null || run === undefined) throw new ExpressionFailure();",
    to: ["false"],
    why: NARROWS,
  },
  {
    file: PATHS,
    code: "const first = start === null ? (by < 0 ? list.length - 1 : 0) : capped(start, list.length, by);",
    to: ["by <= 0"],
    why: NO_STEP_OF_ZERO,
  },
  {
    file: PATHS,
    code: "const end = stop === null ? (by < 0 ? -1 : list.length) : capped(stop, list.length, by);",
    to: ["by <= 0"],
    why: NO_STEP_OF_ZERO,
  },
  {
    file: PATHS,
    code: "for (let at = first; by > 0 ? at < end : at > end; at += by) {",
    to: ["by >= 0"],
    why: NO_STEP_OF_ZERO,
  },
  {
    file: PATHS,
    code: "if (place < 0) return Math.max(place + length, step < 0 ? -1 : 0);",
    to: ["step <= 0"],
    why: NO_STEP_OF_ZERO,
  },
  {
    file: PATHS,
    code: "return Math.min(place, step < 0 ? length - 1 : length);",
    to: ["step <= 0"],
    why: NO_STEP_OF_ZERO,
  },
  {
    file: "src/ingest/map/readings.ts",
    code: "return at === null || at <= 0 ? null : Math.min(at, now);",
    to: ["false"],
    why: NARROWS,
  },
  { file: TABLE, code: 'const [first = "", ...others] = pieces;', why: NARROWS },
  { file: TABLE, code: 'const last = others.at(-1) ?? "";', why: NARROWS },
  {
    file: VALUES,
    code: 'if (value === null || value === false || value === "") return true;',
    to: ["false"],
    why: NARROWS,
  },
  {
    file: VALUES,
    code: "for (const name in value) if (Object.hasOwn(value, name)) return true;",
    to: ["true"],
    why: "the objects of a body inherit nothing that could be listed",
  },
];
