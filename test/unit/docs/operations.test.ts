// docs/operations.md names every log line and every metric, and none that does not exist.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { metricsOf } from "../../../src/api/metrics/metrics.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PAGE = readFileSync(join(ROOT, "docs", "operations.md"), "utf8");

const section = (title: string): string =>
  PAGE.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";

/** Names in backticks in the first column of a table; `.x` continues the name before it. */
function namesIn(text: string): readonly string[] {
  const names: string[] = [];
  for (const line of text.split("\n").filter((one) => one.startsWith("| `"))) {
    const first = line.split("|")[1] ?? "";
    for (const [, name = ""] of first.matchAll(/`([^`]+)`/g)) {
      const room = (names.at(-1) ?? "").split(".")[0] ?? "";
      names.push(name.startsWith(".") ? `${room}${name}` : name);
    }
  }
  return names;
}

/** The first name after the beginning of a call of `log` or `logError`. */
const LINE = /\blog(?:Error)?\((?:(?!\blog(?:Error)?\()[^;]){0,200}?"([a-z]+\.[a-z_]+)"/g;

const logged = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !/^(?:build|cli|demo)\b/.test(file))
  .flatMap((file) => [...readFileSync(join(ROOT, "src", file), "utf8").matchAll(LINE)])
  .map(([, name = ""]) => name);

// `subscriber.${state}` is made of the states of a subscriber.
const STATES = ["active", "probing", "paused", "disabled"].map((state) => `subscriber.${state}`);

test("every line of the log is on the page, and no other", () => {
  expect(logged.length).toBeGreaterThan(20);
  expect(namesIn(section("Log lines")).toSorted()).toEqual(
    [...new Set([...logged, ...STATES])].toSorted(),
  );
});

test("every metric is on the page, and no other", () => {
  const empty = {
    version: "",
    now: 0,
    sources: new Map(),
    connectors: new Map(),
    subscribers: [],
    viewers: new Map(),
  };
  expect(namesIn(section("Metrics")).toSorted()).toEqual(
    metricsOf(empty)
      .map(({ name }) => name)
      .toSorted(),
  );
});
