// Who starts connectors: the scheduled trigger, and requests that were let in.

import { Hono } from "hono/tiny";
import { describe, expect, test } from "vitest";
import { wakeAfterAnswer } from "../../../src/upstream/upstream.routes.ts";
import { scheduled } from "../../../src/upstream/wake.io.ts";
import { BINDINGS } from "../../support/bindings.ts";

interface World {
  readonly env: Env;
  /** The objects that were woken, in order. */
  readonly woken: string[];
  readonly context: ExecutionContext;
  readonly work: Promise<unknown>[];
}

const poll = { url: "https://mail.example.com", tokenSecret: "KEY" };

function world(sources: readonly object[], fails = false): World {
  const woken: string[] = [];
  const work: Promise<unknown>[] = [];
  const getByName = (name: string): object => ({
    wake: () => {
      woken.push(name);
      return fails ? Promise.reject(new Error("gone")) : Promise.resolve();
    },
  });
  const env = {
    ...BINDINGS,
    SOURCES: sources,
    KEY: "k",
    LOG_LEVEL: "error",
    UPSTREAM: { getByName },
  };
  return {
    env: env as unknown as Env,
    woken,
    work,
    context: {
      waitUntil: (one: Promise<unknown>) => void work.push(one),
      passThroughOnException: () => undefined,
    } as unknown as ExecutionContext,
  };
}

const SOURCES = [
  { id: "mail", provider: "emailengine", verify: "none", poll },
  { id: "other", provider: "emailengine", verify: "none", poll },
  { id: "plain", provider: "emailengine", verify: "none" },
];

describe("the scheduled trigger", () => {
  test("wakes the sources that have a connector, and survives one that fails", async () => {
    for (const fails of [false, true]) {
      const { env, woken, work, context } = world(SOURCES, fails);
      await scheduled({} as ScheduledController, env, context);
      await Promise.all(work);
      expect(woken).toEqual(["mail", "other"]);
    }
  });

  test("does nothing while the configuration is broken", async () => {
    const { env, woken, context } = world([{ id: "mail", provider: "nobody" }]);
    await scheduled({} as ScheduledController, env, context);
    expect(woken).toEqual([]);
  });
});

describe("a request", () => {
  const app = new Hono<{ Bindings: Env }>();
  app.use(wakeAfterAnswer);
  app.get("/:status", (c) => new Response(null, { status: Number(c.req.param("status")) }));

  test("that was let in wakes connectors once a minute, one that was refused never", async () => {
    const { env, woken, work, context } = world(SOURCES);
    for (const status of [401, 404, 503]) await app.request(`/${status}`, {}, env, context);
    expect(woken).toEqual([]);
    for (const status of [204, 200, 202]) await app.request(`/${status}`, {}, env, context);
    await Promise.all(work);
    expect(woken).toEqual(["mail", "other"]);
  });

  test("costs nothing where no source has a connector", async () => {
    const { env, work, context } = world([SOURCES[2] ?? {}]);
    await app.request("/204", {}, env, context);
    expect(work).toEqual([]);
  });
});
