import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { check } from "./build.ts";
import { VECTORS, type Vector } from "./vectors.ts";

const rows = VECTORS.map((vector) => [vector.name, vector] as const);

/** When the vector was signed; a later one for those that sign no time. */
const nowOf = ({ t }: Vector): number => (t ?? 0) * 1_000;

const given = (vector: Vector) => ({
  body: vector.body,
  headers: vector.headers,
  secret: vector.secret,
  now: nowOf(vector),
  ...(vector.url === undefined ? {} : { url: vector.url }),
});

/** Headers whose value begins a proof: all but those of instants and ids. */
const isProof = (name: string): boolean => !/timestamp|-id$/.test(name);

const changed = (
  { headers }: Vector,
  change: (value: string) => string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isProof(name) ? change(value) : value]),
  );

/** Another character of the same alphabet, in the last third of the text, clear of any padding. */
function oneDigitOff(value: string): string {
  const at = value.length - 8;
  const other = value.charAt(at) === "a" ? "b" : "a";
  return value.slice(0, at) + other + value.slice(at + 1);
}

describe.each(rows)("%s", (_, vector) => {
  test("verifies", async () => {
    expect(await check(vector.recipe, given(vector))).toBe("verified");
  });

  test("does not verify with one bit of the body changed", async () => {
    const body = utf8(vector.body);
    const last = body.byteLength - 3;
    body[last] = (body[last] ?? 0) ^ 1;
    expect(await check(vector.recipe, { ...given(vector), body })).toMatch(
      /^(?:wrong-secret|body-changed)$/,
    );
  });

  test("does not verify with another secret", async () => {
    const secret = vector.secret.startsWith("whpk_")
      ? "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
      : `${vector.secret.slice(0, -4)}AAAA`;
    expect(await check(vector.recipe, { ...given(vector), secret })).toBe("wrong-secret");
  });

  test("verifies with the right secret after two wrong ones, white space around it", async () => {
    const secrets = ["one", "whsec_dHdv", ` ${vector.secret}\n`];
    expect(await check(vector.recipe, { ...given(vector), secrets })).toBe("verified");
  });

  test.each([
    ["an empty secret", [""]],
    ["a blank secret", [" \t"]],
    ["no secret", []],
    ["a prefix without a key", ["whsec_", "whpk_", "whsk_"]],
  ])("does not verify with %s", async (__, secrets) => {
    expect(await check(vector.recipe, { ...given(vector), secrets })).toBe("wrong-secret");
  });

  test("does not verify with one digit of the signature changed", async () => {
    const headers = changed(vector, oneDigitOff);
    expect(await check(vector.recipe, { ...given(vector), headers })).toMatch(
      /^(?:wrong-secret|malformed-signature)$/,
    );
  });

  test("says that the header is missing", async () => {
    const headers = Object.fromEntries(
      Object.entries(vector.headers).filter(([name]) => !isProof(name)),
    );
    expect(await check(vector.recipe, { ...given(vector), headers })).toBe("missing-signature");
  });

  test("does not take a signature that is stripped to nothing", async () => {
    const headers = changed(vector, (value) =>
      value.replaceAll(/(?<==|,|^)[A-Za-z0-9+/_-]{27,}=*(?=,|$)/g, ""),
    );
    expect(await check(vector.recipe, { ...given(vector), headers })).toMatch(
      /^(?:missing|malformed)-signature$/,
    );
  });

  test("does not take a prefix of the signature", async () => {
    const headers = changed(vector, (value) => value.slice(0, -12));
    expect(await check(vector.recipe, { ...given(vector), headers })).toBe("malformed-signature");
  });
});

const timed = rows.filter(
  ([name, { t }]) => t !== undefined && !/hook|Heroku|Shopify|constructed/.test(name),
);

describe.each(timed)("%s, by the clock", (_, vector) => {
  test.each([
    [300, "verified"],
    [301, "timestamp-too-old by 301 s"],
    [-300, "verified"],
    [-301, "timestamp-too-new by 301 s"],
  ])("is %s s late: %s", async (late, outcome) => {
    const now = nowOf(vector) + late * 1_000;
    expect(await check(vector.recipe, { ...given(vector), now, tolerance: 300_000 })).toBe(outcome);
  });

  test("is judged by the signature first, so the reason is the true one", async () => {
    const now = nowOf(vector) + 1e9;
    expect(await check(vector.recipe, { ...given(vector), now, secret: "wrong" })).toBe(
      "wrong-secret",
    );
  });

  test("is taken at any age with a tolerance of 0", async () => {
    const now = nowOf(vector) + 1e9;
    expect(await check(vector.recipe, { ...given(vector), now, tolerance: 0 })).toBe("verified");
  });
});
