// `JURISDICTION` and `LOCATION_HINT` apply to all objects; a local runtime has neither.

import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../../support/relay.ts";
import { exportComments, sender } from "../../support/senders.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay({ vars: { JURISDICTION: "eu", LOCATION_HINT: "weur" } });
});
afterAll(() => relay.stop());

test("a relay with a jurisdiction and a hint works on the embedded runtime", async () => {
  const send = sender(relay.url, {
    source: "comments",
    provider: "exportcomments",
    secret: SOURCE_SECRETS.exportcomments,
  });
  const job = { guid: "placed", page: "https://example.com", total: 1 };
  expect((await send(exportComments.created(job))).status).toBe(202);
  const answer = await fetch(`${relay.url}/v1/jobs/comments/placed`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  expect(await answer.json()).toMatchObject({ guid: "placed", status: "queueing" });
});

test("a relay without one of its objects says so at /healthz", async () => {
  const bindings = [{ name: "JOB", class_name: "Job" }];
  const broken = await startRelay({ bindings: { durable_objects: { bindings } } });
  try {
    const answer = await fetch(`${broken.url}/healthz`);
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 503,
      body: {
        status: "misconfigured",
        problems: ["Account", "Fan", "Subscriber", "Correlation", "Source"].map(
          (name) =>
            `${name.toUpperCase()}: no binding of this name, it has to bind the Durable Object ${name}`,
        ),
      },
    });
  } finally {
    await broken.stop();
  }
});
