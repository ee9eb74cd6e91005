// `GET /v1/metrics`, of the whole Worker.

import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/kernel/bytes.ts";
import { hmacSha256 } from "../../../src/kernel/hmac.io.ts";

const scrape = (query = "", token = "test-admin-token"): Promise<Response> =>
  exports.default.fetch(`https://relay.test/v1/metrics${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });

async function post(body: object, secret: string): Promise<number> {
  const text = JSON.stringify(body);
  const signature = toHex(await hmacSha256(secret, utf8(text)));
  const { status } = await exports.default.fetch("https://relay.test/hooks/comments", {
    method: "POST",
    headers: { "content-type": "application/json", "x-signature": signature },
    body: text,
  });
  return status;
}

test("webhooks, their events and refusals are counted, and open streams told", async () => {
  const body = { event: "job.created", guid: "metrics-1", message_id: "m-1" };
  expect(await post(body, "whsec_your_secret")).toBe(202);
  expect(await post(body, "whsec_your_secret")).toBe(202);
  expect(await post(body, "another")).toBe(401);
  await expect
    .poll(async () => (await scrape()).text())
    .toContain('jobrelay_webhooks_total{source="comments",result="refused"} 1');
  const answer = await scrape("?account=globex");
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await answer.text()).split("\n");
  for (const line of [
    'jobrelay_webhooks_total{source="comments",result="accepted"} 1',
    'jobrelay_webhooks_total{source="comments",result="duplicate"} 1',
    'jobrelay_webhooks_refused_total{source="comments",reason="wrong-secret"} 1',
    'jobrelay_events_total{source="comments",event="job.created"} 1',
    'jobrelay_webhook_duration_seconds_count{source="comments"} 3',
    'jobrelay_subscriber_state{subscriber="crm",state="active"} 1',
    'jobrelay_streams_open{account="globex"} 0',
    'jobrelay_streams_open{account="acme"} 0',
  ])
    expect(lines).toContain(line);
});

test("nobody reads them without the admin token", async () => {
  expect((await scrape("", "another")).status).toBe(401);
});
