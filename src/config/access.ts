// Single vars and secrets: who may open streams and the API, and how much is logged.

import { LOG_LEVELS, type LogLevel } from "../kernel/log.io.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import { step } from "../kernel/json/path.ts";
import { LOG_LEVEL } from "./defaults.ts";
import { parsed } from "./lists.ts";
import { report, varOf, type Reading } from "./reading.ts";
import type { AccessSettings } from "./settings.ts";
import { checkUrl } from "./url-policy.ts";

/**
 * `ALLOW_PRIVATE_URLS`: true or false, also as text, because `.dev.vars` and the dashboard give
 * text; unset is false.
 */
export function allowPrivateUrls(reading: Reading): boolean {
  const value = varOf(reading.vars, "ALLOW_PRIVATE_URLS");
  if (value === true || value === "true") return true;
  if (value !== undefined && value !== false && value !== "false" && value !== "")
    report(reading, "ALLOW_PRIVATE_URLS", "must be true or false");
  return false;
}

/** `LOG_LEVEL`; unset is `info`. */
export function logLevel(reading: Reading): LogLevel {
  const value = varOf(reading.vars, "LOG_LEVEL");
  if (value === undefined || value === "") return LOG_LEVEL;
  const level = LOG_LEVELS.find((each) => each === value);
  if (level === undefined) report(reading, "LOG_LEVEL", `must be one of ${LOG_LEVELS.join(", ")}`);
  return level ?? LOG_LEVEL;
}

/**
 * `ADMIN_TOKEN` without the white space around it: what is piped into a tool often ends in a line
 * feed, which no header carries. Unset or empty is `null`, which opens nothing; blank is a problem.
 */
export function adminToken(reading: Reading): string | null {
  const value = varOf(reading.vars, "ADMIN_TOKEN");
  if (value === undefined || value === "") return null;
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  report(reading, "ADMIN_TOKEN", typeof value === "string" ? "is blank" : "must be a string");
  return null;
}

/** A tag of an application: 64 hex digits as a rule. */
const AUDIENCE = /^[\w-]{1,128}$/;

/**
 * `ACCESS_TEAM_DOMAIN` (`acme.cloudflareaccess.com`, with or without `https://`) and `ACCESS_AUD`
 * (one tag, or several with commas or blanks between). One without the other is a problem: it would
 * look protected, and open nothing.
 */
export function accessSettings(reading: Reading, allowPrivate: boolean): AccessSettings | null {
  const [domain, tags] = ["ACCESS_TEAM_DOMAIN", "ACCESS_AUD"].map((name) => textOf(reading, name));
  if (!domain && !tags) return null;
  if (!domain || !tags) {
    const [missing, given] = domain
      ? ["ACCESS_AUD", "ACCESS_TEAM_DOMAIN"]
      : ["ACCESS_TEAM_DOMAIN", "ACCESS_AUD"];
    report(reading, missing, `is required with ${given}`);
    return null;
  }
  const url = checkUrl(/^[a-z]+:\/\//i.test(domain) ? domain : `https://${domain}`, {
    allowPrivate,
  });
  const audiences = tags.split(/[\s,]+/).filter((tag) => tag !== "");
  if (!url.ok) report(reading, "ACCESS_TEAM_DOMAIN", url.fault);
  else if (url.value.pathname !== "/" || url.value.search !== "")
    report(reading, "ACCESS_TEAM_DOMAIN", "must be a domain, as acme.cloudflareaccess.com");
  if (!audiences.every((tag) => AUDIENCE.test(tag)))
    report(reading, "ACCESS_AUD", "must be tags of applications, separated by commas");
  return url.ok ? { issuer: url.value.origin, audiences } : null;
}

function textOf(reading: Reading, name: string): string {
  const value = varOf(reading.vars, name);
  if (value === undefined || typeof value === "string") return (value ?? "").trim();
  if (Array.isArray(value)) return value.join(",");
  report(reading, name, "must be a string");
  return "";
}

/** Characters of a key. RFC 7518, 3.2 asks for 256 bits; half of that can be guessed offline. */
const MIN_STREAM_KEY = 16;

/**
 * `STREAM_SECRET`: one key, or several with commas or blanks between, newest first. The first
 * signs, any verifies. Unset or empty is no key.
 */
export function streamSecrets(reading: Reading): readonly string[] {
  const value = varOf(reading.vars, "STREAM_SECRET");
  if (value === undefined) return [];
  if (typeof value !== "string") {
    report(reading, "STREAM_SECRET", "must be a string");
    return [];
  }
  const keys = value.split(/[\s,]+/).filter((key) => key !== "");
  if (keys.length === 0 && value !== "") report(reading, "STREAM_SECRET", "holds no key");
  for (const [index, key] of keys.entries())
    if (key.length < MIN_STREAM_KEY)
      report(
        reading,
        step("STREAM_SECRET", index),
        `must have at least ${MIN_STREAM_KEY} characters`,
      );
  return keys;
}

/**
 * `ALLOWED_ORIGINS`: a list, a JSON list as text, or text with commas. Each entry is an origin as
 * browsers send it, or `*`.
 */
export function allowedOrigins(reading: Reading): readonly string[] {
  const value = varOf(reading.vars, "ALLOWED_ORIGINS");
  if (value === undefined) return [];
  const entries = originEntries(value);
  if (entries === null) {
    report(
      reading,
      "ALLOWED_ORIGINS",
      "must be a list of origins, a JSON list, or origins separated by commas",
    );
    return [];
  }
  return entries.flatMap((entry, index) => {
    const origin = originOf(entry);
    if (!origin.ok) report(reading, step("ALLOWED_ORIGINS", index), origin.fault);
    return origin.ok ? [origin.value] : [];
  });
}

function originEntries(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") return null;
  if (/^\s*[[{"]/.test(value)) {
    const list = parsed(value);
    return Array.isArray(list) ? list : null;
  }
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Scheme, host and port of an origin (RFC 6454, 6.2), and nothing after them. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\\\s\p{Cc}]+$/iu;

/** The origin in the form that browsers send: lower case, default port left out. */
function originOf(entry: unknown): Result<string, string> {
  if (entry === "*") return ok("*");
  const message = "must be an origin, as in https://app.example.com";
  if (typeof entry !== "string" || !ORIGIN.test(entry) || !URL.canParse(entry))
    return fault(message);
  const { origin } = new URL(entry);
  // Apps and browser extensions have schemes of their own, for which URL knows no origin.
  return ok(origin === "null" ? entry.toLowerCase() : origin);
}
