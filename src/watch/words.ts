// What the watch page says: of a job, of a link that does not work, of a lost connection.

import type { JobState } from "../client/index.ts";

/** A job in the words of its owner. */
export interface JobWords {
  readonly tone: "waiting" | "running" | "done" | "failed";
  readonly state: string;
  /** The name that the provider gave the job with its last event. */
  readonly title: string | null;
  /** From 0 to 1; `null` where no total is known. */
  readonly share: number | null;
  readonly numbers: string;
  /** The address of the result, http or https only. */
  readonly link: string | null;
  /** What went wrong. */
  readonly error: string;
}

/** Most characters of a text of the provider's that are shown. */
const MAX_TEXT = 300;

const cut = (text: string): string =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;

function toneOf({ event, status, finishedAt }: JobState): JobWords["tone"] {
  // A conversion that failed leaves the job's own end as it was.
  if (finishedAt !== null)
    return status === "error" && event !== "job.convert.failed" ? "failed" : "done";
  return status === "queueing" ? "waiting" : "running";
}

const STATES: Readonly<Record<JobWords["tone"], string>> = {
  waiting: "Waiting in the queue",
  running: "Running",
  done: "Done",
  failed: "Failed",
};

/** The address, when a browser may safely open it. */
export function linkOf(url: string | null): string | null {
  return url !== null && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? url : null;
}

function titleOf({ details }: JobState): string | null {
  for (const given of [details["title"], details["name"]])
    if (typeof given === "string" && given.trim() !== "") return cut(given);
  return null;
}

const amount = (count: number): string => count.toLocaleString("en");

function numbersOf({ current, total }: JobState): string {
  if (current === null) return "";
  return total === null ? amount(current) : `${amount(current)} of ${amount(total)}`;
}

/** Puts a job in words. */
export function wordsOfJob(job: JobState): JobWords {
  const { current, total, url, error, event, stalled } = job;
  const tone = toneOf(job);
  const share = total ? Math.min(1, Math.max(0, (current ?? 0) / total)) : null;
  const isOpen = tone === "running" || tone === "waiting";
  const broken = tone === "failed" || event === "job.convert.failed";
  const reason = error ?? (tone === "failed" ? "No reason was given." : "A conversion failed.");
  return {
    tone,
    state: stalled && isOpen ? `${STATES[tone]}, but silent for a while` : STATES[tone],
    title: titleOf(job),
    share: tone === "done" ? 1 : tone === "failed" ? (share ?? 0) : share,
    numbers: numbersOf(job),
    link: tone === "done" ? linkOf(url) : null,
    error: broken ? cut(reason) : "",
  };
}

/** What a link holds: the job's name in its path, a token after the `#`. */
export interface WatchLink {
  readonly source: string;
  readonly guid: string;
  readonly token: string;
  readonly account: string;
  /** In seconds. */
  readonly exp: number;
}

const decoded = (part: string): string =>
  new TextDecoder().decode(
    Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)),
  );

/** Reads a link; `null` when a part is missing or cut off. */
export function readLink(path: string, fragment: string): WatchLink | null {
  const token = fragment.replace(/^#/, "");
  try {
    const [source = "", guid = ""] = path.split("/").slice(2).map(decodeURIComponent);
    const claims = JSON.parse(decoded(token.split(".")[1] ?? "")) as Record<string, unknown>;
    const { sub, exp } = claims;
    if (!source || !guid || typeof sub !== "string" || typeof exp !== "number") return null;
    return { source, guid, token, account: sub, exp };
  } catch {
    return null;
  }
}

export const INCOMPLETE = "This link is not complete. Please copy the whole of it.";
export const RECONNECTING = "The connection is lost. Trying again …";

/** Codes of refusals: by the relay, and of a token that cannot be renewed. */
const NOT_PERMITTED = 4_507;

/** Why nothing can be shown. `isLater`: another attempt may help. */
export function wordsOfRefusal(
  code: number | undefined,
  isOver: boolean,
): { readonly text: string; readonly isLater: boolean } {
  if (isOver) return { text: "This link has expired. Please ask for a new one.", isLater: false };
  if (code === NOT_PERMITTED)
    return { text: "This job has not begun yet, or it is not there any more.", isLater: true };
  return { text: "This link is not valid. Please copy the whole of it.", isLater: false };
}
