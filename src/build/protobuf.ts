// Bundles what the relay calls of pbf. A bundler keeps every method of a class, and most of its
// methods are for kinds of fields that no message of the relay has.

import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";
import { bundle, write } from "./bundle.ts";

/** The methods that the relay calls, and those that they call. */
const CALLED: ReadonlySet<string> = new Set([
  "constructor",
  "finish",
  "readVarint",
  "realloc",
  "skip",
  "writeBytes",
  "writeMessage",
  "writeRawMessage",
  "writeTag",
  "writeVarint",
]);

/** A method of a class as the package is written. */
const METHOD = /^ {4}(\w+)\(.*\) \{\n(?:(?: {8}.*)?\n)* {4}\}\n/gm;

/** Leaves the other methods out. */
export function calledAlone(text: string): string {
  const seen = new Set<string>();
  const shorter = text.replace(METHOD, (method, name: string) => {
    seen.add(name);
    return CALLED.has(name) ? method : "";
  });
  const missing = [...CALLED].filter((name) => !seen.has(name));
  if (missing.length > 0) throw new Error(`pbf is written otherwise: no ${missing.join(", ")}`);
  return shorter;
}

const CALLED_ALONE: Plugin = {
  name: "called-alone",
  setup(build) {
    build.onLoad({ filter: /pbf[/\\]index\.js$/ }, ({ path }) => ({
      contents: calledAlone(readFileSync(path, "utf8")),
      loader: "js",
    }));
  },
};

/** Writes the module that a Worker gets as `#pbf` (package.json, `imports`). */
export async function buildProtobuf(): Promise<void> {
  write("pbf.js", await bundle("pbf", { plugins: [CALLED_ALONE] }));
}
