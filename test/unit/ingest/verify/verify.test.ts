import { describe, expect, test } from "vitest";
import type { SourceSettings } from "../../../../src/config/settings.ts";
import type { Claims, Provider } from "../../../../src/ingest/provider.ts";
import { betterez } from "../../../../src/ingest/providers/betterez.ts";
import { emailengine } from "../../../../src/ingest/providers/emailengine.ts";
import { exportcomments } from "../../../../src/ingest/providers/exportcomments/exportcomments.ts";
import { verify } from "../../../../src/ingest/verify/verify.io.ts";
import {
  concat,
  fromHex,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from "../../../../src/kernel/bytes.ts";
import { hmac, hmacSha256 } from "../../../../src/kernel/hmac.io.ts";
import { ok } from "../../../../src/kernel/result.ts";
import { arrival, source } from "../build.ts";

const check = (
  provider: Provider,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
  { now = 0, ...changes }: Partial<SourceSettings> & { now?: number } = {},
) => verify(provider, arrival(body, headers, source(changes)), now);

const VERIFIED = { ok: true, value: null };
const refused = (fault: string) => ({ ok: false, fault });

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
    expect(await check(exportcomments, { "X-Signature": signature }, EC_BODY)).toEqual(VERIFIED);
  });

  test.each([
    ["no header", {}, "missing"],
    ["an empty header", { "x-signature": "" }, "missing"],
    ["a header of spaces", { "x-signature": "   " }, "missing"],
    ["a digest one digit short", { "x-signature": EC_HEX.slice(1) }, "malformed"],
    ["a digest one byte long", { "x-signature": `${EC_HEX}00` }, "malformed"],
    ["a prefix the scheme does not have", { "x-signature": `sha256=${EC_HEX}` }, "malformed"],
    ["one wrong digit", { "x-signature": EC_HEX.replace("fa", "fb") }, "mismatch"],
    [
      "the right signature in another provider's header",
      { "x-ee-wh-signature": EC_HEX },
      "missing",
    ],
  ])("refuses %s", async (_, headers, fault) => {
    expect(await check(exportcomments, headers, EC_BODY)).toEqual(refused(fault));
  });

  test.each([
    ["one more space", `${EC_BODY} `],
    ["another line end", `${EC_BODY}\n`],
    ["a byte order mark in front", `\ufeff${EC_BODY}`],
    ["no body", ""],
  ])("checks the raw bytes: %s is a mismatch", async (_, body) => {
    expect(await check(exportcomments, { "x-signature": EC_HEX }, body)).toEqual(
      refused("mismatch"),
    );
  });

  test("bytes that are not UTF-8 are signed like any others", async () => {
    const body = Uint8Array.of(0xff, 0xfe, 0x00);
    const mac = await hmacSha256("whsec_your_secret", body);
    expect(await check(exportcomments, { "x-signature": toHex(mac) }, body)).toEqual(VERIFIED);
  });

  test("the secret is used as it is, not decoded after its prefix", async () => {
    expect(
      await check(exportcomments, { "x-signature": EC_HEX }, EC_BODY, { secrets: ["your_secret"] }),
    ).toEqual(refused("mismatch"));
  });

  test("any secret of the source verifies, the last one too", async () => {
    const secrets = ["newest", "newer", "whsec_your_secret"];
    expect(await check(exportcomments, { "x-signature": EC_HEX }, EC_BODY, { secrets })).toEqual(
      VERIFIED,
    );
  });

  test("a source without secrets verifies nothing", async () => {
    expect(
      await check(exportcomments, { "x-signature": EC_HEX }, EC_BODY, { secrets: [] }),
    ).toEqual(refused("mismatch"));
  });

  test("an empty secret verifies nothing, not even what is signed with it", async () => {
    const mac = toHex(await hmacSha256("", utf8(EC_BODY)));
    expect(await check(exportcomments, { "x-signature": mac }, EC_BODY, { secrets: [""] })).toEqual(
      refused("mismatch"),
    );
  });

  test('verify = "none" asks for nothing', async () => {
    expect(await check(exportcomments, {}, EC_BODY, { secrets: [], verify: "none" })).toEqual(
      VERIFIED,
    );
  });
});

