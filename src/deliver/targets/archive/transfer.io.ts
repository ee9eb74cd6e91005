// Transfers the file of an event into an R2 bucket; at most one part of it is in memory.

import { now } from "../../../kernel/clock.io.ts";
import { maskUrls } from "../../../kernel/log.io.ts";
import type { Result } from "../../../kernel/result.ts";
import { MINUTE, type Millis } from "../../../kernel/time.ts";
import type { RelayEvent } from "../../../model/event.ts";
import { readAnswer } from "../../attempt/answer.io.ts";
import { failureReason, type AttemptResult } from "../../attempt/result.ts";
import { USER_AGENT, staticHeaders } from "../../request/headers.ts";
import { storeStream, type ArchiveBucket, type StoredFile } from "./bucket.io.ts";
import {
  MAX_REDIRECTS,
  archiveKey,
  classifyAnswer,
  downloadOf,
  fileSize,
  firstHop,
  nextHop,
  type Download,
  type Hop,
} from "./download.ts";

/** What a transfer needs from outside. */
export interface TransferDeps {
  readonly bucket: ArchiveBucket;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /**
   * Whether a URL may be asked. The fault ends a sentence (`must be https`) and repeats nothing of
   * the URL.
   */
  readonly checkUrl: (url: string) => Result<URL, string>;
}

/** What a subscriber's settings say about its downloads. */
export interface TransferOptions {
  /** Sent with the download, but never to another origin than the announced URL's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Until the file begins to arrive, redirects included. */
  readonly timeout: Millis;
  /** Largest file that is stored, in bytes as stored. */
  readonly maxArchive: number;
}

/** An attempt, and the file that it stored or found stored; `null` when there is none. */
export interface Transfer {
  readonly attempt: AttemptResult;
  readonly file: StoredFile | null;
}

/** From the first byte to the last. An alarm may run for 15 minutes, and the result follows. */
const MAX_TRANSFER_MS: Millis = 10 * MINUTE;

/** What came of a transfer, before it is timed. */
type TransferOutcome =
  | { readonly kind: "stored"; readonly file: StoredFile }
  | { readonly kind: "impossible"; readonly error: string }
  | { readonly kind: "unusable"; readonly error: string }
  | { readonly kind: "too-large"; readonly error: string }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly answer: string;
    };

/** A download that fails says nothing about the bucket: other files are stored meanwhile. */
const NO_BLAME = { healthSignal: "none" } as const;

/** True for an error of R2, which names the call and ends in a code: `put: … (10001)`. */
const isOfBucket = (error: string): boolean => /^\w+: .*\(\d{5}\)$/s.test(error);

/**
 * Downloads the file of an event and stores it; never throws. A second run finds the stored file
 * and reads nothing.
 */
export async function transferFile(
  deps: TransferDeps,
  options: TransferOptions,
  event: RelayEvent,
): Promise<Transfer> {
  const startedAt = now();
  const download = downloadOf(event);
  if (download === null)
    return { attempt: { kind: "nothing", error: "no file", ms: 0 }, file: null };
  const controller = new AbortController();
  const abortAfter = (limit: Millis): ReturnType<typeof setTimeout> =>
    setTimeout(
      () => controller.abort(new DOMException(`no end after ${limit} ms`, "TimeoutError")),
      limit,
    );
  let timer = abortAfter(options.timeout);
  try {
    const found = await locate({ deps, options, signal: controller.signal }, download);
    clearTimeout(timer);
    if (!(found instanceof Response)) return transferOf(found, now() - startedAt);
    timer = abortAfter(found.ok ? MAX_TRANSFER_MS : options.timeout);
    return transferOf(await receive({ ...options, ...deps }, download, found), now() - startedAt);
  } catch (thrown) {
    const cause: unknown = controller.signal.aborted ? controller.signal.reason : thrown;
    // A download URL is often the key to its file.
    const error = maskUrls(cause instanceof Error ? cause.message : String(cause));
    const failed = { kind: "failure", reason: failureReason(cause), error } as const;
    const attempt = { ...failed, ms: now() - startedAt, ...(isOfBucket(error) ? {} : NO_BLAME) };
    return { attempt, file: null };
  } finally {
    clearTimeout(timer);
  }
}

