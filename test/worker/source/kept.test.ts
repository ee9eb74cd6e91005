// Refused requests that are kept whole, and ingested again after a secret was mended.

import {
  createExecutionContext,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { toHex, utf8 } from "../../../src/kernel/bytes.ts";
import { hmacSha256 } from "../../../src/kernel/hmac.io.ts";
import { MAX_KEPT_BYTES_PER_DAY, MAX_KEPT_PER_DAY } from "../../../src/source/kept.ts";

const KEEPING = [
  { id: "keeps", provider: "exportcomments", secrets: ["KEEP_SECRET"], keepRefused: true },
  { id: "flood", provider: "exportcomments", secrets: ["KEEP_SECRET"], keepRefused: true },
  { id: "forgets", provider: "exportcomments", secrets: ["KEEP_SECRET"] },
];

/** An environment is parsed once, so each configuration is one object. */
const under = (secret: string) => ({
  ...env,
  ADMIN_TOKEN: "admin",
  KEEP_SECRET: secret,
  SOURCES: KEEPING,
  RULES: [],
});

const WRONG = under("the wrong secret");
const RIGHT = under("the right secret");

async function call(of: typeof WRONG, path: string, init: RequestInit = {}): Promise<Response> {
  const context = createExecutionContext();
  const headers = new Headers(init.headers);
  headers.set("authorization", "Bearer admin");
  const request = new Request(`http://relay.test${path}`, { ...init, headers });
  const response = await app.fetch(request, of, context);
  await waitOnExecutionContext(context);
  return response;
}

async function post(source: string, body: string): Promise<number> {
  const signature = toHex(await hmacSha256("the right secret", utf8(body)));
  const headers = { "content-type": "application/json", "x-signature": signature };
  const init = { method: "POST", headers, body };
  return (await call(WRONG, `/hooks/${source}`, init)).status;
}

interface Listed {
  readonly n: number | null;
  readonly reason: string;
  readonly kept: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

async function rejected(source: string): Promise<readonly Listed[]> {
  const response = await call(RIGHT, `/v1/sources/${source}/rejected`);
  return ((await response.json()) as { readonly items: readonly Listed[] }).items;
}

const retry = (of: typeof WRONG, source: string, n: number | null | undefined): Promise<Response> =>
  call(of, `/v1/sources/${source}/rejected/${n}/retry`, { method: "POST" });

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

describe("a source that keeps what it refuses", () => {
  test("ingests it again once its secret is mended, lets it go, and answers a repetition alike", async () => {
    const body = JSON.stringify({ event: "job.created", guid: "kept-1", details: {} });
    expect(await post("keeps", body)).toBe(401);
    const [listed] = await rejected("keeps");
    expect(listed).toMatchObject({ reason: "wrong-secret", kept: true, n: expect.any(Number) });
    expect(JSON.stringify(listed)).not.toContain(
      toHex(await hmacSha256("the right secret", utf8(body))),
    );
    const early = await retry(WRONG, "keeps", listed?.n);
    expect(early.status).toBe(401);
    const again = await retry(RIGHT, "keeps", listed?.n);
    const told = await again.text();
    expect([again.status, JSON.parse(told)]).toMatchObject([
      202,
      { result: "accepted", job: { source: "keeps", guid: "kept-1" } },
    ]);
    expect((await rejected("keeps")).map(({ kept }) => kept)).toEqual([false]);
    // Its answer may have been lost, and may not have been noted under its key.
    for (const key of [{ "idempotency-key": "kept-1" }, {}]) {
      const path = `/v1/sources/keeps/rejected/${listed?.n}/retry`;
      const repeated = await call(RIGHT, path, { method: "POST", headers: key });
      expect([repeated.status, await repeated.text()]).toEqual([202, told]);
    }
    const kept = await runInDurableObject(env.SOURCE.getByName("keeps"), (_, { storage }) =>
      storage.sql.exec<{ bytes: number }>("SELECT bytes FROM kept").one(),
    );
    expect(kept.bytes).toBe(0);
  });

  test.each(["x", "-1", "1.5", "9".repeat(20), "7"])("has nothing under %s", async (n) => {
    const response = await call(RIGHT, `/v1/sources/keeps/rejected/${n}/retry`, { method: "POST" });
    expect(response.status).toBe(404);
  });
});

test("a source keeps nothing unless it is asked to", async () => {
  expect(await post("forgets", '{"event":"job.created","guid":"g"}')).toBe(401);
  expect((await rejected("forgets")).map(({ n, kept }) => [n, kept])).toEqual([[null, false]]);
});

test("a flood costs some rows and calls a day, whatever it holds", async () => {
  let calls = 0;
  const counting = {
    ...under("the wrong secret"),
    SOURCE: {
      getByName: (name: string) => ({
        count: () => Promise.resolve(),
        keep: (request: never) => {
          calls += 1;
          return env.SOURCE.getByName(name).keep(request);
        },
      }),
    },
  } as unknown as typeof WRONG;
  const pad = "x".repeat(20_000);
  const flood = Array.from(
    { length: 300 },
    (_, index) => `{"event":"job.created","pad":"${pad}${index}"}`,
  );
  const headers = { "content-type": "application/json", "x-signature": "0".repeat(64) };
  for (const body of flood) {
    const request = new Request("http://relay.test/hooks/flood", { method: "POST", headers, body });
    const context = createExecutionContext();
    await app.fetch(request, counting, context);
    await expect.poll(() => calls).toBeGreaterThan(0);
  }
  const rows = await runInDurableObject(env.SOURCE.getByName("flood"), (_, { storage }) =>
    storage.sql
      .exec<{ n: number; bytes: number }>("SELECT COUNT(*) AS n, SUM(bytes) AS bytes FROM kept")
      .one(),
  );
  const most = Math.ceil(MAX_KEPT_BYTES_PER_DAY / pad.length);
  expect(calls).toBeLessThanOrEqual(most + 1);
  expect(rows.n).toBeLessThanOrEqual(Math.min(most, MAX_KEPT_PER_DAY));
  expect(rows.bytes).toBeLessThanOrEqual(MAX_KEPT_BYTES_PER_DAY);
});
