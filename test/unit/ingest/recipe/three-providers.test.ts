// The signatures of the three named providers, as their ready recipes check them.

import { describe, expect, test } from "vitest";
import { fromHex, toBase64, toBase64Url, toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import { hmacSha256 } from "../../../../src/kernel/hmac.io.ts";
import { check as checkRecipe, type Checked } from "./build.ts";

const check = (
  recipe: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
  changes: Partial<Checked> = {},
) => checkRecipe(recipe, { headers, body, secrets: ["whsec_your_secret"], ...changes });

const VERIFIED = "verified";

const EC_BODY =
  '{"event":"export.created","status":"processing","platform":"youtube","message_id":"msg_abc123"}';
const EC_HEX = "fa627c048602be2c2450d8f4cd3c2537b57977e4e2f5eb556525763abaeaf210";
const EC_BYTES = fromHex(EC_HEX) ?? new Uint8Array();

const EE_SECRET = "0123456789abcdef0123456789abcdef";
const EE_BODY =
  '{"serviceUrl":"https://emailengine.example.com","account":"user123","date":"2025-01-15T14:30:00.000Z","event":"exportCompleted","data":{"exportId":"exp_abc123def456abc123def456","messagesExported":1495,"messagesSkipped":5,"bytesWritten":104857600,"duration":125000}}';
const EE_SIGNATURE = "5Ca26cWWSjO8gJV3o2XQGxEcmyTUklqQjWm62Z3Ix6k";

const BZ_SECRET = "btrz_private_key";
const BZ_T = "1779974953";
const BZ_BODY =
  '{"attemptId":"d42c1225-9917-410c-950e-0383162d416b","created":1779974953,"data":{},"event":"report.export.started","id":"7ec09d11-974e-4828-8373-c09fc9f9e738","livemode":true}';
const BZ_HEX = "c1af39cb35a20e101f020aea55b563a4515fd1fbb2dc2f334bc5622e9092b483";
const BZ_BASE64 = "wa85yzWiDhAfAgrqVbVjpFFf0fuy3C8zS8ViLpCStIM=";

describe("ExportComments", () => {
  test.each([
    ["hex in lower case", EC_HEX],
    ["hex in upper case", EC_HEX.toUpperCase()],
    ["base64", toBase64(EC_BYTES)],
    ["base64url without padding", toBase64Url(EC_BYTES)],
    ["spaces around it", `  ${EC_HEX} `],
  ])("accepts the documented vector as %s", async (_, signature) => {
    expect(await check("exportcomments", { "X-Signature": signature }, EC_BODY)).toEqual(VERIFIED);
  });

  test.each([
    ["no header", {}, "missing-signature"],
    ["an empty header", { "x-signature": "" }, "missing-signature"],
    ["a header of spaces", { "x-signature": "   " }, "missing-signature"],
    ["a digest one digit short", { "x-signature": EC_HEX.slice(1) }, "malformed-signature"],
    ["a digest one byte long", { "x-signature": `${EC_HEX}00` }, "malformed-signature"],
    [
      "a prefix the scheme does not have",
      { "x-signature": `sha256=${EC_HEX}` },
      "malformed-signature",
    ],
    ["one wrong digit", { "x-signature": EC_HEX.replace("fa", "fb") }, "wrong-secret"],
    [
      "the right signature in another provider's header",
      { "x-ee-wh-signature": EC_HEX },
      "missing-signature",
    ],
  ])("refuses %s", async (_, headers, fault) => {
    expect(await check("exportcomments", headers, EC_BODY)).toEqual(fault);
  });

  test.each([
    ["one more space", `${EC_BODY} `],
    ["another line end", `${EC_BODY}\n`],
    ["a byte order mark in front", `\ufeff${EC_BODY}`],
    ["no body", ""],
  ])("checks the raw bytes: %s is refused", async (_, body) => {
    expect(await check("exportcomments", { "x-signature": EC_HEX }, body)).toEqual("wrong-secret");
  });

  test("bytes that are not UTF-8 are signed like any others", async () => {
    const body = Uint8Array.of(0xff, 0xfe, 0x00);
    const mac = await hmacSha256("whsec_your_secret", body);
    expect(await check("exportcomments", { "x-signature": toHex(mac) }, body)).toEqual(VERIFIED);
  });

  test("the secret is used as it is, not decoded after its prefix", async () => {
    expect(
      await check("exportcomments", { "x-signature": EC_HEX }, EC_BODY, {
        secrets: ["your_secret"],
      }),
    ).toEqual("wrong-secret");
  });

  test("any secret of the source verifies, the last one too", async () => {
    const secrets = ["newest", "newer", "whsec_your_secret"];
    expect(await check("exportcomments", { "x-signature": EC_HEX }, EC_BODY, { secrets })).toEqual(
      VERIFIED,
    );
  });

  test("a source without secrets verifies nothing", async () => {
    expect(
      await check("exportcomments", { "x-signature": EC_HEX }, EC_BODY, { secrets: [] }),
    ).toEqual("wrong-secret");
  });

  test("an empty secret verifies nothing, not even what is signed with it", async () => {
    const mac = toHex(await hmacSha256("", utf8(EC_BODY)));
    expect(
      await check("exportcomments", { "x-signature": mac }, EC_BODY, { secrets: [""] }),
    ).toEqual("wrong-secret");
  });
});

describe("EmailEngine", () => {
  test("accepts the vector as it is sent: base64url without padding", async () => {
    expect(
      await check("emailengine", { "X-EE-Wh-Signature": EE_SIGNATURE }, EE_BODY, {
        secrets: [EE_SECRET],
      }),
    ).toEqual(VERIFIED);
  });

  test("accepts the same digest padded, and as hex", async () => {
    const hex = toHex(await hmacSha256(EE_SECRET, utf8(EE_BODY)));
    expect(
      await check("emailengine", { "x-ee-wh-signature": `${EE_SIGNATURE}=` }, EE_BODY, {
        secrets: [EE_SECRET],
      }),
    ).toEqual(VERIFIED);
    expect(
      await check("emailengine", { "x-ee-wh-signature": hex }, EE_BODY, { secrets: [EE_SECRET] }),
    ).toEqual(VERIFIED);
  });

  test.each([
    ["the admin page's unsigned test", {}, "missing-signature"],
    ["half a signature", { "x-ee-wh-signature": EE_SIGNATURE.slice(0, 20) }, "malformed-signature"],
    [
      "characters that are no base64",
      { "x-ee-wh-signature": EE_SIGNATURE.replace("5", "!") },
      "malformed-signature",
    ],
    ["another signature", { "x-ee-wh-signature": EE_SIGNATURE.replace("5", "6") }, "wrong-secret"],
  ])("refuses %s", async (_, headers, fault) => {
    expect(await check("emailengine", headers, EE_BODY, { secrets: [EE_SECRET] })).toEqual(fault);
  });
});

const signed = (value: string) => ({ "x-btrz-signature": value });

describe("Betterez", () => {
  const from = { provider: "betterez", secrets: [BZ_SECRET], now: Number(BZ_T) * 1_000 } as const;

  test.each([
    ["hex", `t=${BZ_T},s=deadbeef,s2=${BZ_HEX}`],
    ["base64 with its padding", `t=${BZ_T},s=deadbeef,s2=${BZ_BASE64}`],
    [
      "base64url",
      `t=${BZ_T},s2=${BZ_BASE64.replaceAll("+", "-").replaceAll("/", "_").replace("=", "")}`,
    ],
    ["another order and spaces", `s2=${BZ_HEX.toUpperCase()} , s=x, t=${BZ_T}`],
    [
      "two signatures, the second one right",
      `t=${BZ_T},s2=${BZ_HEX.replace("c1", "c2")},s2=${BZ_HEX}`,
    ],
    ["unknown parts beside", `v=3,t=${BZ_T},s2=${BZ_HEX},s3=zzz`],
  ])("accepts the vector as %s", async (_, header) => {
    expect(await check("betterez", signed(header), BZ_BODY, from)).toEqual(VERIFIED);
  });

  test.each([
    ["no header", {}, "missing-signature"],
    ["no t", signed(`s2=${BZ_HEX}`), "malformed-signature"],
    ["an empty t", signed(`t=,s2=${BZ_HEX}`), "malformed-signature"],
    ["a t that is no number", signed(`t=now,s2=${BZ_HEX}`), "malformed-signature"],
    ["a negative t", signed(`t=-1,s2=${BZ_HEX}`), "malformed-signature"],
    ["a t of 17 digits", signed(`t=12345678901234567,s2=${BZ_HEX}`), "malformed-signature"],
    ["two different t", signed(`t=${BZ_T},t=1,s2=${BZ_HEX}`), "malformed-signature"],
    [
      "the right digest only in the obsolete s",
      signed(`t=${BZ_T},s=${BZ_HEX}`),
      "malformed-signature",
    ],
    ["s2 that is no digest", signed(`t=${BZ_T},s2=abc`), "malformed-signature"],
    ["another t than the signed one", signed(`t=1779974954,s2=${BZ_HEX}`), "wrong-secret"],
    ["another digest", signed(`t=${BZ_T},s2=${BZ_HEX.replace("c1", "c2")}`), "wrong-secret"],
  ])("refuses %s", async (_, headers, fault) => {
    expect(await check("betterez", headers, BZ_BODY, from)).toEqual(fault);
  });

  test("accepts a body that was signed as JSON.stringify writes it and sent otherwise", async () => {
    const sent = BZ_BODY.replaceAll('":', '" : ').replace("{", "{\n  ");
    expect(await check("betterez", signed(`t=${BZ_T},s2=${BZ_HEX}`), sent, from)).toEqual(VERIFIED);
  });

  test("accepts escapes that JSON.stringify writes otherwise", async () => {
    const sent = '{"event":"report.export.started","note":"caf\\u00e9 \\/ \\u000a"}';
    const mac = await hmacSha256(BZ_SECRET, utf8(`${BZ_T}.${JSON.stringify(JSON.parse(sent))}`));
    expect(await check("betterez", signed(`t=${BZ_T},s2=${toHex(mac)}`), sent, from)).toEqual(
      VERIFIED,
    );
  });

  test("accepts raw bytes that are no JSON, for the meaning is not the signature's business", async () => {
    const mac = await hmacSha256(BZ_SECRET, utf8(`${BZ_T}.{oops`));
    expect(await check("betterez", signed(`t=${BZ_T},s2=${toHex(mac)}`), "{oops", from)).toEqual(
      VERIFIED,
    );
  });

  test("a body nested deeper than the limit is not parsed to verify it", async () => {
    const deep = `${"[".repeat(65)}${" ]".repeat(65)}`;
    const mac = await hmacSha256(BZ_SECRET, utf8(`${BZ_T}.${JSON.stringify(JSON.parse(deep))}`));
    expect(await check("betterez", signed(`t=${BZ_T},s2=${toHex(mac)}`), deep, from)).toEqual(
      "wrong-secret",
    );
    const fits = `${"[".repeat(64)}${" ]".repeat(64)}`;
    const fitting = await hmacSha256(
      BZ_SECRET,
      utf8(`${BZ_T}.${JSON.stringify(JSON.parse(fits))}`),
    );
    expect(await check("betterez", signed(`t=${BZ_T},s2=${toHex(fitting)}`), fits, from)).toEqual(
      VERIFIED,
    );
  });

  test.each([
    ["at the tolerance, behind", 300_000, VERIFIED],
    ["one ms over it, behind", 300_001, "timestamp-too-old by 300 s"],
    ["at the tolerance, ahead", -300_000, VERIFIED],
    ["one ms over it, ahead", -300_001, "timestamp-too-new by 300 s"],
  ])("judges the signed instant %s", async (_, age, expected) => {
    const now = Number(BZ_T) * 1_000 + age;
    expect(
      await check("betterez", signed(`t=${BZ_T},s2=${BZ_HEX}`), BZ_BODY, { ...from, now }),
    ).toEqual(expected);
  });

  test("a tolerance of 0 turns the check of the instant off", async () => {
    expect(
      await check("betterez", signed(`t=${BZ_T},s2=${BZ_HEX}`), BZ_BODY, {
        ...from,
        now: 9e15,
        tolerance: 0,
      }),
    ).toEqual(VERIFIED);
  });

  test("t may be in milliseconds", async () => {
    const t = "1779974953123";
    const mac = toHex(await hmacSha256(BZ_SECRET, utf8(`${t}.${BZ_BODY}`)));
    expect(
      await check("betterez", signed(`t=${t},s2=${mac}`), BZ_BODY, {
        ...from,
        now: Number(t) + 300_000,
      }),
    ).toEqual(VERIFIED);
    expect(
      await check("betterez", signed(`t=${t},s2=${mac}`), BZ_BODY, {
        ...from,
        now: Number(t) + 300_001,
      }),
    ).toEqual("timestamp-too-old by 300 s");
  });

  test("an old request with a wrong signature is told so, for its instant is not the sender's", async () => {
    expect(await check("betterez", signed(`t=1,s2=${BZ_HEX}`), BZ_BODY, from)).toEqual(
      "wrong-secret",
    );
  });
});

test("an id that nothing signs refuses nothing, however strange it is", async () => {
  const headers = { "x-ee-wh-signature": EE_SIGNATURE, "x-ee-wh-event-id": "event of export 1" };
  expect(await check("emailengine", headers, EE_BODY, { secrets: [EE_SECRET] })).toBe(VERIFIED);
});
