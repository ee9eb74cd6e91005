// Commands that follow a relay until they are ended.

import { createServer as createSecureServer } from "node:https";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isSignedBy, jsonOf, startReceiver } from "../../../support/receiver.ts";
import { SUBSCRIBER_SECRET } from "../../../support/relay.ts";
import { until } from "../../../support/wait.ts";
import { startCli } from "../run-cli.ts";
import type { World } from "./world.ts";

export function testFollowing({ inProject, run, sendJob, directory }: World): void {
  describe("tail", () => {
    test("shows events, attempts and progress, and filters them", async () => {
      const tail = startCli(["tail", "--event", "job.*,webhook.*"], inProject());
      await tail.printed("Waiting for events");
      await sendJob("tailed-1");
      await sendJob("tailed-2");
      expect(await tail.printed("→ crm  job.created")).toMatch(
        /job\.created +comments +tailed-1 +#1/,
      );
      await tail.end();
      const other = startCli(["tail", "--source", "email", "--json"], inProject());
      await other.printed('"hello"');
      await sendJob("tailed-3");
      await run("send", "emailengine");
      expect(await other.printed("job.finished")).not.toContain('tailed-3","seq"');
      await other.end();
    });

    test("follows one job, or channels of one account", async () => {
      await sendJob("followed");
      const job = startCli(["tail", "comments/followed"], inProject());
      const channels = ["tail", "--account", "acme", "--channels", "webhooks:acme"];
      const account = startCli(channels, inProject());
      await Promise.all([job.printed("Waiting for events"), account.printed("Waiting for events")]);
      await until(async () => {
        await run("send", "exportcomments", "--guid", "followed", "--event", "job.finished");
        await sendJob(`beside-${Date.now()}`);
        return account.stdout().includes("→ crm");
      });
      await job.printed("job.finished");
      expect(job.stdout()).not.toContain("beside-");
      expect(account.stdout()).not.toMatch(/^\S+ +job\.created/m);
      await Promise.all([job.end(), account.end()]);
    });
  });

  test("tail waits for nothing that it is refused", async () => {
    expect(await run("tail", "comments/nobody")).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("404"),
    });
    expect(await run("tail", "--token", "wrong")).toMatchObject({ code: 1, stdout: "" });
  });

  describe("listen", () => {
    test("forwards events as deliveries are, and goes on where it stopped", async () => {
      const local = await startReceiver();
      const listen = ["listen", "--forward", local.url] as const;
      const args = [...listen, "--account", "acme", "--secret", SUBSCRIBER_SECRET];
      const first = startCli(args, inProject());
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
      const second = startCli(args, inProject());
      await until(() =>
        local.requests.slice(before).some((one) => jsonOf(one)["guid"] === "missed"),
      );
      expect(second.stdout()).toContain("Going on after ");
      const ids = local.requests.map(({ headers }) => headers["webhook-id"]);
      expect(new Set(ids).size).toBe(ids.length);
      await second.end();
      const fresh = startCli([...args, "--fresh"], inProject());
      await fresh.printed("Stop with Ctrl-C.");
      expect(fresh.stdout()).not.toContain("Going on after ");
      await fresh.end();
      await local.close();
    });

    test("forwards only what its filters name", async () => {
      const local = await startReceiver();
      const filters = ["--source", "comm*", "--event", "job.finished"];
      const listen = startCli(["listen", "--forward", local.url, ...filters], inProject());
      await listen.printed("Stop with Ctrl-C.");
      await until(async () => {
        await run("send", "emailengine");
        await sendJob("filtered");
        await sendJob("filtered", "job.finished");
        return local.requests.length > 0;
      });
      const heard = local.requests.map((one) => [jsonOf(one)["source"], jsonOf(one)["event"]]);
      expect(new Set(heard.map(String))).toEqual(new Set(["comments,job.finished"]));
      await listen.end();
      await local.close();
    });

    test("says that a certificate is not trusted, and takes it when told to", async () => {
      const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(directory(), name));
      const subject = ["-subj", "/CN=localhost", "-days", "2"];
      const files = ["-keyout", key ?? "", "-out", cert ?? ""];
      execFileSync(
        "openssl",
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject],
        {
          stdio: "ignore",
        },
      );
      const heard: string[] = [];
      const options = { key: readFileSync(key ?? ""), cert: readFileSync(cert ?? "") };
      const server = createSecureServer(options, (request, response) => {
        heard.push(String(request.headers["webhook-id"]));
        response.writeHead(204).end();
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      const args = ["listen", "--forward", `https://localhost:${port}/hook`, "--fresh"];
      const strict = startCli(args, inProject());
      await strict.printed("Stop with Ctrl-C.");
      await sendJob("certified-1");
      await strict.printed("Start again with --insecure");
      expect(heard).toEqual([]);
      await strict.end();
      const listen = startCli([...args, "--insecure"], inProject());
      await listen.printed("Stop with Ctrl-C.");
      await until(async () => {
        await sendJob(`certified-${Date.now()}`);
        return heard.length > 0;
      });
      await listen.printed("204 in");
      await listen.end();
      server.closeAllConnections();
      server.close();
    });

    test("refuses an address and a secret that are none", async () => {
      expect(await run("listen", "--forward", "localhost:3000")).toMatchObject({
        code: 2,
        stderr:
          "--forward needs an address, as in http://localhost:3000/hook, not localhost:3000\n",
      });
      expect((await run("listen", "--forward", "http://localhost:1", "--secret", "x")).code).toBe(
        2,
      );
      expect((await run("listen")).code).toBe(2);
    });
  });
}
