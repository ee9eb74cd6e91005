// Ready recipes by name, as senders document them (read in 2026-11).

import type { RecipeData, VerifyData } from "./recipe.ts";

/**
 * Standard Webhooks (spec 1.0.0): shared keys are `v1`, ed25519 keys are `v1a`; the prefix names
 * the headers.
 */
const standardWebhooks = (prefix: "webhook" | "svix"): readonly RecipeData[] => {
  const common = {
    header: `${prefix}-signature`,
    timestamp: `${prefix}-timestamp`,
    id: `${prefix}-id`,
    base: "{id}.{t}.{body}",
    encoding: "base64",
  } as const;
  return [
    { ...common, layout: "v1,{sig}", key: "whsec" },
    { ...common, layout: "v1a,{sig}", digest: "ed25519" },
  ];
};

/**
 * Senders that sign `JSON.stringify` of what they send: the raw bytes first, which are the same as
 * a rule.
 */
const RAW_OR_STRINGIFIED = ["{t}.{body}", "{t}.{body|json}"] as const;

/** The secret itself in the header, as `Authorization: Bearer <secret>`. */
const BEARER: RecipeData = { header: "authorization", layout: "Bearer {token}" };

/** A plain HMAC of the body, with and without the name of the digest before it. */
const PLAIN: readonly RecipeData[] = [
  { header: "x-signature" },
  { header: "x-signature", layout: "sha256={sig}" },
];

const READY: ReadonlyMap<string, VerifyData> = new Map<string, VerifyData>([
  ["bearer", BEARER],
  // A user's own jobs: any of the three usual ways.
  ["generic", [...standardWebhooks("webhook"), ...PLAIN, BEARER]],
  ["standard-webhooks", [...standardWebhooks("webhook"), ...standardWebhooks("svix")]],
  ["svix", [...standardWebhooks("svix"), ...standardWebhooks("webhook")]],
  ["exportcomments", { header: "x-signature" }],
  ["emailengine", { header: "x-ee-wh-signature", encoding: "base64url", id: "x-ee-wh-event-id" }],
  // `s` is obsolete, and how `s2` is encoded is not documented: both forms are read.
  ["betterez", { header: "x-btrz-signature", layout: "t={t},s2={sig}", base: RAW_OR_STRINGIFIED }],
  ["github", { header: "x-hub-signature-256", layout: "sha256={sig}", id: "x-github-delivery" }],
  ["stripe", { header: "stripe-signature", layout: "t={t},v1={sig}", base: "{t}.{body}" }],
  ["shopify", { header: "x-shopify-hmac-sha256", encoding: "base64", id: "x-shopify-webhook-id" }],
  [
    "slack",
    {
      header: "x-slack-signature",
      layout: "v0={sig}",
      timestamp: "x-slack-request-timestamp",
      base: "v0:{t}:{body}",
      handshake: { when: "type == 'url_verification'", reply: "{challenge: challenge}" },
    },
  ],
  [
    "twilio",
    [
      // A JSON body is not in the base: the address that is signed carries its hash.
      {
        header: "x-twilio-signature",
        digest: "sha1",
        encoding: "base64",
        base: ["{url}", "{url|port}"],
        bodyHash: "query:bodySHA256",
      },
      {
        header: "x-twilio-signature",
        digest: "sha1",
        encoding: "base64",
        base: ["{url}{body|form}", "{url|port}{body|form}"],
      },
    ],
  ],
  [
    "hookdeck",
    {
      // The second header is there while a secret is changed.
      header: ["x-hookdeck-signature", "x-hookdeck-signature-2"],
      encoding: "base64",
    },
  ],
  ["heroku", { header: "heroku-webhook-hmac-sha256", encoding: "base64" }],
  [
    "elevenlabs",
    {
      header: "elevenlabs-signature",
      layout: "t={t},v0={sig}",
      base: RAW_OR_STRINGIFIED,
      tolerance: 1_800,
    },
  ],
  ["sync-so", { header: "sync-signature", layout: "t={t},v1={sig}", base: RAW_OR_STRINGIFIED }],
  [
    "zoom",
    {
      header: "x-zm-signature",
      layout: "v0={sig}",
      timestamp: "x-zm-request-timestamp",
      base: ["v0:{t}:{body}", "v0:{t}:{body|json}"],
      handshake: {
        when: "event == 'endpoint.url_validation'",
        reply: "{plainToken: payload.plainToken, encryptedToken: hmac(payload.plainToken)}",
      },
    },
  ],
  // Some accounts use SHA-256; the SDK allows two hours.
  ["cloudinary", (["sha1", "sha256"] as const).map(cloudinary)],
  ["netlify", { header: "x-webhook-signature", jwt: { iss: "netlify", bodyClaim: "sha256" } }],
  // Without the word Bearer. The secret is the API secret; `iss` would be the API key.
  ["livekit", { header: "authorization", jwt: { bodyClaim: "sha256", encoding: "base64" } }],
  [
    "fal",
    {
      header: "x-fal-webhook-signature",
      timestamp: "x-fal-webhook-timestamp",
      base:
        "{header:x-fal-webhook-request-id}\n{header:x-fal-webhook-user-id}\n{t}\n" +
        "{body|sha256|hex}",
      digest: "ed25519",
      keys: "https://rest.fal.ai/.well-known/jwks.json",
    },
  ],
]);

function cloudinary(digest: "sha1" | "sha256"): RecipeData {
  return {
    header: "x-cld-signature",
    timestamp: "x-cld-timestamp",
    base: "{body}{t}{secret}",
    mac: false,
    digest,
    tolerance: 7_200,
  };
}

/** A ready recipe; `undefined` when there is none of that name. */
export const readyRecipe = (name: string): VerifyData | undefined => READY.get(name);

/** The names of all ready recipes, in the order in which they are listed to people. */
export const READY_RECIPES: readonly string[] = [...READY.keys()];
