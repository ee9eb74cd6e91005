// `connect` and `poll` of a source: where the relay fetches what no webhook says.

import * as z from "zod/mini";
import { isObject } from "../../kernel/json.ts";
import { step } from "../../kernel/json/path.ts";
import { POLL_EVERY } from "../defaults.ts";
import { between, oneOf, readTable, text, toMillis } from "../fields.ts";
import { report, type Item, type Reading } from "../reading.ts";
import { secretOf } from "../secrets.ts";
import type { UpstreamSettings } from "../settings.ts";
import { checkUrl } from "../url-policy.ts";

/** Longest pause between two polls: an hour, in seconds. */
const MAX_EVERY = 3_600;
/** Shortest: a second. */
const MIN_EVERY = 1;

/** The fields of `connect`, for the configuration reference too. */
export const CONNECT = {
  fields: {
    kind: oneOf(["centrifugo"]),
    url: text(2_048),
    tokenUrl: text(2_048),
    tokenHeader: text(128).check(
      z.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: "is not a header name" }),
    ),
    tokenSecret: text(128),
  },
  required: ["kind", "url", "tokenUrl", "tokenHeader", "tokenSecret"],
} as const;

/** The fields of `poll`, for the configuration reference too. */
export const POLL = {
  fields: {
    url: text(2_048),
    tokenSecret: text(128),
    every: between(MIN_EVERY, MAX_EVERY, "seconds"),
  },
  required: ["url", "tokenSecret"],
} as const;

/** What a fetch can send as the value of a header (RFC 9110, 5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

/** Reads `connect` or `poll` of a source; `null` without either, and when one has problems. */
export function readUpstream(
  source: Item,
  provider: string | undefined,
  allowPrivate: boolean,
  reading: Reading,
): UpstreamSettings | null {
  const connect = memberOf(source, "connect");
  const poll = memberOf(source, "poll");
  if (connect !== null && poll !== null)
    report(reading, poll.path, "does not go with connect: a source has one connector");
  if (poll !== null && provider !== undefined && provider !== "emailengine")
    report(reading, poll.path, 'needs provider = "emailengine", whose exports it polls');
  if (connect !== null) return readConnect(connect, allowPrivate, reading);
  return poll === null ? null : readPoll(poll, allowPrivate, reading);
}

function memberOf({ path, value }: Item, name: string): Item | null {
  if (!isObject(value) || !Object.hasOwn(value, name)) return null;
  return { path: step(path, name), value: (value as Readonly<Record<string, unknown>>)[name] };
}

function readConnect(item: Item, allowPrivate: boolean, reading: Reading): UpstreamSettings | null {
  const fields = readTable(CONNECT, item, reading);
  const url = address(fields.url, { path: step(item.path, "url"), allowPrivate }, reading);
  const at = { path: step(item.path, "tokenUrl"), allowPrivate };
  const tokenUrl = address(fields.tokenUrl, at, reading, "http");
  const token = tokenOf(fields.tokenSecret, item.path, reading);
  const { kind, tokenHeader } = fields;
  if (url === null || tokenUrl === null || token === null) return null;
  if (kind === undefined || tokenHeader === undefined) return null;
  return { kind, url, tokenUrl, tokenHeader, token };
}

function readPoll(item: Item, allowPrivate: boolean, reading: Reading): UpstreamSettings | null {
  const fields = readTable(POLL, item, reading);
  const at = { path: step(item.path, "url"), allowPrivate };
  const url = address(fields.url, at, reading, "http");
  const token = tokenOf(fields.tokenSecret, item.path, reading);
  const { every } = fields;
  if (url === null || token === null) return null;
  return {
    kind: "emailengine",
    url,
    token,
    every: every === undefined ? POLL_EVERY : toMillis(every),
  };
}

/** An address under the URL policy; that of a socket may be `wss`, which a fetch calls `https`. */
function address(
  url: string | undefined,
  { path, allowPrivate }: { readonly path: string; readonly allowPrivate: boolean },
  reading: Reading,
  scheme: "http" | "ws" = "ws",
): string | null {
  if (url === undefined) return null;
  const checked = checkUrl(scheme === "ws" ? url.replace(/^ws(?=s?:)/i, "http") : url, {
    allowPrivate,
  });
  if (checked.ok) return checked.value.href;
  const fault =
    scheme === "ws"
      ? checked.fault.replace(/^must be https$/, "must be wss or https")
      : checked.fault;
  report(reading, path, fault);
  return null;
}

function tokenOf(name: string | undefined, path: string, reading: Reading): string | null {
  if (name === undefined) return null;
  const at = step(path, "tokenSecret");
  const token = secretOf(name, at, reading);
  if (token === null || HEADER_VALUE.test(token)) return token;
  report(reading, at, "names a secret that no header can carry");
  return null;
}
