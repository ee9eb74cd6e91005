// Runs the scripts of the documentation that report, show and forward jobs.

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { parse } from "smol-toml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundledBlock, docBlock, pageOf } from "./doc-blocks.ts";
import { ADMIN_TOKEN, BASE_VARS, startRelay, type Relay } from "../../support/relay.ts";
import { until } from "../../support/wait.ts";
import { startApp, type App } from "../client/app.ts";
import { openBrowser, withoutBrowser, type Browser } from "../client/browser.ts";

const run = promisify(execFile);
const TOKEN = "token-of-own-jobs";

const sourcesOf = (block: string): readonly object[] =>
  (parse(block)["vars"] as { readonly SOURCES: readonly object[] } | undefined)?.SOURCES ?? [];

interface OwnEvent {
  readonly event: string;
  readonly current?: number;
  readonly total?: number;
  readonly url?: string | null;
  readonly details?: { readonly error?: string };
}

describe("own jobs", () => {
  let relay: Relay;
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-scripts-"));
  const own = sourcesOf(docBlock("senders.md", "toml", 'verify = "bearer"'));
  const polled = sourcesOf(docBlock("upstream.md", "toml", "poll ="));

  beforeAll(async () => {
    const sources = own.map((source) => ({ ...source, throttle: 0 }));
    relay = await startRelay({
      vars: {
        SOURCES: [...sources, ...polled],
        JOBS_TOKEN: TOKEN,
        EMAIL_SECRET: BASE_VARS["EMAIL_SECRET"] ?? "",
        EMAIL_API_TOKEN: "none",
      },
    });
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await relay?.stop();
  });

  const shell = async (code: string): Promise<string> => {
    const input = code.replaceAll("https://relay.example.com", relay.url);
    const env = { ...process.env, RELAY: relay.url, JOBS_TOKEN: TOKEN, TOKEN, ADMIN_TOKEN };
    return (await run("sh", ["-c", input], { cwd: directory, env })).stdout;
  };
  const get = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    return (await fetch(`${relay.url}/v1/${path}`, { headers })).json() as Promise<T>;
  };
  const eventsOf = async (guid: string): Promise<readonly OwnEvent[]> => {
    const page = await get<{ readonly items: readonly { readonly event: OwnEvent }[] }>(
      `jobs/jobs/${guid}/events`,
    );
    return page.items.map(({ event }) => event);
  };

  test("report themselves with one curl", async () => {
    const answer = await shell(docBlock("senders.md", "sh", "nightly-42"));
    expect(JSON.parse(answer)).toMatchObject({ result: "accepted", job: { guid: "nightly-42" } });
    expect(await get("jobs/jobs/nightly-42")).toMatchObject({ current: 3, total: 10 });
  });

  test("report from a shell script, also when it dies", async () => {
    const script = docBlock("senders.md", "sh", "trap");
    for (const name of ["a.sql", "b.sql"]) writeFileSync(join(directory, name), name);
    await shell(script.replace("backup-$(date +%s)", "backup-1"));
    expect((await eventsOf("backup-1")).map(({ event, current }) => [event, current])).toEqual([
      ["job.started", undefined],
      ["job.progress", 1],
      ["job.progress", 2],
      ["job.finished", undefined],
    ]);
    expect(readdirSync(directory)).toEqual(["a.sql", "a.sql.gz", "b.sql", "b.sql.gz"]);
    const dying = script.replace("backup-$(date +%s)", "backup-2").replace("done=0;", "exit 3;");
    await expect(shell(dying)).rejects.toMatchObject({ code: 3 });
    expect((await eventsOf("backup-2")).at(-1)).toMatchObject({
      event: "job.failed",
      details: { error: "exit" },
    });
  });

  test.each([
    ["success", "job.finished"],
    ["failure", "job.failed"],
  ])("report %s from a step of a GitHub Action", async (status, event) => {
    const step = docBlock("senders.md", "yaml", "github.run_id");
    const folded = step
      .slice(step.indexOf("run: >") + "run: >".length)
      .replaceAll(/\s*\n\s*/g, " ");
    const values: Readonly<Record<string, string>> = {
      "job.status == 'success' && 'job.finished' || 'job.failed'":
        status === "success" ? "job.finished" : "job.failed",
      "github.run_id": `run-${status}`,
      "job.status": status,
    };
    await shell(
      folded.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
        const value = values[expression];
        if (value === undefined) throw new Error(`the step has another expression: ${expression}`);
        return value;
      }),
    );
    expect((await eventsOf(`run-${status}`)).map((one) => one.event)).toEqual([event]);
  });

  test("report from a batch job in Python", async () => {
    const code = `rows = ["a", "b"]\ndef work(row): pass\n${docBlock("senders.md", "python", "urllib")}`;
    const env = { ...process.env, RELAY: relay.url, JOBS_TOKEN: TOKEN };
    await run("python3", ["-c", code], { env });
    expect(await eventsOf("import-7")).toMatchObject([
      { event: "job.progress", current: 1, total: 2 },
      { event: "job.progress", current: 2, total: 2 },
      { event: "job.finished", url: "https://example.com/import-7.csv" },
    ]);
  });

  test("are listed with the curl of the API's page, and an export is watched with another", async () => {
    const list = docBlock("api.md", "sh", "status=error")
      .replaceAll("$JOBRELAY_URL", "$RELAY")
      .replaceAll("$JOBRELAY_TOKEN", "$ADMIN_TOKEN");
    expect(JSON.parse(await shell(list))).toMatchObject({ items: expect.any(Array) });
    expect(JSON.parse(await shell(docBlock("upstream.md", "sh", "exportId")))).toEqual({
      source: "email",
      account: "ada",
      exportId: "exp_28ba775ff7ac5574d551dee2",
      state: "watching",
    });
  });
});

