// Reads Protobuf messages of strangers: whatever is not well-formed is refused as a whole.

import type { Json, JsonObject } from "../../../kernel/json.ts";
import type { Message, NamedField } from "./messages.ts";
import { Malformed, WIRE, WireReader } from "./wire.ts";

/** Tags are uint32. */
const MAX_TAG = 0xffff_ffff;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads length-prefixed messages that fill a frame, at most `most` of them, as objects with the
 * names of the fields that are there; unknown fields are left out. `null` when anything is
 * malformed or cut off, or a field has another type than its message says.
 */
export function readMessages(
  frame: Uint8Array,
  message: Message,
  most: number,
): readonly JsonObject[] | null {
  const reader = new WireReader(frame);
  const messages: JsonObject[] = [];
  try {
    while (reader.at < frame.length) {
      if (messages.length === most) return null;
      messages.push(readMessage(reader, reader.end(frame.length), message));
    }
    return messages;
  } catch {
    // Malformed, no UTF-8, or no JSON.
    return null;
  }
}

/** What was read of a message: the members of a map and a list are gathered one by one. */
type Gathered = Map<string, Json | Json[] | Map<string, Json>>;

function readMessage(reader: WireReader, end: number, message: Message): JsonObject {
  // A map, because a name of the sender's may be `__proto__`.
  const gathered: Gathered = new Map();
  while (reader.at < end) {
    const tag = reader.varint();
    const number = tag >>> 3;
    if (number === 0 || tag > MAX_TAG) throw new Malformed();
    const field = message.byNumber.get(number);
    if (field === undefined) reader.skip(tag % 8, end);
    else readField(reader, { end, wire: tag % 8, field }, gathered);
    if (reader.at > end) throw new Malformed();
  }
  return Object.fromEntries(
    [...gathered].map(([name, value]) => [
      name,
      value instanceof Map ? Object.fromEntries(value) : value,
    ]),
  );
}

/** A field of a message that ends at `end`. */
interface Place {
  readonly end: number;
  readonly wire: number;
  readonly field: NamedField;
}

/** Reads a value. The last one counts where a single field comes several times. */
function readField(reader: WireReader, { end, wire, field }: Place, gathered: Gathered): void {
  const { kind, name } = field;
  const isNumber = kind === "uint" || kind === "int" || kind === "bool";
  if (wire !== (isNumber ? WIRE.varint : WIRE.bytes)) throw new Malformed();
  if (isNumber) {
    const number = reader.varint(kind === "int");
    gathered.set(name, kind === "bool" ? number !== 0 : number);
    return;
  }
  const stop = reader.end(end);
  switch (kind) {
    case "text":
      gathered.set(name, strict.decode(reader.until(stop)));
      return;
    case "json":
      gathered.set(name, JSON.parse(strict.decode(reader.until(stop))) as Json);
      return;
    case "message":
      gathered.set(name, readMessage(reader, stop, field.message));
      return;
    case "list":
      gatheredIn(gathered, name, () => [] as Json[]).push(readMessage(reader, stop, field.message));
      return;
    case "map": {
      const { key, value = {} } = readMessage(reader, stop, field.entry);
      const entries = gatheredIn(gathered, name, () => new Map<string, Json>());
      entries.set(typeof key === "string" ? key : "", value);
    }
  }
}

function gatheredIn<T extends Json[] | Map<string, Json>>(
  gathered: Gathered,
  name: string,
  make: () => T,
): T {
  const before = (gathered.get(name) as T | undefined) ?? make();
  gathered.set(name, before);
  return before;
}
