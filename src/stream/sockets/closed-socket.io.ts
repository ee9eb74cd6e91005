// Sockets at their end: one that is accepted only to be closed, and one that its client closed.

import type { CloseReason } from "./socket.io.ts";

/**
 * Answers an upgrade (101) and closes at once: a browser sees a close code, but no HTTP status.
 * `protocol` is the subprotocol to answer with.
 */
export function closedSocket({ code, reason }: CloseReason, protocol: string | null): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(code, reason);
  return upgraded(client, protocol);
}

/** The answer (101) that hands a socket to the client; `protocol` is the accepted subprotocol. */
export const upgraded = (client: WebSocket, protocol: string | null): Response =>
  new Response(null, {
    status: 101,
    webSocket: client,
    headers: protocol === null ? {} : { "sec-websocket-protocol": protocol },
  });

/**
 * Answers a client's close frame. The runtime does not do it for hibernatable sockets, whatever
 * the compatibility date (cloudflare/partykit#389, 2026-04): a client would wait for its own
 * timeout and see code 1006.
 */
export function closeBack(socket: WebSocket, code: number): void {
  try {
    // Codes such as 1005, "no code", may not be sent (RFC 6455, 7.4.1).
    socket.close(code >= 3_000 && code <= 4_999 ? code : 1_000);
  } catch {
    // The socket is closed already.
  }
}
