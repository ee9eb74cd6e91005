// Which file an archive subscriber stores, and under which key; the transfer itself is in archive.io.ts.

import { utf8 } from "../../../kernel/bytes.ts";
import { isJobEvent, type JobEvent, type RelayEvent } from "../../../model/event.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import { dispositionName, lastSegment, safeName } from "./file-name.ts";

/** A file to store. */
export interface Download {
  readonly url: string;
  readonly source: string;
  readonly guid: string;
  readonly eventId: string;
  readonly event: JobEvent;
}

/** Events whose `url` is a file of the job. */
const WITH_FILE: ReadonlySet<JobEvent> = new Set<JobEvent>([
  "job.finished",
  "job.convert.done",
  "bulk_download.ready",
]);

/** The file an event announces; `null` when it announces none, and there is nothing to store. */
export function downloadOf(event: RelayEvent): Download | null {
  if (!isJobEvent(event) || !WITH_FILE.has(event.event) || event.url === null || event.url === "")
    return null;
  return {
    url: event.url,
    source: event.source,
    guid: event.guid,
    eventId: event.id,
    event: event.event,
  };
}

/** Bytes of the guid in a key; with a source id (32), the file name (255) and two slashes the key stays below R2's 1,024. */
export const GUID_BYTES = 700;

/** What a file is called when neither the answer nor its URL has a name. */
const UNNAMED = "export.bin";

/**
 * The key of a file: `{source}/{guid}/{file name}`. The name is the answer's `Content-Disposition` or the last segment of the
 * announced URL; that of a redirect's target is no help, it may differ from request to request. Different guids
 * never share a key. Fault: the guid is too long for a key.
 */
export function archiveKey(
  download: Pick<Download, "url" | "source" | "guid">,
  disposition: string | null,
): Result<string, string> {
  const guid = keySegment(download.guid);
  if (utf8(guid).byteLength > GUID_BYTES)
    return fault(`the guid is too long for a key (over ${GUID_BYTES} bytes)`);
  const name =
    safeName(dispositionName(disposition ?? "")) ?? safeName(lastSegment(download.url)) ?? UNNAMED;
  return ok(`${keySegment(download.source)}/${guid}/${name}`);
}

/** What cannot stand in a key's segment: slashes, what is not visible, and the percent sign that encodes them. */
const UNSAFE = /[/\\%\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** An identifier as one segment of a key: readable, and one to one, since two jobs must never write to one key. */
function keySegment(id: string): string {
  const segment = id.toWellFormed().replace(UNSAFE, encodeURIComponent);
  if (segment === "") return "%";
  // A client that maps keys to paths would walk up at dots.
  return segment === "." ? "%2E" : segment.replaceAll("..", ".%2E");
}

/** Redirects followed for one download, each checked like the first URL; a storage service needs one. */
export const MAX_HOPS = 3;

/** How a download is asked for: where (absolute, without fragment), and whether the configured headers, perhaps a token, go along. */
export interface Hop {
  readonly url: string;
  readonly trusted: boolean;
}

/** The first place to ask; a fragment is for browsers. */
export const firstHop = (download: Pick<Download, "url">): Hop => ({
  url: download.url.replace(/#.*$/s, ""),
  trusted: true,
});

/** Statuses that name another place for the same GET (RFC 9110, 15.4). */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Where an answer sends a download; `null` when it sends it nowhere. Configured headers are for the origin of the announced URL:
 * once a redirect has left it they never go along again, not even on the way back, where another origin chose the address.
 */
export function nextHop(hop: Hop, status: number, location: string | null): Hop | null {
  if (!REDIRECTS.has(status) || location === null) return null;
  const from = URL.parse(hop.url);
  const to = URL.parse(location, hop.url);
  if (from === null || to === null) return null;
  to.hash = "";
  return { url: to.href, trusted: hop.trusted && to.origin === from.origin };
}

/** What an answer to the download means; `stored` is decided later, when all of it is in the bucket. */
export type DownloadAnswer = "file" | "gone" | "no-file" | "refused";

/** `gone` is for good; `no-file` is a success without a whole file (202, 204, 206); `refused` may be tried again. */
export function classifyAnswer(status: number): DownloadAnswer {
  if (status === 200) return "file";
  if (status === 404 || status === 410) return "gone";
  return status > 200 && status < 300 ? "no-file" : "refused";
}

/**
 * The size of the file in bytes, when the answer's headers tell. They do not when the body is encoded: the runtime decodes it,
 * while `Content-Length` counts what was sent.
 */
export function fileSize(
  contentLength: string | null,
  contentEncoding: string | null,
): number | null {
  if (contentEncoding !== null && !/^\s*(?:identity)?\s*$/i.test(contentEncoding)) return null;
  if (contentLength === null || !/^\d{1,15}$/.test(contentLength)) return null;
  return Number(contentLength);
}
