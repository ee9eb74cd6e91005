// Signatures of real senders: published ones, and ones computed from the published algorithm.

import type { VerifyData } from "../../../../src/ingest/recipe/recipe.ts";

export interface Vector {
  readonly name: string;
  readonly recipe: VerifyData;
  readonly secret: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly url?: string;
  /** Unix seconds of the signature; absent when nothing is signed with it. */
  readonly t?: number;
}

const SW_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SW_T = 1_614_265_330;
const SW_BODY = '{"test": 2432232314}';
const SW_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SW_V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

const signedBy = (prefix: string, signature: string) => ({
  [`${prefix}-id`]: SW_ID,
  [`${prefix}-timestamp`]: String(SW_T),
  [`${prefix}-signature`]: signature,
});

const CIRCLECI: VerifyData = { header: "circleci-signature", layout: "v1={sig}" };
const circleci = (secret: string, body: string, sig: string): Vector => ({
  name: `CircleCI, ${body}`,
  recipe: CIRCLECI,
  secret,
  body,
  headers: { "circleci-signature": `v1=${sig}` },
});

const CLOUDINARY_BODY =
  '{"notification_type":"eager","eager":[{"transformation":"sp_full_hd/mp4","bytes":1055,' +
  '"url":"http://res.cloudinary.com/demo/video/upload/sp_full_hd/v1533125278/dog.mp4",' +
  '"secure_url":"https://res.cloudinary.com/demo/video/upload/sp_full_hd/v1533125278/dog.mp4"}],' +
  '"public_id":"dog",' +
  '"batch_id":"9b11fa058c61fa577f4ec516bf6ee756ac2aefef095af99aef1302142cc1694a"}';

const EE_BODY =
  '{"serviceUrl":"https://emailengine.example.com","account":"user123",' +
  '"date":"2025-01-15T14:30:00.000Z","event":"exportCompleted","data":' +
  '{"exportId":"exp_abc123def456abc123def456","messagesExported":1495,"messagesSkipped":5,' +
  '"bytesWritten":104857600,"duration":125000}}';

const BZ_BODY =
  '{"attemptId":"d42c1225-9917-410c-950e-0383162d416b","created":1779974953,"data":{},' +
  '"event":"report.export.started","id":"7ec09d11-974e-4828-8373-c09fc9f9e738","livemode":true}';
const BZ_HEX = "c1af39cb35a20e101f020aea55b563a4515fd1fbb2dc2f334bc5622e9092b483";
const BZ_BASE64 = "wa85yzWiDhAfAgrqVbVjpFFf0fuy3C8zS8ViLpCStIM=";

const TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2";
const TWILIO_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

