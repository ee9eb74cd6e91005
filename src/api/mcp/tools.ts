// The tools of agents: each is one request to the API, made from the arguments of a call.

import { fault, ok, type Result } from "../../kernel/result.ts";

/** A tool, and where its arguments go. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly method: "GET" | "POST";
  /** Parameters in it are arguments that have to be given. */
  readonly path: string;
  /** Arguments that become parameters of the query. */
  readonly query?: readonly string[];
  /** Arguments that become members of the body. */
  readonly body?: readonly string[];
  /** The argument that is the whole body. */
  readonly document?: string;
}

/** All tools. */
export const TOOLS: readonly Tool[] = [
  {
    name: "list_jobs",
    title: "List jobs",
    description: "Lists jobs, newest first. Go on with the cursor of the answer.",
    method: "GET",
    path: "/v1/jobs",
    query: ["account", "source", "status", "event", "q", "since", "until", "limit", "cursor"],
  },
  {
    name: "get_job",
    title: "Read a job",
    description: "Reads the state of one job: status, progress, file, error, details.",
    method: "GET",
    path: "/v1/jobs/{source}/{guid}",
  },
  {
    name: "job_events",
    title: "Read the events of a job",
    description:
      "Reads what happened to a job. With include=recorded also what was absorbed, late or in conflict.",
    method: "GET",
    path: "/v1/jobs/{source}/{guid}/events",
    query: ["since", "limit", "include", "recordedSince"],
  },
  {
    name: "list_subscribers",
    title: "List subscribers",
    description: "Lists who gets events: state, waiting and dead deliveries, success rate.",
    method: "GET",
    path: "/v1/subscribers",
  },
  {
    name: "list_deliveries",
    title: "List deliveries",
    description: "Lists the deliveries of a subscriber with every attempt and its answer.",
    method: "GET",
    path: "/v1/subscribers/{id}/deliveries",
    query: ["state", "guid", "limit", "cursor"],
  },
  {
    name: "explain_refusal",
    title: "Explain refused webhooks",
    description: "Tells why webhooks of a source were refused, and what to do about it.",
    method: "GET",
    path: "/v1/sources/{id}/rejected",
  },
  {
    name: "simulate_rule",
    title: "Simulate the rules",
    description: "Tells which subscribers would get an event, and why.",
    method: "POST",
    path: "/v1/rules/simulate",
    document: "event",
  },
  {
    name: "replay",
    title: "Replay a job",
    description: "Forwards the events of a job to subscribers again, under the same event ids.",
    method: "POST",
    path: "/v1/jobs/{source}/{guid}/replay",
    body: ["subscribers", "since"],
  },
];

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
