// An account after a job was erased: calls about it that come late bring nothing back.

import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Publication } from "../../../src/model/messages.ts";
import { account, attempt, jobsOf, openAccount, publication } from "../stream/stream-fixture.ts";

const ERASED_AT = Date.parse("2026-11-21T19:01:00.000Z");

test("an end of retention that comes late takes nothing of the job's next life", async () => {
  const name = "expired-late";
  const next = { account: name, createdAt: "2026-11-21T19:02:00.000Z" };
  await account(name).publish([publication({ account: name }, 1, "job.created")]);
  await account(name).forget("comments", "g1", ERASED_AT);
  expect(await jobsOf(name)).toEqual([]);
  await account(name).publish([publication(next, 1, "job.created")]);
  await account(name).forget("comments", "g1", ERASED_AT);
  expect((await jobsOf(name)).map(({ guid, seq }) => `${guid}#${seq}`)).toEqual(["g1#1"]);
  const client = await openAccount(name);
  await account(name).publish([publication(next, 2)]);
  await client.until(2);
  client.close();
});

test("what was emitted before an erasure does not come again, and the next life of the job is shown", async () => {
  const name = "erased-late";
  const publish = (...all: readonly Publication[]): Promise<void> => account(name).publish(all);
  await publish(publication({ account: name }, 1, "job.created"));
  await account(name).forget("comments", "g1", ERASED_AT, true);
  const client = await openAccount(name);
  for (const isNew of [false, true]) {
    if (isNew) await evictDurableObject(account(name));
    await publish(
      publication({ account: name }, 1, "job.created"),
      publication({ account: name }, 2),
    );
    await account(name).announce([attempt(name, `late-${isNew}`)]);
    expect(await jobsOf(name)).toEqual([]);
  }
  const next = { account: name, createdAt: "2026-11-21T19:02:00.000Z" };
  await publish(publication(next, 1, "job.created"));
  await publish(publication({ account: name }, 2), publication({ account: name, guid: "g2" }, 1));
  await account(name).forget("comments", "g1", ERASED_AT, true);
  await client.until(3);
  const shown = client.events.map(({ event }) => event.id);
  expect(shown).toEqual(["evt_comments_g1_1", "evt_comments_g2_1"]);
  expect((await jobsOf(name)).map(({ guid, seq }) => `${guid}#${seq}`)).toEqual(["g1#1", "g2#1"]);
  client.close();
});
