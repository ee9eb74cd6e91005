// Warns of names of the relay that stand outside of the vars, and of names of wrangler that an
// earlier table has swallowed: in TOML a line belongs to the last [table] above it.

import { isObject } from "../../../kernel/json.ts";
import { step } from "../../../kernel/json/path.ts";
import { isVarName } from "../var-warnings.ts";

/** What was found, with its path in the file. */
export interface StrayKey {
  readonly path: string;
  readonly message: string;
}

/** Names that mean something at the top of the file, or of an environment, alone. */
const TOP: ReadonlySet<string> = new Set(["routes", "workers_dev", "compatibility_date"]);

const LIST = /^(?:SOURCES|SUBSCRIBERS|RULES)/;

/** Looks at a whole configuration file, or at one environment of it. */
export function strayKeys(
  config: Readonly<Record<string, unknown>>,
  vars: string,
): readonly StrayKey[] {
  const found: StrayKey[] = [];
  const look = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) look(item, step(path, index));
      return;
    }
    if (!isObject(value)) return;
    for (const [key, item] of Object.entries(value)) {
      const here = path === "" ? key : step(path, key);
      const message = messageFor(key, path, vars);
      if (message !== null) found.push({ path: here, message });
      else if (path !== "" || !OTHERS.has(key)) look(item, here);
    }
  };
  look(config, "");
  return found;
}

/** The vars are judged by themselves; an environment by its own check. */
const OTHERS: ReadonlySet<string> = new Set(["vars", "env"]);

function messageFor(key: string, path: string, vars: string): string | null {
  const where = path === "" ? "outside of the vars" : `in ${path}`;
  if (isVarName(key)) {
    const header = LIST.test(key) ? `[[${vars}.${key}]]` : `[${vars}] above it`;
    return `${key} stands ${where}, where nothing reads it: write ${header}`;
  }
  if (path === "" || !TOP.has(key)) return null;
  const top =
    vars === "vars" ? "above the first [table] of the file" : `under [${vars.slice(0, -5)}]`;
  return `${key} stands ${where}, where nothing reads it: move it ${top}`;
}
