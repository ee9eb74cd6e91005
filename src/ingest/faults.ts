// Every reason to refuse a webhook, and what its sender is told.

import type { JsonFault } from "../kernel/json.ts";
import type { Problem } from "../kernel/problem.ts";
import type { ObjectFault } from "../durable/object-call.ts";
import type { Issue } from "./provider.ts";
import type { BodyFault } from "../kernel/http/body.io.ts";
import type { MediaFault } from "./request/headers.ts";
import { reasonOf as recipeReason, type RecipeFault } from "./recipe/faults.ts";

/** Why a webhook is refused: the step that failed, and its own reason where it has one. */
export type IngestFault =
  | { readonly kind: "misconfigured" }
  | { readonly kind: "unknown-source" }
  | { readonly kind: "method" }
  | { readonly kind: "media"; readonly reason: MediaFault }
  | { readonly kind: "body"; readonly reason: BodyFault }
  | { readonly kind: "unverified"; readonly reason: RecipeFault }
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

/** What senders are told, by the kind of the fault. */
const PROBLEMS = {
  misconfigured: {
    kind: "invalid-configuration",
    status: 503,
    title: "Service Unavailable",
    detail: "The configuration is invalid; /healthz names the problems.",
  },
  "unknown-source": { status: 404, title: "Not Found", detail: "There is no such source." },
  method: { status: 405, title: "Method Not Allowed", detail: "Webhooks are posted." },
  tooLarge: {
    status: 413,
    title: "Content Too Large",
    detail: "The body is over this source's limit.",
  },
  unverified: {
    status: 401,
    title: "Unauthorized",
    detail: "The request could not be verified.",
  },
  malformed: { status: 422, title: "Unprocessable Content", detail: "The event is malformed." },
  mismatch: {
    status: 422,
    title: "Unprocessable Content",
    detail: "The job belongs to another account.",
  },
  overgrown: {
    status: 413,
    title: "Content Too Large",
    detail: "The event is over 1.5 MB as the relay writes it.",
  },
  unavailable: {
    status: 503,
    title: "Service Unavailable",
    detail: "Nothing was stored; try again.",
  },
} as const satisfies Readonly<Record<string, Problem>>;

/**
 * The answer to each fault (README, Receive webhooks). All unverified requests get the same one, so
 * that nobody learns how close a guess was.
 */
export function refusalOf(fault: IngestFault): Refusal {
  switch (fault.kind) {
    case "misconfigured":
      return refusal(PROBLEMS.misconfigured, "misconfigured");
    case "unknown-source":
      return refusal(PROBLEMS["unknown-source"]);
    case "method":
      return { problem: PROBLEMS.method, headers: { allow: "POST, OPTIONS" } };
    case "media":
      return refusal({
        status: 415,
        title: "Unsupported Media Type",
        detail: MEDIA_DETAIL[fault.reason],
      });
    case "body":
      return fault.reason === "too-large"
        ? refusal(PROBLEMS.tooLarge)
        : badRequest("The body ended early.");
    case "unverified":
      // Nothing is known against the request while the sender's keys cannot be read.
      return fault.reason.kind === "keys-unavailable"
        ? refusal(PROBLEMS.unavailable, "unavailable")
        : refusal(PROBLEMS.unverified);
    case "unreadable":
      return badRequest(BODY_DETAIL[fault.reason]);
    case "malformed":
      return refusal({ ...PROBLEMS.malformed, issues: fault.issues });
    case "overgrown":
      return refusal(PROBLEMS.overgrown);
    case "account-mismatch":
      return refusal(PROBLEMS.mismatch);
    case "unavailable":
      return refusal(PROBLEMS.unavailable, "unavailable");
  }
}

const badRequest = (detail: string): Refusal =>
  refusal({ status: 400, title: "Bad Request", detail });

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
    case "unreadable":
    case "unavailable":
      return fault.reason;
    case "unverified":
      return recipeReason(fault.reason);
    case "malformed":
      return `schema-mismatch: ${fault.issues
        .map(({ path, message }) => `${path === "" ? "body" : path}: ${message}`)
        .join("; ")}`;
  }
}

const refusal = (problem: Problem, wait?: keyof typeof RETRY_AFTER): Refusal => ({
  problem,
  headers: wait === undefined ? {} : { "retry-after": RETRY_AFTER[wait] },
});
