// One request to the relay's HTTP API, with the admin token in a header.

import { newId } from "../browser/new-id.ts";

/** A failed request, with a message for the operator. */
class ApiError extends Error {
  /** True when the token was refused; false also for a 401 that a retried webhook would get. */
  readonly refusesToken: boolean;

  constructor(message: string, refusesToken: boolean = false) {
    super(message);
    this.refusesToken = refusesToken;
  }
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

/** What a failed answer says, in one or two plain sentences. */
export function messageOf(status: number, problem: Problem): string {
  const issues = (problem.issues ?? []).map(({ path, message }) => `${path || "body"}: ${message}`);
  const parts = [
    problem.title ?? `The relay answered with status ${status}`,
    problem.detail,
    issues.join("; "),
  ];
  return parts
    .filter((part): part is string => part !== undefined && part !== "")
    .map((part) => part.replace(/\.$/, ""))
    .join(". ")
    .concat(".");
}

/** The methods of the API that the console uses. */
export interface Api {
  readonly token: string;
  get<T>(path: string): Promise<T>;
  /** The answer as text, whose numbers keep their digits. */
  text(path: string): Promise<string>;
  post<T>(path: string, body?: unknown): Promise<T>;
  remove(path: string): Promise<void>;
  /** Lets nothing more be sent: the operator has signed out. */
  close(): void;
}

/** Reads JSON; what is none is an empty object: a proxy in between may answer with a page. */
function jsonOf(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return {};
  }
}

/** Reads an answer; a failed one is an `ApiError`. */
async function answered(asked: Promise<Response>): Promise<string> {
  const answer = await asked.catch(() => {
    throw new ApiError("The relay does not answer.");
  });
  const text = await answer.text().catch(() => "");
  if (answer.ok) return text;
  // Only an answer about the token names how to send one.
  if (answer.status === 401 && answer.headers.has("www-authenticate"))
    throw new ApiError("That token is wrong.", true);
  throw new ApiError(messageOf(answer.status, jsonOf(text) as Problem));
}

/**
 * Makes the API of a token, which is empty where Cloudflare Access vouches for the operator;
 * `refused` is called when the relay refuses it.
 */
export function apiOf(token: string, refused: () => void): Api {
  let closed = false;
  const send = async (method: string, path: string, body?: unknown): Promise<string> => {
    if (closed) throw new ApiError("You are signed out.");
    const headers: Record<string, string> = {};
    if (token !== "") headers["authorization"] = `Bearer ${token}`;
    if (method === "POST") {
      headers["content-type"] = "application/json";
      // A post that is sent again after a lost answer acts once.
      headers["idempotency-key"] = newId();
    }
    const text = body === undefined ? null : JSON.stringify(body);
    try {
      return await answered(fetch(path, { method, headers, body: text, cache: "no-store" }));
    } catch (error) {
      if (error instanceof ApiError && error.refusesToken) refused();
      throw error;
    }
  };
  return {
    token,
    get: async <T>(path: string) => jsonOf(await send("GET", path)) as T,
    text: (path) => send("GET", path),
    post: async <T>(path: string, body?: unknown) => jsonOf(await send("POST", path, body)) as T,
    remove: async (path) => void (await send("DELETE", path)),
    close: () => {
      closed = true;
    },
  };
}

/** The path of an API route; parts are encoded, and parameters without a value left out. */
export function pathOf(
  parts: readonly string[],
  query: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(
    ([name, value]): readonly (readonly [string, string])[] =>
      value === null || value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given.map(([name, value]) => [name, value])).toString();
  return `/v1/${parts.map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
}
