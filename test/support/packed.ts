// The npm package as its users get it: packed by npm and unpacked as an installation does.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../src/cli/local/relay-process.ts";

const run = promisify(execFile);

/** A packed package in `node_modules` of a folder. */
export interface Packed {
  readonly tarball: Buffer;
  /** The file that npm wrote. */
  readonly file: string;
  /** The unpacked package. */
  readonly installed: string;
}

/** Packs the package of a checkout into a folder, and unpacks it into its `node_modules`. */
export async function packInto(folder: string, checkout: string = ROOT): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: checkout,
  });
  const file = join(folder, stdout.trim().split("\n").at(-1) ?? "");
  const installed = join(folder, "node_modules", "jobrelay");
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", file, "-C", installed, "--strip-components", "1"]);
  return { tarball: readFileSync(file), file, installed };
}
