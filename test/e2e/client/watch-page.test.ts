// The watch page as an end user opens it, in real Chromium against the real Worker.

import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_TOKEN, startRelay, SOURCE_SECRETS, type Relay } from "../../support/relay.ts";
import { sender } from "../../support/senders.ts";
import { begunInTime, until } from "../../support/wait.ts";
import { openBrowser, pass, withoutBrowser, type Browser } from "./browser.ts";

const SOURCE = { provider: "exportcomments", secrets: ["COMMENTS_SECRET"], account: "acme" };
const FILE = "https://files.example.com/reviews.csv";

/** How far apart two values must be to say anything about a pace, in ms, and a bit. */
const PACED = 2_100;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Where screenshots go, when somebody wants to look at them. */
const SCREENSHOTS = process.env["SCREENSHOTS"];

const shows = (page: Page, id: string, wanted: string | RegExp): Promise<unknown> =>
  until(
    async () => {
      const text = (await page.locator(`#${id}`).textContent()) ?? "";
      return typeof wanted === "string" ? text === wanted : wanted.test(text);
    },
    { what: `${String(wanted)} in ${id}` },
  );

async function photograph(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [390, 1_280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 640 });
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}-${width}.png`) });
    }
}

interface Opened {
  readonly page: Page;
  /** Addresses that it asked for, and what it wrote to its console. */
  readonly asked: string[];
  /** Its open sockets. */
  readonly alive: ReadonlySet<string>;
}

describe.skipIf(withoutBrowser())("the watch page", () => {
  const vars = {
    SOURCES: ["comments", "others"].map((id) => ({ ...SOURCE, id, throttle: 0 })),
  };
  let relay: Relay;
  let browser: Browser;
  let pages: Page[] = [];

  beforeAll(async () => {
    [relay, browser] = await Promise.all([startRelay({ vars }), openBrowser()]);
  });
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    pages = [];
  });
  afterAll(async () => {
    await browser?.close();
    await relay?.stop();
  });

  async function mint(body: object): Promise<{ readonly token: string; readonly page: string }> {
    const answer = await fetch(`${relay.url}/v1/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ account: "acme", expiresIn: 600, ...body }),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { readonly token: string; readonly page: string };
  }

  const linkTo = async (guid: string, expiresIn = 600): Promise<string> =>
    (await mint({ watch: { source: "comments", guid }, expiresIn })).page;

  async function tell(guid: string, event: string, details: object = {}): Promise<void> {
    const send = sender(relay.url, {
      provider: "exportcomments",
      source: "comments",
      secret: SOURCE_SECRETS.exportcomments,
    });
    const body = {
      event,
      guid,
      status: "any",
      url: null,
      details: { guid, ...details },
      ...details,
    };
    expect((await send(body)).status).toBe(202);
  }

  /** Opens a link; with a clock, timers of the page may be let pass. */
  async function open(link: string, clock = false): Promise<Opened> {
    const page = await browser.context.newPage();
    pages.push(page);
    if (clock) await page.clock.install();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const alive = new Set<string>();
    page.on("websocket", (socket) => {
      asked.push(socket.url());
      alive.add(socket.url());
      socket.on("close", () => alive.delete(socket.url()));
    });
    page.on("console", (message) => asked.push(`console: ${message.text()}`));
    await page.goto(link);
    return { page, asked, alive };
  }

  /** Opens a link that ends soon, on a page that shows the job before. */
  const openShort = (guid: string, state: string): Promise<Opened> =>
    begunInTime(async (life) => {
      const opened = await open(await linkTo(guid, life), true);
      const said = async (id: string): Promise<string | null> =>
        opened.page.locator(`#${id}`).textContent();
      const isOver = async (): Promise<boolean> => /expired/.test((await said("notice")) ?? "");
      await until(async () => (await said("state")) === state || (await isOver()), {
        what: `${state}, or a link that is over`,
      });
      return (await isOver()) ? null : opened;
    });

  test("follows a job from the queue to its download", async () => {
    const guid = `${randomUUID()} ü/`;
    await tell(guid, "job.created", { title: "Reviews of the autumn campaign" });
    const { page, asked } = await open(await linkTo(guid));
    await shows(page, "state", "Waiting in the queue");
    await tell(guid, "job.progress", { current: 100, total: 1_500, title: "Reviews" });
    await shows(page, "numbers", "100 of 1,500");
    await page.waitForTimeout(PACED);
    await tell(guid, "job.progress", { current: 678, total: 1_500, title: "Reviews" });
    await shows(page, "left", /left$/);
    await shows(page, "state", "Running");
    const bar = page.getByRole("progressbar", { name: "Reviews" });
    expect(await bar.getAttribute("aria-valuenow")).toBe("45");
    expect(await page.title()).toBe("45 % · Reviews");
    await photograph(page, "running");
    await tell(guid, "job.finished", { current: 1_500, total: 1_500, download_link: FILE });
    await shows(page, "state", "Done");
    const download = page.getByRole("link", { name: "Download" });
    expect([await download.getAttribute("href"), await download.getAttribute("rel")]).toEqual([
      FILE,
      "noopener noreferrer",
    ]);
    expect(await page.locator("#left").textContent()).toBe("");
    await photograph(page, "done");
    const token = new URL(page.url()).hash.slice(1);
    expect(asked.filter((url) => url.includes(token) || url.startsWith("console:"))).toEqual([]);
    const hosts = new Set(
      asked.filter((url) => !url.startsWith("data:")).map((url) => new URL(url).host),
    );
    expect([...hosts]).toEqual([new URL(relay.url).host]);
  });

  test("says why a job failed", async () => {
    const guid = randomUUID();
    await tell(guid, "job.created");
    await tell(guid, "job.failed", { error: "The post is private" });
    const { page } = await open(await linkTo(guid));
    await shows(page, "error", "The post is private");
    await photograph(page, "failed");
    expect(await page.locator("#state").textContent()).toBe("Failed");
  });

  test("says in plain words that a link is cut, wrong, or over, and keeps what a job ended with", async () => {
    const guid = randomUUID();
    await tell(guid, "job.created");
    const link = await linkTo(guid);
    const { page } = await open(link.slice(0, link.indexOf("#") + 20));
    await shows(page, "notice", /not complete/);
    await photograph(page, "incomplete");
    await page.evaluate(`location.hash = ${JSON.stringify(`${new URL(link).hash}x`)}`);
    await shows(page, "notice", /not valid/);
    const short = await openShort(guid, "Waiting in the queue");
    await shows(short.page, "notice", /expired/);
    await tell(guid, "job.finished", { download_link: FILE });
    const late = await openShort(guid, "Done");
    await until(() => late.alive.size === 0, { what: "the end of the link" });
    // The page tries to connect again a moment later, and may not.
    await pass(late.page, 5_000);
    const texts = ["notice", "state"].map((id) => late.page.locator(`#${id}`).textContent());
    expect(await Promise.all(texts)).toEqual(["", "Done"]);
  });

  test("says that the connection is lost, also without a network, and goes on by itself", async () => {
    const guid = randomUUID();
    await tell(guid, "job.created");
    const { page } = await open(await linkTo(guid));
    await shows(page, "state", "Waiting in the queue");
    const { persistTo, port } = relay;
    await relay.kill();
    await shows(page, "notice", /connection is lost/);
    await photograph(page, "lost");
    await browser.context.setOffline(true);
    relay = await startRelay({ vars, persistTo, port });
    await tell(guid, "job.progress", { current: 30, total: 60 });
    expect(await page.locator("#notice").textContent()).toContain("connection is lost");
    await browser.context.setOffline(false);
    await shows(page, "numbers", "30 of 60");
    await shows(page, "notice", "");
  });

  test("shows nothing of a job that is erased, and shows it again when it is there again", async () => {
    const guid = randomUUID();
    await tell(guid, "job.created", { title: "Reviews" });
    await tell(guid, "job.progress", { current: 30, total: 60, title: "Reviews" });
    const { page } = await open(await linkTo(guid), true);
    await shows(page, "numbers", "30 of 60");
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    await fetch(`${relay.url}/v1/jobs/comments/${guid}`, { method: "DELETE", headers });
    await shows(page, "notice", /not there any more/);
    for (const id of ["state", "numbers", "left", "error"]) await shows(page, id, "");
    expect(await page.getByRole("progressbar").count()).toBe(0);
    expect(await page.title()).toBe("Reviews");
    await photograph(page, "erased");
    await tell(guid, "job.created");
    await pass(page, 16_000);
    await shows(page, "state", "Waiting in the queue");
    await shows(page, "notice", "");
  });

  test("waits for a job that has not begun", async () => {
    const guid = randomUUID();
    const { page } = await open(await linkTo(guid), true);
    await shows(page, "notice", /not begun yet/);
    await tell(guid, "job.created");
    expect(await page.locator("#state").textContent()).toBe("");
    await pass(page, 16_000);
    await shows(page, "state", "Waiting in the queue");
  });

  test("stands in the middle without an amount, for a reader who wants less motion", async () => {
    const { page } = await open(await linkTo(randomUUID()));
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.locator("#fill").waitFor();
    expect(
      await page.evaluate(`(() => {
        const [bar, fill] = ["bar", "fill"].map((id) => document.getElementById(id).getBoundingClientRect());
        return Math.round((100 * (fill.left - bar.left)) / bar.width);
      })()`),
    ).toBe(35);
  });

  test("has no mistake that axe finds, in light and dark, at work and at the end", async () => {
    const guid = randomUUID();
    await tell(guid, "job.created");
    const { page } = await open(await linkTo(guid));
    await shows(page, "state", "Waiting in the queue");
    const mistakes = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const run = "axe.run().then(({ violations }) => violations.map(({ id }) => id))";
        const ids: readonly string[] = await page.evaluate(`${AXE}; ${run}`);
        found.push(...ids);
      }
      return found;
    };
    expect(await mistakes()).toEqual([]);
    await tell(guid, "job.progress", { current: 100, total: 1_500 });
    await shows(page, "numbers", "100 of 1,500");
    expect(await mistakes()).toEqual([]);
    await tell(guid, "job.finished", { download_link: FILE });
    await shows(page, "state", "Done");
    expect(await mistakes()).toEqual([]);
  });

  test("has a strict policy, is not indexed, and sends no referrer", async () => {
    const answer = await fetch(await linkTo("g1"));
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(["x-robots-tag", "referrer-policy"].map((name) => answer.headers.get(name))).toEqual([
      "noindex",
      "no-referrer",
    ]);
    const html = await answer.text();
    expect([/<script>|<style>|\son\w+=|style=/.test(html), /https?:\/\//.test(html)]).toEqual([
      false,
      false,
    ]);
  });

  test("has a token that opens its job alone", async () => {
    const guid = randomUUID();
    await tell(guid, "job.created");
    const { token } = await mint({ watch: { source: "comments", guid } });
    const status = async (path: string): Promise<number> =>
      (await fetch(`${relay.url}${path}`, { headers: { authorization: `Bearer ${token}` } }))
        .status;
    expect(await status(`/v1/jobs/comments/${guid}/events`)).toBe(200);
    for (const path of [
      `/v1/jobs/others/${guid}/events`,
      "/v1/jobs/comments/other/events",
      `/v1/accounts/acme/events?channels=export.${guid}.job`,
      "/v1/accounts/acme/events",
      "/v1/accounts/globex/events",
    ])
      expect([path, await status(path)]).toEqual([path, 404]);
    expect(await status(`/v1/jobs/comments/${guid}`)).toBe(401);
  });
});
