// Asks the object that owns a stream, from the Worker: for a page, or for a socket.

import { fault, ok, type Result } from "../kernel/result.ts";
import { accountObject, jobObject } from "../objects.ts";
import type { Page } from "./frames.ts";
import type { Refusal } from "./refusal.ts";
import type { Target } from "./request.ts";
import { OPEN_HEADER, writeOpen, type Open, type PageQuery } from "./stream.ts";

/** What the objects that own streams offer; `page` answers `null` for a job that does not exist or is not the caller's. */
interface Owner {
  fetch(url: string, init: RequestInit): Promise<Response>;
  page(query: PageQuery): Promise<Page | null>;
}

function ownerOf(env: Env, target: Target): Owner {
  const stub = target.kind === "job" ? jobObject(env, target.source, target.guid) : accountObject(env, target.account);
  return stub as unknown as Owner;
}

/** Tries of a call whose failure the platform calls passing (`retryable`); each with a new stub, since a broken one stays broken. */
const TRIES = 3;

/** Asks an owner. An overloaded object is never asked again (Durable Objects, error handling). */
async function ask<T>(env: Env, target: Target, question: (owner: Owner) => Promise<T>): Promise<Result<T, Refusal>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return ok(await question(ownerOf(env, target)));
    } catch (error) {
      const { retryable, overloaded } = error as { readonly retryable?: boolean; readonly overloaded?: boolean };
      if (overloaded === true || (retryable === true && attempt >= TRIES)) return fault({ kind: "unavailable" });
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
export const askPage = (env: Env, target: Target, query: PageQuery): Promise<Result<Page | null, Refusal>> =>
  ask(env, target, (owner) => owner.page(query));

/** Opens a socket to the owner: the client's own, or the one behind an event stream or a waiting poll. */
export async function connect(
  env: Env,
  target: Target,
  open: Open,
): Promise<Result<Response & { readonly webSocket: WebSocket }, Refusal>> {
  const answer = await ask(env, target, (owner) =>
    owner.fetch("https://object/stream", { headers: { upgrade: "websocket", [OPEN_HEADER]: writeOpen(open) } }),
  );
  if (!answer.ok) return answer;
  const { webSocket, status } = answer.value;
  return webSocket === null ? fault(refusalOf(status)) : ok(answer.value as Response & { readonly webSocket: WebSocket });
}
