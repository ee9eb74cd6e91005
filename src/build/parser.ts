// Bundles the parser of JMESPath alone. Its package makes an interpreter when it is loaded, which
// so stays in every bundle; the relay has one of its own.

import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";
import { bundle, ROOT, write } from "./bundle.ts";

/** What the relay imports of the package. */
const ENTRY = 'export { compile, tokenize } from "@jmespath-community/jmespath";';

/** How the package makes its interpreter, and how a bundler is told that it may leave that out. */
const MADE = "= new TreeInterpreter()";
const MAY_BE_LEFT_OUT = "= /* @__PURE__ */ new TreeInterpreter()";

const PARSER_ALONE: Plugin = {
  name: "parser-alone",
  setup(build) {
    build.onResolve({ filter: /^parser-alone$/ }, ({ path }) => ({ path, namespace: "alone" }));
    build.onLoad({ filter: /.*/, namespace: "alone" }, () => ({
      contents: ENTRY,
      resolveDir: ROOT,
    }));
    build.onLoad({ filter: /jmespath[/\\]dist[/\\]index\.[\w.]+$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes(MADE)) throw new Error(`${path}: the interpreter is made otherwise`);
      return { contents: text.replace(MADE, MAY_BE_LEFT_OUT), loader: "js" };
    });
  },
};

/** Writes the module that a Worker gets as `#jmespath` (package.json, `imports`). */
export async function buildParser(): Promise<void> {
  write("jmespath.js", await bundle("parser-alone", { plugins: [PARSER_ALONE] }));
}
