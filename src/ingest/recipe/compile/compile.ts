// Compiles `verify`: a name, a table or a list of them becomes ways of proof, or a list of
// mistakes.

import { SECOND } from "../../../kernel/time.ts";
import { isObject } from "../../../kernel/json.ts";
import { fault, ok, type Result } from "../../../kernel/result.ts";
import {
  given,
  readSeconds,
  readTable,
  readText,
  readTexts,
  refuse,
  refuseUnknown,
  type Place,
} from "./fields.ts";
import { compileHandshake, MAX_EXPRESSION_CHARS, type Handshake } from "../handshake.ts";
import { hasSlot, parseLayout, type Layout } from "../layout.ts";
import { compileProof } from "./proof.ts";
import type { CompileExpression, Mistake, VerifyData } from "../recipe.ts";
import type { BodyHash, CompiledRecipe, HeaderName, Proof, Scheme } from "../scheme.ts";

/** What the compiler is told about the world outside. */
export interface CompileOptions {
  /** A ready recipe by its name; `undefined` when there is none. */
  readonly named: (name: string) => VerifyData | undefined;
  /** The URL policy; the fault is the end of a sentence. */
  readonly checkUrl: (url: string) => Result<URL, string>;
  readonly compileExpression: CompileExpression;
}

/** Ways of proof of one source; a preset has one to four. */
const MAX_SCHEMES = 8;

/** A name may stand for a list of names, each of them for a list, but none for itself. */
const MAX_NESTING = 4;

/** A day, in seconds, as for `tolerance` of a source. */
const MAX_TOLERANCE = 86_400;

const KEYS = [
  "header",
  "layout",
  "base",
  "digest",
  "encoding",
  "key",
  "timestamp",
  "id",
  "tolerance",
  "keys",
  "jwt",
  "handshake",
  "mac",
  "bodyHash",
] as const;

/**
 * Compiles a recipe of unknown form; mistakes are named with their paths, which begin with
 * `verify`. Never throws.
 */
export function compileRecipe(
  value: unknown,
  options: CompileOptions,
): Result<CompiledRecipe, readonly Mistake[]> {
  const mistakes: Mistake[] = [];
  const schemes = schemesOf(value, { path: "verify", mistakes, options, depth: 0 });
  const [first] = schemes;
  if (mistakes.length === 0 && schemes.length > MAX_SCHEMES)
    mistakes.push({ path: "verify", message: `must have at most ${MAX_SCHEMES} ways of proof` });
  if (mistakes.length > 0 || first === undefined) return fault(mistakes);
  return ok({ schemes });
}

interface Reading {
  readonly path: string;
  readonly mistakes: Mistake[];
  readonly options: CompileOptions;
  readonly depth: number;
}

function schemesOf(value: unknown, reading: Reading): readonly Scheme[] {
  const { path, mistakes, options, depth } = reading;
  if (typeof value === "string") {
    const data = value.length <= 64 ? options.named(value) : undefined;
    if (data !== undefined && depth < MAX_NESTING)
      return schemesOf(data, { ...reading, depth: depth + 1 });
    mistakes.push({ path, message: "names no recipe" });
    return [];
  }
  if (Array.isArray(value)) return listed(value, reading);
  if (!isObject(value)) {
    mistakes.push({ path, message: "must be the name of a recipe, a table, or a list of them" });
    return [];
  }
  const scheme = schemeOf({ path, table: value, mistakes }, options);
  return scheme === null ? [] : [scheme];
}

function listed(values: readonly unknown[], reading: Reading): readonly Scheme[] {
  const { path, mistakes, depth } = reading;
  if (values.length === 0 || values.length > MAX_SCHEMES || depth >= MAX_NESTING) {
    mistakes.push({ path, message: `must have 1 to ${MAX_SCHEMES} entries` });
    return [];
  }
  return values.flatMap((value, index) => {
    const at = `${path}[${index}]`;
    if (!Array.isArray(value)) return schemesOf(value, { ...reading, path: at, depth: depth + 1 });
    mistakes.push({ path: at, message: "must be the name of a recipe or a table" });
    return [];
  });
}

function schemeOf(place: Place, options: CompileOptions): Scheme | null {
  const before = place.mistakes.length;
  refuseUnknown(place, KEYS);
  const headers = headersOf(place);
  const layout = layoutOf(place);
  const timestampHeader = headerField(place, "timestamp");
  const idHeader = headerField(place, "id");
  const tolerance = readSeconds(place, "tolerance", MAX_TOLERANCE);
  const bodyHash = bodyHashOf(place);
  const handshake = handshakeOf(place, options.compileExpression);
  // The rest is looked at under any layout, so that one mistake does not hide the next.
  const compiled = compileProof(place, layout ?? WHOLE_HEADER, options.checkUrl);
  if (layout !== null && compiled !== null) {
    const { proof } = compiled;
    checkSlots(place, { layout, proof, timestampHeader, idHeader });
    if (handshake !== null && handshake.signed.length > 0 && !hasSharedSecret(proof))
      refuse(place, "handshake.reply", "must not call hmac where no shared secret is");
  }
  if (place.mistakes.length > before || compiled === null) return null;
  return {
    headers,
    ...compiled,
    timestampHeader,
    idHeader,
    tolerance: tolerance === undefined ? null : Math.round(tolerance * SECOND),
    bodyHash,
    handshake,
  };
}

