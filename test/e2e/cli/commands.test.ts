// Each command of the command line against a running relay.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCli, runCli, type CliResult } from "./run-cli.ts";
import { isSignedBy, jsonOf, startReceiver, type Receiver } from "../../support/receiver.ts";
import {
  ADMIN_TOKEN,
  SOURCE_SECRETS,
  startRelay,
  SUBSCRIBER_SECRET,
  type Relay,
} from "../../support/relay.ts";
import { until } from "../../support/wait.ts";

let relay: Relay;
let receiver: Receiver;
/** A project whose configuration names the sources of the relay. */
let directory = "";

const PROJECT = `
[[vars.SOURCES]]
id = "comments"
provider = "exportcomments"
secrets = ["COMMENTS_SECRET"]
account = "acme"
[[vars.SOURCES]]
id = "email"
provider = "emailengine"
secrets = ["EMAIL_SECRET"]
[[vars.SOURCES]]
id = "reports"
provider = "betterez"
secrets = ["REPORTS_SECRET"]
[[vars.SOURCES]]
id = "ci"
provider = "github-actions"
secrets = ["COMMENTS_SECRET"]
`;

beforeAll(async () => {
  receiver = await startReceiver();
  relay = await startRelay({
    vars: {
      SUBSCRIBERS: [
        { id: "crm", url: receiver.url, secrets: ["SUBSCRIBER_SECRET"], retry: [] },
        { id: "gone", url: "http://127.0.0.1:1/hook", secrets: ["SUBSCRIBER_SECRET"], retry: [] },
      ],
      SOURCES_MORE: [{ id: "ci", provider: "github-actions", secrets: ["COMMENTS_SECRET"] }],
      RULES: [{ id: "all", match: { source: "*" }, to: ["crm"] }],
    },
  });
  directory = mkdtempSync(join(tmpdir(), "jobrelay-cli-"));
  writeFileSync(join(directory, "wrangler.toml"), PROJECT);
  const secrets = [
    `ADMIN_TOKEN=${ADMIN_TOKEN}`,
    `COMMENTS_SECRET=${SOURCE_SECRETS.exportcomments}`,
    `EMAIL_SECRET=${SOURCE_SECRETS.emailengine}`,
    `REPORTS_SECRET=${SOURCE_SECRETS.betterez}`,
  ];
  writeFileSync(join(directory, ".dev.vars"), secrets.join("\n"));
});
afterAll(async () => {
  await relay.stop();
  await receiver.close();
  rmSync(directory, { recursive: true, force: true });
});

const environment = (): Readonly<Record<string, string>> => ({
  JOBRELAY_URL: relay.url,
  JOBRELAY_TOKEN: ADMIN_TOKEN,
  XDG_STATE_HOME: join(directory, "state"),
});

const run = (...args: readonly string[]): Promise<CliResult> =>
  runCli(args, { cwd: directory, env: environment() });

async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

/** Sends the beginning of a job and waits until it is listed. */
const sendJob = (guid: string, event = "job.created"): Promise<CliResult> =>
  run("send", "exportcomments", "--guid", guid, "--event", event);

describe("send", () => {
  test.each(["exportcomments", "emailengine", "betterez", "github-actions"])(
    "signs a webhook of %s so that the relay takes it",
    async (provider) => {
      const { code, stdout, stderr } = await run("send", provider);
      expect({ code, stderr, stdout }).toEqual({
        code: 0,
        stderr: "",
        stdout: expect.stringMatching(/^202 accepted \w+\//),
      });
    },
  );

  test("reads a body from standard input, and says what the relay refuses", async () => {
    const options = { cwd: directory, env: environment(), input: '{"event":"job.created"}' };
    const { code, stderr } = await runCli(["send", "exportcomments", "-"], options);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^422 .*guid/) });
  });

  test("needs no project when source and secret are given", async () => {
    const args = ["send", "exportcomments", "--source", "comments"];
    const options = { cwd: tmpdir(), env: environment() };
    const given = await runCli([...args, "--secret", SOURCE_SECRETS.exportcomments], options);
    expect(given.stdout).toMatch(/^202 accepted comments\//);
    expect(await runCli(args, options)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there is no wrangler.toml here"),
    });
  });
});

describe("simulate", () => {
  test("plays a whole job, and says how each webhook was answered", async () => {
    const { code, stdout } = await run("simulate", "exportcomments", "--seconds", "2");
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toBe('202 accepted comments "job.created"');
    expect(stdout).toContain('202 duplicate comments "export.finished"');
  });

  test("plays a preset's job", async () => {
    const { code, stdout } = await run("simulate", "github-actions");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^job\.\w+: 202 accepted ci\//),
    });
  });
});

