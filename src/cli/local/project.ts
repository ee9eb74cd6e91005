// The project that a command works in: the nearest directory upwards with a wrangler.toml.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../command.ts";

/** The directory of the project; `null` outside of any, where remote commands still work. */
export function projectDirectory(from: string = process.cwd()): string | null {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "wrangler.toml"))) return directory;
    if (dirname(directory) === directory) return null;
  }
}

/** The path of a file of the project; throws a `Failure` outside of any. */
export function projectPath(name: string): string {
  const directory = projectDirectory();
  if (directory === null)
    throw new Failure(
      "there is no wrangler.toml here or above: run this in a checkout of Jobrelay, or name the file with --config",
    );
  return join(directory, name);
}
