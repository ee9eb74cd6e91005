// File names from `Content-Disposition` (RFC 6266) or a URL, made safe to store.

import { utf8 } from "../../../kernel/bytes.ts";
import { withoutEnd } from "../../../kernel/json/text.ts";

/** Bytes of a file name: the limit of common file systems, so a bucket can be copied to a disk. */
const MAX_FILE_NAME_BYTES = 255;

/** Characters of a header that is read; a name has at most 255 bytes, of 3 characters at most. */
const MAX_HEADER_CHARS = 2_048;

/**
 * One parameter: its name, and its value with or without quotes. A value without quotes ends at the
 * next semicolon and may hold spaces, because some servers forget the quotes.
 */
const PARAMETER = /;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g;

/**
 * The file name of a `Content-Disposition`: `filename*` before `filename`; `null` when there is
 * none that can be read. It is not safe yet.
 */
export function dispositionName(header: string): string | null {
  if (header.length > MAX_HEADER_CHARS) return null;
  let plain: string | null = null;
  let extended: string | null = null;
  // The semicolon in front accepts a header without a type. Of equal parameters the first counts.
  for (const [, name = "", value = ""] of `;${header}`.matchAll(PARAMETER)) {
    if (name.toLowerCase() === "filename*") extended ??= decodeExtended(unquoted(value));
    else if (name.toLowerCase() === "filename") plain ??= withUtf8(unquoted(value));
  }
  return extended ?? plain;
}

function unquoted(value: string): string {
  const trimmed = value.trim();
  const quoted = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"');
  return quoted ? trimmed.slice(1, -1).replace(/\\(.)/gs, "$1") : trimmed;
}

/** Reads `charset'language'percent-encoded` (RFC 8187, 3.2.1); `null` when it is malformed. */
function decodeExtended(value: string): string | null {
  const [, charset = "", encoded = ""] = /^([^']*)'[^']*'([ -~]*)$/.exec(value) ?? [];
  const binary = encoded.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (charset.toLowerCase() === "utf-8") return utf8Text(binary);
  return charset.toLowerCase() === "iso-8859-1" ? binary : null;
}

/** Reads a text whose characters are bytes as UTF-8; `null` when that is not possible. */
function utf8Text(binary: string): string | null {
  const codes = Array.from({ length: binary.length }, (_, index) => binary.charCodeAt(index));
  if (codes.some((code) => code > 0xff)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(
      Uint8Array.from(codes),
    );
  } catch {
    return null;
  }
}

/** Raw UTF-8 in a header reads as Latin-1 on Node, and as UTF-8 on workerd (2026-10). */
const withUtf8 = (value: string): string => utf8Text(value) ?? value;

/** The last segment of a URL's path, decoded if possible; `null` when it has none. Not safe yet. */
export function lastSegment(url: string): string | null {
  const segment = URL.parse(url)?.pathname.split("/").at(-1) ?? "";
  if (segment === "") return null;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Controls, invisible and direction-changing characters ("cod.exe" shown as "exe.doc"). */
const INVISIBLE_CHARS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const isBlankOrDot = (char: string): boolean => char === "." || char.trim() === "";

/** The extension, of up to two parts: `.csv`, `.ndjson.gz`. */
const EXTENSION = /(?:\.[A-Za-z0-9]{1,10}){1,2}$/;

/**
 * Makes a file name safe on every file system and in every key: no directories, nothing invisible,
 * no `..`, no leading dot, no characters that Windows refuses, at most `MAX_FILE_NAME_BYTES` with
 * the extension kept. `null` when nothing remains.
 */
export function safeName(name: string | null): string | null {
  if (name === null) return null;
  const base = name.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const safe = base
    .replace(INVISIBLE_CHARS, "")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/\.{2,}/g, ".")
    .replace(/^[\s.]+/, "");
  const named = withoutEnd(safe, isBlankOrDot);
  return named === "" ? null : shortened(named);
}

function shortened(name: string): string {
  if (utf8(name).byteLength <= MAX_FILE_NAME_BYTES) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  let room = MAX_FILE_NAME_BYTES - extension.length;
  let stem = "";
  for (const char of name.slice(0, name.length - extension.length)) {
    room -= utf8(char).byteLength;
    if (room < 0) break;
    stem += char;
  }
  return withoutEnd(stem, isBlankOrDot) + extension;
}
