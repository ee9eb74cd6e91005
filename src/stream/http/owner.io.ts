// Asks the object that owns a stream, from the Worker: for a page, or for a socket.

import { randomFraction } from "../../kernel/random.io.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { accountObject, fanObject, jobObject } from "../../objects.ts";
import { FANS_HEADER, fansIn } from "./fan-header.ts";
import type { Page } from "../frames.ts";
import { MAX_FANS } from "../limits.ts";
import type { Refusal } from "./refusal.ts";
import type { Target } from "./request.ts";
import { OPEN_HEADER, writeStreamOpen, type StreamOpen, type PageQuery } from "../stream.ts";

/** What the objects that own streams offer; `page` answers `null` for a job that does not exist or is not the caller's. */
interface Owner {
  fetch(url: string, init: RequestInit): Promise<Response>;
  page(query: PageQuery): Promise<Page | null>;
}

/** Where a stream is asked for: at its owner, or at one of an account's fans. */
type Door = Target | { readonly kind: "fan"; readonly account: string; readonly fan: number };

function stubOf(env: Env, door: Door): unknown {
  switch (door.kind) {
    case "job":
      return jobObject(env, door.source, door.guid);
    case "account":
      return accountObject(env, door.account);
    case "fan":
      return fanObject(env, door.account, door.fan);
  }
}

/** Tries of a call whose failure the platform calls passing (`retryable`); each with a new stub, since a broken one stays broken. */
const TRIES = 3;

/** Asks an owner. An overloaded object is never asked again (Durable Objects, error handling). */
async function ask<T>(
  env: Env,
  door: Door,
  question: (owner: Owner) => Promise<T>,
): Promise<Result<T, Refusal>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return ok(await question(stubOf(env, door) as Owner));
    } catch (error) {
      const { retryable, overloaded } = error as {
        readonly retryable?: boolean;
        readonly overloaded?: boolean;
      };
      if (overloaded === true || (retryable === true && attempt >= TRIES))
        return fault({ kind: "unavailable" });
      if (retryable !== true) throw error;
    }
  }
}

/** Why an owner answered an upgrade without a socket. */
function refusalOf(status: number): Refusal {
  if (status === 404) return { kind: "not-permitted" };
  return { kind: status === 429 ? "full" : "unavailable" };
}

/** Asks for a page; `null` for a job that does not exist or is not the caller's. */
export const readPage = (
  env: Env,
  target: Target,
  query: PageQuery,
): Promise<Result<Page | null, Refusal>> => ask(env, target, (owner) => owner.page(query));

type Upgraded = Response & { readonly webSocket: WebSocket };

/** Asks one object for a socket. */
async function upgrade(env: Env, door: Door, open: StreamOpen): Promise<Result<Response, Refusal>> {
  return ask(env, door, (owner) =>
    owner.fetch("https://object/stream", {
      headers: { upgrade: "websocket", [OPEN_HEADER]: writeStreamOpen(open) },
    }),
  );
}

/** How many fans are tried: the first that is chosen may be full while others are not. */
const FANS_TRIED = 3;

/** Opens a socket to one of an account's fans, each as likely as the others; from a full one to any other that there may be. */
async function connectFan(
  env: Env,
  account: string,
  open: StreamOpen,
  fans: number,
): Promise<Result<Response, Refusal>> {
  let fan = Math.floor(randomFraction() * fans);
  for (let tried = 1; ; tried += 1) {
    const answer = await upgrade(env, { kind: "fan", account, fan }, open);
    if (!answer.ok || answer.value.status !== 429 || tried >= FANS_TRIED) return answer;
    fan = (fan + 1 + Math.floor(randomFraction() * (MAX_FANS - 1))) % MAX_FANS;
  }
}

/** Opens a socket to the owner, or to a fan where the owner says so: the client's own socket, or the one behind an event stream or a waiting poll. */
export async function connect(
  env: Env,
  target: Target,
  open: StreamOpen,
): Promise<Result<Upgraded, Refusal>> {
  const home = await upgrade(env, target, open);
  const fans =
    home.ok && target.kind === "account" ? fansIn(home.value.headers.get(FANS_HEADER)) : 0;
  const answer =
    fans > 0 && target.kind === "account"
      ? await connectFan(env, target.account, open, fans)
      : home;
  if (!answer.ok) return answer;
  const { webSocket, status } = answer.value;
  return webSocket === null ? fault(refusalOf(status)) : ok(answer.value as Upgraded);
}
