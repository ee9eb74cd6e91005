// What each kind of problem means, and what to do about it.

import type { ProblemType } from "../../kernel/problem.ts";

/** The page of a kind of problem. */
export interface ProblemDescription {
  readonly status: number;
  readonly title: string;
  /** When it is answered. */
  readonly meaning: string;
  /** What the caller does then. */
  readonly remedy: string;
}

/** Every kind of problem. */
export const PROBLEMS: Readonly<Record<ProblemType, ProblemDescription>> = {
  "bad-request": {
    status: 400,
    title: "Bad request",
    meaning:
      "A parameter is unknown, is given twice, or has a value that is not allowed; or a body is no JSON.",
    remedy: "`issues` names each parameter and what it may be. Change the request.",
  },
  unauthorized: {
    status: 401,
    title: "Unauthorized",
    meaning:
      "The token is missing, wrong or too old. A webhook gets the same answer when its signature does not hold.",
    remedy:
      "Send `Authorization: Bearer` with the admin token, or with a stream token for streams. For a webhook, `GET /v1/sources/{id}/rejected` has the exact reason.",
  },
  "origin-refused": {
    status: 403,
    title: "Origin refused",
    meaning: "A page of another origin sent the request.",
    remedy:
      "List the origin in `ALLOWED_ORIGINS` for streams. Requests that change something are taken from the relay's own origin alone when Cloudflare Access signs them in.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    meaning:
      "There is no such path, job, subscriber, delivery or source; or the token does not open it.",
    remedy: "Compare the path with the reference, and the ids with the lists.",
  },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    meaning: "The path takes other methods.",
    remedy: "The header `Allow` names them.",
  },
  "not-acceptable": {
    status: 406,
    title: "Not acceptable",
    meaning: "A stream was asked for in a form that it does not have.",
    remedy:
      "Ask with `Upgrade: websocket` or with `Accept: text/event-stream`, or poll `…/events`.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    meaning: "The request does not fit the present state.",
    remedy: "`detail` says what is in the way.",
  },
  "replay-running": {
    status: 409,
    title: "A replay is running",
    meaning: "A subscriber starts deliveries over already; it does one replay at a time.",
    remedy: "Wait until `replay` of the subscriber is `null`.",
  },
  "idempotency-key-in-use": {
    status: 409,
    title: "Idempotency key in use",
    meaning: "The first request with this key is still running.",
    remedy: "Send the same request again after `Retry-After`; it is answered as the first one.",
  },
  "content-too-large": {
    status: 413,
    title: "Content too large",
    meaning:
      "The body is over the limit: 2 MiB for the API, `maxBody` of the source for a webhook.",
    remedy: "Send less, or raise `maxBody`.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported media type",
    meaning: "A webhook has to be JSON without a content encoding.",
    remedy: "Send `Content-Type: application/json`.",
  },
  "unprocessable-content": {
    status: 422,
    title: "Unprocessable content",
    meaning: "The body was read, and does not say what it has to.",
    remedy: "`issues` names each place and what is wrong there.",
  },
  "idempotency-key-reused": {
    status: 422,
    title: "Idempotency key reused",
    meaning: "The key was used for another request within 24 hours.",
    remedy: "Take a new key for each request, such as a UUID.",
  },
  "upgrade-required": {
    status: 426,
    title: "Upgrade required",
    meaning: "The path speaks WebSocket only.",
    remedy: "Connect with a Centrifugo client.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    meaning: "A limit of connections or of work is reached.",
    remedy: "Come again after `Retry-After`.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error",
    meaning: "A bug of the relay. Its log has `request.failed` with the message.",
    remedy: "Try again, and report it.",
  },
  unavailable: {
    status: 503,
    title: "Unavailable",
    meaning:
      "What holds the answer restarts, moves or is overloaded. Nothing was stored of a webhook.",
    remedy: "Try again after `Retry-After`.",
  },
  "invalid-configuration": {
    status: 503,
    title: "Invalid configuration",
    meaning: "The configuration has problems, so that nothing is taken.",
    remedy: "`GET /healthz` names every one; `npm run relay -- check` does so before a deploy.",
  },
  "not-configured": {
    status: 503,
    title: "Not configured",
    meaning: "What this path needs is not set: a secret, a binding or the static assets.",
    remedy: "`title` and `detail` name it.",
  },
};
