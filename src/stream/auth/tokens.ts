// What a stream token claims, and which jobs and channels it opens.

import { exportsChannel, jobChannel } from "../../model/event.ts";
import { isObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { SUBPROTOCOL } from "../frames.ts";

/** What the holder of a token may see. The admin token sees everything and does not expire. */
export type Grant =
  | { readonly kind: "admin" }
  | {
      readonly kind: "account";
      readonly account: string;
      /** Patterns with an optional trailing `*`; `null` is the whole account. */
      readonly channels: readonly string[] | null;
      /** The one source whose jobs it opens, each by its own stream; absent for all. */
      readonly source?: string;
      readonly expires: Millis;
    };

/** Why a token is refused; for the log only, since from outside all refused tokens look alike. */
export type TokenFault =
  | "missing"
  | "malformed"
  | "algorithm"
  | "no-keys"
  | "signature"
  | "claims"
  | "expired"
  | "early";

/** Longest token that is read, in characters: 128 patterns fit. */
export const MAX_TOKEN = 8_192;

/** Most patterns in one token. */
export const MAX_PATTERNS = 128;

/**
 * Clock skew that is tolerated for `nbf`. There is none for `exp`: the same instant closes the
 * sockets of the token, and a tolerance would open sockets only to close them.
 */
const NOT_BEFORE_TOLERANCE: Millis = 5 * SECOND;

/** Largest accepted `exp`, in seconds (the year 2255): an `exp` in milliseconds would never end. */
const MAX_EXPIRY_SECONDS = 9_000_000_000;

const isName = (value: unknown): value is string => typeof value === "string" && value !== "";

const isInstant = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

/** Reads the claims of a token whose signature holds. */
export function readClaims(claims: unknown, now: Millis): Result<Grant, TokenFault> {
  if (!isObject(claims)) return fault("claims");
  const { sub, exp, nbf, channels, source } = claims;
  if (!isName(sub) || !isInstant(exp) || exp > MAX_EXPIRY_SECONDS) return fault("claims");
  if (nbf !== undefined && !isInstant(nbf)) return fault("claims");
  if (source !== undefined && !isName(source)) return fault("claims");
  if (
    channels !== undefined &&
    !(Array.isArray(channels) && channels.length <= MAX_PATTERNS && channels.every(isName))
  )
    return fault("claims");
  const expires = Math.floor(exp * SECOND);
  if (expires <= now) return fault("expired");
  if (nbf !== undefined && nbf * SECOND > now + NOT_BEFORE_TOLERANCE) return fault("early");
  return ok({
    kind: "account",
    account: sub,
    channels: channels === undefined ? null : (channels as readonly string[]),
    ...(source === undefined ? {} : { source }),
    expires,
  });
}

/** Where a request may carry its token. */
interface TokenSources {
  /** The `Authorization` header. */
  readonly authorization: string | null;
  /** The `Sec-WebSocket-Protocol` header: `jobrelay.v1, <token>`. */
  readonly protocols: string | null;
  /** The query parameter `token`. */
  readonly query: string | null;
}

const protocolsIn = (header: string | null): readonly string[] =>
  (header ?? "").split(",").map((name) => name.trim());

/** Finds the token of a request, headers before the query; `null` when it has none. */
export function tokenFrom(sources: TokenSources): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(sources.authorization ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const offered = protocolsIn(sources.protocols);
  const beside = offered.includes(SUBPROTOCOL)
    ? offered.find((name) => name !== SUBPROTOCOL && name !== "")
    : undefined;
  return beside ?? (sources.query === "" ? null : sources.query);
}

/**
 * The subprotocol to answer with; `null` when the relay's was not offered. A browser fails a
 * handshake whose offer is not answered.
 */
export const subprotocolOf = (header: string | null): string | null =>
  protocolsIn(header).includes(SUBPROTOCOL) ? SUBPROTOCOL : null;

const matches = (pattern: string, channel: string): boolean =>
  pattern.endsWith("*") ? channel.startsWith(pattern.slice(0, -1)) : channel === pattern;

/**
 * True when one of the grant's patterns names the channel; a grant without patterns names all of
 * its account's.
 */
const names = (patterns: readonly string[] | null, channel: string): boolean =>
  patterns === null || patterns.some((pattern) => matches(pattern, channel));

/**
 * True when the grant opens the channel of this guid, if the job is of its account, which only the
 * job knows.
 */
function namesJob(grant: Extract<Grant, { kind: "account" }>, guid: string): boolean {
  return (
    names(grant.channels, jobChannel(guid)) || names(grant.channels, exportsChannel(grant.account))
  );
}

/** True when the grant opens a job of this name, if the job is of its account. */
export const couldOpenJob = (
  grant: Grant,
  { source, guid }: { readonly source: string; readonly guid: string },
): boolean =>
  grant.kind === "admin" ||
  ((grant.source === undefined || grant.source === source) && namesJob(grant, guid));

/** True when the grant opens the job `guid` of `account`; its source was checked before. */
export const mayOpenJob = (grant: Grant, account: string, guid: string): boolean =>
  grant.kind === "admin" || (grant.account === account && namesJob(grant, guid));

/**
 * True when the grant opens a channel of `account`; the caller has checked that the channel is one
 * of that account's.
 */
export function mayOpenChannel(grant: Grant, account: string, channel: string): boolean {
  if (grant.kind === "admin") return true;
  // A channel of an account shows the jobs of every source.
  if (grant.account !== account || grant.source !== undefined) return false;
  if (names(grant.channels, channel)) return true;
  return channel.startsWith("export.") && names(grant.channels, exportsChannel(account));
}

/** True when the grant opens every one of the channels of `account`, and there is at least one. */
export const mayOpenChannels = (
  grant: Grant,
  account: string,
  channels: readonly string[],
): boolean =>
  channels.length > 0 && channels.every((channel) => mayOpenChannel(grant, account, channel));
