// Stores the file that an event announces in an R2 bucket, without ever holding the file: one part at most is in memory.

import { now } from "../../../kernel/clock.io.ts";
import type { Dispatch } from "../../../model/messages.ts";
import type { Result } from "../../../kernel/result.ts";
import { MINUTE, type Millis } from "../../../kernel/time.ts";
import {
  MAX_HOPS,
  archiveKey,
  downloadOf,
  fileSize,
  firstHop,
  nextHop,
  classifyAnswer,
  type Download,
  type Hop,
} from "./download.ts";
import { storeStream, type ArchiveBucket, type StoredFile } from "./bucket.io.ts";
import { ANSWER_BYTES, failureReason, type AttemptResult } from "../../attempt/result.ts";
import { USER_AGENT, staticHeaders } from "../../request/headers.ts";

/** What an archive needs from outside. */
export interface ArchiveDeps {
  readonly bucket: ArchiveBucket;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Whether the announced URL, or a redirect's, may be asked. The fault ends a sentence (`must be https`) and repeats nothing of the URL. */
  readonly checkUrl: (url: string) => Result<URL, string>;
}

/** What a subscriber's settings say about its downloads. */
export interface ArchiveOptions {
  /** Sent with the download, but never to another origin than the announced URL's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Until the file begins to arrive, redirects included. */
  readonly timeout: Millis;
}

/** One attempt, and the file when the attempt stored it or found it stored; `file` is `null` for events that announce none. */
export interface ArchiveResult {
  readonly attempt: AttemptResult;
  readonly file: StoredFile | null;
}

/** From the first byte to the last: an alarm may run for 15 minutes, and the outcome must be written in the same one. */
export const TRANSFER_LIMIT: Millis = 10 * MINUTE;

/** Nothing to do is done. */
const NO_CONTENT = 204;

/** An outcome before it is timed. */
type Outcome =
  | { readonly kind: "stored"; readonly file: StoredFile }
  | { readonly kind: "impossible"; readonly error: string }
  | { readonly kind: "unusable"; readonly error: string }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly answer: string;
    };

/** Downloads the file of an event and stores it; never throws. Run twice, it finds the stored file and reads nothing. */
export async function archive(
  doors: ArchiveDeps,
  terms: ArchiveOptions,
  dispatch: Pick<Dispatch, "event">,
): Promise<ArchiveResult> {
  const started = now();
  const download = downloadOf(dispatch.event);
  if (download === null)
    return {
      attempt: { kind: "answer", status: NO_CONTENT, headers: {}, answer: "", ms: 0 },
      file: null,
    };
  const controller = new AbortController();
  const arm = (limit: Millis): ReturnType<typeof setTimeout> =>
    setTimeout(
      () => controller.abort(new DOMException(`no end after ${limit} ms`, "TimeoutError")),
      limit,
    );
  let timer = arm(terms.timeout);
  try {
    const found = await locate({ doors, terms, signal: controller.signal }, download);
    clearTimeout(timer);
    if (!(found instanceof Response)) return timed(found, now() - started);
    timer = arm(found.ok ? TRANSFER_LIMIT : terms.timeout);
    return timed(await receive(doors.bucket, download, found), now() - started);
  } catch (thrown) {
    const cause: unknown = controller.signal.aborted ? controller.signal.reason : thrown;
    const text = cause instanceof Error ? cause.message : String(cause);
    // A download URL is often the key to its file.
    const error = text.replaceAll(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, "<url>");
    return {
      attempt: { kind: "failure", reason: failureReason(cause), error, ms: now() - started },
      file: null,
    };
  } finally {
    clearTimeout(timer);
  }
}

function timed(outcome: Outcome, ms: Millis): ArchiveResult {
  switch (outcome.kind) {
    case "stored":
      return {
        attempt: { kind: "answer", status: 200, headers: {}, answer: "", ms },
        file: outcome.file,
      };
    case "impossible":
      return { attempt: { kind: "impossible", error: outcome.error, ms }, file: null };
    case "unusable":
      return {
        attempt: { kind: "failure", reason: "unknown", error: outcome.error, ms },
        file: null,
      };
    case "refused":
      return {
        attempt: {
          kind: "answer",
          status: outcome.status,
          headers: outcome.headers,
          answer: outcome.answer,
          ms,
        },
        file: null,
      };
  }
}

