// Providers for tests: signed webhooks over HTTP.

import type { JsonObject } from "../../src/kernel/json.ts";
import { sign, type SignedWebhook } from "../../src/ingest/recipe/sign/sign-as.io.ts";
import type { SampleProvider } from "../../src/samples/providers.ts";

export { sign } from "../../src/ingest/recipe/sign/sign-as.io.ts";
export type { SampleProvider } from "../../src/samples/providers.ts";
export * as exportComments from "../../src/samples/exportcomments.ts";
export * as emailEngine from "../../src/samples/emailengine.ts";
export * as betterez from "../../src/samples/betterez.ts";

/** What the relay answered to a webhook. */
export interface HookAnswer {
  readonly status: number;
  readonly body: {
    readonly result?: string;
    readonly reason?: string;
    readonly events?: readonly string[];
    readonly job?: { source: string; guid: string };
  };
  readonly headers: Headers;
}

/** Posts a signed webhook to a source and reads the answer. */
export async function postSigned(
  relayUrl: string,
  source: string,
  webhook: SignedWebhook,
): Promise<HookAnswer> {
  const answer = await fetch(`${relayUrl}/hooks/${source}`, {
    method: "POST",
    headers: { ...webhook.headers },
    body: webhook.body,
  });
  return {
    status: answer.status,
    body: (await answer.json()) as HookAnswer["body"],
    headers: answer.headers,
  };
}

/** Who sends, and to which source. */
export interface SenderOptions {
  readonly provider: SampleProvider;
  readonly source: string;
  readonly secret: string;
}

/** Makes a function that signs a body as that provider does and posts it. */
export const sender =
  (relayUrl: string, options: SenderOptions) =>
  async (body: JsonObject, headers: Readonly<Record<string, string>> = {}): Promise<HookAnswer> => {
    const webhook = await sign({
      provider: options.provider,
      secret: options.secret,
      body: JSON.stringify(body),
      now: Date.now(),
    });
    return postSigned(relayUrl, options.source, {
      ...webhook,
      headers: { ...webhook.headers, ...headers },
    });
  };
