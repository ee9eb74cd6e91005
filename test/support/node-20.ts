// The oldest Node that the packed command line promises to run under.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The beginning of what `node --version` prints. */
const WANTED = "v20.";

function versionOf(path: string): string {
  try {
    return execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

/**
 * A Node 20: the one that `NODE_20` names, else the first on the path. `null` when there is none,
 * said aloud: CI has one.
 */
export function node20(): string | null {
  const { NODE_20: named = "", PATH: path = "" } = process.env;
  const places = [named, ...path.split(delimiter).map((folder) => join(folder, "node"))];
  const found = places.find(
    (place) => place !== "" && existsSync(place) && versionOf(place).startsWith(WANTED),
  );
  if (found === undefined)
    console.warn(
      "No Node 20: the packed command line is tested with this Node; NODE_20 names one.",
    );
  return found ?? null;
}
