// The tables of docs/api.md that follow from the description.

import { PROBLEM_TYPES } from "../../kernel/problem.ts";
import { TOOLS } from "../mcp/tool-table.ts";
import { EVENTS, schemaPath } from "./events.ts";
import { OPERATIONS } from "./operations.ts";
import { TAGS } from "./operation.ts";
import { PROBLEMS } from "./problems.ts";
import { TOOL_TEXTS } from "../mcp/tool-texts.ts";

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const ACCESS = { open: "–", admin: "admin", stream: "admin or stream" } as const;

function operations(): string {
  return Object.keys(TAGS)
    .map((tag) => {
      const rows = OPERATIONS.filter((one) => one.tag === tag).map(
        ({ method, path, summary, access, acts }) => [
          `\`${method} ${path}\``,
          summary,
          ACCESS[access],
          acts === true ? "yes" : "",
        ],
      );
      return `### ${tag}\n\n${table(["route", "", "token", "key"], rows)}`;
    })
    .join("\n\n");
}

const events = (): string =>
  table(
    ["event", "", "schema"],
    EVENTS.map(({ name, summary }) => [`\`${name}\``, summary, `\`${schemaPath(name)}\``]),
  );

const problems = (): string =>
  table(
    ["type", "status", "what to do"],
    PROBLEM_TYPES.map((type) => [
      `\`${type}\``,
      String(PROBLEMS[type].status),
      PROBLEMS[type].remedy,
    ]),
  );

const tools = (): string =>
  table(
    ["tool", "", "asks"],
    TOOLS.map(({ name, method, path }) => [
      `\`${name}\``,
      TOOL_TEXTS[name].description,
      `\`${method} ${path}\``,
    ]),
  );

/** The parts of the page by name. */
const PARTS = { operations, events, problems, tools } as const;

const marks = (name: string): readonly [string, string] => [
  `<!-- generated: ${name} -->`,
  `<!-- end of ${name} -->`,
];

/** The page with each generated part as it should be; what is between the parts stays. */
export function apiPage(page: string): string {
  let text = page;
  for (const [name, part] of Object.entries(PARTS)) {
    const [begin, end] = marks(name);
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to < from) continue;
    text = `${text.slice(0, from + begin.length)}\n\n${part()}\n\n${text.slice(to)}`;
  }
  return text;
}
