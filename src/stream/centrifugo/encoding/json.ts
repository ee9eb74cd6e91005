// Frames in JSON: one object for each message, one a line.

import { utf8 } from "../../../kernel/bytes.ts";
import { isObject, writeJson, type Json, type JsonObject } from "../../../kernel/json.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import { MAX_COMMANDS, MAX_FRAME } from "../limits.ts";
import { commandOf, DISCONNECT, type Command, type Disconnect } from "../protocol.ts";
import type { Encoding, Frame } from "./encoding.ts";
import { splitObjects } from "./json-stream.ts";

/** The text of a ping, and of the pong that answers it. */
export const PING = "{}";

/** Bytes of a frame. */
export const frameSize = (frame: Frame): number =>
  typeof frame === "string" ? utf8(frame).byteLength : frame.byteLength;

/** The text of a frame: binary frames hold JSON as well, in UTF-8. Or the reason to close. */
function frameText(frame: Frame, most: number): Result<string, Disconnect> {
  // Characters first: they take at least a byte each.
  if (typeof frame === "string" && frame.length > most) return fault(DISCONNECT.tooBig);
  if (frameSize(frame) > most) return fault(DISCONNECT.tooBig);
  if (typeof frame === "string") return ok(frame);
  try {
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(frame));
  } catch {
    return fault(DISCONNECT.badRequest);
  }
}

/** Reads a frame in JSON of at most `most` bytes: its commands, or the reason to close. */
export function parseFrame(
  frame: Frame,
  most: number = MAX_FRAME,
): Result<readonly Command[], Disconnect> {
  const text = frameText(frame, most);
  return text.ok ? parseText(text.value) : text;
}

function parseText(text: string): Result<readonly Command[], Disconnect> {
  const objects = splitObjects(text);
  if (objects === null || objects.length === 0 || objects.length > MAX_COMMANDS)
    return fault(DISCONNECT.badRequest);
  const commands: Command[] = [];
  for (const object of objects) {
    const value = readObject(object);
    const command = value === null ? null : commandOf(value);
    if (command === null) return fault(DISCONNECT.badRequest);
    commands.push(command);
  }
  return ok(commands);
}

function readObject(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Writes messages as one frame. */
export const writeFrame = (messages: readonly object[]): string =>
  messages.map((message) => writeJson(message)).join("\n");

function read(frame: Frame): ReturnType<Encoding["read"]> {
  const text = frameText(frame, MAX_FRAME);
  if (!text.ok) return text;
  const commands = parseText(text.value);
  return commands.ok ? ok({ commands: commands.value, text: text.value }) : commands;
}

/** Longest frame that is looked at for a pong alone, in bytes: clients write 2 or 3. */
const MAX_PONG = 64;

/** White space around a pong is that of a client that writes lines. */
function isPong(frame: Frame): boolean {
  const text = frameText(frame, MAX_PONG);
  return text.ok && text.value.trim() === PING;
}

export const JSON_ENCODING: Encoding = { isPong, read, write: (text) => text };
