// The body of a webhook from a file that the user names.

import { existsSync, readFileSync } from "node:fs";
import { Failure } from "../command.ts";

/** Reads the file, or standard input for `-`. Throws a `Failure` when there is none. */
export function readBodyFile(path: string): string {
  if (path === "-") return readFileSync(0, "utf8");
  if (!existsSync(path)) throw new Failure(`${path} does not exist`);
  return readFileSync(path, "utf8");
}
