// Every reason to refuse a webhook, and what its sender is told.

import type { JsonFault } from "../kernel/json.ts";
import type { Problem } from "../kernel/problem.ts";
import type { ObjectFault } from "../durable/object-call.ts";
import type { Issue } from "./provider.ts";
import type { BodyFault } from "./request/body.io.ts";
import type { MediaFault } from "./request/headers.ts";
import type { VerifyFault } from "./verify/verify.io.ts";

/** Why a webhook is refused: the step that failed, and its own reason where it has one. */
export type IngestFault =
  | { readonly kind: "misconfigured" }
  | { readonly kind: "unknown-source" }
  | { readonly kind: "method" }
  | { readonly kind: "media"; readonly reason: MediaFault }
  | { readonly kind: "body"; readonly reason: BodyFault }
  | { readonly kind: "unverified"; readonly reason: VerifyFault }
  | { readonly kind: "unreadable"; readonly reason: JsonFault }
  | { readonly kind: "malformed"; readonly issues: readonly Issue[] }
  | { readonly kind: "overgrown" }
  | { readonly kind: "account-mismatch" }
  | { readonly kind: "unavailable"; readonly reason: ObjectFault };

/** A refusal on the wire. */
export interface Refusal {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** Seconds to wait: a configuration needs a deploy, an object is back sooner. */
const RETRY_AFTER = { misconfigured: "30", unavailable: "5" } as const;

const MEDIA_DETAIL: Readonly<Record<MediaFault, string>> = {
  "no-media-type":
    "The request names no content-type; it has to be a JSON one, as application/json.",
  "not-json": "The content-type has to be a JSON one, as application/json or application/*+json.",
  encoding: "The body has to come without a content-encoding.",
};

const BODY_DETAIL: Readonly<Record<JsonFault, string>> = {
  empty: "The body is empty.",
  "not-utf8": "The body is not UTF-8.",
  "not-json": "The body is not JSON.",
  "too-deep": "The body is nested deeper than 64 levels.",
};

const MALFORMED: Problem = {
  status: 422,
  title: "Unprocessable Content",
  detail: "The event is malformed.",
};

const MISMATCH: Problem = { ...MALFORMED, detail: "The job belongs to another account." };

/**
 * The answer to each fault (contract, section 3). All unverified requests get the same one, so that
 * nobody learns how close a guess was.
 */
export function refusalOf(fault: IngestFault): Refusal {
  switch (fault.kind) {
    case "misconfigured":
      return refusal(
        {
          status: 503,
          title: "Service Unavailable",
          detail: "The configuration is invalid; /healthz names the problems.",
        },
        "misconfigured",
      );
    case "unknown-source":
      return refusal({ status: 404, title: "Not Found", detail: "There is no such source." });
    case "method":
      return {
        ...refusal({ status: 405, title: "Method Not Allowed", detail: "Webhooks are posted." }),
        headers: { allow: "POST, OPTIONS" },
      };
    case "media":
      return refusal({
        status: 415,
        title: "Unsupported Media Type",
        detail: MEDIA_DETAIL[fault.reason],
      });
    case "body":
      return fault.reason === "too-large"
        ? refusal({
            status: 413,
            title: "Content Too Large",
            detail: "The body is over this source's limit.",
          })
        : refusal({ status: 400, title: "Bad Request", detail: "The body ended early." });
    case "unverified":
      return refusal({
        status: 401,
        title: "Unauthorized",
        detail: "The request could not be verified.",
      });
    case "unreadable":
      return refusal({ status: 400, title: "Bad Request", detail: BODY_DETAIL[fault.reason] });
    case "malformed":
      return refusal({ ...MALFORMED, issues: fault.issues });
    case "overgrown":
      return refusal({
        status: 413,
        title: "Content Too Large",
        detail: "The event is over 1.5 MB as the relay writes it.",
      });
    case "account-mismatch":
      return refusal(MISMATCH);
    case "unavailable":
      return refusal(
        { status: 503, title: "Service Unavailable", detail: "Nothing was stored; try again." },
        "unavailable",
      );
  }
}

/** The exact reason in one line, for the log and the inspector. */
export function reasonOf(fault: IngestFault): string {
  switch (fault.kind) {
    case "misconfigured":
    case "unknown-source":
    case "method":
    case "overgrown":
    case "account-mismatch":
      return fault.kind;
    case "media":
    case "body":
    case "unverified":
    case "unreadable":
    case "unavailable":
      return fault.reason;
    case "malformed":
      return fault.issues
        .map(({ path, message }) => `${path === "" ? "body" : path}: ${message}`)
        .join("; ");
  }
}

const refusal = (problem: Problem, wait?: keyof typeof RETRY_AFTER): Refusal => ({
  problem,
  headers: wait === undefined ? {} : { "retry-after": RETRY_AFTER[wait] },
});