test("the Worker that writes to Slack sends a sentence, and asks for another try when Slack fails", async () => {
  const code = docBlock("recipes.md", "js", "SLACK_WEBHOOK");
  const { default: worker } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`
  )) as {
    readonly default: {
      fetch(request: Request, env: { readonly SLACK_WEBHOOK: string }): Promise<Response>;
    };
  };
  const sent: unknown[] = [];
  const real = globalThis.fetch;
  const answers = [200, 500];
  globalThis.fetch = (url, init) => {
    sent.push([url, init?.body]);
    return Promise.resolve(new Response(null, { status: answers.shift() ?? 200 }));
  };
  try {
    const call = async (details: object): Promise<number> => {
      const body = JSON.stringify({ guid: "b4219d47", source: "comments", details });
      const request = new Request("https://slack-messages", { method: "POST", body });
      return (await worker.fetch(request, { SLACK_WEBHOOK: "https://slack.example" })).status;
    };
    expect([await call({ error: "quota" }), await call({})]).toEqual([204, 502]);
  } finally {
    globalThis.fetch = real;
  }
  expect(sent).toEqual([
    ["https://slack.example", '{"text":"Export b4219d47 of comments failed: quota"}'],
    ["https://slack.example", '{"text":"Export b4219d47 of comments failed: no reason given"}'],
  ]);
});

describe.skipIf(withoutBrowser())("in a browser", () => {
  let app: App;
  let browser: Browser;
  beforeAll(async () => {
    [app, browser] = await Promise.all([startApp(), openBrowser()]);
    await app.tell("b4219d47", "job.created");
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });
  const show = async (code: string, loader: "js" | "tsx"): Promise<Page> => {
    app.page = pageOf(await bundledBlock(code, loader));
    const page = await browser.context.newPage();
    await page.goto(`${app.url}/page.html`);
    return page;
  };

  test("the progress bar in React moves, and becomes a link", async () => {
    const code = `${docBlock("recipes.md", "tsx", "useJob")}
      import { createRoot } from "react-dom/client";
      createRoot(document.body).render(<Export guid="b4219d47" />);`;
    const page = await show(code.replaceAll("https://relay.example.com", app.relay.url), "tsx");
    await app.tell("b4219d47", "job.progress", 40);
    const bar = page.getByRole("progressbar");
    await until(async () => (await bar.getAttribute("value")) === "40", { what: "the bar at 40" });
    await app.tell("b4219d47", "job.finished");
    await page.getByRole("link", { name: "Download" }).waitFor();
    expect(await bar.count()).toBe(0);
    await page.close();
  });

  test("a page that used ExportComments' realtime server hears the relay", async () => {
    const socket = app.relay.url.replace("http", "ws");
    const code = docBlock("migration.md", "js", "centrifuge");
    const page = await show(code.replaceAll("wss://relay.example.com", socket), "js");
    const heard: string[] = [];
    page.on("console", (message) => heard.push(message.text()));
    await until(
      async () => {
        await app.tell(`moved-${heard.length}-${Date.now()}`, "job.created");
        return heard.includes("exports:acme job.created");
      },
      { what: "an event" },
    );
    expect(new Set(heard)).toEqual(new Set(["exports:acme job.created"]));
    await page.close();
  });
});
