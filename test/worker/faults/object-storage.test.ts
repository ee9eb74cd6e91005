// What becomes of a webhook whose job cannot be written, whatever SQLite says: its sender is told
// to come back, and then it counts once.

import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import worker from "../../../src/index.ts";
import { platformErrors, thrownAs } from "../../support/platform/platform-errors.ts";

(env as unknown as { SOURCES: object[] }).SOURCES.push({
  id: "stored",
  provider: "generic",
  verify: "none",
});

afterEach(() => void vi.restoreAllMocks());

async function post(body: object): Promise<Response> {
  const request = new Request("https://relay.test/hooks/stored", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return worker.fetch(request, env, createExecutionContext());
}

/** Lets the next writes of a job's object fail, in SQL or of its alarm. */
const breakJob = (guid: string, error: Error, what: "sql" | "alarm"): Promise<void> =>
  runInDurableObject(env.JOB.getByName(`stored/${guid}`), (_, { storage }) => {
    const { sql } = storage;
    const { exec } = sql;
    const { setAlarm } = storage;
    let left = 1;
    const fail = (): boolean => left > 0 && (left -= 1) >= 0;
    const own = { configurable: true, writable: true };
    if (what === "sql")
      Object.defineProperty(sql, "exec", {
        ...own,
        value: (query: string, ...bindings: SqlStorageValue[]) => {
          if (/^\s*(?:INSERT|UPDATE|CREATE)/i.test(query) && fail()) throw error;
          return exec.call(sql, query, ...bindings);
        },
      });
    else
      Object.defineProperty(storage, "setAlarm", {
        ...own,
        value: (at: number) => (fail() ? Promise.reject(error) : setAlarm.call(storage, at)),
      });
  });

const namesOf = async (guid: string): Promise<readonly string[]> => {
  const stub = env.JOB.getByName(`stored/${guid}`) as unknown as {
    page(query: object): Promise<{ items: { event: { seq: number; event: string } }[] } | null>;
  };
  const grant = { kind: "admin" };
  const query = {
    grant,
    since: null,
    protocol: null,
    limit: 100,
    channels: [`export.${guid}.job`],
  };
  return ((await stub.page(query))?.items ?? []).map(({ event }) => `${event.seq} ${event.event}`);
};

test.each(platformErrors("storage"))(
  "a webhook is not lost and not doubled when SQLite says: $text",
  async (error) => {
    vi.spyOn(console, "error").mockReturnValue();
    const guid = `sql-${error.text.split(": ").at(-1)}`;
    const [created, finished] = ["job.created", "job.finished"].map((event) => ({ event, guid }));
    await breakJob(guid, thrownAs(error), "sql");
    const refused = await post(created ?? {});
    const text = await refused.text();
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(text).not.toMatch(/SQLITE|storage/);
    expect(await namesOf(guid)).toEqual([]);
    expect([(await post(created ?? {})).status, (await post(finished ?? {})).status]).toEqual([
      202, 202,
    ]);
    await breakJob(guid, thrownAs(error), "sql");
    // What repeats the end has nothing to write, or is told to come back.
    expect([202, 503]).toContain((await post(finished ?? {})).status);
    expect(await (await post(finished ?? {})).json()).toMatchObject({ result: "duplicate" });
    expect(await namesOf(guid)).toEqual(["1 job.created", "2 job.finished"]);
  },
);

test.each(platformErrors("storage"))(
  "an alarm that cannot be set loses nothing when the platform says: $text",
  async (error) => {
    vi.spyOn(console, "error").mockReturnValue();
    const guid = `alarm-${error.text.split(": ").at(-1)}`;
    await breakJob(guid, thrownAs(error), "alarm");
    expect((await post({ event: "job.created", guid })).status).toBe(202);
    const stub = env.JOB.getByName(`stored/${guid}`);
    const alarm = (): Promise<number | null> =>
      runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    await expect.poll(alarm).not.toBeNull();
  },
);
