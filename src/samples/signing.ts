// Webhooks signed as the three named providers sign them.

import { toBase64Url, toHex, utf8 } from "../kernel/bytes.ts";
import { hmacSha256 } from "../kernel/hmac.io.ts";
import { SECOND, type Millis } from "../kernel/time.ts";

/** The providers whose webhooks can be made here. */
export const SAMPLE_PROVIDERS = ["exportcomments", "emailengine", "betterez"] as const;
export type SampleProvider = (typeof SAMPLE_PROVIDERS)[number];

/** A request body and the headers that go with it. */
export interface SignedWebhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What goes into a signature. */
export interface SigningInput {
  readonly provider: SampleProvider;
  /** Used as UTF-8 text by all three, prefixes included. */
  readonly secret: string;
  readonly body: string;
  /** Only Betterez signs a time. */
  readonly now: Millis;
}

/**
 * Signs a body: hex for ExportComments, unpadded base64url for EmailEngine, `t=…,s=…,s2=…` over
 * `{t}.{body}` for Betterez.
 */
export async function sign({ provider, secret, body, now }: SigningInput): Promise<SignedWebhook> {
  const signature = await SIGNATURES[provider](secret, body, now);
  return {
    body,
    headers: { "content-type": "application/json", [SIGNATURE_HEADERS[provider]]: signature },
  };
}

/** The header each provider signs in. */
const SIGNATURE_HEADERS: Readonly<Record<SampleProvider, string>> = {
  exportcomments: "x-signature",
  emailengine: "x-ee-wh-signature",
  betterez: "x-btrz-signature",
};

const SIGNATURES: Readonly<
  Record<SampleProvider, (secret: string, body: string, now: Millis) => Promise<string>>
> = {
  exportcomments: async (secret, body) => toHex(await hmacSha256(secret, utf8(body))),
  emailengine: async (secret, body) => toBase64Url(await hmacSha256(secret, utf8(body))),
  betterez: async (secret, body, now) => {
    const t = Math.floor(now / SECOND);
    return `t=${t},s=${DEPRECATED_SIGNATURE},s2=${toHex(await hmacSha256(secret, utf8(`${t}.${body}`)))}`;
  },
};

/** `s` is a signature whose algorithm is not documented; receivers skip it. */
const DEPRECATED_SIGNATURE = "0".repeat(64);
