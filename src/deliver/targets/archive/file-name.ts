// File names as strangers send them, made safe to store: from `Content-Disposition` (RFC 6266) or from a URL.

import { utf8 } from "../../../kernel/bytes.ts";

/** Bytes of a file name: the limit of common file systems, so a bucket can be copied to a disk. */
export const FILE_NAME_BYTES = 255;

/** Characters of a header that are looked at; a name has at most 255 bytes, in the worst form 3 characters each. */
const MAX_HEADER = 2_048;

/** One parameter: its name, and its value quoted or bare. Bare values run to the next semicolon: some servers forget the quotes. */
const PARAMETER = /;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g;

/** The file name of a `Content-Disposition`: `filename*` before `filename`; `null` when there is none that can be read. Not yet safe. */
export function dispositionName(header: string): string | null {
  if (header.length > MAX_HEADER) return null;
  let plain: string | null = null;
  let extended: string | null = null;
  // The semicolon in front lets a header that forgot its type through; the first of several equal parameters counts.
  for (const [, name = "", value = ""] of `;${header}`.matchAll(PARAMETER)) {
    if (name.toLowerCase() === "filename*") extended ??= decodeExtended(unquoted(value));
    else if (name.toLowerCase() === "filename") plain ??= repaired(unquoted(value));
  }
  return extended ?? plain;
}

function unquoted(value: string): string {
  const trimmed = value.trim();
  const quoted = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"');
  return quoted ? trimmed.slice(1, -1).replace(/\\(.)/gs, "$1") : trimmed;
}

/** Reads `charset'language'percent-encoded` (RFC 8187, 3.2.1); `null` when it is none, or not in the charset it names. */
function decodeExtended(value: string): string | null {
  const [, charset = "", encoded = ""] = /^([^']*)'[^']*'([ -~]*)$/.exec(value) ?? [];
  const binary = encoded.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (charset.toLowerCase() === "utf-8") return utf8Text(binary);
  return charset.toLowerCase() === "iso-8859-1" ? binary : null;
}

/** Reads a text of bytes (each character one) as UTF-8; `null` when it is no text of bytes, or not UTF-8. */
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

/** Servers put raw UTF-8 into headers; workerd reads it as that, Node as Latin-1 (2026-10). Latin-1 that is UTF-8 is read again. */
const repaired = (value: string): string => utf8Text(value) ?? value;

/** The last segment of a URL's path, decoded when it can be; `null` when there is none. Not yet safe. */
export function lastSegment(url: string): string | null {
  const segment = URL.parse(url)?.pathname.split("/").at(-1) ?? "";
  if (segment === "") return null;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Characters that no file name needs: controls, invisible and direction-changing ones ("cod.exe" shown as "exe.doc"), line separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The extension, of up to two parts: `.csv`, `.ndjson.gz`. */
const EXTENSION = /(?:\.[A-Za-z0-9]{1,10}){1,2}$/;

/**
 * Makes a file name safe on every file system and in every key: no directories, nothing invisible, no `..`, no leading dot, no
 * characters that Windows refuses, at most `FILE_NAME_BYTES` with the extension kept. `null` when nothing remains.
 */
export function safeName(name: string | null): string | null {
  if (name === null) return null;
  const base = name.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const safe = base
    .replace(INVISIBLE, "")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/\.{2,}/g, ".")
    .replace(/^[\s.]+|[\s.]+$/g, "");
  return safe === "" ? null : shortened(safe);
}

function shortened(name: string): string {
  if (utf8(name).byteLength <= FILE_NAME_BYTES) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  let room = FILE_NAME_BYTES - extension.length;
  let stem = "";
  for (const char of name.slice(0, name.length - extension.length)) {
    room -= utf8(char).byteLength;
    if (room < 0) break;
    stem += char;
  }
  return stem.replace(/[\s.]+$/, "") + extension;
}
