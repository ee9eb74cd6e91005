// A staging environment, checked and built as a dry run by the words of wrangler.toml and
// docs/deploy.md.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandsBelow, typeToEnd, type Checkout } from "./checkout.ts";

/** The sentence of wrangler.toml that says how the template is used. */
const SENTENCE = '# To use it, remove the "# " of each line below.';

/** Does what the sentence says. */
export function withStaging(toml: string): string {
  const at = toml.indexOf(SENTENCE);
  if (at < 0) throw new Error(`wrangler.toml does not say: ${SENTENCE}`);
  const [above, below] = [toml.slice(0, at + SENTENCE.length), toml.slice(at + SENTENCE.length)];
  return above + below.replaceAll(/^# ?/gm, "");
}

/** Runs those of the page's commands that reach no Cloudflare account. */
export async function dryRunStaging({ directory }: Checkout): Promise<void> {
  const path = join(directory, "wrangler.toml");
  const toml = readFileSync(path, "utf8");
  writeFileSync(path, withStaging(toml));
  const commands = commandsBelow(directory, "docs/deploy.md", "## A staging environment").filter(
    (line) => line.includes(" check ") || line.includes("--dry-run"),
  );
  if (commands.length !== 2)
    throw new Error(`docs/deploy.md has other commands: ${commands.join("; ")}`);
  const printed: string[] = [];
  for (const line of commands) printed.push(await typeToEnd(line, directory));
  writeFileSync(path, toml);
  if (!printed.join("\n").includes("--dry-run: exiting now."))
    throw new Error(`the dry run did not come to its end\n${printed.join("\n")}`);
}
