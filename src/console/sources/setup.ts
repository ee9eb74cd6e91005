// What to do at a provider so that its webhooks reach a source.

import type { Preset } from "../api/wire.ts";

/** The providers that are no presets, and senders that follow a standard. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  exportcomments: [
    "Open the API settings of ExportComments and add a webhook with the address {url}.",
    "Copy its secret and store it as the secret that this source names.",
    "Start an export: its first webhook makes a job here.",
  ],
  emailengine: [
    "Open Configuration, Webhooks in EmailEngine, and set the webhook address to {url}.",
    "Copy the service secret and store it as the secret that this source names.",
    "Switch on the events exportCompleted and exportFailed. Other events are answered and ignored.",
  ],
  betterez: [
    "Add a webhook in Betterez with the address {url} and the report export events.",
    "Store your private key as the secret that this source names.",
  ],
  "standard-webhooks": [
    "Register {url} as an endpoint at the sender.",
    "Copy the signing secret (whsec_…) and store it as the secret that this source names.",
  ],
  cloudevents: [
    "Register {url} as a sink of CloudEvents 1.0 over HTTP: structured, binary or batched.",
    "Send the source’s secret as Authorization: Bearer, or sign as Standard Webhooks does.",
  ],
  generic: [
    "Post JSON with the members event and guid to {url}; status, current, total and url are optional.",
    "Prove each request as `verify` of the source says, with the secret that it names.",
  ],
};

/** The steps in order, with the source's address; none when the provider is unknown. */
export function setupOf(
  provider: string,
  url: string,
  presets: readonly Preset[],
): readonly string[] {
  const steps = STEPS[provider] ?? presets.find(({ name }) => name === provider)?.setup ?? [];
  return steps.map((step) => step.replaceAll("{url}", url));
}
