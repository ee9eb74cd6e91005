// The status of an export as EmailEngine answers it, and what it says in the relay's words.

import { isObject, parseText, type Json, type JsonObject } from "../../kernel/json.ts";
import { asSent, isText, numberOf } from "../../kernel/json/exact-number.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { parseIso } from "../../kernel/time.ts";
import { membersOf, without } from "../../ingest/normalize/fields.ts";
import type { Issue, ParsedEvent, Provider } from "../../ingest/provider.ts";
import { emailengine } from "../../ingest/providers/emailengine.ts";

/** Phases of an export. */
export type ExportPhase = "queued" | "processing" | "completed" | "failed" | "cancelled";

const PHASES: readonly ExportPhase[] = ["queued", "processing", "completed", "failed", "cancelled"];

/** One look at an export. */
export interface ExportStatus {
  readonly status: ExportPhase;
  /** What was answered. */
  readonly json: JsonObject;
}

/** An export in the list of an account. */
export interface ListedExport {
  readonly exportId: string;
  readonly status: ExportPhase;
}

const phaseOf = (json: Json | undefined): ExportPhase | null =>
  PHASES.find((phase) => phase === json) ?? null;

/** Reads the answer to a question about one export; `null` when it is no status. */
export function readStatus(text: string): ExportStatus | null {
  const json = parseText(text);
  if (!json.ok || !isObject(json.value)) return null;
  const status = phaseOf(json.value["status"]);
  return status === null ? null : { status, json: json.value };
}

/** Reads one page of an account's list; `null` when it is none. */
export function readList(
  text: string,
): { readonly exports: readonly ListedExport[]; readonly pages: number } | null {
  const json = parseText(text);
  if (!json.ok || !isObject(json.value) || !Array.isArray(json.value["exports"])) return null;
  const exports = (json.value["exports"] as readonly Json[]).flatMap((one) => {
    const { exportId, status } = membersOf(one);
    const phase = phaseOf(status);
    return isText(exportId) && exportId !== "" && phase !== null
      ? [{ exportId, status: phase }]
      : [];
  });
  return { exports, pages: numberOf(json.value["pages"]) ?? 1 };
}

/** Where an export is found. */
export interface ExportPlace {
  /** The address of the instance. */
  readonly base: string;
  readonly account: string;
  readonly exportId: string;
}

/** What a status says, to be taken in like a webhook. */
export interface Said {
  readonly json: JsonObject;
  readonly provider: Provider;
  /** The same for every look that shows the same. */
  readonly key: string;
  /** Messages that are done; a value below an earlier one is of a run that began again. */
  readonly done: number;
  readonly isEnd: boolean;
}

/** Counters that tell one look from another. */
const COUNTERS = ["foldersScanned", "messagesQueued", "messagesExported", "messagesSkipped"];

/** A number of messages; `null` for anything else, which says nothing. */
function amount(json: Json | undefined): number | null {
  const number = numberOf(json);
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

const count = (json: Json | undefined): number => amount(json) ?? 0;

/** What a status says. The end has the form of the webhook that may tell of it, too. */
export function saidBy({ status, json }: ExportStatus, place: ExportPlace): Said {
  const { exportId, account, base } = place;
  const progress = membersOf(json["progress"]);
  const done = count(progress["messagesExported"]) + count(progress["messagesSkipped"]);
  const context = without(json, ["exportId", "status", "progress", "error"]);
  const data = { ...context, ...progress, exportId };
  const envelope = { serviceUrl: base, account };
  const said = (event: string, body: JsonObject, provider: Provider, key: string): Said => ({
    json: { ...envelope, event, data: body },
    provider,
    key: `poll/${exportId}/${key}`,
    done,
    isEnd: provider === emailengine,
  });
  switch (status) {
    case "queued":
      return said("exportQueued", data, polled, "queued");
    case "processing": {
      const phase = isText(json["phase"]) ? json["phase"] : "";
      const numbers = COUNTERS.map((name) => count(progress[name]));
      return said("exportProgress", data, polled, [phase, ...numbers].join("/"));
    }
    case "completed":
      return said("exportCompleted", data, emailengine, "completed");
    case "failed":
      return said("exportFailed", failedOf(data, json["error"] ?? null), emailengine, "failed");
    case "cancelled":
      return said("exportFailed", failedOf(data, CANCELLED), emailengine, "failed");
  }
}

/** A failed export's total is what was queued: skipped messages would make it what is done. */
const failedOf = (data: JsonObject, error: Json): JsonObject => ({
  ...without(data, ["messagesSkipped"]),
  error,
});

/** What an export fails with that somebody has stopped. */
const CANCELLED = "The export was cancelled";

/** What an export fails with that EmailEngine knew and does not know any more. */
export const GONE = "EmailEngine does not know the export any more: it was deleted or cancelled";

/** What is said about an export that is gone. */
export const saidByAbsence = (place: ExportPlace): Said =>
  saidBy({ status: "failed", json: { error: GONE } }, place);

/** Reads what no webhook says: that an export waits, or how far it is. */
const polled: Provider = { read };

function read(json: Json): Result<readonly ParsedEvent[], readonly Issue[]> {
  const { event, account, data } = membersOf(json);
  const sent = membersOf(data);
  const exported = amount(sent["messagesExported"]);
  const isCounted = sent["phase"] === "exporting" || sent["phase"] === "complete";
  // While it indexes, the number of messages grows: it is no total yet.
  const total = isCounted ? amount(sent["messagesQueued"]) : null;
  const isQueued = event === "exportQueued";
  return ok([
    {
      kind: "job",
      event: isQueued ? "job.created" : "job.progress",
      subject: { kind: "guid", guid: isText(sent["exportId"]) ? sent["exportId"] : "" },
      account: isText(account) && account !== "" ? account : null,
      key: null,
      url: null,
      current: isQueued || exported === null ? null : exported + count(sent["messagesSkipped"]),
      total,
      standard: isQueued
        ? {}
        : {
            totalExported: asSent(exported, sent["messagesExported"]),
            total: asSent(total, sent["messagesQueued"]),
          },
      rest: { ...without(json, ["event", "data"]), ...sent },
      occurredAt: isQueued && isText(sent["created"]) ? parseIso(sent["created"]) : null,
    },
  ]);
}
