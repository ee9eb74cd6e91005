import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const built = (name: string): Buffer => readFileSync(join(ROOT, "dist", name));

const imports = (text: string): readonly string[] =>
  [...text.matchAll(/\bfrom\s*"([^"]+)"|\bimport\s*"([^"]+)"/g)].map(
    ([, one, two]) => one ?? two ?? "",
  );

/** A build takes two seconds, and many times that on a busy machine. */
const BUILD_TIMEOUT_MS = 60_000;

beforeAll(
  () => void execFileSync(process.execPath, [join(ROOT, "src/build/build.ts")]),
  BUILD_TIMEOUT_MS,
);

describe("what browsers load", () => {
  test.each([
    ["client.js", 4_096],
    ["react.js", 1_024],
    ["element.js", 1_024],
    ["webhook.js", 1_024],
    ["watch.js", 3_072],
    ["public/console/console.js", 60_000],
  ])("%s stays within %i bytes of gzip", (name, budget) => {
    expect(gzipSync(built(name), { level: 9 }).byteLength).toBeLessThanOrEqual(budget);
  });

  test("the client stands alone, and its React binding needs React only", () => {
    expect(imports(built("client.js").toString())).toEqual([]);
    expect(imports(built("react.js").toString())).toEqual(["react"]);
    for (const name of ["element.js", "watch.js"])
      expect(imports(built(name).toString())).toEqual(["./client.js"]);
    expect(imports(built("webhook.js").toString())).toEqual([]);
  });

  test("the client can be imported where there is no page, and touches nothing", async () => {
    const client = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(built("client.js").toString())}`
    )) as object;
    expect(Object.keys(client)).toEqual(["connect"]);
  });
});
