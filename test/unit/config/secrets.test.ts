// Secrets and headers of subscribers.

import { describe, expect, test } from "vitest";
import { headersOf, isReservedHeader } from "../../../src/config/headers.ts";
import { parseSettings } from "../../../src/config/parse.ts";
import { secretTexts, type Reading } from "../../../src/config/reading.ts";
import { signingSecretsOf } from "../../../src/config/secrets.ts";

const base64 = (size: number): string => btoa("k".repeat(size));

/** What is read of a secret with that value. */
const signing = (value: string): { values: readonly string[]; problems: readonly string[] } => {
  const reading: Reading = { vars: { CRM_SECRET: value }, problems: [] };
  return {
    values: signingSecretsOf(["CRM_SECRET"], "S.secrets", reading),
    problems: reading.problems,
  };
};

describe("a signing secret", () => {
  test.each([
    [`whsec_${base64(24)}`],
    [`whsec_${base64(64)}`],
    [`whsk_${base64(32)}`],
    [`whsk_${base64(64)}`],
  ])("%s signs", (value) => {
    expect(signing(value)).toEqual({ values: [value], problems: [] });
  });

  test.each([
    [`whsec_${base64(23)}`, "must hold 24 to 64 bytes, holds 23"],
    [`whsec_${base64(65)}`, "must hold 24 to 64 bytes, holds 65"],
    ["whsec_not base64 at all!", "must be base64 after whsec_"],
    [`whsk_${base64(33)}`, "must hold 32 or 64 bytes, holds 33"],
  ])("%j does not sign, and the problem names path and secret, not its value", (value, fault) => {
    expect(signing(value)).toEqual({
      values: [],
      problems: [`S.secrets[0]: secret CRM_SECRET ${fault}`],
    });
  });
});

const read = (
  headers: Readonly<Record<string, string>>,
  vars = {},
): { headers: object; problems: readonly string[] } => {
  const reading: Reading = {
    vars: { TOKEN: "t-1", EVIL: "a\r\nx-admin: 1", ...vars },
    problems: [],
  };
  return { headers: headersOf(headers, "H", reading), problems: reading.problems };
};

describe("static headers", () => {
  test("get lower-case names and their secrets anywhere in the value", () => {
    expect(
      read({
        Authorization: "Bearer ${TOKEN}",
        "X-Two": "${TOKEN}-${TOKEN}",
        "x-none": "",
        "x-latin": "é",
      }),
    ).toEqual({
      headers: { authorization: "Bearer t-1", "x-two": "t-1-t-1", "x-none": "", "x-latin": "é" },
      problems: [],
    });
  });

  test("a header named __proto__ is a header", () => {
    const { headers } = read(JSON.parse('{"__proto__":"x"}') as Record<string, string>);
    expect(Object.entries(headers)).toEqual([["__proto__", "x"]]);
  });

  const LINE = "must be one line of Latin-1 text once secrets are filled in";

  test.each([
    [{ "bad name": "x" }, ['H["bad name"]: is not a header name']],
    [{ "": "x" }, ['H[""]: is not a header name']],
    [{ "x-a:": "x" }, ['H["x-a:"]: is not a header name']],
    [{ "x\r\ny": "x" }, ['H["x\\r\\ny"]: is not a header name']],
    [{ "X-A": "1", "x-a": "2" }, ["H.x-a: is given twice"]],
    [{ "x-a": "a\nb" }, [`H.x-a: ${LINE}`]],
    [{ "x-a": "a\rb" }, [`H.x-a: ${LINE}`]],
    [{ "x-a": "a\0b" }, [`H.x-a: ${LINE}`]],
    [{ "x-a": "€" }, [`H.x-a: ${LINE}`]],
    [{ "x-a": "${EVIL}" }, [`H.x-a: ${LINE}`]],
    [{ "x-a": "${MISSING}" }, ["H.x-a: secret MISSING is not set"]],
    [{ "x-a": "${}" }, ["H.x-a: must be the name of a secret, not its value"]],
    [{ "x-a": "${a b}" }, ["H.x-a: must be the name of a secret, not its value"]],
    [{ "x-a": "${TOKEN" }, ['H.x-a: has a "${" without its "}"']],
    [{ "x-a": "${toString}" }, ["H.x-a: the secret named here is not set"]],
  ])("%j", (headers, expected) => {
    expect(read(headers as Readonly<Record<string, string>>).problems).toEqual(expected);
  });

  test.each([
    "content-type",
    "content-length",
    "host",
    "user-agent",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "traceparent",
    "x-jobrelay-anything",
    "ce-type",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
  ])("%s belongs to the relay, in any case", (name) => {
    expect(isReservedHeader(name)).toBe(true);
    expect(read({ [name.toUpperCase()]: "x" }).problems).toEqual([
      `H.${name.toUpperCase()}: is set by the relay`,
    ]);
  });

  test.each(["authorization", "x-jobrelay", "x-api-key", "cookie"])(
    "%s belongs to the operator",
    (name) => {
      expect(isReservedHeader(name)).toBe(false);
    },
  );
});

describe("secrets that are used", () => {
  test("have no white space around them, whatever uses them", () => {
    const signed = `whsec_${base64(24)}`;
    const settings = parseSettings({
      SOURCES: [{ id: "a", provider: "exportcomments", secrets: ["S"] }],
      SUBSCRIBERS: [
        {
          id: "b",
          url: "https://b.example.com/",
          secrets: ["W"],
          headers: { authorization: "Bearer ${T}" },
        },
      ],
      S: " source secret\r\n",
      W: `\t${signed}\n`,
      T: "token\n",
      ADMIN_TOKEN: "admin\n",
      STREAM_SECRET: `${"k".repeat(16)}\n`,
    });
    if (!settings.ok) throw new Error(settings.fault.join());
    const { sources, subscribers, adminToken, streamSecrets } = settings.value;
    expect([
      sources.get("a")?.secrets,
      subscribers.get("b")?.secrets,
      subscribers.get("b")?.headers,
      adminToken,
      streamSecrets,
    ]).toEqual([
      ["source secret"],
      [signed],
      { authorization: "Bearer token" },
      "admin",
      ["k".repeat(16)],
    ]);
  });

  test.each([
    ["", "not set"],
    [" \n", "blank"],
  ])("are a problem of the configuration when one is %j", (value, fault) => {
    const settings = parseSettings({
      SOURCES: [{ id: "a", provider: "exportcomments", secrets: ["S"] }],
      S: value,
    });
    expect(settings).toEqual({ ok: false, fault: [`SOURCES[0].secrets[0]: secret S is ${fault}`] });
  });
});

test("every secret of the environment is hidden, with and without the prefix of its kind", () => {
  expect(
    secretTexts({
      ADMIN_TOKEN: "admin-token\n",
      STREAM_SECRET: "first-stream-key, second-stream-key",
      W: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      SHORT: "word",
      SOURCES: "[a list of sources]",
      SUBSCRIBERS_EU: "[a list of subscribers]",
      LOG_LEVEL: "debug and more",
      JOB: {},
    }).toSorted(),
  ).toEqual([
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "admin-token",
    "first-stream-key",
    "second-stream-key",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  ]);
});
