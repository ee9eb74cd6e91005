// Reads Protobuf messages of strangers: whatever is not well-formed is refused as a whole.

import { PbfReader } from "pbf";
import type { Json, JsonObject } from "../../../kernel/json.ts";
import type { Message, NamedField } from "./messages.ts";

/** The wire types (protobuf.dev, "Encoding"). Groups are not read: nobody writes them. */
const VARINT = 0;
const BYTES = 2;

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
  const reader = new PbfReader(frame);
  const messages: JsonObject[] = [];
  try {
    while (reader.pos < frame.length) {
      if (messages.length === most) return null;
      messages.push(readMessage(reader, readEnd(reader, frame.length), message));
    }
    return messages;
  } catch {
    // Of this file, of the library (a varint of more than 10 bytes, a group), or no UTF-8.
    return null;
  }
}

class Malformed extends Error {}

/** Reads the length of what follows, and answers where it ends. */
function readEnd(reader: PbfReader, limit: number): number {
  const length = reader.readVarint();
  const end = reader.pos + length;
  if (end > limit) throw new Malformed();
  return end;
}

/** What was read of a message: the members of a map and a list are gathered one by one. */
type Gathered = Map<string, Json | Json[] | Map<string, Json>>;

function readMessage(reader: PbfReader, end: number, message: Message): JsonObject {
  // A map, because a name of the sender's may be `__proto__`.
  const gathered: Gathered = new Map();
  while (reader.pos < end) {
    const tag = reader.readVarint();
    const number = tag >>> 3;
    if (number === 0 || tag > MAX_TAG) throw new Malformed();
    const field = message.byNumber.get(number);
    if (field === undefined) skip(reader, tag % 8, end);
    else readField(reader, { end, wire: tag % 8, field }, gathered);
    if (reader.pos > end) throw new Malformed();
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
function readField(reader: PbfReader, { end, wire, field }: Place, gathered: Gathered): void {
  const { kind, name } = field;
  const isNumber = kind === "uint" || kind === "int" || kind === "bool";
  if (wire !== (isNumber ? VARINT : BYTES)) throw new Malformed();
  if (isNumber) {
    const number = reader.readVarint(kind === "int");
    gathered.set(name, kind === "bool" ? number !== 0 : number);
    return;
  }
  const stop = readEnd(reader, end);
  switch (kind) {
    case "text":
      gathered.set(name, readText(reader, stop));
      return;
    case "json":
      gathered.set(name, JSON.parse(readText(reader, stop)) as Json);
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

function readText(reader: PbfReader, stop: number): string {
  const text = strict.decode(reader.buf.subarray(reader.pos, stop));
  reader.pos = stop;
  return text;
}

function skip(reader: PbfReader, wire: number, end: number): void {
  if (wire === VARINT) reader.readVarint();
  else if (wire === BYTES) reader.pos = readEnd(reader, end);
  else reader.skip(wire);
}
