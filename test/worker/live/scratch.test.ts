import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { account, openAccount, publication, run, ask, SseReader, token } from "./world.ts";
test("plans", async () => {
  await runInDurableObject(account("plans"), (_, state) => {
    const plan = (q: string) =>
      console.log(
        JSON.stringify(
          state.storage.sql
            .exec(`EXPLAIN QUERY PLAN ${q}`)
            .toArray()
            .map((r) => r["detail"]),
        ),
      );
    plan(
      "SELECT snapshot FROM job WHERE created <= 5 AND (created < 5 OR (source, guid) > ('a', 'b')) AND (NULL IS NULL OR source = 'a') ORDER BY created DESC, source, guid LIMIT 6",
    );
    plan(
      "SELECT off, kind, guid, event FROM log WHERE off > 1 AND (kind IN (SELECT value FROM json_each('[]')) OR (kind = 'exports' AND guid IN (SELECT value FROM json_each('[]')))) ORDER BY off LIMIT 4",
    );
    plan("SELECT seq FROM job WHERE created = 1 AND source = 'a' AND guid = 'b'");
    plan("SELECT id FROM (SELECT id FROM log ORDER BY off DESC LIMIT 256) WHERE id IN (SELECT value FROM json_each('[]'))");
  });
});
test("bench", async () => {
  const stub = account("bench");
  const clients = [];
  for (let i = 0; i < 2000; i += 1) clients.push(await openAccount("bench"));
  for (let round = 1; round <= 5; round += 1) {
    if (round === 4) await evictDurableObject(stub);
    const t = performance.now();
    const d = Date.now();
    await stub.publish([publication({ account: "bench" }, round)]);
    const p = Date.now() - d;
    await Promise.all(clients.map((c) => c.until(1 + round)));
    console.log(round, "publish", p, "all", Date.now() - d, t);
  }
  await stub.publish(run({ account: "bench" }, 6, 1005));
}, 120_000);
test("heartbeat", async () => {
  const reader = new SseReader(await ask(`/v1/accounts/hb/stream?token=${await token("hb")}`, { accept: "text/event-stream" }));
  const d = Date.now();
  for (let i = 0; i < 3; i += 1) console.log(JSON.stringify(await reader.next()), Date.now() - d);
  console.log(JSON.stringify(await reader.next()), Date.now() - d);
  await reader.cancel();
  expect(1).toBe(1);
}, 60_000);
