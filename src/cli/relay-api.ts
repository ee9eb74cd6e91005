// The relay's HTTP API for the commands: the admin token on every request, problems as failures.

import { Failure } from "./command.ts";
import { localProject } from "./local/local-project.ts";
import { ROOT } from "./local/relay-process.ts";
import { cutText } from "../kernel/json/text.ts";

/** The API of one relay. */
export interface RelayApi {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

/**
 * The admin token of the environment (`JOBRELAY_TOKEN` or `ADMIN_TOKEN`), else of .dev.vars. It is
 * no option, because other users can see a command line.
 */
function adminToken(): string | null {
  const { JOBRELAY_TOKEN, ADMIN_TOKEN } = process.env;
  const token = JOBRELAY_TOKEN ?? ADMIN_TOKEN ?? localProject(ROOT).vars["ADMIN_TOKEN"] ?? "";
  return token === "" ? null : token;
}

/** A request may wait for a cold start, in ms. */
const TIMEOUT = 15_000;

/**
 * Talks to the relay at `url`. Throws a `Failure` when it cannot be reached or answers with a
 * problem.
 */
export function relayApi(url: string): RelayApi {
  const base = url.replace(/\/+$/, "");
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const token = adminToken();
    if (token === null)
      throw new Failure(
        "no admin token: set JOBRELAY_TOKEN in the environment, or ADMIN_TOKEN in .dev.vars",
      );
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const answer = await reach(`${base}${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Failure(`${method} ${path}: ${answer.status} ${problemText(text)}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  };
  return {
    url: base,
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
  };
}

/** Calls `fetch`; throws a `Failure` that says what to do when the relay does not answer. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new Failure(
      `${new URL(url).origin} cannot be reached; is the relay running (npm start)?`,
      { cause: error },
    );
  }
}

/** A problem document as one line. */
export function problemText(body: string): string {
  try {
    const { title, detail, issues, problems } = JSON.parse(body) as {
      readonly title?: string;
      readonly detail?: string;
      readonly issues?: readonly { readonly path: string; readonly message: string }[];
      readonly problems?: readonly string[];
    };
    const more = [
      ...(issues ?? []).map((issue) => `${issue.path}: ${issue.message}`),
      ...(problems ?? []),
    ];
    const parts = [title, detail, ...more].filter((part) => part !== undefined);
    return parts.length === 0 ? body : parts.join("; ");
  } catch {
    return cutText(body, 200);
  }
}
