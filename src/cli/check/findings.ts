// What `check` finds, with the place of each finding: its path, its line, the id of its entry.

import { listItems, type ListName } from "../../config/lists.ts";
import { isObject } from "../../kernel/json.ts";
import { step } from "../../kernel/json/path.ts";

/** One problem or warning. */
export interface Finding {
  /** Where it stands, as in `SOURCES_EU[0].provider`; `""` for the configuration as a whole. */
  readonly path: string;
  readonly message: string;
}

/** A finding that a person can look up. */
export interface LocatedFinding extends Finding {
  readonly severity: "problem" | "warning";
  /** The id of the source, subscriber or rule that it is about. */
  readonly id: string | null;
  /** Line of the configuration file, counted from 1. */
  readonly line: number | null;
}

const PROBLEM = /^([A-Za-z_]\w*(?:\.[$A-Za-z_][$\w-]*|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*): ([^]*)$/;

/** Splits a problem, as `/healthz` shows it, into its path and its message. */
export function findingOf(problem: string): Finding {
  const [, path = "", message = problem] = PROBLEM.exec(problem) ?? [];
  return { path, message };
}

/** The entries of the three lists by their ids, and where each one stands. */
export interface Places {
  readonly pathOf: (list: ListName, id: string) => string;
  /** The id of the entry at a path, or below it. */
  readonly idAt: (path: string) => string | null;
}

const LISTS: readonly ListName[] = ["SOURCES", "SUBSCRIBERS", "RULES"];

/** Finds the places of all entries. */
export function placesOf(vars: Readonly<Record<string, unknown>>): Places {
  const byId = new Map<string, string>();
  const byPath = new Map<string, string>();
  for (const list of LISTS)
    for (const { path, value } of listItems(list, { vars, problems: [] })) {
      const id = isObject(value) ? value["id"] : undefined;
      if (typeof id !== "string") continue;
      if (!byId.has(`${list}:${id}`)) byId.set(`${list}:${id}`, path);
      byPath.set(path, id);
    }
  return {
    pathOf: (list, id) => byId.get(`${list}:${id}`) ?? "",
    idAt: (path) => byPath.get(/^\w+\[\d+\]/.exec(path)?.[0] ?? "") ?? null,
  };
}

/** The lines of a configuration file, and the path of the table that holds the vars. */
export interface ConfigLines {
  readonly lines: ReadonlyMap<string, number>;
  /** `vars`, or `env.staging.vars`. */
  readonly vars: string;
}

/** The line of a path under the vars, else of the nearest table around it. */
function lineOf(path: string, { lines, vars }: ConfigLines): number | null {
  if (path === "") return null;
  for (let full = `${vars}.${path}`; full.length > vars.length; full = outer(full)) {
    const line = lines.get(full);
    if (line !== undefined) return line;
  }
  return null;
}

const outer = (path: string): string =>
  path.replace(/(?:\.[^.[\]]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\])$/, "").slice(0, path.length - 1);

/** Adds the line and the id to a finding. */
export function located(
  severity: LocatedFinding["severity"],
  finding: Finding,
  places: Places,
  lines: ConfigLines | null,
): LocatedFinding {
  const { path, message } = finding;
  const line = lines === null ? null : lineOf(path, lines);
  return { severity, path, id: places.idAt(path), line, message };
}

/** A key outside of the vars, whose path begins at the top of the file or of its environment. */
export function strayFinding(stray: Finding, lines: ConfigLines | null): LocatedFinding {
  const top = lines?.vars.replace(/vars$/, "") ?? "";
  const line = lines?.lines.get(`${top}${stray.path}`) ?? null;
  return { ...stray, severity: "warning", id: null, line };
}

/** The path of a field of an entry. */
export const fieldPath = (entry: string, ...keys: readonly (string | number)[]): string =>
  entry === "" ? "" : keys.reduce<string>(step, entry);