describe("jobs", () => {
  test("lists jobs as lines and as JSON, and shows one", async () => {
    await sendJob("listed");
    const { stdout } = await run("jobs", "--source", "comments", "--limit", "100");
    expect(stdout).toMatch(/queueing .* attempt 1 {2}comments\/listed/);
    const page = await json<{ items: readonly { guid: string }[] }>("jobs", "--limit", "100");
    expect(page.items.map(({ guid }) => guid)).toContain("listed");
    expect(await json("jobs", "comments/listed")).toMatchObject({ guid: "listed" });
  });

  test("prints JSON alone through npm, too", async () => {
    const program = ["npm", "run", "relay", "--"] as const;
    const { stdout, code } = await runCli(["jobs", "--json"], {
      env: environment(),
      program: [...program],
    });
    expect({ code, items: (JSON.parse(stdout) as { items: unknown }).items }).toEqual({
      code: 0,
      items: expect.any(Array),
    });
  });
});

describe("subscribers", () => {
  test("are listed with their state", async () => {
    const { stdout } = await run("subscribers");
    expect(stdout).toMatch(/^id +state +delivered/);
    expect(stdout).toMatch(/^crm +active/m);
    expect(await json("subscribers")).toMatchObject({ items: [{ id: "crm" }, { id: "gone" }] });
  });

  test("are paused, resumed and tested", async () => {
    expect((await run("subscribers", "pause", "crm")).stdout).toBe("crm is paused\n");
    expect((await run("subscribers", "resume", "crm")).stdout).toBe("crm is active\n");
    expect(await run("subscribers", "test", "crm")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The test event for crm was delivered \(2\d\d, \d+ ms\)\.\n$/),
    });
    expect(await run("subscribers", "test", "gone")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^The test event for gone was not taken: /),
    });
  });

  test("answer wrong use with 2 and what does not exist with 1", async () => {
    expect(await run("subscribers", "puase", "crm")).toMatchObject({
      code: 2,
      stderr: "unknown action puase, is pause meant?\n",
    });
    expect((await run("subscribers", "pause")).code).toBe(2);
    expect(await run("subscribers", "pause", "nobody")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("404 No such subscriber"),
    });
  });
});

