// What is signed: a template of parts, and its bytes for one request.

import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { Digest } from "../../kernel/hmac.io.ts";
import { isExactNumber, numberText } from "../../kernel/json/exact-number.ts";
import { isObject, parseBody, restringified } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { RecipeRequest, TextEncoding } from "./recipe.ts";

/**
 * One part of a base. `until` is the text after a part of free form; a value that holds it is
 * refused, for the same bytes could then be read in two ways. `null`: nothing can be confused.
 */
export type BasePart =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "t" }
  | { readonly kind: "id"; readonly until: string | null }
  | { readonly kind: "header"; readonly name: string; readonly until: string | null }
  | { readonly kind: "json"; readonly path: readonly string[]; readonly until: string | null }
  | { readonly kind: "body"; readonly form: "raw" | "json" | "form" }
  | { readonly kind: "body-digest"; readonly digest: Digest; readonly encoding: TextEncoding }
  /** `withPort`: the default port is written out. */
  | { readonly kind: "url"; readonly withPort: boolean }
  | { readonly kind: "method" }
  | { readonly kind: "secret" };

/** Parts of one base. */
export const MAX_BASE_PARTS = 16;

/** Fields of a form body that are sorted. */
const MAX_FORM_FIELDS = 1_000;

/** The parts that take nothing more. */
const SIMPLE: ReadonlyMap<string, BasePart> = new Map<string, BasePart>([
  ["t", { kind: "t" }],
  ["id", { kind: "id", until: null }],
  ["body", { kind: "body", form: "raw" }],
  ["body|json", { kind: "body", form: "json" }],
  ["body|form", { kind: "body", form: "form" }],
  ["url", { kind: "url", withPort: false }],
  ["url|port", { kind: "url", withPort: true }],
  ["method", { kind: "method" }],
  ["secret", { kind: "secret" }],
]);

const BODY_DIGEST = /^body\|(sha1|sha256|sha512)\|(hex|base64|base64url)$/;
const HEADER_PART = /^header:([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64})$/;
const JSON_PART = /^json:([^\p{Cc}]{1,256})$/u;

/** Parses a template such as `v0:{t}:{body}`; the fault is the end of a sentence. */
export function parseBase(text: string): Result<readonly BasePart[], string> {
  const parts: BasePart[] = [];
  let from = 0;
  for (let open = text.indexOf("{"); open !== -1; open = text.indexOf("{", from)) {
    const close = text.indexOf("}", open);
    const part = close === -1 ? null : partOf(text.slice(open + 1, close));
    if (part === null) return fault(UNKNOWN_PART);
    if (open > from) parts.push({ kind: "literal", text: text.slice(from, open) });
    parts.push(part);
    from = close + 1;
  }
  if (from < text.length) parts.push({ kind: "literal", text: text.slice(from) });
  if (parts.length > MAX_BASE_PARTS) return fault(`must have at most ${MAX_BASE_PARTS} parts`);
  if (!parts.some(({ kind }) => SAYS_SOMETHING.has(kind)))
    return fault("must have a part of the request, as {body}");
  return ok(parts.map((part, index) => guarded(part, parts.slice(index + 1))));
}

const UNKNOWN_PART =
  "knows only the parts {body}, {body|json}, {body|form}, {body|sha256|hex}, {t}, {id}, {url}, " +
  "{url|port}, {method}, {header:name}, {json:path} and {secret}";

const SAYS_SOMETHING: ReadonlySet<BasePart["kind"]> = new Set([
  "id",
  "header",
  "json",
  "body",
  "body-digest",
  "url",
] as const);

function partOf(name: string): BasePart | null {
  const simple = SIMPLE.get(name);
  if (simple !== undefined) return simple;
  const [, digest, encoding] = BODY_DIGEST.exec(name) ?? [];
  if (digest !== undefined && encoding !== undefined)
    return {
      kind: "body-digest",
      digest: digest as Digest,
      encoding: encoding as TextEncoding,
    };
  const header = HEADER_PART.exec(name)?.[1];
  if (header !== undefined) return { kind: "header", name: header.toLowerCase(), until: null };
  const path = pathOf(JSON_PART.exec(name)?.[1] ?? "");
  return path === null ? null : { kind: "json", path, until: null };
}

