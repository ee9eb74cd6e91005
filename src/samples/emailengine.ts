// Bodies as EmailEngine sends them when a mailbox export ends.

import type { JsonObject } from "../kernel/json.ts";
import { DAY, iso, type Millis } from "../kernel/time.ts";

/** One export of a mailbox; `skipped` messages could not be exported. */
export interface MailboxExport {
  readonly account: string;
  readonly exportId: string;
  readonly exported: number;
  readonly skipped: number;
}

const SERVICE_URL = "https://emailengine.example.com";

/** Bytes of one message in the sample's export file: a short mail as one line of JSON. */
const BYTES_PER_MESSAGE = 70_000;

/** `exportCompleted`, at `now`, of an export that took 125 s. */
export const completed = (job: MailboxExport, now: Millis): JsonObject => ({
  serviceUrl: SERVICE_URL,
  account: job.account,
  date: iso(now),
  event: "exportCompleted",
  data: {
    exportId: job.exportId,
    folders: ["INBOX", "\\Sent"],
    startDate: iso(now - 30 * DAY),
    endDate: iso(now),
    messagesExported: job.exported,
    messagesSkipped: job.skipped,
    bytesWritten: job.exported * BYTES_PER_MESSAGE,
    duration: 125_000,
    expiresAt: iso(now + DAY),
  },
});

/** `exportFailed`, at `now`. */
export const failed = (job: MailboxExport, now: Millis): JsonObject => ({
  serviceUrl: SERVICE_URL,
  account: job.account,
  date: iso(now),
  event: "exportFailed",
  data: {
    exportId: job.exportId,
    error: "Connection lost",
    errorCode: "ECONNRESET",
    phase: "exporting",
    messagesExported: job.exported,
    messagesQueued: job.exported + job.skipped,
  },
});

/** The header that carries EmailEngine's event id; it is not in the body. */
export const eventIdHeader = (id: string): Readonly<Record<string, string>> => ({
  "x-ee-wh-event-id": id,
});
