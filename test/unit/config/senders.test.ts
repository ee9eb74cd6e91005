// What `provider`, `verify` and `map` of a source become, and what is said about their mistakes.

import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/config/parse.ts";
import { PROVIDER_NAMES } from "../../../src/config/senders/senders.ts";
import type { SourceSettings } from "../../../src/config/settings.ts";
import { PRESETS } from "../../../src/ingest/presets/registry.ts";

const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECRETS = { SECRET: WHSEC, TEXT: "text of the sender" };

const parsed = (fields: object, vars: object = {}) =>
  parseSettings({ ...SECRETS, ...vars, SOURCES: [{ id: "s", ...fields }] });

function settings(fields: object, vars: object = {}): SourceSettings {
  const result = parsed(fields, vars);
  const source = result.ok ? result.value.sources.get("s") : undefined;
  if (source === undefined) throw new Error(JSON.stringify(result));
  return source;
}

function problems(fields: object, vars: object = {}): readonly string[] {
  const result = parsed(fields, vars);
  return result.ok ? [] : result.fault;
}

describe("every provider's name", () => {
  test.each(PROVIDER_NAMES)(
    "%s is a source with one secret, or without where it has keys",
    (name) => {
      const needsNone = name === "fal";
      const secrets = name === "standard-webhooks" ? ["SECRET"] : needsNone ? [] : ["SECRET"];
      const source = settings({ provider: name, secrets });
      expect(source.provider).toBe(name);
      expect(source.recipe?.schemes.length).toBeGreaterThan(0);
    },
  );

  test.each([
    ["replcate", 'is "replicate" meant?'],
    ["github-action", 'is "github-actions" meant?'],
    ["Mux", 'is "mux" meant?'],
    ["standard-webhook", 'is "standard-webhooks" meant?'],
  ])("%s is unknown, and the nearest one is named", (name, words) => {
    expect(problems({ provider: name, secrets: ["TEXT"] })).toEqual([
      `SOURCES[0].provider: unknown provider "${name}", ${words}`,
    ]);
  });

  test.each([
    ["svix", ": it is a recipe, for `verify`"],
    ["stripe", ': it is a recipe, for `verify`, is "stripe-reports" meant?'],
    ["github", ': it is a recipe, for `verify`, is "github-actions" meant?'],
    ["livekit", ': it is a recipe, for `verify`, is "livekit-egress" meant?'],
  ])("%s is no provider, and what it is or begins is named", (name, words) => {
    expect(problems({ provider: name, secrets: ["TEXT"] })).toEqual([
      `SOURCES[0].provider: unknown provider "${name}"${words}`,
    ]);
  });
});

