// Bundles the parser of JMESPath alone. Its package makes an interpreter when it is loaded, which
// so stays in every bundle; the relay has one of its own.

import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";
import { bundle, ROOT, write } from "./bundle.ts";

/** What the relay imports of the package. */
const ENTRY = 'export { compile, tokenize } from "@jmespath-community/jmespath";';

/** What the package makes when it is loaded, and a bundler may leave out. */
const INTERPRETER = ["= new TreeInterpreter()", "= new ScopeChain()"] as const;

/** Members that only the parser's own code reads; their names are shortened. */
const PRIVATE_MEMBERS = [
  "_current|_enable_legacy_literals|advance|errorToken|isKeyword|led|loadTokens|looksLikeJSON",
  String.raw`lookahead\w*|nud|projectIfSlice|(?:consume|parse)[A-Z]\w+`,
];

const PARSER_ALONE: Plugin = {
  name: "parser-alone",
  setup(build) {
    build.onResolve({ filter: /^parser-alone$/ }, ({ path }) => ({ path, namespace: "alone" }));
    build.onLoad({ filter: /.*/, namespace: "alone" }, () => ({
      contents: ENTRY,
      resolveDir: ROOT,
    }));
    build.onLoad({ filter: /jmespath[/\\]dist[/\\]index\.[\w.]+$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      for (const made of INTERPRETER) {
        if (!contents.includes(made)) throw new Error(`${path}: the interpreter is made otherwise`);
        contents = contents.replace(made, made.replace("=", "= /* @__PURE__ */"));
      }
      return { contents, loader: "js" };
    });
  },
};

/** Writes the module that a Worker gets as `#jmespath` (package.json, `imports`). */
export async function buildParser(): Promise<void> {
  write(
    "jmespath.js",
    await bundle("parser-alone", {
      plugins: [PARSER_ALONE],
      mangleProps: new RegExp(`^(?:${PRIVATE_MEMBERS.join("|")})$`),
    }),
  );
}
