import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { jobName, jobObject } from "../../../src/objects.ts";

const ADMIN = "test-admin-token";

async function call(
  method: string,
  path: string,
  body?: unknown,
  token = ADMIN,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await exports.default.fetch(
    new Request(`https://relay.example.com${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }),
  );
  return { status: answer.status, body: await answer.json() };
}

/** Waits until everything that a job emitted has left it. */
const settled = (guid: string): Promise<boolean> => jobObject(env, "comments", guid).move("crm", 0);

describe("GET /v1/samples", () => {
  test("lists the steps of an export with their times", async () => {
    const { status, body } = await call("GET", "/v1/samples");
    const { items } = body as { readonly items: readonly unknown[] };
    expect([status, items.length]).toEqual([200, 14]);
    expect(items[1]).toEqual({ at: 1_500, event: "job.progress", current: 125, total: 1_500 });
  });

  test("names the source, and who gets which of its events", async () => {
    expect((await call("GET", "/v1/samples")).body).toMatchObject({
      source: "comments",
      subscribers: [{ id: "crm", events: ["job.created", "job.progress", "job.finished"] }],
    });
  });

  test("needs the admin token", async () => {
    expect((await call("GET", "/v1/samples", undefined, "other")).status).toBe(401);
  });
});

describe("POST /v1/samples", () => {
  test("plays a job step by step through the pipeline", async () => {
    const guid = crypto.randomUUID();
    const steps = [
      { event: "job.created" },
      { event: "job.progress", current: 40, total: 100 },
      { event: "job.finished", current: 100, total: 100 },
    ];
    for (const step of steps) {
      expect(await call("POST", "/v1/samples", { source: "comments", guid, ...step })).toEqual({
        status: 202,
        body: {
          result: "accepted",
          events: [expect.any(String)],
          job: { source: "comments", guid },
        },
      });
    }
    expect((await call("GET", `/v1/jobs/comments/${guid}`)).body).toMatchObject({
      status: "done",
      event: "job.finished",
      seq: 3,
      current: 100,
      total: 100,
      details: { sample: true },
      url: `https://exportcomments.com/download/export-${guid.slice(0, 8)}.xlsx`,
    });
  });

  test("takes the first fitting source when none is named", async () => {
    const guid = crypto.randomUUID();
    const answer = await call("POST", "/v1/samples", { guid, event: "job.created" });
    expect(answer).toMatchObject({ status: 202, body: { job: { source: "comments", guid } } });
  });

  test.each([
    ["the ones that are chosen", ["crm"], ["job.created", "job.finished"]],
    ["none", [], []],
  ])("goes to %s, and so does a replay", async (_, subscribers, events) => {
    const guid = crypto.randomUUID();
    const play = (event: string, more: object): ReturnType<typeof call> =>
      call("POST", "/v1/samples", { source: "comments", guid, event, ...more });
    const gotBy = async (subscriber: string): Promise<readonly string[]> => {
      const path = `/v1/subscribers/${subscriber}/deliveries?guid=${guid}`;
      const { items } = (await call("GET", path)).body as {
        readonly items: readonly { readonly event: { readonly event: string } }[];
      };
      return items.map(({ event }) => event.event).toReversed();
    };
    await play("job.created", { subscribers });
    // The choice is the job's: no memory is needed, and no later step says it again.
    await settled(guid);
    await evictDurableObject(env.JOB.getByName(jobName("comments", guid)));
    await play("job.finished", { current: 1, total: 1 });
    await settled(guid);
    expect(await gotBy("crm")).toEqual(events);
    expect((await call("POST", `/v1/jobs/comments/${guid}/replay`, {})).body).toEqual({
      deliveries: events.length,
    });
    // Who is named is sent it.
    const named = { subscribers: ["crm"] };
    expect((await call("POST", `/v1/jobs/comments/${guid}/replay`, named)).body).toEqual({
      deliveries: 2,
    });
  });

  test.each([
    ["no JSON", "{", 422],
    ["nothing", "", 422],
    ["no guid", { event: "job.created" }, 422],
    ["a guid that is none", { guid: "../../x", event: "job.created" }, 422],
    [
      "an event that is not played",
      { guid: "7b520318-b4dc-4994-8891-3f5344b7d51a", event: "job.archived" },
      422,
    ],
    [
      "more than a million",
      { guid: "7b520318-b4dc-4994-8891-3f5344b7d51a", event: "job.progress", current: 1_000_001 },
      422,
    ],
    [
      "a source of another provider",
      { guid: "7b520318-b4dc-4994-8891-3f5344b7d51a", event: "job.created", source: "email" },
      422,
    ],
    [
      "a subscriber that is none",
      {
        guid: "7b520318-b4dc-4994-8891-3f5344b7d51a",
        event: "job.created",
        subscribers: ["crm", "nobody"],
      },
      422,
    ],
    [
      "a source that is none",
      { guid: "7b520318-b4dc-4994-8891-3f5344b7d51a", event: "job.created", source: "nowhere" },
      422,
    ],
  ])("refuses %s", async (_, body, status) => {
    expect((await call("POST", "/v1/samples", body)).status).toBe(status);
  });

  test("needs the admin token", async () => {
    expect(
      (
        await call(
          "POST",
          "/v1/samples",
          { guid: crypto.randomUUID(), event: "job.created" },
          "other",
        )
      ).status,
    ).toBe(401);
  });
});
