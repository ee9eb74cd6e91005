// Writes messages of the relay in Protobuf. Its values are those of the JSON encoding.

import { utf8 } from "../../../kernel/bytes.ts";
import { writeJson, type Json, type JsonObject } from "../../../kernel/json.ts";
import type { Message, NamedField } from "./messages.ts";
import { WIRE, WireWriter } from "./wire.ts";

/** Writes each message behind its length. Members without a field are left out. */
export function writeMessages(messages: readonly JsonObject[], message: Message): Uint8Array {
  const writer = new WireWriter();
  for (const members of messages) writer.sized(() => writeMembers(members, message, writer));
  return writer.written();
}

function writeMembers(members: JsonObject, { byName }: Message, writer: WireWriter): void {
  for (const [name, value] of Object.entries(members)) {
    const field = byName.get(name);
    if (field !== undefined) writeField(value, field, writer);
  }
}

function writeField(value: Json, field: NamedField, writer: WireWriter): void {
  const { kind, number } = field;
  switch (kind) {
    case "uint":
    case "int":
    case "bool":
      writer.tag(number, WIRE.varint);
      writer.varint(Number(value));
      return;
    case "text":
      writer.tag(number, WIRE.bytes);
      writer.bytes(utf8(value as string));
      return;
    case "json":
      writer.tag(number, WIRE.bytes);
      writer.bytes(utf8(writeJson(value)));
      return;
    case "message":
      writeInner(value as JsonObject, field.message, { number, writer });
      return;
    case "list":
      for (const element of value as readonly JsonObject[])
        writeInner(element, field.message, { number, writer });
      return;
    case "map":
      for (const [key, inner] of Object.entries(value as JsonObject))
        writeInner({ key, value: inner }, field.entry, { number, writer });
  }
}

function writeInner(
  members: JsonObject,
  message: Message,
  { number, writer }: { readonly number: number; readonly writer: WireWriter },
): void {
  writer.tag(number, WIRE.bytes);
  writer.sized(() => writeMembers(members, message, writer));
}
