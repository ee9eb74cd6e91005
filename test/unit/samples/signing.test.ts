// Samples carry the signatures that the providers' own algorithms give.

import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/kernel/bytes.ts";
import { hmacSha256 } from "../../../src/kernel/hmac.io.ts";
import { sign } from "../../../src/ingest/recipe/sign/sign-as.io.ts";

const COMMENTS =
  '{"event":"export.created","status":"processing","platform":"youtube","message_id":"msg_abc123"}';
const MAIL =
  '{"serviceUrl":"https://emailengine.example.com","account":"user123","date":"2025-01-15T14:30:00.000Z","event":"exportCompleted","data":{"exportId":"exp_abc123def456abc123def456","messagesExported":1495,"messagesSkipped":5,"bytesWritten":104857600,"duration":125000}}';
const REPORT =
  '{"attemptId":"d42c1225-9917-410c-950e-0383162d416b","created":1779974953,"data":{},"event":"report.export.started","id":"7ec09d11-974e-4828-8373-c09fc9f9e738","livemode":true}';

describe("signing samples", () => {
  test("ExportComments signs the body as lower-case hex, with the secret's prefix part of the key", async () => {
    expect(
      await sign({
        provider: "exportcomments",
        secret: "whsec_your_secret",
        body: COMMENTS,
        now: 0,
      }),
    ).toEqual({
      body: COMMENTS,
      headers: {
        "content-type": "application/json",
        "x-signature": "fa627c048602be2c2450d8f4cd3c2537b57977e4e2f5eb556525763abaeaf210",
      },
    });
  });

  test("EmailEngine signs the body as unpadded base64url", async () => {
    expect(
      await sign({
        provider: "emailengine",
        secret: "0123456789abcdef0123456789abcdef",
        body: MAIL,
        now: 0,
      }),
    ).toEqual({
      body: MAIL,
      headers: {
        "content-type": "application/json",
        "x-ee-wh-signature": "5Ca26cWWSjO8gJV3o2XQGxEcmyTUklqQjWm62Z3Ix6k",
      },
    });
  });

  test("Betterez signs seconds, a dot and the body", async () => {
    const signed = await sign({
      provider: "betterez",
      secret: "btrz_private_key",
      body: REPORT,
      now: 1_779_974_953_999,
    });
    expect(signed.headers["x-btrz-signature"]).toBe(
      "t=1779974953,s2=c1af39cb35a20e101f020aea55b563a4515fd1fbb2dc2f334bc5622e9092b483",
    );
  });

  test("a body beyond ASCII is signed as UTF-8 bytes", async () => {
    const body = '{"error":"schön ☃ 😀"}';
    const { headers } = await sign({ provider: "exportcomments", secret: "ключ", body, now: 0 });
    expect(headers["x-signature"]).toBe(toHex(await hmacSha256("ключ", utf8(body))));
  });
});
