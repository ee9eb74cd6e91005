// Asks the object that owns a stream, from the Worker: for a page, or for a socket.

import { callObject } from "../../durable/object-call.io.ts";
import { logError } from "../../kernel/log.io.ts";
import { randomFraction } from "../../kernel/random.io.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { accountObject, fanObject, jobObject, type Stub } from "../../objects.ts";
import type { StreamRpc } from "../../rpc.ts";
import type { Page } from "../frames.ts";
import { MAX_FANS } from "../limits.ts";
import { OPEN_HEADER, writeStreamOpen, type StreamOpen, type PageQuery } from "../stream.ts";
import { FANS_HEADER, fansIn } from "./fan-header.ts";
import type { Refusal } from "./refusal.ts";
import type { Target } from "./request.ts";

const ownerOf = (env: Env, target: Target): Stub<StreamRpc> =>
  target.kind === "job"
    ? jobObject(env, target.source, target.guid)
    : accountObject(env, target.account);

/**
 * Calls an object; a call that was given up is a refusal, whatever the reason. The platform's own
 * errors often have no flag, and a client that comes back is right in any case.
 */
async function ask<T>(call: () => Promise<T>): Promise<Result<T, Refusal>> {
  const answer = await callObject(call);
  if (answer.ok) return answer;
  const { reason, message } = answer.fault;
  logError("stream.unavailable", message, { reason });
  return fault({ kind: "unavailable" });
}

/** Why an owner answered an upgrade without a socket. */
function refusalOf(status: number): Refusal {
  if (status === 404) return { kind: "not-permitted" };
  return { kind: status === 429 ? "full" : "unavailable" };
}

/** Asks for a page; `null` for a job that does not exist or that the caller may not see. */
export const readPage = (
  env: Env,
  target: Target,
  query: PageQuery,
): Promise<Result<Page | null, Refusal>> => ask(() => ownerOf(env, target).page(query));

type Upgraded = Response & { readonly webSocket: WebSocket };

/** Asks one object for a socket. */
const upgrade = (
  objectOf: () => Pick<Stub<unknown>, "fetch">,
  open: StreamOpen,
): Promise<Result<Response, Refusal>> =>
  ask(() =>
    objectOf().fetch(
      new Request("https://object/stream", {
        headers: { upgrade: "websocket", [OPEN_HEADER]: writeStreamOpen(open) },
      }),
    ),
  );

/** How many fans are tried: the first one may be full while others are not. */
const MAX_FANS_TRIED = 3;

/**
 * Opens a socket to one of an account's fans at random; after a full one, to any fan there may be.
 */
async function connectFan(
  env: Env,
  account: string,
  open: StreamOpen,
  fans: number,
): Promise<Result<Response, Refusal>> {
  let fan = Math.floor(randomFraction() * fans);
  for (let tried = 1; ; tried += 1) {
    const answer = await upgrade(() => fanObject(env, account, fan), open);
    if (!answer.ok || answer.value.status !== 429 || tried >= MAX_FANS_TRIED) return answer;
    fan = (fan + 1 + Math.floor(randomFraction() * (MAX_FANS - 1))) % MAX_FANS;
  }
}

/**
 * Opens a socket to the owner, or to a fan where the owner says so: the client's own socket, or the
 * one behind an event stream or a waiting poll.
 */
export async function connect(
  env: Env,
  target: Target,
  open: StreamOpen,
): Promise<Result<Upgraded, Refusal>> {
  const home = await upgrade(() => ownerOf(env, target), open);
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