function transferOf(outcome: TransferOutcome, ms: Millis): Transfer {
  switch (outcome.kind) {
    case "stored": {
      const attempt = { kind: "answer", status: 200, headers: {}, answer: "", ms } as const;
      return { attempt, file: outcome.file };
    }
    case "impossible":
      return { attempt: { kind: "impossible", error: outcome.error, ms }, file: null };
    case "unusable":
      return {
        attempt: { kind: "failure", reason: "unknown", error: outcome.error, ms, ...NO_BLAME },
        file: null,
      };
    case "too-large":
      return { attempt: { kind: "nothing", error: outcome.error, ms }, file: null };
    case "refused": {
      const { status, headers, answer } = outcome;
      return { attempt: { kind: "answer", status, headers, answer, ms, ...NO_BLAME }, file: null };
    }
  }
}

interface TransferContext {
  readonly deps: TransferDeps;
  readonly options: TransferOptions;
  readonly signal: AbortSignal;
}

/**
 * Asks for the file and follows redirects by hand, because each address is checked first. Returns
 * the answer that ends the chain.
 */
async function locate(
  { deps, options, signal }: TransferContext,
  download: Download,
): Promise<Response | TransferOutcome> {
  let hop = firstHop(download);
  for (let redirects = 0; ; redirects += 1) {
    const checked = deps.checkUrl(hop.url);
    if (!checked.ok) {
      const name = redirects === 0 ? "download" : "redirect";
      return { kind: "impossible", error: `the ${name} URL ${checked.fault}` };
    }
    const response = await deps.fetch(hop.url, {
      headers: requestHeaders(options, hop),
      redirect: "manual",
      signal,
    });
    const next = nextHop(hop, response.status, response.headers.get("location"));
    if (next === null) return response;
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS)
      return { kind: "unusable", error: `more than ${MAX_REDIRECTS} redirects` };
    hop = next;
  }
}

const requestHeaders = (options: TransferOptions, hop: Hop): Record<string, string> => ({
  ...(hop.trusted ? staticHeaders(options.headers) : {}),
  accept: "*/*",
  // The file as it is: a compressed body has no known length once the runtime decodes it.
  "accept-encoding": "identity",
  "user-agent": USER_AGENT,
});

type Storing = Pick<TransferDeps, "bucket"> & Pick<TransferOptions, "maxArchive">;

async function receive(
  storing: Storing,
  download: Download,
  response: Response,
): Promise<TransferOutcome> {
  const { status } = response;
  switch (classifyAnswer(status)) {
    case "file":
      return store(storing, download, response);
    case "gone":
      await response.body?.cancel();
      return { kind: "impossible", error: `the file is gone: the download answered ${status}` };
    case "no-file":
      await response.body?.cancel();
      return { kind: "unusable", error: `the download answered ${status} without a whole file` };
    case "refused":
      return {
        kind: "refused",
        status,
        headers: retryHeaders(response),
        answer: await readAnswer(response),
      };
  }
}

/** Only `Retry-After`: the server that holds a file does not speak for the subscriber. */
function retryHeaders(response: Response): Readonly<Record<string, string>> {
  const value = response.headers.get("retry-after");
  return value === null ? {} : { "retry-after": value };
}

async function store(
  { bucket, maxArchive: most }: Storing,
  download: Download,
  response: Response,
): Promise<TransferOutcome> {
  const key = archiveKey(download, response.headers.get("content-disposition"));
  if (!key.ok) {
    await response.body?.cancel();
    return { kind: "impossible", error: key.fault };
  }
  const size = fileSize(
    response.headers.get("content-length"),
    response.headers.get("content-encoding"),
  );
  const existing = await bucket.head(key.value);
  if (existing !== null && isSameFile(existing, download, size)) {
    await response.body?.cancel();
    const file = { key: existing.key, size: existing.size, etag: existing.etag };
    return { kind: "stored", file };
  }
  const metadata = {
    customMetadata: { "event-id": download.eventId, event: download.event },
    // As attachment: a bucket that is served to browsers must not run what a stranger exported.
    httpMetadata: {
      contentType: response.headers.get("content-type") ?? "application/octet-stream",
      contentDisposition: "attachment",
    },
  };
  const body = response.body ?? new Blob().stream();
  const file = await storeStream(bucket, { key: key.value, metadata, size, most }, body);
  const about = size === null ? "" : ` (it has ${size})`;
  return file === null
    ? { kind: "too-large", error: `the file has more than ${most} bytes${about}, see maxArchive` }
    : { kind: "stored", file };
}

const isSameFile = (existing: R2Object, download: Download, size: number | null): boolean =>
  existing.customMetadata?.["event-id"] === download.eventId &&
  (size === null || existing.size === size);
