// Errors on the wire: application/problem+json (RFC 9457).

/**
 * The body of every error answer. `issues` names paths of a refused document, `problems` those of
 * the configuration.
 */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly problems?: readonly string[];
}

/** Makes the answer; `type` is `about:blank`, and `title` the status phrase or more exact. */
export function problemResponse(
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify({ type: "about:blank", ...problem }), {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...headers,
    },
  });
}