describe("EmailEngine", () => {
  test("accepts the vector as it is sent: base64url without padding", async () => {
    expect(
      await check(emailengine, { "X-EE-Wh-Signature": EE_SIGNATURE }, EE_BODY, {
        secrets: [EE_SECRET],
      }),
    ).toEqual(VERIFIED);
  });

  test("accepts the same digest padded, and as hex", async () => {
    const hex = toHex(await hmacSha256(EE_SECRET, utf8(EE_BODY)));
    expect(
      await check(emailengine, { "x-ee-wh-signature": `${EE_SIGNATURE}=` }, EE_BODY, {
        secrets: [EE_SECRET],
      }),
    ).toEqual(VERIFIED);
    expect(
      await check(emailengine, { "x-ee-wh-signature": hex }, EE_BODY, { secrets: [EE_SECRET] }),
    ).toEqual(VERIFIED);
  });

  test.each([
    ["the admin page's unsigned test", {}, "missing"],
    ["half a signature", { "x-ee-wh-signature": EE_SIGNATURE.slice(0, 20) }, "malformed"],
    [
      "characters that are no base64",
      { "x-ee-wh-signature": EE_SIGNATURE.replace("5", "!") },
      "malformed",
    ],
    ["another signature", { "x-ee-wh-signature": EE_SIGNATURE.replace("5", "6") }, "mismatch"],
  ])("refuses %s", async (_, headers, fault) => {
    expect(await check(emailengine, headers, EE_BODY, { secrets: [EE_SECRET] })).toEqual(
      refused(fault),
    );
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
    expect(await check(betterez, signed(header), BZ_BODY, from)).toEqual(VERIFIED);
  });

  test.each([
    ["no header", {}, "missing"],
    ["no t", signed(`s2=${BZ_HEX}`), "malformed"],
    ["an empty t", signed(`t=,s2=${BZ_HEX}`), "malformed"],
    ["a t that is no number", signed(`t=now,s2=${BZ_HEX}`), "malformed"],
    ["a negative t", signed(`t=-1,s2=${BZ_HEX}`), "malformed"],
    ["a t of 17 digits", signed(`t=12345678901234567,s2=${BZ_HEX}`), "malformed"],
    ["two different t", signed(`t=${BZ_T},t=1,s2=${BZ_HEX}`), "malformed"],
    ["the right digest only in the obsolete s", signed(`t=${BZ_T},s=${BZ_HEX}`), "malformed"],
    ["s2 that is no digest", signed(`t=${BZ_T},s2=abc`), "malformed"],
    ["another t than the signed one", signed(`t=1779974954,s2=${BZ_HEX}`), "mismatch"],
    ["another digest", signed(`t=${BZ_T},s2=${BZ_HEX.replace("c1", "c2")}`), "mismatch"],
  ])("refuses %s", async (_, headers, fault) => {
    expect(await check(betterez, headers, BZ_BODY, from)).toEqual(refused(fault));
  });

  test("accepts a body that was signed as JSON.stringify writes it and sent otherwise", async () => {
    const sent = BZ_BODY.replaceAll('":', '" : ').replace("{", "{\n  ");
    expect(await check(betterez, signed(`t=${BZ_T},s2=${BZ_HEX}`), sent, from)).toEqual(VERIFIED);
  });

  test("accepts escapes that JSON.stringify writes otherwise", async () => {
    const sent = '{"event":"report.export.started","note":"caf\\u00e9 \\/ \\u000a"}';
    const mac = await hmacSha256(BZ_SECRET, utf8(`${BZ_T}.${JSON.stringify(JSON.parse(sent))}`));
    expect(await check(betterez, signed(`t=${BZ_T},s2=${toHex(mac)}`), sent, from)).toEqual(
      VERIFIED,
    );
  });

  test("accepts raw bytes that are no JSON, for the meaning is not the signature's business", async () => {
    const mac = await hmacSha256(BZ_SECRET, utf8(`${BZ_T}.{oops`));
    expect(await check(betterez, signed(`t=${BZ_T},s2=${toHex(mac)}`), "{oops", from)).toEqual(
      VERIFIED,
    );
  });

  test("a body nested deeper than the limit is not parsed to verify it", async () => {
    const deep = `${"[".repeat(65)}${" ]".repeat(65)}`;
    const mac = await hmacSha256(BZ_SECRET, utf8(`${BZ_T}.${JSON.stringify(JSON.parse(deep))}`));
    expect(await check(betterez, signed(`t=${BZ_T},s2=${toHex(mac)}`), deep, from)).toEqual(
      refused("mismatch"),
    );
    const fits = `${"[".repeat(64)}${" ]".repeat(64)}`;
    const fitting = await hmacSha256(
      BZ_SECRET,
      utf8(`${BZ_T}.${JSON.stringify(JSON.parse(fits))}`),
    );
    expect(await check(betterez, signed(`t=${BZ_T},s2=${toHex(fitting)}`), fits, from)).toEqual(
      VERIFIED,
    );
  });

  test.each([
    ["at the tolerance, behind", 300_000, VERIFIED],
    ["one ms over it, behind", 300_001, refused("too-old")],
    ["at the tolerance, ahead", -300_000, VERIFIED],
    ["one ms over it, ahead", -300_001, refused("too-new")],
  ])("judges the signed instant %s", async (_, age, expected) => {
    const now = Number(BZ_T) * 1_000 + age;
    expect(
      await check(betterez, signed(`t=${BZ_T},s2=${BZ_HEX}`), BZ_BODY, { ...from, now }),
    ).toEqual(expected);
  });

  test("a tolerance of 0 turns the check of the instant off", async () => {
    expect(
      await check(betterez, signed(`t=${BZ_T},s2=${BZ_HEX}`), BZ_BODY, {
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
      await check(betterez, signed(`t=${t},s2=${mac}`), BZ_BODY, {
        ...from,
        now: Number(t) + 300_000,
      }),
    ).toEqual(VERIFIED);
    expect(
      await check(betterez, signed(`t=${t},s2=${mac}`), BZ_BODY, {
        ...from,
        now: Number(t) + 300_001,
      }),
    ).toEqual(refused("too-old"));
  });

  test("an old request with a wrong signature is told as a mismatch, for its instant is not the sender's", async () => {
    expect(await check(betterez, signed(`t=1,s2=${BZ_HEX}`), BZ_BODY, from)).toEqual(
      refused("mismatch"),
    );
  });
});

const offering = (claims: Claims): Provider => ({ claims: () => ok(claims), read: () => ok([]) });

const bearing = (token: string) => offering({ kind: "bearer", token });

describe("schemes that recipes will describe", () => {
  test("Standard Webhooks: base64 key after the prefix, id and instant in the base", async () => {
    const body = utf8('{"test": 2432232314}');
    const provider = offering({
      kind: "hmac",
      digest: "sha256",
      key: "whsec",
      presented: [
        Uint8Array.from(atob("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), (char) =>
          char.charCodeAt(0),
        ),
      ],
      bases: [() => concat(utf8("msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330."), body)],
      timestamp: 1614265330000,
    });
    const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
    expect(await check(provider, {}, body, { secrets, now: 1614265330000 })).toEqual(VERIFIED);
    expect(
      await check(provider, {}, body, {
        secrets: ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        now: 1614265330000,
      }),
    ).toEqual(VERIFIED);
    expect(
      await check(provider, {}, body, {
        secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSX"],
        now: 1614265330000,
      }),
    ).toEqual(refused("mismatch"));
  });

  test("GitHub's published vector", async () => {
    const digest =
      fromHex("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17") ??
      new Uint8Array();
    const body = utf8("Hello, World!");
    const provider = offering({
      kind: "hmac",
      digest: "sha256",
      key: "utf8",
      presented: [digest],
      bases: [() => body],
      timestamp: null,
    });
    expect(await check(provider, {}, body, { secrets: ["It's a Secret to Everybody"] })).toEqual(
      VERIFIED,
    );
  });

  test.each([
    ["hex", "00ff10"],
    ["base64", "AP8Q"],
  ] as const)(
    "a key written as %s is decoded; one that is not, is skipped",
    async (form, secret) => {
      const body = utf8("x");
      const mac = await hmac("sha512", Uint8Array.of(0x00, 0xff, 0x10), body);
      const provider = offering({
        kind: "hmac",
        digest: "sha512",
        key: form,
        presented: [mac],
        bases: [() => body],
        timestamp: null,
      });
      expect(await check(provider, {}, body, { secrets: ["!not a key!", secret] })).toEqual(
        VERIFIED,
      );
      expect(await check(provider, {}, body, { secrets: ["!not a key!"] })).toEqual(
        refused("mismatch"),
      );
    },
  );

  test("a bearer token is compared whole", async () => {
    expect(await check(bearing("s3cret"), {}, "", { secrets: ["other", "s3cret"] })).toEqual(
      VERIFIED,
    );
    expect(await check(bearing("s3cre"), {}, "", { secrets: ["s3cret"] })).toEqual(
      refused("mismatch"),
    );
    expect(await check(bearing(""), {}, "", { secrets: [""] })).toEqual(refused("mismatch"));
  });
});
