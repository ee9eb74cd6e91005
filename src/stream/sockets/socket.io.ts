// What is done to a single WebSocket, whatever state its client has left it in.

/** Why a socket is closed, as its close frame says. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
}

/** True while frames can be sent to the socket. */
export const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

/** True once nothing more is sent, and the client has left. */
export const isClosed = (socket: WebSocket): boolean => socket.readyState === WebSocket.CLOSED;

/** Sends a frame. A socket that is closing ignores it: its client resumes by cursor. */
export function send(socket: WebSocket, frame: string | Uint8Array): void {
  try {
    socket.send(frame);
  } catch {
    // The socket is closing.
  }
}

/** Closes a socket. One that is closed already stays as it is. */
export function close(socket: WebSocket, { code, reason }: CloseReason): void {
  try {
    socket.close(code, reason);
  } catch {
    // The other side closed it first.
  }
}
