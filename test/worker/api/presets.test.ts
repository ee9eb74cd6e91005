import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { PRESETS } from "../../../src/ingest/presets/registry.ts";

const get = (headers: Readonly<Record<string, string>>): Promise<Response> =>
  exports.default.fetch("http://relay.test/v1/presets", { headers });

test("the presets are listed with what each needs, to the admin alone", async () => {
  expect((await get({})).status).toBe(401);
  const response = await get({ authorization: "Bearer test-admin-token" });
  const { items, cursor } = (await response.json()) as {
    readonly items: readonly { readonly name: string }[];
    readonly cursor: null;
  };
  expect([items.map(({ name }) => name), cursor]).toEqual([PRESETS.map(({ name }) => name), null]);
  expect(items.find(({ name }) => name === "fal")).toMatchObject({
    title: "fal",
    secrets: false,
    headers: ["x-fal-webhook-signature"],
    events: ["job.finished", "job.failed"],
    setup: expect.arrayContaining([expect.stringContaining("{url}")]),
    retries: { level: expect.any(String), sentence: expect.any(String) },
    lacks: expect.any(Array),
  });
});
