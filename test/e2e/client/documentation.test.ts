// Runs every block of code of docs/client.md.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { sign } from "../../../src/deliver/signing/signing.io.ts";
import { bundledBlock, docBlock, pageOf } from "../docs/doc-blocks.ts";
import { ADMIN_TOKEN, SUBSCRIBER_SECRET } from "../../support/relay.ts";
import { until } from "../../support/wait.ts";
import { TOTAL } from "./app.ts";
import { withoutBrowser } from "./browser.ts";
import { useScene } from "./scene.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const TEXT = readFileSync(join(ROOT, "docs", "client.md"), "utf8");

const block = (language: string, part: string): string => docBlock("client.md", language, part);

describe.skipIf(withoutBrowser())("docs/client.md", () => {
  const scene = useScene();

  beforeAll(async () => {
    await scene.app.tell("b4219d47", "job.created");
    await scene.app.tell("b4219d47", "job.progress", 40);
  });

  /** The code with the addresses of this test. */
  const here = (code: string): string =>
    code
      .replaceAll("https://relay.example.com", scene.app.relay.url)
      .replaceAll("https://app.example.com", scene.app.url);

  async function open(html: string): Promise<Page> {
    const page = await scene.browser.context.newPage();
    scene.pages.push(page);
    scene.app.page = html;
    await page.goto(`${scene.app.url}/page.html`);
    return page;
  }

  test("has these blocks, and each of them is run below", () => {
    const languages = [...TEXT.matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
    expect(languages.join(" ")).toBe("sh html css ts html html tsx ts");
  });

  test("asks for the address of a watch page", async () => {
    const { stdout } = await promisify(execFile)("sh", ["-c", here(block("sh", "watch"))], {
      env: { ...process.env, ADMIN_TOKEN },
    });
    const { page, token } = JSON.parse(stdout) as { readonly page: string; readonly token: string };
    expect(page).toBe(`${scene.app.relay.url}/watch/comments/b4219d47#${token}`);
  });

  test("draws a bar in one tag, and styles it", async () => {
    const css = block("css", "::part(error)");
    const page = await open(`${here(block("html", "element.js"))}<style>${css}</style>`);
    const bar = page.getByRole("progressbar");
    await until(async () => (await bar.getAttribute("aria-valuenow")) === "40", { what: "40 %" });
    const shown = `document.querySelector("job-progress").shadowRoot.querySelector("[part~=bar]")`;
    const colour = `getComputedStyle(${shown}).backgroundColor`;
    expect(await page.evaluate(colour)).toBe("rgb(102, 51, 153)");
  });

  test("draws a bar without a build step", async () => {
    const page = await open(here(block("html", "relay.job")));
    const value = (): Promise<number> => page.evaluate("bar.value");
    await until(async () => (await value()) === 40, { what: "the bar at 40" });
    expect(await page.evaluate("bar.max")).toBe(TOTAL);
  });

  test("shows jobs with React", async () => {
    const code = `${here(block("tsx", "useJob"))}
      import { createRoot } from "react-dom/client";
      createRoot(document.body).render(<><Export guid="b4219d47" /><Running /></>);`;
    const script = await bundledBlock(code, "tsx");
    const page = await open(pageOf(script));
    const bar = page.getByRole("progressbar");
    await until(async () => (await bar.getAttribute("value")) === "40", { what: "the bar at 40" });
    await until(async () => (await page.textContent("p")) === "1 running", { what: "the count" });
    expect(await bar.getAttribute("max")).toBe(`${TOTAL}`);
  });

  test("receives a delivery", async () => {
    const code = await bundledBlock(block("ts", "unwrap"), "ts");
    const { POST } = (await import(
      /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`
    )) as { readonly POST: (request: Request) => Promise<Response> };
    const body = JSON.stringify({ id: "evt_1", event: "job.finished", guid: "g1" });
    const timestamp = Math.floor(Date.now() / 1_000);
    const bytes = new TextEncoder().encode(body);
    const answer = async (secret: string): Promise<number> => {
      const headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": `${timestamp}`,
        "webhook-signature": await sign([secret], "evt_1", timestamp, bytes),
      };
      const request = new Request("https://app.example.com", { method: "POST", body, headers });
      return (await POST(request)).status;
    };
    expect(await answer(SUBSCRIBER_SECRET)).toBe(204);
    expect(await answer("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")).toBe(400);
  });

  test("follows a job to its end in a process", async () => {
    const code = await bundledBlock(here(block("ts", "getToken")), "ts");
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
    await until(() => scene.app.asked.length > 0, { what: "a token asked for" });
    await scene.app.tell("b4219d47", "job.progress", 70);
    await scene.app.tell("b4219d47", "job.finished", TOTAL);
    const { stdout } = await run;
    expect(stdout.trim().split("\n").at(-1)).toBe("ended null");
  });

  test("draws fifty bars by one connection and one token, where fifty elements have one each", async () => {
    const guids = Array.from({ length: 50 }, (_, index) => `bar-${index}`);
    for (const guid of guids.slice(1)) {
      await scene.app.tell(guid, "job.created");
      await scene.app.tell(guid, "job.progress", 20);
    }
    const opened: string[] = [];
    // What a client tries where a socket takes too long, each with a token of its own.
    const streams: string[] = [];
    scene.browser.context.on("page", (page) => {
      page.on("websocket", (socket) => opened.push(socket.url()));
      page.on("request", (request) => {
        if (new URL(request.url()).pathname.endsWith("/stream")) streams.push(request.url());
      });
    });
    scene.app.asked.length = 0;
    const bars = guids.map((guid) => `<progress data-guid="${guid}"></progress>`).join("");
    const code = here(block("html", "data-guid"));
    const page = await open(code.replace(/(?:<progress.*\n)+/, bars));
    const values = (): Promise<readonly number[]> =>
      page.evaluate(`[...document.querySelectorAll("progress")].map(({ value }) => value)`);
    await until(async () => (await values()).filter((one) => one === 20).length === 49);
    await scene.app.tell("bar-0", "job.created");
    await scene.app.tell("bar-0", "job.progress", 70);
    await scene.app.tell("bar-1", "job.finished", TOTAL);
    await until(async () => (await values()).slice(0, 2).join() === `70,${TOTAL}`);
    expect([opened.length, scene.app.asked.length]).toEqual([1, 1]);
    const tag = here(block("html", "element.js"));
    await open(
      tag + guids.map((guid) => tag.replace(/<script.*\n/, "").replace("b4219d47", guid)).join(""),
    );
    const { asked } = scene.app;
    await until(() => opened.length >= 52 && asked.length === opened.length + streams.length, {
      what: "a connection for each element, and a token for each connection",
    });
  });
});
