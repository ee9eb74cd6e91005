// The relay's HTTP API for the commands: the admin token on every request, problems as failures.

import { printable } from "./paint.ts";
import { Failure, PROGRAM, Unavailable, UsageError } from "./command.ts";
import { localProject } from "./local/local-project.ts";
import { projectDirectory } from "./local/project.ts";
import { cutText, withoutSlashes } from "../kernel/json/text.ts";

/** The API of one relay. */
export interface RelayApi {
  readonly url: string;
  readonly token: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
}

/** Which relay is meant, by options; what is left out is found in the environment. */
export interface RelayChoice {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

/** The address of the relay: the option, else `JOBRELAY_URL`, else the local one. */
export function relayUrl({ url }: RelayChoice): string {
  const chosen = url ?? given("JOBRELAY_URL") ?? "http://localhost:8787";
  if (!URL.canParse(chosen) || !/^https?:/.test(chosen))
    throw new Failure(`${chosen} is no address of a relay: it begins with https:// or http://`);
  return withoutSlashes(chosen);
}

function given(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : value;
}

const LOCAL_HOST = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** True for an address of this machine. */
export const isLocalUrl = (url: string): boolean => LOCAL_HOST.test(new URL(url).hostname);

/**
 * The admin token for an address: the option, else `JOBRELAY_TOKEN`, which belongs to
 * `JOBRELAY_URL` where that is set. A token of .dev.vars opens a relay on this machine and is sent
 * to no other.
 */
function adminToken(choice: RelayChoice, url: string): string {
  if (choice.token !== undefined) return choice.token;
  const profile = given("JOBRELAY_URL");
  const isProfile = profile === undefined || new URL(profile).origin === new URL(url).origin;
  const token = isProfile ? given("JOBRELAY_TOKEN") : undefined;
  if (token !== undefined) return token;
  const directory = projectDirectory();
  const local = directory === null ? undefined : localProject(directory).vars["ADMIN_TOKEN"];
  if (isLocalUrl(url) && local !== undefined && local !== "") return local;
  throw new Failure(
    isLocalUrl(url)
      ? "no admin token: set JOBRELAY_TOKEN in the environment, or ADMIN_TOKEN in .dev.vars"
      : `no admin token for ${new URL(url).origin}: set JOBRELAY_TOKEN in the environment (the token of .dev.vars is for this machine only)`,
  );
}

/** A request may wait for a cold start, in ms. */
const TIMEOUT = 15_000;

/**
 * Talks to a relay. Throws a `Failure` when it cannot be reached or answers with a problem, and
 * when there is no token for it.
 */
export function relayApi(choice: RelayChoice): RelayApi {
  const base = relayUrl(choice);
  const token = adminToken(choice, base);
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await reach(`${base}${path}`, {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok)
      throw refusalOf({ status: answer.status, what: `${method} ${path}`, text, base });
    return (text === "" ? null : parseJson(text, base)) as T;
  };
  return {
    url: base,
    token,
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    delete: async (path) => void (await call("DELETE", path)),
  };
}

/** What the API says to a wrong token. */
const UNAUTHORIZED = "Unauthorized";

/** An answer that is no success. */
interface Refused {
  readonly status: number;
  /** The method and the path. */
  readonly what: string;
  readonly text: string;
  readonly base: string;
}

/** An answer that is no success, as what is thrown: a value that it refuses is wrong use. */
function refusalOf(refused: Refused): Failure | UsageError {
  const issues = refused.status === BAD_REQUEST ? issuesIn(refused.text) : [];
  if (issues.length > 0)
    return new UsageError(issues.map(({ path, message }) => `--${path} ${message}`).join("\n"));
  const message = failureOf(refused);
  return refused.status >= SERVER_ERROR ? new Unavailable(message) : new Failure(message);
}

const BAD_REQUEST = 400;
const SERVER_ERROR = 500;

interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What a problem document says of single values. */
function issuesIn(text: string): readonly Issue[] {
  try {
    return (JSON.parse(text) as { readonly issues?: readonly Issue[] }).issues ?? [];
  } catch {
    return [];
  }
}

function failureOf({ status, what, text, base }: Refused): string {
  // A webhook that is ingested again is answered 401 as well, with a title of its own.
  if (status === 401 && problemText(text) === UNAUTHORIZED)
    return "the relay does not accept this admin token (401): it is the secret ADMIN_TOKEN of that relay";
  if (!isProblem(text))
    return `${base} does not answer like a relay (${status}): check --url or JOBRELAY_URL`;
  const [, unknown] = /^No such (job|subscriber|source)\b/.exec(problemText(text)) ?? [];
  const list = unknown === undefined ? "" : `; ${PROGRAM} ${unknown}s lists them`;
  return `${what}: ${status} ${problemText(text)}${list}`;
}

/** Every refusal of a relay is a problem document. */
function isProblem(text: string): boolean {
  try {
    return typeof (JSON.parse(text) as { readonly title?: unknown } | null)?.title === "string";
  } catch {
    return false;
  }
}

function parseJson(text: string, base: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`${base} does not answer like a relay`);
  }
}

const TLS_OF_PLAIN = /^(?:EPROTO$|ERR_SSL_(?:WRONG_VERSION|PACKET_LENGTH|RECORD_LAYER))/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

/** A sentence about an address that no connection could be made to. */
export function unreachable(url: string, code: string, isLocal: boolean): string {
  const { host, hostname, origin } = new URL(url);
  if (TLS_OF_PLAIN.test(code)) return `${origin} does not speak TLS, is http://${host} meant?`;
  if (CERTIFICATE.test(code)) return `the certificate of ${origin} is not trusted here (${code})`;
  if (code === "ENOTFOUND") return `there is no host ${hostname}: check --url or JOBRELAY_URL`;
  return `${origin} cannot be reached${isLocal ? "; is the relay running (npm start)?" : ""}`;
}

/** The code of what `fetch` threw; `""` when it has none. */
export function errorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : "";
}

/** Calls `fetch`; throws an `Unavailable` that says what to do when the relay does not answer. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    throw new Unavailable(
      isLate
        ? `${new URL(url).origin} does not answer in time`
        : unreachable(url, errorCode(error), isLocalUrl(url)),
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
    return printable(parts.length === 0 ? cutText(body, 200) : parts.join("; "));
  } catch {
    return printable(cutText(body, 200));
  }
}
