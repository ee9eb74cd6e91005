// `npm run screenshots [directory]`: pictures of the console for the README, into docs/images.

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { scriptArgs } from "../../src/cli/script.ts";
import { openBrowser } from "../e2e/client/browser.ts";
import { ADMIN_TOKEN } from "../support/relay.ts";
import { startScene } from "../support/scene/scene.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** A picture: the address of its screen, and how it is looked at. */
interface Picture {
  readonly name: string;
  readonly hash: string;
  readonly dark?: true;
  readonly phone?: true;
  /** The text of a link to press first. */
  readonly press?: string | RegExp;
}

/** The pictures that are committed. */
const README: readonly Picture[] = [
  { name: "jobs", hash: "#/jobs" },
  { name: "subscriber", hash: "#/subscribers/billing" },
  { name: "job-dark", hash: "#/jobs", dark: true, press: /^customers/ },
];

/** Every screen in both themes and both sizes, to be looked at. */
const ALL: readonly Picture[] = [
  ["jobs", "#/jobs"],
  ["job", "#/jobs", /^customers/],
  ["job-running", "#/jobs", /^nachtlauf/],
  ["deliveries", "#/deliveries/billing?state=dead"],
  ["delivery", "#/deliveries/billing?state=dead", /^Done/],
  ["subscribers", "#/subscribers"],
  ["subscriber", "#/subscribers/billing"],
  ["sources", "#/sources"],
  ["source", "#/sources/comments"],
  ["source-preset", "#/sources/videos"],
  ["rules", "#/rules"],
].flatMap(([name = "", hash = "", press]) =>
  [{}, { dark: true as const }].flatMap((look) =>
    [{}, { phone: true as const }].map((size) => ({
      name: [name, ...Object.keys(look), ...Object.keys(size)].join("-"),
      hash: String(hash),
      ...(press !== undefined && { press }),
      ...look,
      ...size,
    })),
  ),
);

const PHONE = { width: 390, height: 844 };

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Takes pictures of one relay into a directory, at that size where they are not of a phone. */
interface Shoot {
  readonly url: string;
  readonly directory: string;
  readonly desktop: Size;
}

async function take(
  page: Page,
  { url, directory, desktop }: Shoot,
  picture: Picture,
): Promise<void> {
  const { name, hash, dark = false, phone = false, press } = picture;
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
  await page.setViewportSize(phone ? PHONE : desktop);
  await page.goto("about:blank");
  await page.goto(`${url}/${hash}`);
  if (await page.getByLabel("Admin token").isVisible()) {
    await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
    await page.keyboard.press("Enter");
  }
  await page.getByRole("heading", { level: 1 }).waitFor();
  if (press !== undefined) await page.getByRole("link", { name: press }).first().click();
  if (name.startsWith("rules")) await page.getByRole("button", { name: "Simulate" }).click();
  await page.waitForLoadState("networkidle", { timeout: 1_500 }).catch(() => undefined);
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
  const path = join(directory, `${name}.png`);
  await page.screenshot({ path, animations: "disabled" });
  console.log(`${path}: ${Math.ceil(statSync(path).size / 1_024)} kB`);
}

const USAGE = `npm run screenshots -- [directory] [--all]

  directory  where the pictures go, by default docs/images
  --all      every screen in both themes and sizes
  --help     this text`;

const { values, positionals } = scriptArgs(USAGE, {
  allowPositionals: true,
  options: { all: { type: "boolean", default: false } },
});
const everything = values.all;
const [directory] = positionals;
const target = directory ?? join(ROOT, "docs", "images");
mkdirSync(target, { recursive: true });
const [scene, browser] = await Promise.all([startScene(), openBrowser()]);
try {
  const page = await browser.context.newPage();
  page.on("pageerror", (error) => console.error(error.message));
  page.on("console", (message) => message.type() === "error" && console.error(message.text()));
  const desktop = everything ? { width: 1_280, height: 800 } : { width: 1_200, height: 660 };
  const shoot = { url: scene.relay.url, directory: target, desktop };
  for (const picture of everything ? ALL : README) await take(page, shoot, picture);
} finally {
  await browser.close();
  await scene.stop();
}