describe("verify", () => {
  test.each([
    ["github", 1],
    ["svix", 4],
    ["bearer", 1],
    ["mux", 1],
    ["gitlab", 5],
    [{ header: "x-signature", layout: "sha256={sig}" }, 1],
    [["github", { header: "x-token", layout: "{token}" }], 2],
  ])("%j names or is a recipe", (verify, ways) => {
    const source = settings({ provider: "generic", secrets: ["SECRET"], verify });
    expect(source.recipe?.schemes.length).toBe(ways);
  });

  test.each([
    ["gihub", ['SOURCES[0].verify: unknown recipe "gihub", is "github" meant?']],
    [
      { header: "x-s", layout: "v1={t}" },
      ["SOURCES[0].verify.layout: must have exactly one of {sig} and {token}"],
    ],
    [
      { headr: "x-s" },
      [
        expect.stringMatching(/^SOURCES\[0\]\.verify\.headr: unknown key/),
        "SOURCES[0].verify.header: is required",
      ],
    ],
    [
      ["github", { header: "x", digest: "md5" }],
      ["SOURCES[0].verify[1].digest: must be one of sha256, sha1, sha512, ed25519, rs256"],
    ],
    [7, ["SOURCES[0].verify: must be the name of a recipe, a table, or a list of them"]],
    [
      { header: "x", handshake: { when: "type ==", reply: "c" } },
      ["SOURCES[0].verify.handshake.when: ends too early"],
    ],
  ])("a mistake in %j is named with its path", (verify, expected) => {
    const found = problems({ provider: "generic", secrets: ["TEXT"], verify });
    expect(found).toEqual(expected);
  });

  test("a recipe with keys needs no secrets, and refuses those that it cannot use", () => {
    const verify = {
      header: "x-sig",
      digest: "ed25519",
      keys: "https://example.com/.well-known/jwks.json",
    };
    expect(settings({ provider: "generic", verify }).secrets).toEqual([]);
    expect(problems({ provider: "generic", verify, secrets: ["TEXT"] })).toEqual([
      "SOURCES[0].secrets[0]: secret TEXT is not needed: the recipe has keys",
    ]);
  });

  test.each([
    ["http://example.com/jwks.json", "must be https"],
    ["https://169.254.169.254/jwks.json", "must name a host, not an IP address"],
  ])("keys at %s are not read under the policy for addresses", (keys, words) => {
    const verify = { header: "x-sig", digest: "ed25519", keys };
    expect(problems({ provider: "generic", verify })).toEqual([`SOURCES[0].verify.keys: ${words}`]);
  });

  test("a secret that no way of proof can use would refuse every webhook", () => {
    expect(problems({ provider: "openai", secrets: ["TEXT"] })).toEqual([
      "SOURCES[0].secrets[0]: secret TEXT must be base64 after whsec_",
    ]);
    expect(
      problems({ provider: "generic", secrets: ["KEY"], verify: "github" }, { KEY: "whpk_abc" }),
    ).toEqual([
      "SOURCES[0].secrets[0]: secret KEY is a key of a pair, where a shared secret is needed",
    ]);
  });

  test("a secret whose value is not known here is not judged", () => {
    const vars = { PLACE: "x", SOURCES: [{ id: "s", provider: "openai", secrets: ["PLACE"] }] };
    expect(parseSettings(vars, new Set(["PLACE"])).ok).toBe(true);
  });
});

describe("map", () => {
  test("names a preset, independently of how requests are proved", () => {
    const source = settings({
      provider: "generic",
      secrets: ["TEXT"],
      verify: "hookdeck",
      map: "replicate",
    });
    expect([source.recipe?.schemes[0]?.headers.length, source.meaning.kind]).toEqual([2, "map"]);
  });

  test("on a preset's source replaces the preset's own, and leaves its proof", () => {
    const source = settings({
      provider: "mux",
      secrets: ["TEXT"],
      map: { event: "type", guid: "data.id", current: "count()" },
    });
    expect(source.meaning.kind === "map" && source.meaning.map.counts).toBe(true);
    expect(source.recipe).toMatchObject({
      schemes: [{ headers: [{ kind: "name", name: "mux-signature" }] }],
    });
  });

  test.each([
    ["replicat", ['SOURCES[0].map: unknown map "replicat", is "replicate" meant?']],
    [{ event: "type" }, ["SOURCES[0].map.guid: is required"]],
    [
      { event: { path: "type", values: { done: "job.done" } }, guid: "id" },
      [expect.stringMatching(/^SOURCES\[0\]\.map\.event\.values\.done: unknown event "job\.done"/)],
    ],
    [7, ["SOURCES[0].map: must be a table"]],
  ])("a mistake in %j is named with its path", (map, expected) => {
    expect(problems({ provider: "generic", secrets: ["TEXT"], map })).toEqual(expected);
  });
});

describe("fields of a preset", () => {
  test.each(
    PRESETS.filter(({ fields }) => fields !== undefined).map((preset) => [preset] as const),
  )("$name has defaults, which the source overrides", ({ name, fields = {} }) => {
    const secrets = ["SECRET"];
    const { stallAfter } = settings({ provider: name, secrets });
    expect(stallAfter).toBe((fields.stallAfter ?? 3_600) * 1_000);
    expect(settings({ provider: name, secrets, stallAfter: 7 }).stallAfter).toBe(7_000);
  });

  test("a tolerance that is not set is the recipe's", () => {
    const source = settings({ provider: "elevenlabs", secrets: ["TEXT"] });
    expect([source.tolerance, source.recipe?.schemes[0]?.tolerance]).toEqual([null, 1_800_000]);
  });
});
