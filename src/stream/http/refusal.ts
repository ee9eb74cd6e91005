// Why a stream is not opened, and how that looks from outside: a problem over HTTP, a close code
// over WebSocket.

import type { Problem } from "../../kernel/problem.ts";
import { CLOSE, type Closing } from "../frames.ts";
import { RETRY_AFTER_RESTART_SECONDS, RETRY_AFTER_SECONDS } from "../limits.ts";
import type { TokenFault } from "../auth/tokens.ts";

/** Every reason. A token's is for the log only: from outside all refused tokens look alike. */
export type Refusal =
  | { readonly kind: "configuration" }
  | { readonly kind: "origin" }
  | { readonly kind: "token"; readonly reason: TokenFault }
  /** A foreign account, job or channel, or one that does not exist: the same from outside. */
  | { readonly kind: "not-permitted" }
  | { readonly kind: "bad-request"; readonly detail: string }
  | { readonly kind: "not-acceptable" }
  /** The object is at its connection limit. */
  | { readonly kind: "full" }
  /** The object is overloaded, restarts, or failed. */
  | { readonly kind: "unavailable" };

/** An answer over HTTP. */
interface RefusalAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

const answer = (
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): RefusalAnswer => ({ problem, headers });

const retryAfter = (seconds: number): Readonly<Record<string, string>> => ({
  "retry-after": String(seconds),
});

const ANSWERS: Readonly<Record<Refusal["kind"], RefusalAnswer>> = {
  configuration: answer(
    {
      kind: "invalid-configuration",
      status: 503,
      title: "The configuration is invalid",
      detail: "See /healthz.",
    },
    retryAfter(RETRY_AFTER_SECONDS),
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
  full: answer({ status: 429, title: "Too many connections" }, retryAfter(RETRY_AFTER_SECONDS)),
  unavailable: answer(
    { status: 503, title: "Service Unavailable" },
    retryAfter(RETRY_AFTER_RESTART_SECONDS),
  ),
};

/** `null` where the upgrade fails with the HTTP answer, and the client comes back. */
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
