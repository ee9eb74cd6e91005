// Opens a connection: a token first, then the socket.

import type { UpstreamSettings } from "../../config/settings.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { failureOf } from "../answer.ts";
import type { Failure } from "../record.ts";
import { ask, openSocket } from "../request.io.ts";
import { tokenOf } from "./token.ts";

/** Where the realtime server is, and who asks. */
export type RealtimeSettings = Extract<UpstreamSettings, { kind: "centrifugo" }>;

/** Fetches a connection token. */
export async function fetchToken(settings: RealtimeSettings): Promise<Result<string, Failure>> {
  const headers = { [settings.tokenHeader]: settings.token, accept: "application/json" };
  return tokenOf(await ask(settings.tokenUrl, { method: "POST", headers }));
}

/** Opens the socket, and fetches the token to be sent first on it. */
export async function openConnection(
  settings: RealtimeSettings,
): Promise<Result<{ readonly socket: WebSocket; readonly token: string }, Failure>> {
  const token = await fetchToken(settings);
  if (!token.ok) return token;
  const opened = await openSocket(settings.url);
  if (opened.kind === "socket") return ok({ socket: opened.socket, token: token.value });
  return fault(failureOf(opened, "the socket address"));
}
