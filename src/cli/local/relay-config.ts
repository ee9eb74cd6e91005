// The configuration of a temporary relay: the repository's wrangler.toml with other vars.

import { isAbsolute, join } from "node:path";

/** Vars of a relay: strings become secrets in .dev.vars, other values stay vars. */
export type RelayVars = Readonly<Record<string, unknown>>;

/** What a temporary relay directory holds: `wrangler.json` and `.dev.vars`. */
export interface RelayFiles {
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Takes the parsed wrangler.toml at `root` and replaces its vars. Paths become absolute, because
 * wrangler reads them relative to the file. Strings go to `.dev.vars`: wrangler prints vars when it
 * starts and hides those.
 */
export function relayFiles(
  wrangler: Readonly<Record<string, unknown>>,
  root: string,
  vars: RelayVars,
): RelayFiles {
  const secrets: Record<string, string> = {};
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(vars)) {
    if (typeof value === "string") secrets[name] = value;
    else if (value !== undefined) plain[name] = value;
  }
  const config = {
    ...wrangler,
    ...absolutePaths(wrangler, root),
    vars: plain,
    send_metrics: false,
  };
  return { config, secrets };
}

/** Members of a wrangler configuration that hold a path or a folder of paths. */
const PATHS = ["main", "tsconfig", "base_dir"] as const;

function absolutePaths(
  wrangler: Readonly<Record<string, unknown>>,
  root: string,
): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of PATHS) {
    const path = wrangler[name];
    if (typeof path === "string") found[name] = absolute(root, path);
  }
  const assets = wrangler["assets"];
  if (
    typeof assets === "object" &&
    assets !== null &&
    "directory" in assets &&
    typeof assets.directory === "string"
  ) {
    found["assets"] = { ...assets, directory: absolute(root, assets.directory) };
  }
  return found;
}

const absolute = (root: string, path: string): string =>
  isAbsolute(path) ? path : join(root, path);
