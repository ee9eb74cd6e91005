// A changed configuration is noticed at once when somebody says so.

import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";

const wake = (query = "", token = "test-admin-token"): Promise<Response> =>
  exports.default.fetch(`http://relay.test/v1/wake${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });

test("the admin wakes every subscriber and the unfinished jobs", async () => {
  expect((await wake("", "other")).status).toBe(401);
  const response = await wake();
  expect([response.status, await response.json()]).toEqual([
    200,
    { subscribers: expect.any(Number), jobs: expect.any(Number), cursor: null },
  ]);
  expect((await wake("?cursor=nonsense")).status).toBe(400);
  const rest = await wake("?cursor=progress/1/comments/g1");
  expect([rest.status, await rest.json()]).toEqual([
    200,
    { subscribers: 0, jobs: 0, cursor: null },
  ]);
});
