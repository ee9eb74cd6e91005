// What a request to a stream asks for, read from its path, query and headers.

import { jobChannel } from "../../model/event.ts";
import { isIdLength } from "../../model/ids.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { splitChannelList } from "../channel-list.ts";
import { chooseChannels } from "../channels.ts";
import type { Refusal } from "./refusal.ts";
import { couldOpenJob, type Grant } from "../auth/tokens.ts";

/** The owner of a stream. */
export type Target =
  | { readonly kind: "job"; readonly source: string; readonly guid: string }
  | { readonly kind: "account"; readonly account: string };

/** The form of a source id. */
const SOURCE_ID = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** True when an object of this name can exist at all. */
export const isTarget = (target: Target): boolean =>
  target.kind === "account"
    ? isIdLength(target.account)
    : SOURCE_ID.test(target.source) && isIdLength(target.guid);

/** The query parameters that name channels. */
export interface AskedChannels {
  /** Each `channels` parameter: a comma-separated list. */
  readonly lists: readonly string[];
  /** Each `channel` parameter: one name, whatever it holds. */
  readonly names: readonly string[];
}

const namesOf = ({ lists, names }: AskedChannels, account: string): readonly string[] => [
  ...lists.flatMap((list) => splitChannelList(list, account)),
  ...names,
];

/**
 * Decides, as far as the Worker can, which channels of a target a grant opens. A job's path names
 * no account, so the job itself checks whether it belongs to the grant's.
 */
export function channelsFor(
  target: Target,
  grant: Grant,
  asked: AskedChannels,
): Result<readonly string[], Refusal> {
  if (!isTarget(target)) return fault({ kind: "not-permitted" });
  if (target.kind === "job")
    return couldOpenJob(grant, target)
      ? ok([jobChannel(target.guid)])
      : fault({ kind: "not-permitted" });
  if (grant.kind === "account" && grant.account !== target.account)
    return fault({ kind: "not-permitted" });
  const chosen = chooseChannels(grant, target.account, namesOf(asked, target.account));
  if (chosen.ok) return chosen;
  return fault(
    chosen.fault === "not-permitted"
      ? { kind: "not-permitted" }
      : { kind: "bad-request", detail: "No such channels, or more than 128." },
  );
}

/** How a stream is to be sent. */
export type Transport = "websocket" | "sse" | "none";

/** Reads the transport from the headers: an upgrade, an accepted event stream, or neither. */
export function transportOf(upgrade: string | null, accept: string | null): Transport {
  if (upgrade?.toLowerCase() === "websocket") return "websocket";
  return /(?:^|[,\s])text\/event-stream(?:$|[;,\s])/i.test(accept ?? "") ? "sse" : "none";
}

/**
 * Reads the cursor: `Last-Event-ID` before `since`, because a browser that reconnects repeats its
 * first address.
 */
export const sinceOf = (lastEventId: string | null, since: string | null): string | null =>
  lastEventId || since || null;

/** The parameters of a stream. */
export const STREAM_PARAMETERS = ["channels", "channel", "since", "token", "probes"] as const;

/** The parameters of a poll. */
export const POLL_PARAMETERS = [
  ...STREAM_PARAMETERS,
  "limit",
  "wait",
  "include",
  "recordedSince",
] as const;

/** Why a query is refused that has other parameters; `null` when it has none. */
export function unknownParameter(
  given: Iterable<string>,
  allowed: readonly string[],
): Refusal | null {
  const unknown = [...given].find((name) => !allowed.includes(name));
  const detail = `\`${unknown}\` is unknown; allowed are ${allowed.join(", ")}.`;
  return unknown === undefined ? null : { kind: "bad-request", detail };
}

/** Items of a poll without `limit`. */
const DEFAULT_PAGE = 100;

/** Most items of a poll: a thousand events of about 1 KB. */
const MAX_PAGE = 1_000;

/** Reads `limit`; `null` when it is no whole number from 1 to `MAX_PAGE`. */
export function pageLimit(text: string | null): number | null {
  if (text === null || text === "") return DEFAULT_PAGE;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= MAX_PAGE ? limit : null;
}

/** Reads the cursor of a job's records, a number; 0 without one, `null` when it is none. */
export function recordCursor(text: string | null): number | null {
  if (text === null || text === "") return 0;
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Most seconds that a poll waits: proxies give up on a silent answer after 30. */
const MAX_WAIT_SECONDS = 25;

/**
 * Reads `wait`, in seconds; 0 without one, `null` when it is no whole number from 0 to
 * `MAX_WAIT_SECONDS`.
 */
export function pollWait(text: string | null): Millis | null {
  if (text === null || text === "") return 0;
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  return seconds <= MAX_WAIT_SECONDS ? seconds * SECOND : null;
}