/** Published by the senders, or computed from what they publish. */
const SENDERS: readonly Vector[] = [
  {
    name: "GitHub",
    recipe: "github",
    secret: "It's a Secret to Everybody",
    body: "Hello, World!",
    headers: {
      "x-hub-signature-256":
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    },
  },
  {
    name: "Standard Webhooks v1",
    recipe: "standard-webhooks",
    secret: SW_SECRET,
    body: SW_BODY,
    headers: signedBy("webhook", SW_V1),
    t: SW_T,
  },
  {
    name: "Standard Webhooks v1, Svix header names",
    recipe: "svix",
    secret: SW_SECRET,
    body: SW_BODY,
    headers: signedBy("svix", SW_V1),
    t: SW_T,
  },
  {
    name: "Standard Webhooks v1a",
    recipe: "standard-webhooks",
    secret: "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
    body: SW_BODY,
    headers: signedBy(
      "webhook",

      "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/" +
        "enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
    ),
    t: SW_T,
  },
  {
    name: "Standard Webhooks v1a, Svix header names",
    recipe: "standard-webhooks",
    secret: "whpk_ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c/g=",
    body: SW_BODY,
    headers: signedBy(
      "svix",

      "v1a,tQ9V2XOqn7jL/" +
        "DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
    ),
    t: SW_T,
  },
  {
    name: "OpenAI, a real event",
    recipe: "standard-webhooks",
    secret: "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=",
    body:
      '{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event",' +
      ' "created_at": 1750861210, "type": "response.completed",' +
      ' "data": {"id": "resp_123"}}',
    headers: {
      "webhook-id": "wh_685c059ae39c8190af8c71ed1022a24d",
      "webhook-timestamp": "1750861210",
      "webhook-signature": "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=",
    },
    t: 1_750_861_210,
  },
  {
    name: "Twilio, a form",
    recipe: "twilio",
    secret: "12345",
    url: TWILIO_URL,
    body:
      "From=%2B14158675309&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&" +
      "To=%2B18005551212",
    headers: { "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
  },
  {
    name: "Twilio, JSON",
    recipe: "twilio",
    secret: "12345",
    url: `${TWILIO_URL}&bodySHA256=${TWILIO_HASH}`,
    body: '{"property": "value", "boolean": true}',
    headers: { "x-twilio-signature": "a9nBmqA0ju/hNViExpshrM61xv4=" },
  },
  {
    name: "ExportComments",
    recipe: "exportcomments",
    secret: "whsec_your_secret",
    body:
      '{"event":"export.created","status":"processing","platform":"youtube",' +
      '"message_id":"msg_abc123"}',
    headers: { "x-signature": "fa627c048602be2c2450d8f4cd3c2537b57977e4e2f5eb556525763abaeaf210" },
  },
  {
    name: "EmailEngine",
    recipe: "emailengine",
    secret: "0123456789abcdef0123456789abcdef",
    body: EE_BODY,
    headers: { "x-ee-wh-signature": "5Ca26cWWSjO8gJV3o2XQGxEcmyTUklqQjWm62Z3Ix6k" },
  },
  {
    name: "Betterez, hex",
    recipe: "betterez",
    secret: "btrz_private_key",
    body: BZ_BODY,
    headers: { "x-btrz-signature": `t=1779974953,s=deadbeef,s2=${BZ_HEX}` },
    t: 1_779_974_953,
  },
  {
    name: "Betterez, base64",
    recipe: "betterez",
    secret: "btrz_private_key",
    body: BZ_BODY,
    headers: { "x-btrz-signature": `t=1779974953,s=deadbeef,s2=${BZ_BASE64}` },
    t: 1_779_974_953,
  },
  {
    name: "Betterez, re-stringified",
    recipe: "betterez",
    secret: "btrz_private_key",
    body: BZ_BODY.replace(":{},", ": {  },\n"),
    headers: { "x-btrz-signature": `t=1779974953,s2=${BZ_HEX}` },
    t: 1_779_974_953,
  },
  {
    name: "Stripe",
    recipe: "stripe",
    secret: "whsec_test_secret",
    body: SW_BODY,
    headers: {
      "stripe-signature":
        "t=1614265330,v1=10c96c6fd3f320fcfc264cdc4f476c15060ede8e8a08404cea2ddf3b72544a9c",
    },
    t: SW_T,
  },
  {
    name: "Shopify",
    recipe: "shopify",
    secret: "hush",
    body: '{"id":1}',
    headers: { "x-shopify-hmac-sha256": "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=" },
  },
  {
    name: "Mux",
    recipe: { header: "mux-signature", layout: "t={t},v1={sig}", base: "{t}.{body}" },
    secret: "SuperSecret123",
    body: '{"test":"body"}',
    headers: {
      "mux-signature":
        "t=1565125718,v1=854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7",
    },
    t: 1_565_125_718,
  },
  circleci(
    "secret",
    "hello world",
    "734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a",
  ),
  circleci(
    "another-secret",
    "lalala",
    "daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00",
  ),
  circleci(
    "hunter123",
    "an-important-request-payload",
    "9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa",
  ),
  circleci("secret", "foo", "773ba44693c7553d6ee20f61ea5d2757a9a4f4a44d2841ae4e95b52e4cd62db4"),
  {
    name: "Cloudinary",
    recipe: "cloudinary",
    secret: "X7qLTrsES31MzxxkxPPA-pAGGfU",
    body: CLOUDINARY_BODY,
    headers: {
      "x-cld-signature": "dfe82de1d9083fe0b7ea68070649f9a15b8874da",
      "x-cld-timestamp": "1549533514",
    },
    t: 1_549_533_514,
  },
];

const PING = '{"ping":1}';
const PING_T = 1_700_000_000;
const T_BODY = "e7b0eb91439ccaeebd1da554e37d756402bf9e617d24d645010b3cdb40afb77b";
const T_COMMA = "178ef6a19c6218bffa0c41c8d390c984ae0ac6d38c15176ade683eaf0546ec99";
const BODY_HEX = "86a22029c3d4c2a5c0690939da2e7978a7891e0a681786c2455b39214702f3a8";
const BODY_BASE64 = "hqIgKcPUwqXAaQk52i55eKeJHgpoF4bCRVs5IUcC86g=";
const SHA1 = "f2abfc4477087cbad8ce29956d3d81aa55ec1c04";
const SHA512 =
  "fdd1800c037f9325280b6d2ade9efc4ccc68af232f124178c35eb5a2a0baec34" +
  "0609ba379a91a6b2bacb7efd2c839654d037ea5516b32cdcfc7185b408aacb8f";

const shape = (
  name: string,
  recipe: VerifyData,
  headers: Readonly<Record<string, string>>,
): Vector => ({ name, recipe, secret: "jobrelay-test", body: PING, headers, t: PING_T });

const timed = (header: string, layout: string) => ({ header, layout, base: "{t}.{body}" });

/** Computed with node:crypto, one per sender and form of recipe. */
export const SHAPES: readonly Vector[] = [
  shape("ElevenLabs", "elevenlabs", { "elevenlabs-signature": `t=${PING_T},v0=${T_BODY}` }),
  shape("Mux", timed("mux-signature", "t={t},v1={sig}"), {
    "mux-signature": `t=${PING_T},v1=${T_BODY}`,
  }),
  shape("Cloudflare Stream", timed("webhook-signature", "time={t},sig1={sig}"), {
    "webhook-signature": `time=${PING_T},sig1=${T_BODY}`,
  }),
  shape("Buildkite", timed("x-buildkite-signature", "timestamp={t},signature={sig}"), {
    "x-buildkite-signature": `timestamp=${PING_T},signature=${T_BODY}`,
  }),
  shape(
    "Synthesia",
    { header: "synthesia-signature", timestamp: "synthesia-timestamp", base: "{t}.{body}" },
    { "synthesia-signature": T_BODY, "synthesia-timestamp": String(PING_T) },
  ),
  shape("sync.so", "sync-so", { "sync-signature": `t=${PING_T},v1=${T_BODY}` }),
  shape(
    "OpenRouter",
    { header: "x-openrouter-signature", layout: "t={t},v1={sig}", base: "{t},{body}" },
    { "x-openrouter-signature": `t=${PING_T},v1=${T_COMMA}` },
  ),
  shape(
    "Baseten",
    { header: "x-baseten-signature", layout: "v1={sig}" },
    { "x-baseten-signature": `v1=${BODY_HEX}` },
  ),
  shape(
    "Firecrawl",
    { header: "x-firecrawl-signature", layout: "sha256={sig}" },
    { "x-firecrawl-signature": `sha256=${BODY_HEX}` },
  ),
  shape(
    "CloudConvert",
    { header: "cloudconvert-signature" },
    { "cloudconvert-signature": BODY_HEX },
  ),
  shape("CircleCI", CIRCLECI, { "circleci-signature": `v1=${BODY_HEX},v2=zzz` }),
  shape("dbt", { header: "authorization" }, { authorization: BODY_HEX }),
  shape(
    "Fivetran, upper case",
    { header: "x-fivetran-signature-256" },
    { "x-fivetran-signature-256": BODY_HEX.toUpperCase() },
  ),
  shape("HeyGen", { header: "signature" }, { signature: BODY_HEX }),
  shape(
    "Cursor",
    { header: "x-webhook-signature", layout: "sha256={sig}" },
    { "x-webhook-signature": `sha256=${BODY_HEX}` },
  ),
  shape("Hookdeck", "hookdeck", { "x-hookdeck-signature": BODY_BASE64 }),
  shape("Hookdeck, the second header", "hookdeck", {
    "x-hookdeck-signature": BODY_BASE64.replace("h", "i"),
    "x-hookdeck-signature-2": BODY_BASE64,
  }),
  shape("Heroku", "heroku", { "heroku-webhook-hmac-sha256": BODY_BASE64 }),
  shape("Shopify", "shopify", { "x-shopify-hmac-sha256": BODY_BASE64 }),
  shape("Vercel", { header: "x-vercel-signature", digest: "sha1" }, { "x-vercel-signature": SHA1 }),
  shape(
    "Expo",
    { header: "expo-signature", layout: "sha1={sig}", digest: "sha1" },
    { "expo-signature": `sha1=${SHA1}` },
  ),
  shape(
    "Remotion",
    { header: "x-remotion-signature", layout: "sha512={sig}", digest: "sha512" },
    { "x-remotion-signature": `sha512=${SHA512}` },
  ),
  shape(
    "HCP Terraform",
    { header: "x-tfe-notification-signature", digest: "sha512" },
    { "x-tfe-notification-signature": SHA512 },
  ),
];

export const VECTORS: readonly Vector[] = [
  ...SENDERS,
  ...SHAPES.map((vector) => ({ ...vector, name: `${vector.name} (constructed)` })),
];
