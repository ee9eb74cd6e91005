// Answers that are kept and given again.

import { expect, test } from "vitest";
import { answerAgain, keptAnswerOf } from "../../../../src/api/idempotency/answers.ts";

test("an answer is kept with its text, and can still be given itself", async () => {
  const response = Response.json({ count: 1 }, { status: 202 });
  expect(await keptAnswerOf(response)).toEqual({
    status: 202,
    contentType: "application/json",
    body: '{"count":1}',
  });
  expect(await response.json()).toEqual({ count: 1 });
});

test("a kept answer is given again as it was, marked, and never from a cache", async () => {
  const again = answerAgain({ status: 202, contentType: "application/json", body: '{"count":1}' });
  expect([again.status, await again.text()]).toEqual([202, '{"count":1}']);
  expect(Object.fromEntries(again.headers)).toEqual({
    "content-type": "application/json",
    "cache-control": "no-store",
    "idempotency-replayed": "true",
  });
});

test("an answer without a body is kept and given again without one", async () => {
  const kept = await keptAnswerOf(new Response(null, { status: 204 }));
  expect(kept).toEqual({ status: 204, contentType: "", body: "" });
  const again = answerAgain(kept);
  expect([again.status, again.body, again.headers.has("content-type")]).toEqual([204, null, false]);
});