describe("deliveries and replay", () => {
  test("show what a subscriber got, and send it again", async () => {
    await sendJob("again");
    await until(
      async () => (await run("deliveries", "crm", "--guid", "again")).stdout !== "none\n",
    );
    const { stdout } = await run("deliveries", "crm", "--guid", "again");
    expect(stdout).toMatch(/^dlv_\w+ {2}(?:pending|delivered) +job\.created +comments\/again #1/);
    const before = receiver.requests.length;
    expect(await json("replay", "comments/again", "--to", "crm")).toEqual({ deliveries: 1 });
    await receiver.waitForCount(before + 1);
    expect((await run("replay")).code).toBe(2);
  });
});

test("sources are listed with their counts, and what they refused with the reason", async () => {
  await runCli(["send", "exportcomments", "--secret", "wrong"], {
    cwd: directory,
    env: environment(),
  });
  expect((await run("sources")).stdout).toMatch(/^comments +exportcomments +.*accepted/m);
  const refused = await until(async () => {
    const { stdout } = await run("sources", "comments");
    return stdout.includes("wrong-secret") && stdout;
  });
  expect(refused).toMatch(/^\d{4}-\d\d-\d\dT.* {2}wrong-secret/);
  expect(await json("sources")).toMatchObject({ items: expect.any(Array) });
});

describe("token and secret", () => {
  test("make what a browser and a subscriber need", async () => {
    expect((await run("secret")).stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
    expect((await run("secret", "--ed25519")).stdout).toMatch(/^whsk_\S+\nwhpk_\S+\n$/);
    const { token } = await json<{ token: string }>("token", "acme", "--expires", "60");
    const answer = await fetch(`${relay.url}/v1/accounts/acme/events`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
  });
});

test("wake says how many it woke", async () => {
  expect((await run("wake")).stdout).toMatch(/^Woke 2 subscribers and \d+ unfinished jobs\.\n$/);
});

test("presets, version and completion need no relay", async () => {
  const offline = { cwd: tmpdir(), env: { JOBRELAY_URL: "http://127.0.0.1:1" } };
  expect((await runCli(["presets", "github-actions"], offline)).stdout).toContain(
    'provider = "github-actions"',
  );
  expect((await runCli(["version"], offline)).stdout).toBe("0.1.0\n");
  for (const shell of ["bash", "zsh", "fish"])
    expect((await runCli(["completion", shell], offline)).stdout).toContain("subscribers");
});

describe("doctor", () => {
  test("finds everything well, but the subscriber that nobody answers for", async () => {
    const { code, stdout, stderr } = await run("doctor");
    expect(stdout).toContain(`✓ The relay at ${relay.url} answers in `);
    expect(stdout).toContain("✓ Its configuration is valid.");
    expect(stdout).toContain("✓ The relay accepts the admin token.");
    expect(stdout).toMatch(
      /✓ A signed test webhook to \/hooks\/comments reached the stream of account acme in \d+ ms\./,
    );
    expect(stdout).toMatch(/✓ The test event for subscriber crm was delivered \(/);
    expect(stdout).toMatch(/✗ The test event for subscriber gone was not taken: /);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "1 of 8 checks failed\n" });
  });

  test("sends nothing with --no-events, and says what is wrong with a token", async () => {
    expect((await run("doctor", "--no-events")).code).toBe(0);
    const wrong = await runCli(["doctor"], {
      cwd: tmpdir(),
      env: { JOBRELAY_URL: relay.url, JOBRELAY_TOKEN: "wrong" },
    });
    expect(wrong.stdout).toContain("✗ the relay does not accept this admin token (401)");
  });
});

describe("tail", () => {
  test("shows events, attempts and progress, and filters them", async () => {
    const tail = startCli(["tail", "--event", "job.*,webhook.*"], {
      cwd: directory,
      env: environment(),
    });
    await tail.printed("Waiting for events");
    await sendJob("tailed-1");
    await sendJob("tailed-2");
    expect(await tail.printed("→ crm  job.created")).toMatch(
      /job\.created +comments +tailed-1 +#1/,
    );
    await tail.end();
    const other = startCli(["tail", "--source", "email", "--json"], {
      cwd: directory,
      env: environment(),
    });
    await other.printed('"hello"');
    await sendJob("tailed-3");
    await run("send", "emailengine");
    expect(await other.printed("job.finished")).not.toContain('tailed-3","seq"');
    await other.end();
  });
});

describe("listen", () => {
  test("forwards events as deliveries are, and goes on where it stopped", async () => {
    const local = await startReceiver();
    const args = [
      "listen",
      "--forward",
      local.url,
      "--account",
      "acme",
      "--secret",
      SUBSCRIBER_SECRET,
    ];
    const first = startCli(args, { cwd: directory, env: environment() });
    await first.printed("Stop with Ctrl-C.");
    await until(async () => {
      await sendJob(`heard-${local.requests.length}-${Date.now()}`);
      return local.requests.length > 0;
    });
    const [request] = local.requests;
    expect(request?.headers).toMatchObject({
      "x-jobrelay-subscriber": "listen",
      "x-jobrelay-event": "job.created",
      "webhook-signature": expect.stringMatching(/^v1,/),
    });
    expect(request !== undefined && isSignedBy(request, SUBSCRIBER_SECRET)).toBe(true);
    await first.printed("204 in");
    await first.end();

    const before = local.requests.length;
    await sendJob("missed");
    const second = startCli(args, { cwd: directory, env: environment() });
    await until(() => local.requests.slice(before).some((one) => jsonOf(one)["guid"] === "missed"));
    expect(second.stdout()).toContain("Going on after ");
    const ids = local.requests.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(ids.length);
    await second.end();
    await local.close();
  });

  test("refuses an address and a secret that are none", async () => {
    expect(await run("listen", "--forward", "localhost:3000")).toMatchObject({
      code: 2,
      stderr: "--forward needs an address, as in http://localhost:3000/hook, not localhost:3000\n",
    });
    expect((await run("listen", "--forward", "http://localhost:1", "--secret", "x")).code).toBe(2);
    expect((await run("listen")).code).toBe(2);
  });
});

describe("a token", () => {
  test("of .dev.vars opens the relay of this machine", async () => {
    const { code } = await runCli(["jobs", "--url", relay.url], { cwd: directory });
    expect(code).toBe(0);
  });

  test("of .dev.vars is sent to no other host, nor one of a profile to another", async () => {
    const there = ["jobs", "--url", "https://relay.example.com"];
    const message = "no admin token for https://relay.example.com";
    expect(await runCli(there, { cwd: directory })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    });
    expect(await runCli(there, { cwd: directory, env: environment() })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    });
  });
});

/** What a command says that calls that address. */
const told = async (url: string): Promise<string> =>
  (await runCli(["jobs", "--url", url, "--token", "x"], { cwd: directory })).stderr;

describe("wrong use", () => {
  test.each([
    [["jbos"], "unknown command jbos, is jobs meant?\n"],
    [["frobnicate"], "unknown command frobnicate; npm run relay -- --help lists them\n"],
    [["jobs", "--staus", "done"], "unknown option --staus, is --status meant?\n"],
    [["jobs", "comments/a", "b"], "unexpected argument b\n"],
    [["send", "exportcoments"], "unknown provider exportcoments, is exportcomments meant?\n"],
    [["completion", "tcsh"], "unknown shell tcsh; known are bash, zsh, fish\n"],
  ])("%j", async (args, stderr) => {
    expect(await run(...args)).toMatchObject({ code: 2, stderr });
  });

  test("of an address that is none, or of nobody, is a sentence", async () => {
    expect(await told("relay")).toBe(
      "relay is no address of a relay: it begins with https:// or http://\n",
    );
    expect(await told("http://127.0.0.1:1")).toBe(
      "http://127.0.0.1:1 cannot be reached; is the relay running (npm start)?\n",
    );
  });
});