interface Errand {
  readonly doors: ArchiveDeps;
  readonly terms: ArchiveOptions;
  readonly signal: AbortSignal;
}

/** Asks for the file and follows redirects by hand, each address checked first. Returns the answer that ends the chain. */
async function locate(
  { doors, terms, signal }: Errand,
  download: Download,
): Promise<Response | Outcome> {
  let hop = firstHop(download);
  for (let hops = 0; ; hops += 1) {
    const checked = doors.checkUrl(hop.url);
    if (!checked.ok)
      return {
        kind: "impossible",
        error: `the ${hops === 0 ? "download" : "redirect"} URL ${checked.fault}`,
      };
    const response = await doors.fetch(hop.url, {
      headers: requestHeaders(terms, hop),
      redirect: "manual",
      signal,
    });
    const next = nextHop(hop, response.status, response.headers.get("location"));
    if (next === null) return response;
    await response.body?.cancel();
    if (hops === MAX_HOPS) return { kind: "unusable", error: `more than ${MAX_HOPS} redirects` };
    hop = next;
  }
}

const requestHeaders = (terms: ArchiveOptions, hop: Hop): Record<string, string> => ({
  ...(hop.trusted ? staticHeaders(terms.headers) : {}),
  accept: "*/*",
  // The file as it is: a compressed body has no known length once the runtime decodes it.
  "accept-encoding": "identity",
  "user-agent": USER_AGENT,
});

async function receive(
  bucket: ArchiveBucket,
  download: Download,
  response: Response,
): Promise<Outcome> {
  const verdict = classifyAnswer(response.status);
  switch (verdict) {
    case "file":
      return store(bucket, download, response);
    case "gone":
      await response.body?.cancel();
      return {
        kind: "impossible",
        error: `the file is gone: the download answered ${response.status}`,
      };
    case "no-file":
      await response.body?.cancel();
      return {
        kind: "unusable",
        error: `the download answered ${response.status} without a whole file`,
      };
    case "refused":
      return {
        kind: "refused",
        status: response.status,
        headers: retryHeaders(response),
        answer: await beginning(response),
      };
  }
}

/** Of a download's answer only `Retry-After` concerns the delivery: the server that holds a file is not the subscriber. */
function retryHeaders(response: Response): Readonly<Record<string, string>> {
  const after = response.headers.get("retry-after");
  return after === null ? {} : { "retry-after": after };
}

/** The first `ANSWER_BYTES` of a body as text; whatever goes wrong while reading, the answer stands with what came. */
async function beginning(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let room = ANSWER_BYTES; room > 0;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      const taken = value.subarray(0, room);
      room -= taken.byteLength;
      text += decoder.decode(taken, { stream: true });
    }
    await reader.cancel();
  } catch {
    return text;
  }
  return text;
}

async function store(
  bucket: ArchiveBucket,
  download: Download,
  response: Response,
): Promise<Outcome> {
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
  if (
    existing !== null &&
    existing.customMetadata?.["event-id"] === download.eventId &&
    (size === null || existing.size === size)
  ) {
    await response.body?.cancel();
    return {
      kind: "stored",
      file: { key: existing.key, size: existing.size, etag: existing.etag },
    };
  }
  const about = {
    customMetadata: { "event-id": download.eventId, event: download.event },
    // As attachment: a bucket that is served to browsers must not run what a stranger exported.
    httpMetadata: {
      contentType: response.headers.get("content-type") ?? "application/octet-stream",
      contentDisposition: "attachment",
    },
  };
  return {
    kind: "stored",
    file: await storeStream(
      bucket,
      { key: key.value, about, size },
      response.body ?? new Blob().stream(),
    ),
  };
}
