// The Protobuf encoder and decoder of the official SDK, which hides them.

import { Centrifuge } from "centrifuge/build/protobuf";

interface Codec {
  encodeCommands(commands: readonly unknown[]): Uint8Array;
  decodeReplies(frame: Uint8Array): readonly object[];
}

const { _codec: codec } = new Centrifuge("ws://localhost", {
  websocket: WebSocket,
}) as unknown as { readonly _codec: Codec };

/** A frame of commands as an SDK sends it. */
export const encodeCommands = (commands: readonly unknown[]): ArrayBuffer =>
  Uint8Array.from(codec.encodeCommands(commands)).buffer;

/**
 * The messages of a server's frame. Documents are texts, and what the decoder adds by itself (empty
 * lists, tags) is left out.
 */
export const decodeReplies = (frame: Uint8Array): readonly unknown[] =>
  codec.decodeReplies(frame).map(plain);

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  // 64 bits, as the library `long` holds them.
  if ("low" in value && "high" in value)
    return (Number(value.high) >>> 0) * 2 ** 32 + (Number(value.low) >>> 0);
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([name, member]) => name !== "tags" && !(Array.isArray(member) && member.length === 0),
      )
      .map(([name, member]: [string, unknown]) => [name, plain(member)]),
  );
}
