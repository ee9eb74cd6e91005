// The tools of agents: each is one request to the API, made from the arguments of a call.

import { fault, ok, type Result } from "../../kernel/result.ts";
import type { Tool } from "./tool.ts";
import { TOOLS } from "./tool-table.ts";

/** A tool by its name. */
export const toolOf = (name: unknown): Tool | undefined => TOOLS.find((tool) => tool.name === name);

/** The names of the parameters in a path. */
export const pathNames = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

/** A request to the API. */
export interface ToolRequest {
  readonly method: Tool["method"];
  readonly path: string;
  readonly body: string | null;
}

type Arguments = Readonly<Record<string, unknown>>;

const isWord = (value: unknown): value is string | number =>
  (typeof value === "string" && value !== "") || typeof value === "number";

/**
 * Makes the request of a call; the fault says what is wrong with its arguments. What the API says
 * of their values comes with its answer.
 */
export function requestOf(tool: Tool, given: Arguments): Result<ToolRequest, string> {
  const { method, path, query = [], body = [], document } = tool;
  const required = pathNames(path);
  const known = [...required, ...query, ...body, ...(document === undefined ? [] : [document])];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    return fault(`${unknown}: is unknown; allowed are ${known.join(", ") || "none"}`);
  const missing = required.find((name) => !isWord(given[name]));
  if (missing !== undefined) return fault(`${missing}: is required`);
  // `encodeURIComponent` leaves them, and a URL then names another path.
  const dots = required.find((name) => given[name] === "." || given[name] === "..");
  if (dots !== undefined) return fault(`${dots}: must not be "." or ".."`);
  const wrong = query.find((name) => given[name] !== undefined && !isWord(given[name]));
  if (wrong !== undefined) return fault(`${wrong}: must be text or a number`);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(given[name]).toWellFormed()),
  );
  const words = query.flatMap((name) => (isWord(given[name]) ? [[name, String(given[name])]] : []));
  const search = words.length === 0 ? "" : `?${new URLSearchParams(words)}`;
  return ok({ method, path: `${filled}${search}`, body: bodyOf(tool, given) });
}

function bodyOf({ method, body = [], document }: Tool, given: Arguments): string | null {
  if (method === "GET") return null;
  if (document !== undefined) return JSON.stringify(given[document] ?? {});
  const members = body.filter((name) => given[name] !== undefined);
  return JSON.stringify(Object.fromEntries(members.map((name) => [name, given[name]])));
}
