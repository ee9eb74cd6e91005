// Builds what the npm package `jobrelay` holds: scripts, their declarations, and the command line.

import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle, DIST, read, ROOT, write } from "./bundle.ts";
import { bundleScripts, bundleWebhook } from "./scripts.ts";

const NPM = join(DIST, "npm");

/** Writes the declarations of the entries and of what they import. */
function buildTypes(): void {
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(ROOT, "src/build/tsconfig.package.json")], {
    stdio: "inherit",
  });
  write("npm/types/element/index.d.ts", read("src/element/element.d.ts"));
  const types = join(NPM, "types");
  for (const name of readdirSync(types, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const text = readFileSync(join(types, name), "utf8");
    // A consumer finds declarations by the name of the script.
    write(`npm/types/${name}`, text.replaceAll(/(["']\.{1,2}\/[^"']*)\.ts(["'])/g, "$1.js$2"));
  }
}

/** Packages in the command line's bundle that are CommonJS call `require` for parts of Node. */
const NODE_HEAD = `#!/usr/bin/env node
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
`;

rmSync(NPM, { recursive: true, force: true });
const [scripts, webhook, cli] = await Promise.all([
  bundleScripts(),
  bundleWebhook(),
  bundle("src/cli/relay.ts", {
    platform: "node",
    target: "node20",
    inject: ["src/build/node-20.ts"],
  }),
]);
for (const [name, text] of Object.entries({ ...scripts, "webhook.js": webhook }))
  write(`npm/${name}`, text);
write("npm/cli.js", NODE_HEAD + cli.replace(/^#!.*\n/, ""));
chmodSync(join(NPM, "cli.js"), 0o755);
buildTypes();