/** The keys of `data.items[0].id`; `null` when one is empty or names a prototype. */
function pathOf(text: string): readonly string[] | null {
  const keys = text.replaceAll(/\[(\d{1,6})\]/g, ".$1").split(".");
  const named = keys.every((key) => key !== "" && key !== "__proto__" && !/[[\]{}]/.test(key));
  return named && keys.length <= 16 ? keys : null;
}

/** Parts whose length their own form tells. */
const FIXED: ReadonlySet<BasePart["kind"]> = new Set(["literal", "t", "body-digest"] as const);

function guarded(part: BasePart, rest: readonly BasePart[]): BasePart {
  const [next, ...others] = rest;
  const free = part.kind === "id" || part.kind === "header" || part.kind === "json";
  if (!free || next?.kind !== "literal" || others.every(({ kind }) => FIXED.has(kind))) return part;
  return { ...part, until: next.text };
}

/** A piece of a base: bytes, or what only WebCrypto or a secret can fill in. */
export type BasePiece =
  | Uint8Array
  | { readonly kind: "secret" }
  | { readonly kind: "body-digest"; readonly digest: Digest; readonly encoding: TextEncoding };

/** What the headers of a request say. */
export interface BaseInput {
  readonly request: RecipeRequest;
  readonly t: string | null;
  readonly id: string | null;
}

/** The pieces of one base; `null` when the request does not have one of its parts. */
export function piecesOf(base: readonly BasePart[], input: BaseInput): readonly BasePiece[] | null {
  const pieces: BasePiece[] = [];
  for (const part of base) {
    const piece = pieceOf(part, input);
    if (piece === null) return null;
    pieces.push(piece);
  }
  return pieces;
}

function pieceOf(part: BasePart, { request, t, id }: BaseInput): BasePiece | null {
  switch (part.kind) {
    case "literal":
      return utf8(part.text);
    case "t":
      return bytesOf(t, null);
    case "id":
      return bytesOf(id, part.until);
    case "header":
      return bytesOf(request.headers.get(part.name), part.until);
    case "json":
      return bytesOf(textAt(request.body, part.path), part.until);
    case "body":
      return bodyAs(part.form, request.body);
    case "url":
      return utf8(part.withPort ? withDefaultPort(request.url) : request.url);
    case "method":
      return utf8(request.method.toUpperCase());
    case "body-digest":
    case "secret":
      return part;
  }
}

const bytesOf = (text: string | null, until: string | null): Uint8Array | null =>
  text === null || (until !== null && text.includes(until)) ? null : utf8(text);

function bodyAs(form: "raw" | "json" | "form", body: Uint8Array): Uint8Array | null {
  switch (form) {
    case "raw":
      return body;
    case "json": {
      const text = restringified(body);
      return text === null ? null : utf8(text);
    }
    case "form":
      return sortedFields(body);
  }
}

/**
 * Names and values in the order of names, nothing between them; an equal pair counts once
 * (Twilio).
 */
function sortedFields(body: Uint8Array): Uint8Array | null {
  const pairs = [...new URLSearchParams(fromUtf8(body))].map(([name, value]) => ({ name, value }));
  if (pairs.length > MAX_FORM_FIELDS) return null;
  const sorted = pairs.toSorted((left, right) =>
    left.name === right.name ? order(left.value, right.value) : order(left.name, right.name),
  );
  const texts = sorted.map(({ name, value }) => name + value);
  return utf8(texts.filter((text, index) => text !== texts[index - 1]).join(""));
}

/** By code unit, as senders sort; `localeCompare` would follow a language. */
const order = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

/** The text of a string, number or boolean in the body. */
function textAt(body: Uint8Array, path: readonly string[]): string | null {
  const parsed = parseBody(body);
  if (!parsed.ok) return null;
  let value: unknown = parsed.value;
  for (const key of path) value = memberOf(value, key);
  if (typeof value === "number" || isExactNumber(value)) return numberText(value);
  return typeof value === "string" || typeof value === "boolean" ? String(value) : null;
}

function memberOf(value: unknown, key: string): unknown {
  if (Array.isArray(value))
    return /^\d+$/.test(key) ? (value as readonly unknown[])[Number(key)] : null;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : null;
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { "https:": "443", "http:": "80" };

function withDefaultPort(url: string): string {
  const parsed = URL.parse(url);
  const port = DEFAULT_PORT[parsed?.protocol ?? ""];
  if (parsed === null || parsed.port !== "" || port === undefined) return url;
  return url.replace(parsed.host, `${parsed.host}:${port}`);
}
