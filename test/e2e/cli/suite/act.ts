// Commands that act on a relay, and those that need none.

import { describe, expect, test } from "vitest";
import { until } from "../../../support/wait.ts";
import { runCli } from "../run-cli.ts";
import type { World } from "./world.ts";

export function testActing({ url, inProject, outside, run, json, sendJob, receiver }: World): void {
  describe("subscribers", () => {
    test("are listed with their state, or one in full", async () => {
      const { stdout } = await run("subscribers");
      expect(stdout).toMatch(/^id +state +delivered/);
      expect(stdout).toMatch(/^crm +active/m);
      expect(await json("subscribers")).toMatchObject({ items: [{ id: "crm" }, { id: "gone" }] });
      expect(await json("subscribers", "crm")).toMatchObject({ id: "crm", state: "active" });
    });

    test("are paused, resumed and tested", async () => {
      expect((await run("subscribers", "pause", "crm")).stdout).toBe("crm is paused\n");
      expect((await run("subscribers", "resume", "crm")).stdout).toBe("crm is active\n");
      expect(await run("subscribers", "test", "crm")).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(
          /^The test event for crm was delivered \(2\d\d, \d+ ms\)\.\n$/,
        ),
      });
      expect(await run("subscribers", "test", "gone")).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^The test event for gone was not taken: /),
      });
      // A dead delivery needs somebody, and is told of with the time and what to do.
      const { stdout } = await run("subscribers");
      expect(stdout).toMatch(/^gone +active .*, \d+ s ago$/m);
      expect(stdout).toMatch(/^gone: .* Once it works, replay the dead deliveries\.$/m);
    });

    test("answer wrong use with 2 and what does not exist with 1", async () => {
      expect(await run("subscribers", "puase", "crm")).toMatchObject({
        code: 2,
        stderr: "unknown action puase, is pause meant?\n",
      });
      expect((await run("subscribers", "pause")).code).toBe(2);
      expect(await run("subscribers", "pause", "nobody")).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/404 No such subscriber; .+ subscribers lists them/),
      });
    });
  });

  describe("replay", () => {
    test("sends a job's events again, of those from a number on", async () => {
      await sendJob("again");
      const { stdout } = await until(async () => {
        const listed = await run("deliveries", "crm", "--guid", "again");
        return listed.stdout !== "none\n" && listed;
      });
      expect(stdout).toMatch(/^dlv_\w+ +\w+ +job\.created +comments\/again #1 +\d+ s ago +204$/m);
      const before = receiver().requests.length;
      const once = await json("replay", "comments/again", "--to", "crm", "--seq", "1");
      expect(once).toEqual({ deliveries: 1 });
      await receiver().waitForCount(before + 1);
      expect(await json("replay", "comments/again", "--seq", "2")).toEqual({ deliveries: 0 });
      expect((await run("replay")).code).toBe(2);
    });

    test("starts a subscriber's dead deliveries over, of a time and an event", async () => {
      const begin = new Date(Date.now() - 60_000).toISOString();
      await run("subscribers", "test", "gone");
      const chosen = ["--state", "dead", "--event", "job.finished", "--since", begin];
      const end = new Date(Date.now() + 60_000).toISOString();
      const all = ["replay", "--subscriber", "gone", ...chosen, "--until", end] as const;
      await until(async () => (await json<{ readonly count: number }>(...all)).count > 0);
      const past = ["--until", "2020-01-01T00:00:00Z"];
      expect(await json("replay", "--subscriber", "gone", "--state", "dead", ...past)).toEqual({
        count: 0,
      });
    });
  });

  describe("token and secret", () => {
    test("make what a browser and a subscriber need", async () => {
      expect((await run("secret")).stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
      const pair = await run("secret", "--ed25519");
      expect(pair.stdout).toMatch(/^whsk_\S+\nwhpk_\S+\n$/);
      expect(pair.stderr).toContain("the receiver verifies by whpk_");
      const only = ["--channels", "exports:acme", "--expires", "60"];
      for (const how of [[], ["--offline"]]) {
        const { token } = await json<{ token: string }>("token", "acme", ...only, ...how);
        const read = (channels: string): Promise<Response> =>
          fetch(`${url()}/v1/accounts/acme/events?channels=${channels}`, {
            headers: { authorization: `Bearer ${token}` },
          });
        expect((await read("exports:acme")).status).toBe(200);
        expect((await read("user:acme")).status).toBe(404);
      }
    });
  });

  test("wake says how many it woke", async () => {
    expect((await run("wake")).stdout).toMatch(/^Woke 2 subscribers and \d+ unfinished jobs\.\n$/);
  });

  test("presets, version and completion need no relay", async () => {
    const offline = outside({ JOBRELAY_URL: "http://127.0.0.1:1" });
    expect((await runCli(["presets", "github-actions"], offline)).stdout).toContain(
      'provider = "github-actions"',
    );
    expect((await runCli(["presets"], offline)).stdout).toMatch(/^mux +Mux Video$/m);
    expect((await runCli(["version"], offline)).stdout).toBe("0.1.0\n");
    for (const shell of ["bash", "zsh", "fish"])
      expect((await runCli(["completion", shell], offline)).stdout).toContain("subscribers");
  });

  test("check says who gets what, and that outside of a project there is nothing to check", async () => {
    expect(await run("check", "--local")).toMatchObject({ code: 0, stderr: "" });
    expect(await runCli(["check"], outside())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there is no wrangler.toml here or above"),
    });
  });

  describe("doctor", () => {
    test("finds everything well, but the subscriber that nobody answers for", async () => {
      await run("subscribers", "test", "gone");
      const { code, stdout, stderr } = await run("doctor");
      expect(stdout).toContain(`✓ The relay at ${url()} answers in `);
      expect(stdout).toContain("✓ Its configuration is valid.");
      expect(stdout).toContain("✓ The relay accepts the admin token.");
      expect(stdout).toMatch(
        /✓ A signed test webhook to \/hooks\/comments reached the stream of account acme in \d+ ms\./,
      );
      expect(stdout).toMatch(/✓ The test event for subscriber crm was delivered \(/);
      expect(stdout).toMatch(/! Subscriber gone has \d+ dead deliver(?:y|ies): .*replay/);
      expect(stdout).toMatch(/✗ The test event for subscriber gone was not taken: /);
      expect({ code, stderr }).toEqual({ code: 1, stderr: "1 of 9 checks failed\n" });
    });

    test("tells of a source that refuses what comes, and of a subscriber that takes nothing", async () => {
      for (let count = 0; count < 3; count += 1)
        await fetch(`${url()}/hooks/email`, { method: "POST", body: "{}" });
      await run("subscribers", "pause", "gone");
      const found = await until(async () => {
        const { code, stdout } = await run("doctor", "--no-events");
        return stdout.includes("✗ Source email") && { code, stdout };
      });
      await run("subscribers", "resume", "gone");
      expect(found.stdout).toContain(
        "✗ Source email needs you: What it was sent last was refused.",
      );
      expect(found.stdout).toContain("✗ Subscriber gone is paused: Resume it,");
      expect(found.code).toBe(1);
      expect((await run("sources")).stdout).toMatch(/^email: What it was sent last was refused\./m);
      expect((await run("sources", "email")).stdout).toMatch(/^email +emailengine +.*3 refused/);
      await run("send", "emailengine");
      await until(async () => (await run("doctor", "--no-events")).code === 0);
    });

    test("sends nothing with --no-events, and says what is wrong with a token", async () => {
      expect((await run("doctor", "--no-events")).code).toBe(0);
      const wrong = await runCli(
        ["doctor"],
        outside({ JOBRELAY_URL: url(), JOBRELAY_TOKEN: "wrong" }),
      );
      expect(wrong.stdout).toContain("✗ the relay does not accept this admin token (401)");
    });
  });

  describe("a token", () => {
    test("of .dev.vars opens the relay of this machine", async () => {
      const { code } = await runCli(["jobs", "--url", url()], inProject({ env: {} }));
      expect(code).toBe(0);
    });

    test("of .dev.vars is sent to no other host, nor one of a profile to another", async () => {
      const there = ["jobs", "--url", "https://relay.example.com"];
      const message = "no admin token for https://relay.example.com";
      for (const options of [inProject({ env: {} }), inProject()])
        expect(await runCli(there, options)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining(message),
        });
    });
  });

  describe("wrong use", () => {
    test.each([
      [["jbos"], "unknown command jbos, is jobs meant?\n"],
      [["jobs", "--staus", "done"], "unknown option --staus, is --status meant?\n"],
      [["jobs", "comments/a", "b"], "unexpected argument b\n"],
      [["send", "exportcoments"], "unknown provider exportcoments, is exportcomments meant?\n"],
      [["jbos", "--help"], "unknown command jbos, is jobs meant?\n"],
      [["presets", "muxx"], "unknown preset muxx, is mux meant?\n"],
      [["subscribers", "crm", "test"], "the action comes first: subscribers test crm\n"],
      [["jobs", "--limit", "abc"], "--limit must be a whole number from 1 to 100\n"],
      [
        ["deliveries", "crm", "--state", "ded"],
        "--state must be one of pending, delivered, held, superseded, dead, cancelled\n",
      ],
      [["completion", "tcsh"], "unknown shell tcsh; known are bash, zsh, fish\n"],
    ])("%j", async (args, stderr) => {
      expect(await run(...args)).toMatchObject({ code: 2, stderr });
    });

    test("of a command without what it needs names it, and where it is explained", async () => {
      expect(await run("deliveries")).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /^SUBSCRIBER is missing; .* deliveries --help says what it is\n$/,
        ),
      });
    });

    test("of an address that is none, or of nobody, is a sentence", async () => {
      for (const [address, said] of [
        ["relay", "relay is no address of a relay: it begins with https:// or http://"],
        [
          "http://127.0.0.1:1",
          "http://127.0.0.1:1 cannot be reached; is the relay running (npm start)?",
        ],
      ] as const) {
        const { stderr } = await run("jobs", "--url", address, "--token", "x");
        expect(stderr).toBe(`${said}\n`);
      }
    });
  });
}
