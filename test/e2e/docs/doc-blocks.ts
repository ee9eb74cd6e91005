// Blocks of code as the documentation has them, to be run by tests.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../../../src/cli/local/relay-process.ts";

/** The one block of a page in a language that has that text. */
export function docBlock(page: string, language: string, part: string): string {
  const text = readFileSync(join(ROOT, "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name, code = ""]) => name === language && code.includes(part))
    .map(([, , code = ""]) => code);
  if (blocks.length !== 1)
    throw new Error(`docs/${page} has ${blocks.length} blocks of ${language} with ${part}`);
  return blocks[0] ?? "";
}

const entry = (name: string): string => join(ROOT, "src", name);

/** Bundles code that imports the package from its sources. */
export async function bundledBlock(code: string, loader: "js" | "ts" | "tsx"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader, resolveDir: ROOT },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    alias: {
      "jobrelay/client": entry("client/index.ts"),
      "jobrelay/react": entry("client/react.ts"),
      "jobrelay/webhook": entry("webhook/index.ts"),
    },
  });
  return outputFiles[0]?.text ?? "";
}

/** A page that runs a bundled script. */
export const pageOf = (script: string): string =>
  `<body></body><script type="module">${script.replaceAll("</script", "<\\/script")}</script>`;
