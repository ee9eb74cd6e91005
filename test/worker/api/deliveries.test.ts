// One delivery over HTTP: its attempts, and the request that was sent.

import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { sign } from "../../../src/ingest/recipe/sign/sign-as.io.ts";

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(`http://relay.test${path}`, {
    headers: { authorization: "Bearer test-admin-token" },
    ...init,
  });

test("a delivery is shown with its attempts and with the request as it was sent", async () => {
  const body =
    '{"event":"export.created","guid":"shown-delivery","status":"queueing","n":12345678901234567890}';
  const secret = "whsec_your_secret";
  const { headers } = await sign({ provider: "exportcomments", secret, body, now: Date.now() });
  await ask("/hooks/comments", { method: "POST", headers, body });
  interface Listed {
    readonly items: readonly { readonly id: string; readonly state: string }[];
  }
  const list = async () =>
    (await ask("/v1/subscribers/crm/deliveries?guid=shown-delivery")).json<Listed>();
  await expect.poll(async () => (await list()).items[0]?.state).toBe("delivered");
  const [delivery] = (await list()).items;
  const answer = await ask(`/v1/subscribers/crm/deliveries/${delivery?.id}`);
  const { request, ...rest } = await answer.json<{ request: { body: string } }>();
  expect([answer.status, rest, request]).toEqual([
    200,
    delivery,
    {
      method: "POST",
      url: "https://crm.example.com/hooks/jobs",
      headers: expect.objectContaining({
        "webhook-signature": "v1,***",
        "x-jobrelay-attempt": "1",
      }),
      body: expect.stringContaining('"n":12345678901234567890'),
    },
  ]);
  expect(JSON.parse(request.body)).toMatchObject({ event: "job.created", guid: "shown-delivery" });
});

test.each(["dlv_1_abc", "nonsense", `dlv_1_${"0".repeat(32)}`])(
  "a delivery of the id %s is not found where there is none",
  async (id) => {
    const answer = await ask(`/v1/subscribers/crm/deliveries/${id}`);
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { title: "No such delivery" },
    ]);
  },
);
