// The browser client, as it is served, in real Chromium against the real Worker.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { begunInTime, until } from "../../support/wait.ts";
import { TOTAL } from "./app.ts";
import { withoutBrowser } from "./browser.ts";
import { useScene } from "./scene.ts";

const told = (page: Page): Promise<readonly string[]> => page.evaluate("window.told");
const states = (page: Page): Promise<readonly string[]> => page.evaluate("window.states");

/**
 * How long nothing must happen before a test believes that nothing will, in ms: the longest first
 * wait before a reconnect and a bit.
 */
const QUIET = 2_000;

/**
 * Waits until the page was told that, then returns everything it was told. Fails at once when the
 * page is refused.
 */
async function toldUntil(page: Page, last: string): Promise<readonly string[]> {
  const isTold = async (): Promise<boolean> => (await told(page)).includes(last);
  const isRefused = async (): Promise<boolean> => (await states(page)).at(-1) === "failed";
  const report = async (cause?: unknown): Promise<Error> =>
    new Error(
      `told: ${JSON.stringify(await told(page))}, states: ${JSON.stringify(await states(page))}`,
      { cause },
    );
  await until(async () => (await isTold()) || (await isRefused()), {
    what: `"${last}" in the page`,
  }).catch(async (error: unknown) => {
    throw await report(error);
  });
  if (!(await isTold())) throw await report();
  return told(page);
}

/** What a page is told of events 1 to `last` of a job that it watched from before the first. */
const progress = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `job.progress ${from + index}`);

const HIDE = `Object.defineProperty(document, "hidden", { configurable: true, get: () => window.hide === true });`;
const show = (page: Page, hidden: boolean): Promise<unknown> =>
  page.evaluate(
    `window.hide = ${String(hidden)}; document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`,
  );

