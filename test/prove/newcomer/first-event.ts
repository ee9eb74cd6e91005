// From a clone to a bar that moves in the console, by the README's own commands.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../../src/cli/local/relay-process.ts";
import { openBrowser } from "../../e2e/client/browser.ts";
import { until } from "../../support/wait.ts";
import { commandsBelow, type, type Checkout, type Typed } from "./checkout.ts";

/** A relay that `npm start` runs in a clone. */
export interface Started {
  readonly url: string;
  readonly token: string;
  readonly start: Typed;
}

/** When each step was reached, in seconds from the clone on. */
export interface FirstEvent {
  readonly installed: number;
  readonly started: number;
  readonly moving: number;
}

const HEADING = "## See a live event";

/** Installs, starts, signs in and plays the sample; the relay goes on. */
export async function seeFirstEvent(
  { directory }: Checkout,
  clock: () => number,
): Promise<{ readonly relay: Started; readonly times: FirstEvent }> {
  const [start = "", simulate = ""] = commandsBelow(directory, "README.md", HEADING);
  const port = await freePort();
  const relay = type(start, directory, { PORT: `${port}` });
  await until(() => existsSync(join(directory, "node_modules", ".package-lock.json")), {
    timeout: 600_000,
    what: "an installation",
  });
  const installed = clock();
  const [, url = "", token = ""] = await relay.printed(/console +(\S+)\/\s+token +(\S+)/);
  const started = clock();
  const browser = await openBrowser();
  try {
    const page = await browser.context.newPage();
    await page.goto(url);
    await page.getByLabel("Admin token").fill(token);
    await page.keyboard.press("Enter");
    await page.getByRole("navigation").waitFor();
    const played = type(simulate, directory, { JOBRELAY_URL: url });
    const share = async (): Promise<number> => {
      const bar = page.getByRole("progressbar").first();
      return (await bar.count()) === 0
        ? -1
        : Number((await bar.getAttribute("aria-valuenow")) ?? -1);
    };
    const first = await until(async () => (await share()) > 0 && (await share()), {
      timeout: 60_000,
      what: "a bar",
    });
    await until(async () => (await share()) > first, {
      timeout: 60_000,
      what: "a bar that moves",
    });
    const moving = clock();
    const code = await played.ended;
    if (code !== 0) throw new Error(`${simulate}: exit code ${code}\n${played.output()}`);
    return { relay: { url, token, start: relay }, times: { installed, started, moving } };
  } finally {
    await browser.close();
  }
}
