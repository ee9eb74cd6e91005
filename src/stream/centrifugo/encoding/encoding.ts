// The two encodings of the Centrifugo protocol. Between the Worker and an account's object there is
// JSON alone: the Worker, which holds the clients' sockets, converts the frames of the others.

import type { Result } from "../../../kernel/result.ts";
import type { Command, Disconnect } from "../protocol.ts";

/** A frame as it comes from a socket. */
export type Frame = string | ArrayBuffer;

/** The commands of a client's frame, and the same frame in JSON. */
export interface ClientFrame {
  readonly commands: readonly Command[];
  readonly text: string;
}

/** How a client writes its frames and reads the relay's. */
export interface Encoding {
  /** True for a frame that answers a ping and holds nothing else. */
  readonly isPong: (frame: Frame) => boolean;
  /** Reads a frame: all of its commands, or the reason to close the connection. */
  readonly read: (frame: Frame) => Result<ClientFrame, Disconnect>;
  /** Writes a frame of the server, given in JSON. */
  readonly write: (text: string) => string | Uint8Array;
}
