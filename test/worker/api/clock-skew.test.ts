// The clock of the Worker behind that of a job's object, as on two machines.

import { env, exports } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { jobObject } from "../../../src/objects.ts";
import { update } from "../job/updates.ts";

afterEach(() => void vi.useRealTimers());

test.each([
  { ahead: 1_000, status: 204 },
  { ahead: 1_001, status: 404 },
])("a job created $ahead ms ahead is answered $status to its erasure", async (given) => {
  const now = Date.now();
  const guid = `ahead-${given.ahead}`;
  vi.useFakeTimers({ toFake: ["Date"], now: now + given.ahead });
  await jobObject(env, "comments", guid).ingest(update(guid, "job.created"));
  vi.setSystemTime(now);
  const { status } = await exports.default.fetch(`http://relay.test/v1/jobs/comments/${guid}`, {
    method: "DELETE",
    headers: { authorization: "Bearer test-admin-token" },
  });
  expect(status).toBe(given.status);
});
