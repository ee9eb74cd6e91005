// The receiver of deliveries inside a Worker, whose WebCrypto is not Node's.

import { expect, test } from "vitest";
import { publicKeys, sign } from "../../../src/deliver/signing/signing.io.ts";
import { unwrap, WebhookError } from "../../../src/webhook/index.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PRIVATE_KEY = `whsk_${btoa("0123456789abcdef0123456789abcdef")}`;
const BODY = JSON.stringify({ id: "evt_1", event: "job.finished", guid: "g1" });

async function delivery(secret: string): Promise<Request> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const signature = await sign([secret], "evt_1", timestamp, new TextEncoder().encode(BODY));
  const headers = {
    "webhook-id": "evt_1",
    "webhook-timestamp": `${timestamp}`,
    "webhook-signature": signature,
  };
  return new Request("https://app.example.com", { method: "POST", body: BODY, headers });
}

test("a delivery is proved by a shared secret and by a public key", async () => {
  const [key] = await publicKeys([PRIVATE_KEY]);
  const shared = await unwrap(await delivery(SECRET), [SECRET]);
  const signed = await unwrap(await delivery(PRIVATE_KEY), [key?.whpk ?? ""]);
  expect([shared.event, signed.event]).toEqual(["job.finished", "job.finished"]);
});

test.each([
  ["secret", []],
  ["secret", ["whsec_"]],
  ["secret", ["whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]],
  ["signature", ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"]],
])("a refusal says %s for the secrets %j", async (reason, secrets) => {
  const refused: unknown = await unwrap(await delivery(SECRET), secrets).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(WebhookError);
  expect(refused).toMatchObject({ reason });
});
