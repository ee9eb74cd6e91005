// What viewers of a job get when its end is amended after they have seen it.

import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { jobObject } from "../../../src/objects.ts";
import { ADMIN, ask, open, token } from "../stream/stream-fixture.ts";
import { update } from "./updates.ts";

const URL_OF_FILE = "https://files.example/export.csv";

/** A job that has finished without a link, and a socket that has seen it. */
async function watched(guid: string): Promise<{
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: Awaited<ReturnType<typeof open>>;
}> {
  const job = jobObject(env, "comments", guid);
  await job.ingest(update(guid, "job.created"));
  await job.ingest(update(guid, "job.finished"));
  const path = `/v1/jobs/comments/${guid}`;
  const headers = { authorization: `Bearer ${await token("acme")}` };
  const client = await (await open(`${path}/stream`, headers)).until(1);
  return { path, headers, client };
}

test("an open socket is closed, and its cursor leads to the API's snapshot", async () => {
  const { path, headers, client } = await watched("amended-open");
  await jobObject(env, "comments", "amended-open").ingest(
    update("amended-open", "job.finished", { url: URL_OF_FILE }),
  );
  expect((await client.closed).code).toBe(4010);
  const again = await (await open(`${path}/stream?since=${client.hello.cursor}`, headers)).until(1);
  const shown = await (await ask(path, { authorization: `Bearer ${ADMIN}` })).json();
  expect(shown).toMatchObject({ seq: 2, url: URL_OF_FILE });
  expect(again.frames).toMatchObject([{ type: "hello", recovered: false, snapshot: shown }]);
});

test("what follows an amendment is resumed from the new snapshot's cursor", async () => {
  const { path, headers } = await watched("amended-later");
  const job = jobObject(env, "comments", "amended-later");
  await job.ingest(update("amended-later", "job.finished", { url: URL_OF_FILE }));
  const page = await (await ask(`${path}/events`, headers)).json<{ readonly cursor: string }>();
  await job.ingest(update("amended-later", "job.convert.done"));
  const resumed = await (await open(`${path}/stream?since=${page.cursor}`, headers)).until(2);
  expect(resumed.frames).toMatchObject([
    { type: "hello", recovered: true },
    { type: "event", event: { event: "job.convert.done", seq: 3 } },
  ]);
});

test("a repetition that adds nothing closes no socket", async () => {
  const { client } = await watched("amended-never");
  const job = jobObject(env, "comments", "amended-never");
  await job.ingest(update("amended-never", "job.finished"));
  await job.ingest(update("amended-never", "job.convert.done"));
  expect((await client.until(2)).frames.at(-1)).toMatchObject({ event: { seq: 3 } });
});
