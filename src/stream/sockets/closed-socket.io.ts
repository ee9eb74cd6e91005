// The closing ends of sockets: one that is accepted only to be closed, one whose client has closed it.

/** Answers an upgrade (101) and closes at once: a browser sees a close code, but no HTTP status. `protocol` is the subprotocol to answer with. */
export function closedSocket(
  closing: { readonly code: number; readonly reason: string },
  protocol: string | null,
): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(closing.code, closing.reason);
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: protocol === null ? {} : { "sec-websocket-protocol": protocol },
  });
}

/**
 * Answers a client's close frame. The runtime does not do it for hibernatable sockets, whatever the compatibility date
 * (cloudflare/partykit#389, 2026-04): a client would wait for its own timeout and see code 1006.
 */
export function closeBack(socket: WebSocket, code: number): void {
  try {
    // Codes such as 1005, "no code", may not be sent (RFC 6455, 7.4.1).
    socket.close(code >= 3_000 && code <= 4_999 ? code : 1_000);
  } catch {
    // Gone already.
  }
}
