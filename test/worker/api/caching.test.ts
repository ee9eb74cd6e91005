// Answers of the API show jobs, secrets' names and tokens: no cache may keep them.

import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";

const headers = { authorization: "Bearer test-admin-token" };

const answerTo = (method: string, path: string, body?: string): Promise<Response> =>
  exports.default.fetch(
    new Request(`https://relay.example.com${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    }),
  );

describe("an answer of the API", () => {
  test.each([
    ["GET", "/healthz", 200, undefined],
    ["GET", "/v1/jobs", 200, undefined],
    ["GET", "/v1/jobs?account=acme", 200, undefined],
    ["GET", "/v1/jobs/comments/none", 404, undefined],
    ["GET", "/v1/sources", 200, undefined],
    ["GET", "/v1/sources/comments/rejected", 200, undefined],
    ["GET", "/v1/subscribers", 200, undefined],
    ["GET", "/v1/samples", 200, undefined],
    ["POST", "/v1/rules/simulate", 200, '{"event":"job.created"}'],
    ["POST", "/v1/tokens", 200, '{"account":"acme","expiresIn":60}'],
    ["POST", "/v1/tokens", 422, "{}"],
    ["GET", "/v1/nothing", 404, undefined],
  ] as const)("%s %s (%i) is not to be stored", async (method, path, status, body) => {
    const answer = await answerTo(method, path, body);
    await answer.body?.cancel();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([status, "no-store"]);
  });

  test("is not to be stored when the token is wrong", async () => {
    const answer = await exports.default.fetch("https://relay.example.com/v1/jobs");
    await answer.body?.cancel();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([401, "no-store"]);
  });
});
