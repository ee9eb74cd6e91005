// Which file an archive subscriber stores, and under which key; the transfer is in transfer.io.ts.

import { utf8 } from "../../../kernel/bytes.ts";
import {
  EVENTS_WITH_FILE,
  isJobEvent,
  type JobEvent,
  type RelayEvent,
} from "../../../model/event.ts";
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

/** The file of an event; `null` when it has none. */
export function downloadOf(event: RelayEvent): Download | null {
  if (
    !isJobEvent(event) ||
    !EVENTS_WITH_FILE.has(event.event) ||
    event.url === null ||
    event.url === ""
  )
    return null;
  return {
    url: event.url,
    source: event.source,
    guid: event.guid,
    eventId: event.id,
    event: event.event,
  };
}

/**
 * Bytes of the guid in a key. With a source id (32 bytes), a file name (255) and two slashes the
 * key stays below R2's 1,024 bytes.
 */
const MAX_GUID_BYTES = 700;

/** The name of a file when neither the answer nor its URL has one. */
const DEFAULT_NAME = "export.bin";

/**
 * The key of a file: `{source}/{guid}/{file name}`. The name comes from `Content-Disposition` or
 * from the announced URL; the URL of a redirect may differ from request to request. Different guids
 * never share a key. Fault: the guid is too long for a key.
 */
export function archiveKey(
  download: Pick<Download, "url" | "source" | "guid">,
  disposition: string | null,
): Result<string, string> {
  const folder = archiveFolder(download);
  if (folder === null)
    return fault(`the guid is too long for a key (over ${MAX_GUID_BYTES} bytes)`);
  const name =
    safeName(dispositionName(disposition ?? "")) ??
    safeName(lastSegment(download.url)) ??
    DEFAULT_NAME;
  return ok(`${folder}/${name}`);
}

/** What the keys of a job's files begin with; `null` when the guid is too long for a key. */
export function archiveFolder({ source, guid }: Pick<Download, "source" | "guid">): string | null {
  const segment = keySegment(guid);
  return utf8(segment).byteLength > MAX_GUID_BYTES ? null : `${keySegment(source)}/${segment}`;
}

/** Characters that are encoded in a key: slashes, invisible ones, and the percent sign. */
const UNSAFE_CHARS = /[/\\%\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** An identifier as one segment of a key: readable, and different for different identifiers. */
function keySegment(id: string): string {
  const segment = id.toWellFormed().replace(UNSAFE_CHARS, encodeURIComponent);
  if (segment === "") return "%";
  // A client that maps keys to paths would leave the folder at "..".
  return segment === "." ? "%2E" : segment.replaceAll("..", ".%2E");
}

/** Redirects followed for one download; a storage service needs one. */
export const MAX_REDIRECTS = 3;

/**
 * One request of a download. `url` is absolute and has no fragment. `trusted` says that the
 * configured headers, perhaps with a token, may be sent to it.
 */
export interface Hop {
  readonly url: string;
  readonly trusted: boolean;
}

/** The first request of a download; a fragment is for browsers. */
export const firstHop = (download: Pick<Download, "url">): Hop => ({
  url: download.url.replace(/#.*$/s, ""),
  trusted: true,
});

/** Statuses that name another URL for the same GET (RFC 9110, 15.4). */
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The request that an answer redirects to; `null` when it is no redirect. Configured headers are
 * for the origin of the announced URL. Once a redirect has left that origin they are not sent
 * again, not even when a later redirect leads back, because another origin chose that address.
 */
export function nextHop(hop: Hop, status: number, location: string | null): Hop | null {
  if (!REDIRECT_STATUSES.has(status) || location === null) return null;
  const from = URL.parse(hop.url);
  const to = URL.parse(location, hop.url);
  if (from === null || to === null) return null;
  to.hash = "";
  return { url: to.href, trusted: hop.trusted && to.origin === from.origin };
}

/** What an answer to the download means. */
type DownloadAnswer = "file" | "gone" | "no-file" | "refused";

/**
 * Classifies the answer to a download. `gone` is for good; `no-file` is a success without a whole
 * file (202, 204, 206); `refused` may be tried again.
 */
export function classifyAnswer(status: number): DownloadAnswer {
  if (status === 200) return "file";
  if (status === 404 || status === 410) return "gone";
  return status > 200 && status < 300 ? "no-file" : "refused";
}

/**
 * The size of the file in bytes, if the answer's headers say it. For an encoded body they do not:
 * the runtime decodes it, while `Content-Length` counts what was sent.
 */
export function fileSize(
  contentLength: string | null,
  contentEncoding: string | null,
): number | null {
  if (contentEncoding !== null && !/^\s*(?:identity)?\s*$/i.test(contentEncoding)) return null;
  if (contentLength === null || !/^\d{1,15}$/.test(contentLength)) return null;
  return Number(contentLength);
}
