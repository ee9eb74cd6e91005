// Why a stream is not opened, and how that looks from outside: as a problem over HTTP, as a close code over WebSocket.

import type { Problem } from "../../kernel/problem.ts";
import { CLOSE, type Closing } from "../frames.ts";
import { FULL_RETRY_SECONDS } from "../limits.ts";
import type { TokenFault } from "../auth/tokens.ts";

/** Every reason. A token's is for the log: outside, all tokens that are refused look alike. */
export type Refusal =
  | { readonly kind: "configuration" }
  | { readonly kind: "origin" }
  | { readonly kind: "token"; readonly reason: TokenFault }
  /** A foreign account, job or channel, or one that does not exist: the same from outside. */
  | { readonly kind: "not-permitted" }
  | { readonly kind: "bad-request"; readonly detail: string }
  | { readonly kind: "not-acceptable" }
  /** The object has as many sockets as it takes. */
  | { readonly kind: "full" }
  /** The object is overloaded or away. */
  | { readonly kind: "unavailable" };

/** Seconds after which a caller may come back while something is broken that mends itself or is being mended. */
const RETRY_AFTER = "30";

/** An answer over HTTP. */
export interface RefusalAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

const answer = (
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): RefusalAnswer => ({ problem, headers });

const ANSWERS: Readonly<Record<Refusal["kind"], RefusalAnswer>> = {
  configuration: answer(
    { status: 503, title: "The configuration is invalid", detail: "See /healthz." },
    { "retry-after": RETRY_AFTER },
  ),
  origin: answer({
    status: 403,
    title: "This origin may not open streams",
    detail: "List it in ALLOWED_ORIGINS.",
  }),
  token: answer(
    { status: 401, title: "Unauthorized" },
    { "www-authenticate": 'Bearer realm="jobrelay"' },
  ),
  "not-permitted": answer({ status: 404, title: "Not Found" }),
  "bad-request": answer({ status: 400, title: "Bad Request" }),
  "not-acceptable": answer({
    status: 406,
    title: "Not Acceptable",
    detail: "Ask with `Upgrade: websocket` or `Accept: text/event-stream`, or poll …/events.",
  }),
  full: answer(
    { status: 429, title: "Too many connections" },
    { "retry-after": String(FULL_RETRY_SECONDS) },
  ),
  unavailable: answer({ status: 503, title: "Service Unavailable" }, { "retry-after": "1" }),
};

/** `null` where the upgrade itself fails with the HTTP answer, and the client comes back. */
const CLOSINGS: Readonly<Record<Refusal["kind"], Closing | null>> = {
  configuration: null,
  origin: CLOSE.notPermitted,
  token: CLOSE.invalidToken,
  "not-permitted": CLOSE.notPermitted,
  "bad-request": CLOSE.badRequest,
  "not-acceptable": null,
  full: CLOSE.full,
  unavailable: null,
};

/** The HTTP answer to a refusal. */
export function answerOf(refusal: Refusal): RefusalAnswer {
  const { problem, headers } = ANSWERS[refusal.kind];
  return {
    problem: refusal.kind === "bad-request" ? { ...problem, detail: refusal.detail } : problem,
    headers,
  };
}

/** The close code of a refusal; `null` where the upgrade is answered over HTTP. */
export const closingOf = (refusal: Refusal): Closing | null => CLOSINGS[refusal.kind];
