// Frames in Protobuf: messages one after the other, each behind its length as a varint.

import { utf8 } from "../../../kernel/bytes.ts";
import type { JsonObject } from "../../../kernel/json.ts";
import { scanJson } from "../../../kernel/json/scan.ts";
import { fault, ok } from "../../../kernel/result.ts";
import { MAX_COMMANDS, MAX_FRAME } from "../limits.ts";
import { commandOf, DISCONNECT, type Command } from "../protocol.ts";
import type { Encoding, Frame } from "./encoding.ts";
import { splitObjects } from "./json-stream.ts";
import { COMMAND, REPLY } from "./messages.ts";
import { readMessages } from "./read-message.ts";
import { writeMessages } from "./write-message.ts";

/** A text frame counts as its bytes, as for Centrifugo. */
const bytesOf = (frame: Frame): Uint8Array =>
  typeof frame === "string" ? utf8(frame) : new Uint8Array(frame);

/** A message without fields: its length alone, which is 0. */
function isPong(frame: Frame): boolean {
  const bytes = bytesOf(frame);
  return bytes.length === 1 && bytes[0] === 0;
}

function read(frame: Frame): ReturnType<Encoding["read"]> {
  const bytes = bytesOf(frame);
  if (bytes.length > MAX_FRAME) return fault(DISCONNECT.tooBig);
  const messages = readMessages(bytes, COMMAND, MAX_COMMANDS);
  if (messages === null || messages.length === 0) return fault(DISCONNECT.badRequest);
  const commands: Command[] = [];
  for (const message of messages) {
    const command = commandOf(message);
    if (command === null) return fault(DISCONNECT.badRequest);
    commands.push(command);
  }
  return ok({ commands, text: messages.map((message) => JSON.stringify(message)).join("\n") });
}

/** The numbers in events keep their digits on the way through this parser. */
const parse = (text: string): JsonObject => JSON.parse(scanJson(text).text) as JsonObject;

const write = (text: string): Uint8Array =>
  writeMessages((splitObjects(text) ?? []).map(parse), REPLY);

export const PROTOBUF_ENCODING: Encoding = { isPong, read, write };
