// Commands that send webhooks, and those that read what became of them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { READERS } from "../../../../src/config/settings.ts";
import { SOURCE_SECRETS } from "../../../support/relay.ts";
import { until } from "../../../support/wait.ts";
import { runCli } from "../run-cli.ts";
import type { World } from "./world.ts";

interface Page {
  readonly items: readonly { readonly guid: string }[];
  readonly cursor: string | null;
}

export function testSendAndRead({
  url,
  inProject,
  outside,
  run,
  json,
  sendJob,
  directory,
}: World): void {
  describe("send", () => {
    test.each([...READERS, "github-actions"])(
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

    test("reads a body from a file or standard input, and says what the relay refuses", async () => {
      const body = join(directory(), "body.json");
      writeFileSync(body, '{"event":"job.created","guid":"from-a-file"}');
      expect((await run("send", "exportcomments", body)).stdout).toMatch(
        /^202 accepted comments\/from-a-file/,
      );
      const input = '{"event":"job.created"}';
      const { code, stderr } = await runCli(["send", "exportcomments", "-"], inProject({ input }));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^422 .*guid/) });
    });

    test("fills in a sample's numbers", async () => {
      const sample = ["--guid", "numbered", "--event", "job.progress"];
      await run("send", "exportcomments", ...sample, "--current", "3", "--total", "12");
      expect(await json("jobs", "comments/numbered")).toMatchObject({ current: 3, total: 12 });
    });

    test("needs no project when source and secret are given", async () => {
      const args = ["send", "exportcomments", "--source", "comments"];
      const given = await runCli([...args, "--secret", SOURCE_SECRETS.exportcomments], outside());
      expect(given.stdout).toMatch(/^202 accepted comments\//);
      expect(await runCli(args, outside())).toMatchObject({
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

    test.each(["generic", "standard-webhooks", "cloudevents"])(
      "plays a job of a sender of %s, which has the relay's own names",
      async (provider) => {
        const { code, stdout } = await run("simulate", provider);
        expect({ code, stdout }).toEqual({
          code: 0,
          stdout: expect.stringMatching(
            /^job\.created: 202 accepted .*\njob\.progress: 202 .*\njob\.finished: 202 accepted .*\n$/,
          ),
        });
      },
    );

    test("plays a preset's job, and one of a chosen length without a project", async () => {
      const { code, stdout } = await run("simulate", "github-actions");
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringMatching(/^job\.\w+: 202 accepted ci\//),
      });
      const length = ["--seconds", "1", "--total", "7"];
      const source = ["--source", "email", "--secret", SOURCE_SECRETS.emailengine];
      const args = ["simulate", "emailengine", ...source, ...length];
      expect(await runCli(args, outside())).toMatchObject({ code: 0, stderr: "" });
    });
  });

  describe("jobs", () => {
    test("lists jobs as lines and as JSON, and shows one", async () => {
      await sendJob("listed");
      const { stdout } = await run("jobs", "--source", "comments", "--limit", "100");
      expect(stdout).toMatch(/^\d+ s ago +queueing .* attempt 1 +comments\/listed/m);
      const page = await json<Page>("jobs", "--limit", "100");
      expect(page.items.map(({ guid }) => guid)).toContain("listed");
      expect(await json("jobs", "comments/listed")).toMatchObject({ guid: "listed" });
    });

    test("filters them, and goes on from page to page", async () => {
      await sendJob("paged-1");
      await sendJob("paged-2");
      const filters = ["--account", "acme", "--status", "queueing", "--limit", "1"];
      const first = await json<Page>("jobs", ...filters);
      const second = await json<Page>("jobs", ...filters, "--cursor", first.cursor ?? "");
      const guids = [first, second].flatMap(({ items }) => items.map(({ guid }) => guid));
      expect(guids).toEqual(["paged-2", "paged-1"]);
    });
  });

  test("deliveries are listed by state and by page", async () => {
    await sendJob("delivered-1");
    await sendJob("delivered-2");
    const list = ["deliveries", "crm", "--state", "delivered", "--limit", "1"] as const;
    await until(async () => (await json<Page>(...list, "--guid", "delivered-2")).items.length > 0);
    const newest = await json<Page>("deliveries", "crm", "--state", "delivered", "--limit", "1");
    const page = ["--limit", "1", "--cursor", newest.cursor ?? ""];
    const next = await json<Page>("deliveries", "crm", ...page);
    expect(next.items).toHaveLength(1);
    expect(next.items).not.toEqual(newest.items);
  });

  test("sources are listed with their counts, and what they refused with the reason", async () => {
    const wrong = await runCli(["send", "exportcomments", "--secret", "wrong"], inProject());
    expect(wrong.stderr).toMatch(/^401 .+ sources comments says why\n$/);
    expect((await run("sources")).stdout).toMatch(/^comments +exportcomments +.*accepted/m);
    const refused = await until(async () => {
      const { stdout } = await run("sources", "comments");
      return stdout.includes("wrong-secret") && stdout;
    });
    expect(refused).toMatch(/^\d+ s ago +wrong-secret/m);
    expect(refused).toContain(
      "No secret of this source confirms the signature. Copy the signing secret",
    );
    expect(await json("sources")).toMatchObject({ items: expect.any(Array) });
  });

  test("what a source refused and kept is taken again, one or all", async () => {
    expect(await run("sources", "retry", "comments")).toMatchObject({
      code: 1,
      stderr: "comments keeps no refused request\n",
    });
    expect(await run("sources", "retry")).toMatchObject({ code: 2 });
    expect(await run("sources", "rety", "videos")).toMatchObject({
      code: 2,
      stderr: "unknown action rety, is retry meant?\n",
    });
    for (const time of ["1", "2"]) {
      const headers = { "content-type": "application/json", "mux-signature": `t=${time},v1=00` };
      const body = `{"type":"video.asset.ready","id":"${time}"}`;
      await fetch(`${url()}/hooks/videos`, { method: "POST", headers, body });
    }
    const kept = await until(async () => {
      const { items } = await json<{ readonly items: readonly { readonly n: number }[] }>(
        "sources",
        "videos",
      );
      return items.length === 2 && items;
    });
    const { stdout } = await run("sources", "videos");
    expect(stdout).toContain("take the kept ones again: sources retry videos");
    // They still are not signed.
    for (const number of [[], [String(kept[0]?.n)]])
      expect(await run("sources", "retry", "videos", ...number)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("/retry: 401 "),
      });
  });
}
