import { describe, expect, test } from "vitest";
import { toBase64Url, utf8 } from "../../../../src/kernel/bytes.ts";
import { hmac } from "../../../../src/kernel/hmac.io.ts";
import { authorize, mint, verifyToken } from "../../../../src/stream/auth/tokens.io.ts";

const NOW = 1_800_000_000_000;
const KEY = "a-stream-secret-of-at-least-32-bytes";
const OLD = "an-older-secret-of-at-least-32-bytes";

/** A JWT made by hand, signed as told. */
async function jwt(
  header: object,
  claims: object,
  key = KEY,
  digest: "sha256" | "sha512" = "sha256",
): Promise<string> {
  const signed = [header, claims].map((part) => toBase64Url(utf8(JSON.stringify(part)))).join(".");
  return `${signed}.${toBase64Url(await hmac(digest, utf8(key), utf8(signed)))}`;
}

const CLAIMS = { sub: "acme", exp: NOW / 1_000 + 60 };
const reasonOf = async (token: string, keys: readonly string[] = [KEY]): Promise<string> => {
  const verified = await verifyToken(token, keys, NOW);
  return verified.ok ? "accepted" : verified.fault;
};

describe("a signature", () => {
  test("of a token that was minted holds, and the claims are those asked for", async () => {
    const token = await mint(KEY, {
      account: "Ünïcode/acme",
      channels: ["export.*"],
      expiresIn: 60,
      now: NOW + 999,
    });
    expect(await verifyToken(token, [KEY], NOW)).toEqual({
      ok: true,
      value: {
        kind: "account",
        account: "Ünïcode/acme",
        channels: ["export.*"],
        expires: NOW + 60_000,
      },
    });
  });

  test("made elsewhere (RFC 7519 form, with typ, kid and whole seconds) holds", async () => {
    expect(await reasonOf(await jwt({ typ: "JWT", alg: "HS256", kid: "7" }, CLAIMS))).toBe(
      "accepted",
    );
  });

  test("by any of several keys holds, by none of them does not", async () => {
    const token = await jwt({ alg: "HS256" }, CLAIMS, OLD);
    expect([
      await reasonOf(token, [KEY, OLD]),
      await reasonOf(token, [KEY]),
      await reasonOf(token, []),
    ]).toEqual(["accepted", "signature", "no-keys"]);
  });

  test.each([
    ["none", { alg: "none" }],
    ["None", { alg: "None" }],
    ["HS512", { alg: "HS512" }],
    ["RS256", { alg: "RS256" }],
    ["hs256", { alg: "hs256" }],
    ["nothing", {}],
    ["HS256 with a critical extension", { alg: "HS256", crit: ["b64"], b64: false }],
  ])("under alg %s is refused, even with the right key", async (_, header) => {
    expect(await reasonOf(await jwt(header, CLAIMS))).toBe("algorithm");
  });

  test("of a longer digest, cut short or missing is refused", async () => {
    const token = await jwt({ alg: "HS256" }, CLAIMS);
    expect(await reasonOf(await jwt({ alg: "HS256" }, CLAIMS, KEY, "sha512"))).toBe("signature");
    // 42 of 43 characters decode to 31 bytes; 41 characters are no base64 at all.
    expect([await reasonOf(token.slice(0, -1)), await reasonOf(token.slice(0, -2))]).toEqual([
      "signature",
      "malformed",
    ]);
    expect(await reasonOf(`${token.slice(0, token.lastIndexOf("."))}.`)).toBe("malformed");
  });

  test("does not hold for other claims", async () => {
    const [header, , signature] = (await jwt({ alg: "HS256" }, CLAIMS)).split(".");
    expect(
      await reasonOf(
        `${header}.${toBase64Url(utf8(JSON.stringify({ ...CLAIMS, sub: "globex" })))}.${signature}`,
      ),
    ).toBe("signature");
  });

  test.each([
    ["no token", "abc"],
    ["two parts", "a.b"],
    ["four parts", "YQ.YQ.YQ.YQ"],
    ["an empty part", "YQ..YQ"],
    ["padding", "YQ==.YQ.YQ"],
    ["a header that is no JSON", "YQ.YQ.YQ"],
    ["a header that is no object", "W10.YQ.YQ"],
    ["more than 8,192 characters", `${"A".repeat(8_190)}.A.A`],
  ])("cannot be on %s", async (_, token) => {
    expect(await reasonOf(token)).toBe("malformed");
  });

  test("is checked before the claims, so that a forged token learns nothing about them", async () => {
    const ended = { sub: "acme", exp: 1 };
    expect([
      await reasonOf(await jwt({ alg: "HS256" }, ended, OLD)),
      await reasonOf(await jwt({ alg: "HS256" }, ended)),
    ]).toEqual(["signature", "expired"]);
  });
});

describe("the caller", () => {
  const settings = { adminToken: "the-admin", streamSecrets: [KEY] };

  test("is the admin, the holder of a token, or refused", async () => {
    expect(await authorize("the-admin", settings, NOW)).toEqual({
      ok: true,
      value: { kind: "admin" },
    });
    expect(await authorize(await jwt({ alg: "HS256" }, CLAIMS), settings, NOW)).toMatchObject({
      ok: true,
      value: { account: "acme" },
    });
    expect(await authorize(null, settings, NOW)).toEqual({ ok: false, fault: "missing" });
    expect(await authorize("the-admin ", settings, NOW)).toEqual({ ok: false, fault: "malformed" });
  });

  test("is nobody while neither secret is set", async () => {
    const unset = { adminToken: null, streamSecrets: [] };
    expect(await authorize("", unset, NOW)).toMatchObject({ ok: false });
    expect(await authorize("null", unset, NOW)).toMatchObject({ ok: false });
    expect(await authorize(await jwt({ alg: "HS256" }, CLAIMS, ""), unset, NOW)).toEqual({
      ok: false,
      fault: "no-keys",
    });
  });
});
