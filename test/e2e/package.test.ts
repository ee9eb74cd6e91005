// The npm package as its users get it: packed, checked, compiled against, and run.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../src/kernel/version.ts";
import { sign } from "../../src/deliver/signing/signing.io.ts";
import { packInto } from "../support/packed.ts";
import { SUBSCRIBER_SECRET } from "../support/relay.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

/** What an application writes; each part fails to compile when a type is missing or too wide. */
const APPLICATION = `
import { connect, type JobState } from "jobrelay/client";
import { useJob, useJobs } from "jobrelay/react";
import "jobrelay/element";
import { unwrap, WebhookError } from "jobrelay/webhook";

export const relay = connect({
  url: "https://relay.example.com",
  account: "acme",
  getToken: () => fetch("/token"),
});
relay.job("comments", "g1").on("job.progress", (event) => event.current?.toFixed());

export function Bar() {
  const { job, status, error } = useJob(relay, "comments", "g1");
  const { jobs } = useJobs(relay, { status: ["progress", "queueing"] });
  const words: "connecting" | "live" | "reconnecting" | "failed" | "ended" = status;
  const known: JobState | undefined = job;
  return [words, known?.seq, error?.code, jobs.length].join();
}

document.querySelector("job-progress")?.addEventListener("done", ({ detail }) => detail.url);

export async function POST(request: Request): Promise<Response> {
  try {
    const event = await unwrap(request, ["whsec_x"]);
    if (event.event === "job.finished") return new Response(event.url);
    if (event.event === "relay.subscriber.failing") return new Response(event.guid);
    return new Response(null, { status: 204 });
  } catch (error) {
    return new Response(error instanceof WebhookError ? error.reason : "", { status: 400 });
  }
}
`;

/** A mistake that the compiler finds, so that the types are known to be there. */
const MISTAKE = `
import { connect } from "jobrelay/client";
connect({ account: "acme", getToken: () => "" }).job("comments", "g1").on("job.ended", () => {});
`;

const compilerOptions = {
  strict: true,
  skipLibCheck: false,
  noEmit: true,
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  types: ["react"],
  exactOptionalPropertyTypes: true,
};

describe("the package", () => {
  let folder = "";
  let tarball: Buffer;
  const at = (...parts: readonly string[]): string => join(folder, ...parts);
  const installed = (...parts: readonly string[]): string =>
    at("node_modules", "jobrelay", ...parts);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "jobrelay-package-"));
    ({ tarball } = await packInto(folder));
    for (const dependency of ["@types", "react", "csstype"])
      symlinkSync(join(ROOT, "node_modules", dependency), at("node_modules", dependency));
    writeFileSync(at("package.json"), '{"type":"module"}');
    writeFileSync(at("application.ts"), APPLICATION);
    writeFileSync(at("mistake.ts"), MISTAKE);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("holds built files only, and needs no other package", async () => {
    const { stdout } = await run("find", [installed(), "-type", "f"]);
    const files = stdout
      .trim()
      .split("\n")
      .map((path) => path.slice(installed().length + 1));
    expect(files.filter((path) => !/^dist\/npm\/|^[A-Z]+(?:\.md)?$|^docs\//.test(path))).toEqual([
      "package.json",
    ]);
    expect(files.filter((path) => /(?<!\.d)\.tsx?$/.test(path))).toEqual([]);
    const manifest = JSON.parse(readFileSync(installed("package.json"), "utf8")) as object;
    expect(manifest).not.toHaveProperty("private");
    expect(manifest).not.toHaveProperty("dependencies");
  });

  test("passes publint", async () => {
    const { messages, pkg } = await publint({ pkgDir: installed(), strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("passes arethetypeswrong under bundler and node16, for ESM", async () => {
    const result = await checkPackage(createPackageFromTarballData(tarball));
    const problems = "problems" in result ? result.problems : [{ kind: "no types" }];
    // A package of ES modules is loaded from CommonJS by import() alone, and is not for node10.
    const expected = (problem: (typeof problems)[number]): boolean =>
      problem.kind === "CJSResolvesToESM" ||
      ("resolutionKind" in problem && problem.resolutionKind === "node10");
    expect(problems.filter((problem) => !expected(problem))).toEqual([]);
  });

  /** Compiles a file of the application; answers what the compiler says. */
  async function compile(file: string, how: object): Promise<string> {
    const config = at("tsconfig.json");
    const settings = { compilerOptions: { ...compilerOptions, ...how }, files: [file] };
    writeFileSync(config, JSON.stringify(settings));
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await run(process.execPath, [tsc, "-p", config]).catch(
      (error: unknown) => error as { readonly stdout: string },
    );
    return stdout;
  }

  test.each(["bundler", "node16", "nodenext"])(
    "compiles in an application that resolves by %s, its declarations included",
    async (moduleResolution) => {
      const module = moduleResolution === "bundler" ? "esnext" : moduleResolution;
      expect(await compile("application.ts", { module, moduleResolution })).toBe("");
    },
  );

  test("lets the compiler find a mistake", async () => {
    const said = await compile("mistake.ts", { module: "node16", moduleResolution: "node16" });
    expect(said).toContain('"job.ended"');
  });

  test("runs where there is no page: a server may import all of it", async () => {
    const timestamp = Math.floor(Date.now() / 1_000);
    const body = JSON.stringify({ id: "evt_1", event: "job.finished", guid: "g1" });
    const signature = await sign(
      [SUBSCRIBER_SECRET],
      "evt_1",
      timestamp,
      new TextEncoder().encode(body),
    );
    const headers = {
      "webhook-id": "evt_1",
      "webhook-timestamp": `${timestamp}`,
      "webhook-signature": signature,
    };
    writeFileSync(
      at("server.js"),
      `import { connect } from "jobrelay/client";
       import { useJob } from "jobrelay/react";
       import "jobrelay/element";
       import { unwrap } from "jobrelay/webhook";
       const event = await unwrap(${JSON.stringify({ headers, body })}, ["${SUBSCRIBER_SECRET}"]);
       console.log(typeof connect, typeof useJob, event.event);`,
    );
    const { stdout } = await run(process.execPath, [at("server.js")]);
    expect(stdout).toBe("function function job.finished\n");
  });

  test("brings the command line as one file, for Node 20 and newer", async () => {
    const cli = installed("dist", "npm", "cli.js");
    const text = readFileSync(cli, "utf8");
    expect(text.startsWith("#!/usr/bin/env node\n")).toBe(true);
    // Members that Node 20 lacks, and that `src/build/node-20.ts` does not bring.
    const newer =
      /Array\.fromAsync|Promise\.try|RegExp\.escape|\.(?:isSubsetOf|symmetricDifference)\(/;
    expect(newer.exec(text)?.[0]).toBeUndefined();
    const imported = [...text.matchAll(/\bfrom\s*"([^"]+)"|\bimport\s*"([^"]+)"/g)].map(
      ([, one, two]) => one ?? two ?? "",
    );
    expect(imported.filter((name) => !name.startsWith("node:"))).toEqual([]);
    const { stdout } = await run(process.execPath, [cli, "secret"], { cwd: folder });
    expect(stdout).toMatch(/^whsec_/);
    expect(JSON.parse(readFileSync(installed("package.json"), "utf8"))).toMatchObject({
      version: VERSION,
      bin: { jobrelay: "dist/npm/cli.js" },
    });
  });
});
