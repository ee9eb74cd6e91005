// Every block of code in the documentation is at least well-formed: configurations are valid,
// JSON is JSON, commands exist, links lead somewhere.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transformSync } from "esbuild";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { checkReport } from "../../../src/cli/check/report.ts";
import { COMMANDS as RELAY_COMMANDS } from "../../../src/cli/commands/all.ts";
import { bindingsOf } from "../../../src/cli/check/bindings.ts";
import { BINDINGS } from "../../support/bindings.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(ROOT, "docs"), { encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

interface Block {
  readonly at: string;
  readonly language: string;
  readonly code: string;
}

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
    ({ 1: language = "", 2: code = "", index }) => ({
      at: `${page}:${readFileSync(join(ROOT, page), "utf8").slice(0, index).split("\n").length}`,
      language,
      code,
    }),
  ),
);
const of = (...languages: readonly string[]): readonly Block[] =>
  BLOCKS.filter(({ language }) => languages.includes(language));

describe("a configuration in the documentation is valid", () => {
  test.each(of("toml"))("$at", ({ code }) => {
    const config = parse(code);
    const vars = (config["vars"] ?? {}) as Readonly<Record<string, unknown>>;
    // Rules may name subscribers and sources that stand elsewhere.
    const named = (list: string): readonly { readonly id: string }[] =>
      (vars[list] ?? []) as readonly { readonly id: string }[];
    const rules = named("RULES") as readonly {
      readonly id: string;
      readonly to?: readonly string[];
      readonly match?: { readonly source?: string };
    }[];
    const missing = (ids: readonly string[], list: string): readonly string[] =>
      [...new Set(ids)].filter((id) => !named(list).some((one) => one.id === id));
    const report = checkReport(
      {
        ...vars,
        SUBSCRIBERS_MORE: missing(
          rules.flatMap(({ to = [] }) => to),
          "SUBSCRIBERS",
        ).map((id) => ({
          id,
          url: "https://example.com/hooks",
          secrets: ["A_SECRET"],
        })),
        SOURCES_MORE: missing(
          rules.flatMap(({ match }) => (typeof match?.source === "string" ? [match.source] : [])),
          "SOURCES",
        ).map((id) => ({ id, provider: "exportcomments", secrets: ["A_SECRET"] })),
      },
      {
        bindings: bindingsOf({
          ...config,
          durable_objects: {
            bindings: Object.keys(BINDINGS).map((name) => ({
              name,
              class_name: name.charAt(0) + name.slice(1).toLowerCase(),
            })),
          },
        }),
      },
    );
    expect(report.problems).toEqual([]);
  });
});

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("JSON in the documentation is JSON, as a whole or line by line", () => {
  test.each(of("json"))("$at", ({ code }) => {
    expect(isJson(code) || code.trim().split("\n").every(isJson)).toBe(true);
  });
});

describe("a script in the documentation is well-formed", () => {
  test.each(of("sh"))("$at", ({ code }) => {
    const input = code.replaceAll(/<[\w ]+>/g, "x");
    expect(() => execFileSync("bash", ["-n"], { input })).not.toThrow();
  });

  test.each(of("js", "ts", "tsx"))("$at", ({ code, language }) => {
    const loader = language as "js" | "ts" | "tsx";
    expect(() => transformSync(code, { loader, logLevel: "silent" })).not.toThrow();
  });
});

const COMMANDS = new Set(
  Object.keys(
    (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object }).scripts,
  ),
);
const RELAY = new Set(Object.keys(RELAY_COMMANDS));

test("every npm script and every command that a page names exists", () => {
  const wrong = PAGES.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), "utf8");
    const scripts = [...text.matchAll(/npm run ([a-z][\w:-]*)/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !COMMANDS.has(name));
    const commands = [...text.matchAll(/npm run relay -- ([a-z]+)/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !RELAY.has(name));
    return [...scripts, ...commands].map((name) => `${page}: ${name}`);
  });
  expect(wrong).toEqual([]);
});

test("every link to a file leads to one", () => {
  const wrong = PAGES.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/^```.*?^```$/gms, "");
    return [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
      .map((target) => `${page}: ${target}`);
  });
  expect(wrong).toEqual([]);
});

test("the index of docs names every page, and the README leads to the index", () => {
  const index = readFileSync(join(ROOT, "docs", "README.md"), "utf8");
  const pages = PAGES.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(pages.filter((page) => !index.includes(`](${page.slice("docs/".length)})`))).toEqual([]);
  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain("](docs/README.md)");
});
