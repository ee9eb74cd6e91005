// Errors on the wire: application/problem+json (RFC 9457).

/** Every kind of problem. The relay has a page for each, which `type` names. */
export const PROBLEM_TYPES = [
  "bad-request",
  "unauthorized",
  "origin-refused",
  "not-found",
  "method-not-allowed",
  "not-acceptable",
  "conflict",
  "replay-running",
  "idempotency-key-in-use",
  "content-too-large",
  "unsupported-media-type",
  "unprocessable-content",
  "idempotency-key-reused",
  "upgrade-required",
  "too-many-requests",
  "internal-error",
  "unavailable",
  "invalid-configuration",
  "not-configured",
] as const;
/** The kind of a problem: the last part of its page's path. */
export type ProblemType = (typeof PROBLEM_TYPES)[number];

/** What a status means where a problem names no kind. */
const TYPE_OF: Readonly<Record<number, ProblemType>> = {
  400: "bad-request",
  401: "unauthorized",
  403: "origin-refused",
  404: "not-found",
  405: "method-not-allowed",
  406: "not-acceptable",
  409: "conflict",
  413: "content-too-large",
  415: "unsupported-media-type",
  422: "unprocessable-content",
  426: "upgrade-required",
  429: "too-many-requests",
  503: "unavailable",
};

/** The address of a problem's page, relative to the relay (RFC 9457, 3.1.1). */
export const problemPage = (type: ProblemType): string => `/docs/problems/${type}`;

/** One thing that is wrong with a document: where in it, and what. */
export interface ProblemIssue {
  readonly path: string;
  readonly message: string;
}

/**
 * The body of every error answer. `issues` names paths of a refused document, `problems` those of
 * the configuration. Without a kind the status says it.
 */
export interface Problem {
  readonly kind?: ProblemType;
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly issues?: readonly ProblemIssue[];
  readonly problems?: readonly string[];
}

/** Makes the answer; `title` is the status phrase or more exact. */
export function problemResponse(
  { kind, ...problem }: Problem,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const type = problemPage(kind ?? TYPE_OF[problem.status] ?? "internal-error");
  return new Response(JSON.stringify({ type, ...problem }), {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...headers,
    },
  });
}
