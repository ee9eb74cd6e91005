// `listen` and `tail` go on after the relay was killed, and see accounts that appear meanwhile.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonOf, startReceiver, type Receiver } from "../../support/receiver.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../../support/relay.ts";
import { emailEngine, exportComments, sender } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";
import { startCli, type CliRun } from "./run-cli.ts";

let relay: Relay;
let local: Receiver;
let directory = "";
const running: CliRun[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jobrelay-restart-"));
  [relay, local] = await Promise.all([
    startRelay({ persistTo: join(directory, "state") }),
    startReceiver(),
  ]);
});
afterAll(async () => {
  await Promise.all(running.map((run) => run.end("SIGKILL")));
  await Promise.all([relay.stop(), local.close()]);
  rmSync(directory, { recursive: true, force: true });
});

function follow(...args: readonly string[]): CliRun {
  const run = startCli(args, {
    cwd: directory,
    env: { JOBRELAY_URL: relay.url, JOBRELAY_TOKEN: ADMIN_TOKEN, XDG_STATE_HOME: directory },
  });
  running.push(run);
  return run;
}

const sendComment = (guid: string): Promise<unknown> =>
  sender(relay.url, {
    provider: "exportcomments",
    source: "comments",
    secret: SOURCE_SECRETS.exportcomments,
  })(exportComments.created({ guid, page: "https://example.com", total: 1 }));

const heard = (guid: string): Promise<unknown> =>
  until(() => local.requests.some((request) => jsonOf(request)["guid"] === guid), {
    what: `${guid} at the receiver`,
  });

test("listen and tail survive the relay", async () => {
  const listen = follow("listen", "--forward", local.url, "--event", "job.*");
  const tail = follow("tail");
  await listen.printed("Stop with Ctrl-C.");
  await tail.printed("Waiting for events");
  // The relay has no account yet: the first one appears.
  await sendComment("before");
  await heard("before");
  await tail.printed("before");

  await relay.kill();
  relay = await startRelay({ persistTo: relay.persistTo, port: relay.port });
  await sendComment("after");
  await sender(relay.url, {
    provider: "emailengine",
    source: "email",
    secret: SOURCE_SECRETS.emailengine,
  })(
    emailEngine.completed(
      { account: "box", exportId: "exp_0123456789abcdef01234567", exported: 3, skipped: 0 },
      Date.now(),
    ),
    emailEngine.eventIdHeader("one"),
  );
  await heard("after");
  await heard("exp_0123456789abcdef01234567");
  expect(await tail.printed("after")).toMatch(/job\.created +comments +after/);
  expect(listen.stdout()).toContain("The relay cannot be reached; going on as soon as it can.");
  const ids = local.requests.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(ids.length);
});
