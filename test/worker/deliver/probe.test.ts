import { env } from "cloudflare:workers";
import { runInDurableObject, evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
test("x", async () => {
  const stub = env.SUBSCRIBER.getByName("crm/77");
  const got = await runInDurableObject(stub, (i) => {
    const e = (i as unknown as { env: Record<string, unknown> }).env;
    return [e === (env as unknown), e.SUBSCRIBERS === (env as unknown as Record<string, unknown>).SUBSCRIBERS];
  });
  const stub2 = env.SUBSCRIBER.getByName("crm/78");
  (globalThis as Record<string, unknown>).e1 = await runInDurableObject(stub, (i) => { (globalThis as Record<string, unknown>).e1 = (i as unknown as { env: object }).env; });
  const same = await runInDurableObject(stub2, (i) => (i as unknown as { env: object }).env === (globalThis as Record<string, unknown>).e1);
  console.log(got, same);
  const r = await Promise.allSettled([fetch("http://127.0.0.1:1/"), fetch("https://nope.invalid/"), fetch("http://127.0.0.1:8788/?token=abc")]);
  console.log(JSON.stringify(r.map((x) => x.status === "rejected" ? `${x.reason.name} ${x.reason.message} ${String(x.reason.cause)}` : x.value.status)));
});
