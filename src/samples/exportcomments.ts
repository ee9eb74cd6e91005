// Bodies as ExportComments sends them: realtime envelopes (`job.*`) and flat webhooks (`export.*`).

import type { JsonObject } from "../kernel/json.ts";

/** What all messages about one export share. */
export interface CommentsExport {
  readonly guid: string;
  /** The page whose comments are exported. */
  readonly page: string;
  readonly total: number;
}

interface EnvelopeParts {
  readonly event: string;
  readonly status: string;
  readonly url?: string | null;
  readonly details?: JsonObject;
  readonly fields?: JsonObject;
}

function envelope(
  job: CommentsExport,
  { event, status, url = null, details = {}, fields = {} }: EnvelopeParts,
): JsonObject {
  const base = { version: "v3-beta", event, guid: job.guid, status, url };
  return { ...base, details: { guid: job.guid, status, url: job.page, ...details }, ...fields };
}

/** The address of the finished file. */
export const downloadUrl = (job: CommentsExport): string =>
  `https://exportcomments.com/download/export-${job.guid.slice(0, 8)}.xlsx`;

const jsonUrl = (job: CommentsExport): string =>
  `https://exportcomments.com/download/export-${job.guid.slice(0, 8)}.json`;

/** Realtime `job.created`. */
export const created = (job: CommentsExport): JsonObject =>
  envelope(job, { event: "job.created", status: "queueing" });

/** Realtime `job.progress`. */
export const progress = (job: CommentsExport, current: number): JsonObject =>
  envelope(job, {
    event: "job.progress",
    status: "progress",
    details: { totalExported: current, total: job.total },
    fields: { current, total: job.total },
  });

/** Realtime `job.failed`. */
export const failed = (job: CommentsExport, error: string): JsonObject =>
  envelope(job, { event: "job.failed", status: "error", details: { error } });

/** Realtime `job.requeued`. */
export const requeued = (job: CommentsExport): JsonObject =>
  envelope(job, { event: "job.requeued", status: "queueing" });

/** Realtime `job.finished`. */
export const finished = (job: CommentsExport): JsonObject =>
  envelope(job, {
    event: "job.finished",
    status: "done",
    url: downloadUrl(job),
    details: {
      totalExported: job.total,
      total: job.total,
      download_link: downloadUrl(job),
      json_url: jsonUrl(job),
    },
  });

const WEBHOOK_STATUS = {
  "export.created": "processing",
  "export.finished": "done",
  "export.failed": "failed",
  "export.requeued": "requeued",
} as const;

/** Webhook names of ExportComments. */
export type CommentsWebhook = keyof typeof WEBHOOK_STATUS;

/** The flat webhook. `at` is ISO 8601; `messageId` is the provider's own event id. */
export function webhook(
  job: CommentsExport,
  event: CommentsWebhook,
  parts: { readonly messageId: string; readonly at: string },
): JsonObject {
  const done = event === "export.finished";
  return {
    event,
    status: WEBHOOK_STATUS[event],
    guid: job.guid,
    message_id: parts.messageId,
    url: job.page,
    file_name: `export-${job.guid.slice(0, 8)}`,
    total: job.total,
    total_exported: done ? job.total : 0,
    error: event === "export.failed" ? "Rate limited by platform" : null,
    platform: "youtube",
    plan: "business",
    created_at: parts.at,
    updated_at: parts.at,
    exported_at: done ? parts.at : null,
    download_url: done ? downloadUrl(job) : null,
    json_url: done ? jsonUrl(job) : null,
    status_url: `https://exportcomments.com/done/${job.guid}`,
  };
}
