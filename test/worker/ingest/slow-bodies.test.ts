// Bodies that come slowly: whoever sends them waits alone.

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import worker from "../../../src/index.ts";

(env as unknown as { SOURCES: object[] }).SOURCES.push({
  id: "slow",
  provider: "generic",
  verify: "none",
});

/** The names of the jobs' objects that were asked for. */
const asked: string[] = [];
const counting: Env = {
  ...env,
  JOB: new Proxy(env.JOB, {
    get(target, key) {
      const member = Reflect.get(target, key) as (...values: unknown[]) => unknown;
      if (typeof member !== "function") return member;
      return (...values: unknown[]) => {
        if (key === "getByName") asked.push(String(values[0]));
        return Reflect.apply(member, target, values);
      };
    },
  }),
};

const post = (body: BodyInit): Promise<Response> =>
  Promise.resolve(
    worker.fetch(
      new Request("https://relay.test/hooks/slow", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      }),
      counting,
      createExecutionContext(),
    ),
  );

/** Senders that begin a body and leave it at that. */
const SENDERS = 100;

test("a body that does not come opens nothing, and others are served meanwhile", async () => {
  const senders = Array.from({ length: SENDERS }, () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    void writer.write(new TextEncoder().encode('{"event":"job.created",')).catch(() => undefined);
    return { answer: post(readable), writer };
  });
  const answer = await post(JSON.stringify({ event: "job.created", guid: "quick" }));
  expect([answer.status, asked]).toEqual([202, ["slow/quick"]]);
  for (const { writer } of senders) void writer.abort(new Error("gone")).catch(() => undefined);
  const statuses = await Promise.all(senders.map(async (one) => (await one.answer).status));
  expect([new Set(statuses), asked]).toEqual([new Set([400]), ["slow/quick"]]);
});
