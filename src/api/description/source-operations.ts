// The operations on sources, and where webhooks come in.

import { anyObject, object, ref, text } from "./json-schema.ts";
import type { Operation } from "./operation.ts";

/** Sources, presets and webhooks. */
export const SOURCE_OPERATIONS: readonly Operation[] = [
  {
    id: "listSources",
    method: "GET",
    path: "/v1/sources",
    tag: "Sources",
    summary: "List sources with counts and connectors",
    access: "admin",
    answers: [{ status: 200, description: "All of them.", schema: ref("SourcePage") }],
  },
  {
    id: "listRejected",
    method: "GET",
    path: "/v1/sources/{id}/rejected",
    tag: "Sources",
    summary: "List refused webhooks with the exact reasons",
    description: "The last 100, and all that are kept to be ingested again.",
    access: "admin",
    answers: [{ status: 200, description: "Newest first.", schema: ref("RejectionPage") }],
    problems: ["not-found"],
  },
  {
    id: "retryRejected",
    method: "POST",
    path: "/v1/sources/{id}/rejected/{n}/retry",
    tag: "Sources",
    summary: "Ingest a refused webhook again",
    description:
      "With the secrets of today; the answer is what its sender would get, and the same each time.",
    access: "admin",
    acts: true,
    answers: [{ status: 202, description: "It was taken.", schema: ref("Receipt") }],
    problems: ["not-found", "unprocessable-content"],
  },
  {
    id: "watchExport",
    method: "POST",
    path: "/v1/sources/{id}/watch",
    tag: "Sources",
    summary: "Poll the status of an export until it ends",
    access: "admin",
    acts: true,
    texts: { account: "The provider's account.", exportId: "The provider's id of the export." },
    bodyExample: { account: "user123", exportId: "exp_abc123" },
    answers: [
      {
        status: 202,
        description: "It is polled.",
        schema: object({ source: text(), account: text(), exportId: text(), state: text() }),
      },
    ],
    problems: ["not-found", "conflict", "too-many-requests"],
  },
  {
    id: "listPresets",
    method: "GET",
    path: "/v1/presets",
    tag: "Sources",
    summary: "List senders that the relay knows, and how each is set up",
    access: "admin",
    answers: [{ status: 200, description: "All of them.", schema: ref("PresetPage") }],
  },
  {
    id: "receiveWebhook",
    method: "POST",
    path: "/hooks/{source}",
    tag: "Webhooks",
    summary: "Receive a webhook",
    description: "Signed as its provider signs. After a 202 what it says is stored.",
    access: "open",
    body: anyObject("What the provider sends."),
    answers: [
      {
        status: 200,
        description: "The answer to a provider's challenge.",
        schema: text(),
        mediaType: "text/plain",
      },
      { status: 202, description: "It was taken.", schema: ref("Receipt") },
    ],
    problems: [
      "unauthorized",
      "not-found",
      "content-too-large",
      "unsupported-media-type",
      "unprocessable-content",
      "too-many-requests",
    ],
  },
];
