// The relay of the demonstration: a source for each provider, one subscriber, and a live stream.

import { randomBytes, randomUUID } from "node:crypto";
import { openStream, type StreamHandle } from "../cli/stream-client.ts";
import { startTemporaryRelay, type TemporaryRelay } from "../cli/local/temporary-relay.ts";
import { parseSettings } from "../config/parse.ts";
import { signSample } from "../ingest/recipe/sign/sign.io.ts";
import { utf8 } from "../kernel/bytes.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isJobEvent, type JobEnvelope } from "../model/event.ts";
import { SAMPLE_PROVIDERS, type SampleProvider } from "../samples/providers.ts";
import {
  MAILBOX_ACCOUNT,
  POLLED_SOURCE,
  upstreamSources,
  type UpstreamServers,
} from "./upstream/jobs.ts";

const ACCOUNT = "demo";

/** How long the stream's token is valid, in seconds. */
const TOKEN_LIFETIME = 300;

/** The source id of each provider. */
export const SOURCES: Readonly<Record<SampleProvider, string>> = {
  exportcomments: "comments",
  emailengine: "email",
  betterez: "reports",
};

const secret = (): string => randomBytes(24).toString("hex");

/** The secret that each provider signs with, made for this run. */
export const SECRETS: Readonly<Record<SampleProvider, string>> = {
  exportcomments: secret(),
  emailengine: secret(),
  betterez: secret(),
};

/** The secret that deliveries are signed with, made for this run. */
export const SIGNING_SECRET = `whsec_${randomBytes(32).toString("base64")}`;

/** The secret of the senders that are data, in the form that Standard Webhooks asks for. */
const PRESET_SECRET = `whsec_${randomBytes(32).toString("base64")}`;

/** The sources of the senders that are data. */
const SOURCES_PRESETS = [
  { id: "predictions", provider: "replicate" },
  { id: "ci", provider: "github-actions" },
].map((source) => ({ ...source, secrets: ["DEMO_PRESET_SECRET"], account: ACCOUNT }));

const ADMIN_TOKEN = secret();

/** Signs a webhook of a source of presets as its sender does, and posts it. */
export async function postSigned(url: string, source: string, body: JsonObject): Promise<Response> {
  const settings = parseSettings({ DEMO_PRESET_SECRET: PRESET_SECRET, SOURCES: SOURCES_PRESETS });
  const recipe = settings.ok ? settings.value.sources.get(source)?.recipe : null;
  if (recipe === null || recipe === undefined) throw new Error(`no source ${source}`);
  const signed = await signSample(recipe, {
    url: `${url}/hooks/${source}`,
    body: utf8(JSON.stringify(body)),
    secret: PRESET_SECRET,
    now: Date.now(),
    id: randomUUID(),
    headers: { "content-type": "application/json" },
  });
  if (!signed.ok) throw new Error(signed.fault);
  const { headers } = signed.value;
  return fetch(signed.value.url, { method: "POST", headers, body: signed.value.body });
}

const secretName = (provider: SampleProvider): string => `${provider.toUpperCase()}_SECRET`;

/** The key of the servers that the relay reaches by itself. */
const UPSTREAM_SECRET = secret();

const headers = {
  authorization: `Bearer ${ADMIN_TOKEN}`,
  "content-type": "application/json",
} as const;

/** Announces an export that is to be polled. */
export async function watchExport(url: string, exportId: string): Promise<void> {
  const body = JSON.stringify({ account: MAILBOX_ACCOUNT, exportId });
  const answer = await fetch(`${url}/v1/sources/${POLLED_SOURCE}/watch`, {
    method: "POST",
    headers,
    body,
  });
  if (!answer.ok) throw new Error(`watch answered ${answer.status}: ${await answer.text()}`);
}

/**
 * Starts a relay that delivers to `subscriberUrl` and fetches from the servers. Throws when its
 * configuration is invalid.
 */
export async function startDemoRelay(
  subscriberUrl: string,
  upstream: UpstreamServers,
): Promise<TemporaryRelay> {
  const relay = await startTemporaryRelay({
    vars: {
      ADMIN_TOKEN,
      STREAM_SECRET: secret(),
      ALLOW_PRIVATE_URLS: true,
      DEMO_SIGNING_SECRET: SIGNING_SECRET,
      ...Object.fromEntries(
        SAMPLE_PROVIDERS.map((provider) => [secretName(provider), SECRETS[provider]]),
      ),
      DEMO_PRESET_SECRET: PRESET_SECRET,
      SOURCES: SAMPLE_PROVIDERS.map((provider) => ({
        id: SOURCES[provider],
        provider,
        secrets: [secretName(provider)],
        account: ACCOUNT,
      })),
      SOURCES_PRESETS,
      DEMO_UPSTREAM_SECRET: UPSTREAM_SECRET,
      SOURCES_UPSTREAM: upstreamSources(upstream, ACCOUNT, "DEMO_UPSTREAM_SECRET"),
      SUBSCRIBERS: [
        { id: "demo", url: subscriberUrl, secrets: ["DEMO_SIGNING_SECRET"], retry: [1, 2, 4] },
      ],
    },
  });
  const health = await fetch(`${relay.url}/healthz`);
  if (health.ok) {
    // Connectors start with the first request that is let in.
    await fetch(`${relay.url}/v1/wake`, { method: "POST", headers });
    return relay;
  }
  await relay.stop();
  throw new Error(`the relay is not healthy: ${await health.text()}`);
}

/** Opens the stream of the account's jobs; `onEvent` gets each event in order. */
export const openJobStream = (url: string, onEvent: (event: JobEnvelope) => void): StreamHandle =>
  openStream({
    url,
    path: `/v1/accounts/${ACCOUNT}/stream?channels=exports:${ACCOUNT}`,
    token: () => mintToken(url),
    onFrame: (frame) => {
      if (frame.type === "event" && isJobEvent(frame.event)) onEvent(frame.event);
    },
  });

async function mintToken(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1/tokens`, {
    method: "POST",
    headers,
    body: JSON.stringify({ account: ACCOUNT, expiresIn: TOKEN_LIFETIME }),
  });
  if (!answer.ok)
    throw new Error(`POST /v1/tokens answered ${answer.status}: ${await answer.text()}`);
  const { token } = await answer.json<{ readonly token: string }>();
  return token;
}