const WHOLE_HEADER: Layout = { form: "whole", item: { slot: "sig", prefix: "", suffix: "" } };

const hasSharedSecret = (proof: Proof): boolean =>
  proof.kind === "jwt" ? proof.alg === "HS256" : proof.kind !== "public-key";

const HEADER_NAME = /^[A-Za-z0-9!#$%&'+.^_`|~-]{1,64}$/;

/** Fewest characters beside the `*`: a pattern that matches any header would try all of them. */
const LEAST_PATTERN_CHARS = 3;

function headersOf(place: Place): readonly HeaderName[] {
  const texts = readTexts(place, "header", { chars: 64, entries: 8 });
  if (given(place, "header") === undefined) refuse(place, "header", "is required");
  return texts.flatMap(({ key, text }): readonly HeaderName[] => {
    const name = headerName(text);
    if (name === null)
      refuse(place, key, "must be the name of a header, with at most one * for a part of it");
    return name === null ? [] : [name];
  });
}

function headerName(text: string): HeaderName | null {
  const [before = "", after, ...more] = text.toLowerCase().split("*", 3);
  if (after === undefined) return HEADER_NAME.test(text) ? { kind: "name", name: before } : null;
  const literal = before + after;
  const usable = more.length === 0 && HEADER_NAME.test(literal);
  return usable && literal.length >= LEAST_PATTERN_CHARS
    ? { kind: "pattern", before, after }
    : null;
}

function headerField(place: Place, key: "timestamp" | "id"): string | null {
  const text = readText(place, key, 64);
  if (text === undefined) return null;
  if (!HEADER_NAME.test(text)) refuse(place, key, "must be the name of a header");
  return text.toLowerCase();
}

function layoutOf(place: Place): Layout | null {
  const byToken = Object.hasOwn(place.table, "jwt") ? "{token}" : "{sig}";
  const wrong = place.mistakes.length;
  const text = readText(place, "layout", 128) ?? byToken;
  if (place.mistakes.length > wrong) return null;
  const layout = parseLayout(text);
  if (!layout.ok) refuse(place, "layout", layout.fault);
  return layout.ok ? layout.value : null;
}

const BODY_HASH = /^(query|header):([A-Za-z0-9_.-]{1,64})$/;

function bodyHashOf(place: Place): BodyHash | null {
  const text = readText(place, "bodyHash", 80);
  if (text === undefined) return null;
  const [, where, name] = BODY_HASH.exec(text) ?? [];
  if (where !== undefined && name !== undefined)
    return { place: where === "query" ? "query" : "header", name };
  refuse(place, "bodyHash", "must be query:<name> or header:<name>");
  return null;
}

function handshakeOf(place: Place, compileExpression: CompileExpression): Handshake | null {
  const table = readTable(place, "handshake");
  if (table === undefined) return null;
  refuseUnknown(table, ["when", "reply"]);
  const when = readText(table, "when", MAX_EXPRESSION_CHARS);
  const reply = readText(table, "reply", MAX_EXPRESSION_CHARS);
  for (const key of ["when", "reply"])
    if (!Object.hasOwn(table.table, key)) refuse(table, key, "is required");
  if (when === undefined || reply === undefined) return null;
  const handshake = compileHandshake({ when, reply }, compileExpression);
  if (!handshake.ok) refuse(table, handshake.fault.at, handshake.fault.message);
  return handshake.ok ? handshake.value : null;
}

type Slots = Pick<Scheme, "layout" | "proof" | "timestampHeader" | "idHeader">;

/** What a base signs has to come from one place, and from no more than one. */
function checkSlots(place: Place, { layout, proof, timestampHeader, idHeader }: Slots): void {
  const bases = "bases" in proof ? proof.bases : [];
  const uses = (kind: "t" | "id") => bases.some((base) => base.some((part) => part.kind === kind));
  const fields = [
    { slot: "t", key: "timestamp", header: timestampHeader },
    { slot: "id", key: "id", header: idHeader },
  ] as const;
  for (const { slot, key, header } of fields) {
    const inLayout = hasSlot(layout, slot);
    if (inLayout && header !== null) refuse(place, key, `does not go with {${slot}} in layout`);
    if (!inLayout && header === null && uses(slot))
      refuse(place, "base", `has {${slot}}, which neither layout nor ${key} gives`);
  }
}
