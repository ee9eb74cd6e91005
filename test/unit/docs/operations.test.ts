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

test("the alert rules of the page ask for metrics and labels that exist", () => {
  const rows = section("Metrics")
    .split("\n")
    .filter((line) => line.startsWith("| `jobrelay_"));
  const rules = /```yaml\ngroups:.*?```/s.exec(section("Metrics"))?.[0] ?? "";
  const asked = [...rules.matchAll(/(jobrelay_[a-z_]+)(?:\{([a-z]+)=)?/g)];
  expect(asked.length).toBeGreaterThan(4);
  const wrong = asked.filter(([, name = "", label]) => {
    const [, , , labels = ""] = rows.find((row) => row.includes(`\`${name}\``))?.split("|") ?? [];
    const isKnown = rows.some((row) => row.includes(`\`${name}\``));
    return !isKnown || (label !== undefined && !labels.includes(label));
  });
  expect(wrong.map(([text]) => text)).toEqual([]);
});
