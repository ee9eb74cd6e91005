// The table of attacks: each row has tests, and they exist. And what no clock can show: secrets are
// compared in one place, in constant time.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PAGE = readFileSync(join(ROOT, "docs", "security.md"), "utf8");

const ROWS = PAGE.split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("](../test/"))
  .map((line) => {
    const [attack = "", holds = "", tests = ""] = line.split("|").slice(1);
    const links = [...tests.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)];
    return {
      attack: attack.trim(),
      holds: holds.trim(),
      links: links.map(([, text = "", path = ""]) => ({ text, path: join(ROOT, path) })),
    };
  });

/** The files with tests at a path: itself, or those of its folder. */
const testsAt = (path: string): readonly string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => join(path, name))
    : [path];

/** Words that an attack of the list has to be found by; none of them may leave the table. */
const LISTED = [
  "forged",
  "left out",
  "another algorithm",
  "sent again",
  "alg: none",
  "another account",
  "cursors",
  "__proto__",
  "line breaks in ids",
  "log lines",
  "configuration, redirect, key set or archive",
  "unpack without end",
  "deep JSON",
  "huge numbers",
  "run long",
  "time that a comparison takes",
  "flood of refused",
  "sockets",
  "slowly",
  "CSRF",
  "scripts in ids",
  "frames around",
  "secrets in logs",
  "agents",
  "Cloudflare Access",
  "idempotency key",
  "watch token",
  "samples",
  "upstream server",
  "Protobuf",
  "kept refused webhook",
];

describe("the table of attacks", () => {
  test.each(LISTED)("has a row about: %s", (words) => {
    expect(ROWS.some(({ attack }) => attack.includes(words))).toBe(true);
  });

  test.each(ROWS)("$attack: has tests that exist", ({ holds, links }) => {
    expect([holds !== "", links.length > 0]).toEqual([true, true]);
    const empty = links.filter(
      ({ path }) =>
        !existsSync(path) ||
        !testsAt(path).some((file) => /\b(?:test|it)\b/.test(readFileSync(file, "utf8"))),
    );
    expect(empty).toEqual([]);
  });

  test.each(ROWS.flatMap(({ links }) => links.filter(({ text }) => text.includes(" "))))(
    "$text is the name of a group of tests, or of the file",
    ({ text, path }) => {
      const name = text.replaceAll(" ", "-");
      const isFile = relative(ROOT, path).includes(name);
      expect(isFile || readFileSync(path, "utf8").includes(`"${text}"`)).toBe(true);
    },
  );
});

const SOURCES = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter(
    (name) => /\.tsx?$/.test(name) && !/^(?:console|cli|demo|client|build|watch)\b/.test(name),
  )
  .map((name) => ({ name, text: readFileSync(join(ROOT, "src", name), "utf8") }));

describe("secrets are compared in constant time", () => {
  /** A value of a secret, a digest or a signature on one side of an equality. */
  const COMPARED =
    /\b(?:secret|digest|signature|mac|adminToken)s?(?:\[\w+\])?\s*[!=]==(?!\s*(?:null|undefined|true|false|\d|"))|[!=]==\s*(?:\w+\.)*(?:secret|digest|signature|mac|adminToken)\b(?![.?])/;

  test("and by no equality", () => {
    const found = SOURCES.flatMap(({ name, text }) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          COMPARED.test(line) && !line.includes(".length")
            ? [`${name}:${index + 1}: ${line.trim()}`]
            : [],
        ),
    );
    expect(found).toEqual([]);
  });

  test("by the one function that looks at every byte", () => {
    const text = readFileSync(join(ROOT, "src", "kernel", "same-secret.io.ts"), "utf8");
    expect(text).toContain("equalBytes(");
    const bytes = readFileSync(join(ROOT, "src", "kernel", "bytes.ts"), "utf8");
    const body = bytes.slice(bytes.indexOf("function equalBytes"));
    expect(body.slice(0, body.indexOf("\n}"))).toMatch(/\^/);
  });
});
