// Writes messages of the relay in Protobuf. Its values are those of the JSON encoding.

import { PbfWriter } from "pbf";
import { utf8 } from "../../../kernel/bytes.ts";
import { writeJson, type Json, type JsonObject } from "../../../kernel/json.ts";
import type { Message, NamedField } from "./messages.ts";

/** The wire types (protobuf.dev, "Encoding"). */
const VARINT = 0;
const BYTES = 2;

/** Writes each message behind its length. Members without a field are left out. */
export function writeMessages(messages: readonly JsonObject[], message: Message): Uint8Array {
  const writer = new PbfWriter();
  for (const members of messages)
    writer.writeRawMessage((all, to) => writeMembers(all, message, to), members);
  return writer.finish();
}

function writeMembers(members: JsonObject, { byName }: Message, writer: PbfWriter): void {
  for (const [name, value] of Object.entries(members)) {
    const field = byName.get(name);
    if (field !== undefined) writeField(value, field, writer);
  }
}

function writeField(value: Json, field: NamedField, writer: PbfWriter): void {
  const { kind, number } = field;
  switch (kind) {
    case "uint":
    case "int":
    case "bool":
      writer.writeTag(number, VARINT);
      writer.writeVarint(Number(value));
      return;
    case "text":
      writer.writeTag(number, BYTES);
      writer.writeBytes(utf8(value as string));
      return;
    case "json":
      writer.writeTag(number, BYTES);
      writer.writeBytes(utf8(writeJson(value)));
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
  { number, writer }: { readonly number: number; readonly writer: PbfWriter },
): void {
  writer.writeMessage(number, (all, to) => writeMembers(all, message, to), members);
}
