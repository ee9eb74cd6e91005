// A socket that is accepted only to be closed: a browser sees a close code, but no HTTP status.

/** Answers an upgrade (101) and closes it at once; `protocol` is the subprotocol to answer with. */
export function closedSocket(closing: { readonly code: number; readonly reason: string }, protocol: string | null): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(closing.code, closing.reason);
  return new Response(null, { status: 101, webSocket: client, headers: protocol === null ? {} : { "sec-websocket-protocol": protocol } });
}