describe.skipIf(withoutBrowser())("the client in a browser", () => {
  const scene = useScene();

  /** Opens a page of the application, prepared by a script that runs before anything else. */
  async function open(path: string, prepare?: string): Promise<Page> {
    const page = await scene.browser.context.newPage();
    scene.pages.push(page);
    if (prepare !== undefined) await page.addInitScript({ content: prepare });
    await page.goto(`${scene.app.url}${path}`);
    return page;
  }

  /** Opens a page that watches a job which has just begun. */
  async function watch(prepare?: string): Promise<{
    readonly page: Page;
    readonly guid: string;
    readonly tell: (seq: number) => Promise<void>;
  }> {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    const page = await open(`/watch.html?guid=${guid}`, prepare);
    await toldUntil(page, "state 1");
    return { page, guid, tell: (seq) => scene.app.tell(guid, "job.progress", seq) };
  }

  test("the shortest page that draws a progress bar has fewer than 15 lines, and draws it", async () => {
    const lines = readFileSync(join(import.meta.dirname, "shortest.html"), "utf8")
      .trim()
      .split("\n");
    expect(lines.length).toBeLessThan(15);
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    await scene.app.tell(guid, "job.progress", 40);
    const page = await open(`/shortest.html?guid=${guid}`);
    const bar = (): Promise<readonly [number, number]> => page.evaluate("[bar.value, bar.max]");
    await until(async () => (await bar())[0] === 40, { what: "the bar at 40" });
    await scene.app.tell(guid, "job.progress", 70);
    await until(async () => (await bar())[0] === 70, { what: "the bar at 70" });
    await scene.app.tell(guid, "job.finished", TOTAL);
    await until(async () => (await page.title()) === "done", { what: "the end of the loop" });
    expect(await bar()).toEqual([TOTAL, TOTAL]);
  });

  test("a page may watch a job before it exists", async () => {
    const guid = randomUUID();
    const page = await open(`/watch.html?guid=${guid}`);
    await until(async () => (await states(page)).includes("live"), { what: "a live stream" });
    await scene.app.tell(guid, "job.created");
    await scene.app.tell(guid, "job.progress", 1);
    expect(await toldUntil(page, "job.progress 2")).toEqual(["job.created 1", "job.progress 2"]);
  });

  test("a page without network misses nothing when it is back", async () => {
    const { page, tell } = await watch();
    await scene.browser.context.setOffline(true);
    for (let seq = 2; seq <= 6; seq += 1) await tell(seq);
    await scene.browser.context.setOffline(false);
    await tell(7);
    expect(await toldUntil(page, "job.progress 7")).toEqual(["state 1", ...progress(2, 7)]);
  });

  const NO_WEBSOCKET = `window.WebSocket = class { constructor() { setTimeout(() => this.onclose({ code: 1006 })); } send() {} close() {} };`;

  test("where WebSocket is blocked it takes server-sent events", async () => {
    const { page, tell } = await watch(NO_WEBSOCKET);
    for (let seq = 2; seq <= 4; seq += 1) await tell(seq);
    expect(await toldUntil(page, "job.progress 4")).toEqual(["state 1", ...progress(2, 4)]);
    expect(await page.evaluate("sessionStorage['jobrelay:via']")).toBe("1");
  });

  test("where both are blocked it polls", async () => {
    const blocked = `${NO_WEBSOCKET} const real = fetch; window.fetch = (url, init) => /stream\\?/.test(url) ? Promise.reject(new TypeError("blocked")) : real(url, init);`;
    const { page, tell } = await watch(blocked);
    for (let seq = 2; seq <= 4; seq += 1) await tell(seq);
    expect(await toldUntil(page, "job.progress 4")).toEqual(["state 1", ...progress(2, 4)]);
    expect(await page.evaluate("sessionStorage['jobrelay:via']")).toBe("2");
  });

  test("a WebSocket that hangs is given up after four seconds, and the next page remembers", async () => {
    const hangs = `window.opened = 0; window.WebSocket = class { constructor() { window.opened += 1; } send() {} close() {} };`;
    const { page, guid } = await watch(hangs);
    expect(await page.evaluate("window.opened")).toBe(1);
    await page.reload();
    await toldUntil(page, "state 1");
    expect(await page.evaluate("window.opened")).toBe(0);
    expect(guid).not.toBe("");
  });

  test("a token that ends in the middle of a job is replaced without a gap", async () => {
    const { page, tell } = await begunInTime(async (life) => {
      scene.app.expiresIn = life;
      return watch().catch((error: unknown) => {
        // A token that had ended before the first connection is a refusal.
        if (String(error).includes('"failed"')) return null;
        throw error;
      });
    });
    const { asked } = scene.app;
    let seq = 1;
    while (asked.filter((reason) => reason === "expired").length < 2) {
      seq += 1;
      await tell(seq);
      await toldUntil(page, `job.progress ${seq}`);
    }
    expect(await told(page)).toEqual(["state 1", ...progress(2, seq)]);
    expect(await states(page)).not.toContain("failed");
  });

  test("a hidden page does not come back after a crash of the relay, a shown one does at once and misses nothing", async () => {
    const { page, tell } = await watch(HIDE);
    await tell(2);
    await toldUntil(page, "job.progress 2");
    await show(page, true);
    await scene.app.crash(() =>
      until(async () => (await states(page)).at(-1) === "paused", { what: "a paused stream" }).then(
        () => undefined,
      ),
    );
    const asked = scene.app.asked.length;
    await tell(3);
    await pause(QUIET);
    expect([scene.app.asked.length, (await told(page)).length]).toEqual([asked, 2]);
    await show(page, false);
    expect(await toldUntil(page, "job.progress 3")).toEqual([
      "state 1",
      "job.progress 2",
      "job.progress 3",
    ]);
  });

  test("ten tabs share one connection, and another takes over when its tab is closed", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    const sockets: Page[] = [];
    for (let tab = 0; tab < 10; tab += 1) {
      const page = await scene.browser.context.newPage();
      scene.pages.push(page);
      page.on("websocket", () => sockets.push(page));
      await page.goto(`${scene.app.url}/watch.html?guid=${guid}`);
      await toldUntil(page, "state 1");
    }
    expect(sockets).toHaveLength(1);
    await scene.app.tell(guid, "job.progress", 2);
    for (const page of scene.pages)
      expect(await toldUntil(page, "job.progress 2")).toEqual(["state 1", "job.progress 2"]);
    const [leader] = sockets;
    await leader?.close();
    const others = scene.pages.filter((page) => page !== leader);
    await scene.app.tell(guid, "job.progress", 3);
    await scene.app.tell(guid, "job.progress", 4);
    for (const page of others)
      expect(await toldUntil(page, "job.progress 4")).toEqual(["state 1", ...progress(2, 4)]);
    expect(sockets).toHaveLength(2);
    expect(
      new Set(await Promise.all(others.map(async (page) => (await states(page)).at(-1)))),
    ).toEqual(new Set(["live"]));
  });

  test("a tab that is looked at takes over from a hidden one that lost its connection", async () => {
    const reachable = `${HIDE} window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.socket = this; } };`;
    const { page: hidden, guid, tell } = await watch(reachable);
    const shown = await open(`/watch.html?guid=${guid}`, reachable);
    await toldUntil(shown, "state 1");
    expect(await shown.evaluate("window.socket === undefined")).toBe(true);
    await show(hidden, true);
    await tell(2);
    for (const page of [hidden, shown]) await toldUntil(page, "job.progress 2");
    await hidden.evaluate("window.socket.close(4000)");
    await tell(3);
    for (const page of [shown, hidden])
      expect(await toldUntil(page, "job.progress 3")).toEqual(["state 1", ...progress(2, 3)]);
    expect(await shown.evaluate("window.socket.readyState")).toBe(1);
  });

  test("React components share a stream, survive strict mode, follow another job, and let go of it", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    const page = await scene.browser.context.newPage();
    scene.pages.push(page);
    const alive = new Set<string>();
    let opened = 0;
    page.on("websocket", (socket) => {
      opened += 1;
      alive.add(socket.url());
      socket.on("close", () => alive.delete(socket.url()));
    });
    await page.goto(`${scene.app.url}/react.html?guid=${guid}`);
    const text = (id: string): Promise<string | null> => page.locator(`#${id}`).textContent();
    const shows = (id: string, wanted: string): Promise<unknown> =>
      until(async () => (await text(id)) === wanted, { what: `"${wanted}" in ${id}` });
    await shows("one", "live job.created 0/0");
    expect(await page.evaluate("window.mismatch")).toBeUndefined();
    expect(await page.evaluate("window.rendered")).toContain(
      '<p id="one">connecting unknown 0/0</p>',
    );
    await scene.app.tell(guid, "job.progress", 60);
    for (const id of ["one", "two"]) await shows(id, "live job.progress 60/100");
    // The list has a stream of its own, which may be live later.
    const isListed = async (): Promise<boolean> => {
      const list = (await text("jobs")) ?? "";
      return list.startsWith("live ") && list.includes(`${guid} progress`);
    };
    await until(isListed, { what: "the job in a live list" });
    expect(await text("done")).not.toContain(guid);
    await scene.app.tell(guid, "job.finished", TOTAL);
    await shows("one", "ended job.finished 100/100");
    await until(async () => (await text("done"))?.startsWith(guid) === true, {
      what: "the end among the jobs that are done",
    });
    expect(opened).toBe(2);
    await scene.app.tell(`${guid}x`, "job.created");
    await page.locator("#change").click();
    for (const id of ["one", "two"]) await shows(id, "live job.created 0/0");
    expect(opened).toBe(3);
    await page.locator("#toggle").click();
    await until(() => alive.size === 0, { what: "closed connections" });
    await page.locator("#toggle").click();
    await shows("two", "live job.created 0/0");
  });

  test("a React component that knows no guid yet waits without a connection", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    const page = await open(`/react.html?guid=${guid}`);
    const late = page.locator("#late");
    const shows = (wanted: string): Promise<unknown> =>
      until(async () => (await late.textContent()) === wanted, { what: `"${wanted}"` });
    await shows("connecting unknown 0/0");
    await page.locator("#know").click();
    await shows("live job.created 0/0");
    await page.locator("#know").click();
    await shows("connecting unknown 0/0");
    await page.locator("#know").click();
    await shows("live job.created 0/0");
    expect(await page.locator("#one").textContent()).toBe("live job.created 0/0");
  });

  test("a React component tells a break from the beginning, and a refusal from both", async () => {
    const guid = randomUUID();
    await scene.app.tell(guid, "job.created");
    const page = await open(
      `/react.html?guid=${guid}`,
      `window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets.push(this); } };`,
    );
    const one = (): Promise<string | null> => page.locator("#one").textContent();
    await until(async () => (await one()) === "live job.created 0/0", { what: "the job" });
    // No transport is left, so that the break lasts.
    await page.evaluate(
      `window.WebSocket = class { constructor() { setTimeout(() => this.onclose({ code: 1006 })); } send() {} close() {} };
       const real = fetch; window.fetch = (url, init) => /\\/(?:stream|events)\\?/.test(url) ? Promise.reject(new TypeError("blocked")) : real(url, init);
       window.sockets.forEach((socket) => socket.onclose({ code: 1006 }))`,
    );
    await until(async () => (await one()) === "reconnecting job.created 0/0 1006", {
      what: "the break",
    });
    const refused = await open(
      "/react.html?guid=other",
      `const real = fetch; window.fetch = (url, init) => url.startsWith("/token") ? Promise.resolve(new Response("no-token")) : real(url, init);`,
    );
    const said = (): Promise<string | null> => refused.locator("#one").textContent();
    await until(async () => (await said())?.startsWith("failed") === true, { what: "the refusal" });
    expect(await said()).toBe("failed unknown 0/0 4500");
  });

  test("a refused page says so and stays away", async () => {
    const page = await open(
      "/watch.html?guid=other",
      `const real = fetch; window.fetch = (url, init) => url.startsWith("/token") ? Promise.resolve(new Response("no-token")) : real(url, init);`,
    );
    await until(async () => (await states(page)).at(-1) === "failed", { what: "a failed stream" });
    await pause(QUIET);
    expect(await states(page)).toEqual(["connecting", "failed"]);
    expect(
      await page.evaluate(
        "(async () => { for await (const _ of window.job); })().catch((error) => error.message)",
      ),
    ).toBe("refused: 4500");
  });
});
