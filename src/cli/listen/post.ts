// Posts to a local address and waits for its answer, also where the certificate is self-signed.

import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** A request to a local address. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Takes any certificate; only for `https` on a machine of one's own. */
  readonly isInsecure: boolean;
  /** How long the answer may take, in ms. */
  readonly timeout: number;
}

/**
 * The status of the answer, once its body has come; redirects are not followed. Rejects with a
 * `TimeoutError`, or with the error of the connection, whose `code` names it.
 */
export async function post({ url, headers, body, isInsecure, timeout }: Post): Promise<number> {
  const signal = AbortSignal.timeout(timeout);
  const options = {
    method: "POST",
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
    // A local server is restarted often, and a kept connection would be a dead one.
    agent: false,
    signal,
  } as const;
  try {
    return await new Promise<number>((resolve, reject) => {
      const request = url.startsWith("https:")
        ? requestHttps(url, { ...options, rejectUnauthorized: !isInsecure })
        : requestHttp(url, options);
      request.once("error", reject);
      request.once("response", (answer) => {
        answer.once("error", reject);
        answer.once("end", () => resolve(answer.statusCode ?? 0));
        answer.resume();
      });
      request.end(body);
    });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Says in a sentence why an address gave no answer, and what helps. */
export function unreachable(url: string, error: unknown): string {
  const code = codeOf(error);
  if (code === "ECONNREFUSED") return `Nothing listens at ${url}; waiting until something does.`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `There is no host ${new URL(url).hostname}; waiting until there is.`;
  if (UNTRUSTED.has(code))
    return (
      `The certificate of ${url} is not trusted (${code}). ` +
      "Start again with --insecure, or set NODE_EXTRA_CA_CERTS to the file of its authority."
    );
  if (code === "EPROTO")
    return `${url} refuses TLS. Is it an http:// address? Waiting until it takes TLS.`;
  return `${url} cannot be reached (${code}); waiting until it can.`;
}

/** The code of an error of the network; several addresses of one host fail together. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === "string" ? code : "no answer";
}
