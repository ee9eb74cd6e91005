// Single vars: origins, switches, tokens.

import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/config/parse.ts";

const ORIGIN = "must be an origin, as in https://app.example.com";
const LIST =
  "ALLOWED_ORIGINS: must be a list of origins, a JSON list, or origins separated by commas";

describe("ALLOWED_ORIGINS", () => {
  test.each([
    [
      ["https://a.example.com", "http://localhost:3000"],
      ["https://a.example.com", "http://localhost:3000"],
    ],
    ['["https://a.example.com"]', ["https://a.example.com"]],
    [
      " https://a.example.com, https://b.example.com:8443 ,",
      ["https://a.example.com", "https://b.example.com:8443"],
    ],
    ["https://A.Example.COM:443", ["https://a.example.com"]],
    ["*", ["*"]],
    ["", []],
    ["[]", []],
    [[], []],
    ["http://[::1]:8787", ["http://[::1]:8787"]],
    ["capacitor://localhost", ["capacitor://localhost"]],
  ])("%j is read as %j", (value, expected) => {
    expect(parseSettings({ ALLOWED_ORIGINS: value })).toMatchObject({
      ok: true,
      value: { allowedOrigins: expected },
    });
  });

  test.each([
    [["https://a.example.com/"], [`ALLOWED_ORIGINS[0]: ${ORIGIN}`]],
    ["https://a.example.com,https://b.example.com/app", [`ALLOWED_ORIGINS[1]: ${ORIGIN}`]],
    [["a.example.com"], [`ALLOWED_ORIGINS[0]: ${ORIGIN}`]],
    [["https://*.example.com"], [`ALLOWED_ORIGINS[0]: ${ORIGIN}`]],
    [["https://u@a.example.com"], [`ALLOWED_ORIGINS[0]: ${ORIGIN}`]],
    [["https://a.example.com?x"], [`ALLOWED_ORIGINS[0]: ${ORIGIN}`]],
    [["https://a.example.com\n"], [`ALLOWED_ORIGINS[0]: ${ORIGIN}`]],
    [["null", 5], [0, 1].map((index) => `ALLOWED_ORIGINS[${index}]: ${ORIGIN}`)],
    ["[oops", [LIST]],
    ['{"a":1}', [LIST]],
    [true, [LIST]],
  ])("%j is refused", (value, expected) => {
    expect(parseSettings({ ALLOWED_ORIGINS: value })).toEqual({ ok: false, fault: expected });
  });
});

describe("ALLOW_PRIVATE_URLS", () => {
  test.each([
    [true, true],
    ["true", true],
    [false, false],
    ["false", false],
    ["", false],
    [undefined, false],
  ])("%j is %j", (value, expected) => {
    expect(parseSettings({ ALLOW_PRIVATE_URLS: value })).toMatchObject({
      ok: true,
      value: { allowPrivateUrls: expected },
    });
  });

  test.each(["1", "TRUE", "yes", 1, null])("%j is refused", (value) => {
    expect(parseSettings({ ALLOW_PRIVATE_URLS: value })).toEqual({
      ok: false,
      fault: ["ALLOW_PRIVATE_URLS: must be true or false"],
    });
  });
});

describe("ADMIN_TOKEN, STREAM_SECRET and LOG_LEVEL", () => {
  test.each([
    [undefined, null],
    ["", null],
    ["t", "t"],
    ["t\n", "t"],
    ["\t a b \r\n", "a b"],
  ])("the admin token %j is read as %j", (value, expected) => {
    expect(parseSettings({ ADMIN_TOKEN: value })).toMatchObject({
      ok: true,
      value: { adminToken: expected },
    });
  });

  const [one, two] = ["1".repeat(16), "2".repeat(32)];

  test.each([
    [undefined, []],
    ["", []],
    [one, [one]],
    [`${two},${one}`, [two, one]],
    [` ${two}\n${one} , `, [two, one]],
  ])("the stream secret %j is read as %j", (value, expected) => {
    expect(parseSettings({ STREAM_SECRET: value })).toMatchObject({
      ok: true,
      value: { streamSecrets: expected },
    });
  });

  test.each([
    [{ ADMIN_TOKEN: "  " }, "ADMIN_TOKEN: is blank"],
    [{ ADMIN_TOKEN: "\n" }, "ADMIN_TOKEN: is blank"],
    [{ ADMIN_TOKEN: 5 }, "ADMIN_TOKEN: must be a string"],
    [{ STREAM_SECRET: " " }, "STREAM_SECRET: holds no key"],
    [{ STREAM_SECRET: " ,\n" }, "STREAM_SECRET: holds no key"],
  ])("%j is refused: %s", (vars, problem) => {
    expect(parseSettings(vars)).toEqual({ ok: false, fault: [problem] });
  });

  test("a stream key that can be guessed is refused without being shown", () => {
    expect(parseSettings({ STREAM_SECRET: `${one},${"x".repeat(15)}` })).toEqual({
      ok: false,
      fault: ["STREAM_SECRET[1]: must have at least 16 characters"],
    });
  });

  test.each(["debug", "info", "warn", "error"] as const)("LOG_LEVEL may be %s", (level) => {
    expect(parseSettings({ LOG_LEVEL: level })).toMatchObject({
      ok: true,
      value: { logLevel: level },
    });
  });
});

describe("Cloudflare Access", () => {
  const AUD = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

  test.each([
    [{}, null],
    [{ ACCESS_TEAM_DOMAIN: "", ACCESS_AUD: "" }, null],
    [
      { ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com", ACCESS_AUD: AUD },
      { issuer: "https://acme.cloudflareaccess.com", audiences: [AUD] },
    ],
    [
      { ACCESS_TEAM_DOMAIN: "https://acme.cloudflareaccess.com/", ACCESS_AUD: `${AUD}, b` },
      { issuer: "https://acme.cloudflareaccess.com", audiences: [AUD, "b"] },
    ],
    [
      { ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com", ACCESS_AUD: [AUD, "b"] },
      { issuer: "https://acme.cloudflareaccess.com", audiences: [AUD, "b"] },
    ],
  ])("%j is read as %j", (vars, access) => {
    expect(parseSettings(vars)).toMatchObject({ ok: true, value: { access } });
  });

  test.each([
    [{ ACCESS_AUD: AUD }, "ACCESS_TEAM_DOMAIN: is required with ACCESS_AUD"],
    [
      { ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com" },
      "ACCESS_AUD: is required with ACCESS_TEAM_DOMAIN",
    ],
    [
      { ACCESS_TEAM_DOMAIN: "http://acme.cloudflareaccess.com", ACCESS_AUD: AUD },
      "ACCESS_TEAM_DOMAIN: must be https",
    ],
    [
      { ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com/apps", ACCESS_AUD: AUD },
      "ACCESS_TEAM_DOMAIN: must be a domain, as acme.cloudflareaccess.com",
    ],
    [
      { ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com", ACCESS_AUD: "a tag!" },
      "ACCESS_AUD: must be tags of applications, separated by commas",
    ],
  ])("%j is refused: %s", (vars, problem) => {
    expect(parseSettings(vars)).toEqual({ ok: false, fault: [problem] });
  });
});
