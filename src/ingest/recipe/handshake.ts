// Questions that a sender asks before it sends: when a request is one, and what it wants to hear.

import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import type { CompileExpression, Expression } from "./recipe.ts";
import { isText } from "../../kernel/json/exact-number.ts";

/** A compiled `handshake`. */
export interface Handshake {
  readonly when: Expression;
  readonly reply: Expression;
  /** What is signed for the reply: `reply` finds the digests at `"$hmac".r0`, `"$hmac".r1`, … */
  readonly signed: readonly Expression[];
}

/** The root key that holds the digests; what a body has there is not seen. */
export const HMAC_ROOT = "$hmac";

/** Calls of `hmac` in one reply. */
const MAX_CALLS = 4;

/** Characters of an expression, as many as a map's. */
export const MAX_EXPRESSION_CHARS = 2_048;

/** Bytes of the text that is signed for a reply; Zoom's token has 22. */
const MAX_SIGNED_CHARS = 1_024;

/** One mistake, at `when` or `reply`. */
export interface HandshakeMistake {
  readonly at: "when" | "reply";
  readonly message: string;
}

/**
 * Compiles both expressions. In `reply`, `hmac(<expression>)` is the hex HMAC of a text under the
 * secret that verified the request (Zoom); its expression reads from the root of the body,
 * wherever the call stands.
 */
export function compileHandshake(
  { when, reply }: { readonly when: string; readonly reply: string },
  compileExpression: CompileExpression,
): Result<Handshake, HandshakeMistake> {
  const condition = compileExpression(when);
  if (!condition.ok) return fault({ at: "when", message: condition.fault });
  const calls = withoutCalls(reply);
  if (!calls.ok) return fault({ at: "reply", message: calls.fault });
  const answer = compileExpression(calls.value.text);
  if (!answer.ok) return fault({ at: "reply", message: answer.fault });
  const signed: Expression[] = [];
  for (const argument of calls.value.arguments) {
    const expression = compileExpression(argument);
    if (!expression.ok) return fault({ at: "reply", message: expression.fault });
    signed.push(expression.value);
  }
  return ok({ when: condition.value, reply: answer.value, signed });
}

interface Calls {
  readonly text: string;
  readonly arguments: readonly string[];
}

const CALL = "hmac";

/** Replaces each `hmac(…)` outside of quotes by the place of its digest. */
function withoutCalls(text: string): Result<Calls, string> {
  const found: string[] = [];
  let written = "";
  let at = 0;
  while (at < text.length) {
    const open = openingOfCall(text, at);
    if (open === null) {
      const next = isQuote(text.charAt(at)) ? afterQuote(text, at) : at + 1;
      written += text.slice(at, next);
      at = next;
      continue;
    }
    const close = closingOf(text, open);
    const argument = text.slice(open + 1, close ?? open).trim();
    if (close === null || argument === "") return fault("must have one expression in hmac(…)");
    if (found.length === MAX_CALLS) return fault(`must call hmac at most ${MAX_CALLS} times`);
    written += `"${HMAC_ROOT}".r${found.length}`;
    found.push(argument);
    at = close + 1;
  }
  return ok({ text: written, arguments: found });
}

const isQuote = (char: string): boolean => char === "'" || char === '"' || char === "`";

const IN_NAME = /[\w$]/;

/** The index of the bracket when a call begins at `at`. */
function openingOfCall(text: string, at: number): number | null {
  if (!text.startsWith(CALL, at) || IN_NAME.test(text.charAt(at - 1))) return null;
  let open = at + CALL.length;
  while (text.charAt(open) === " ") open += 1;
  return text.charAt(open) === "(" ? open : null;
}

/** The index of the bracket that closes the one at `open`; `null` when there is none. */
function closingOf(text: string, open: number): number | null {
  let depth = 0;
  let at = open;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    if (depth === 0) return at;
    at = isQuote(char) ? afterQuote(text, at) : at + 1;
  }
  return null;
}

/** The index after the quoted text that begins at `at`. */
function afterQuote(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let index = at + 1; index < text.length; index += 1) {
    if (text.charAt(index) === "\\") index += 1;
    else if (text.charAt(index) === quote) return index + 1;
  }
  return text.length;
}

/** Whether a verified body is such a question. */
export const isQuestion = ({ when }: Handshake, root: Json): boolean => isTrue(when(root));

/** The truth of JMESPath: null, false, and everything empty are false. */
export function isTrue(value: Json | null): boolean {
  if (value === null || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isObject(value) || Object.keys(value).length > 0;
}

/** The texts to sign, in order; `null` when one is no text or too long. */
export function signedTexts({ signed }: Handshake, root: Json): readonly string[] | null {
  const texts = signed.map((expression) => expression(root));
  const usable = texts.every((text) => isText(text) && text.length <= MAX_SIGNED_CHARS);
  return usable ? texts.map(String) : null;
}

/** The root with the digests in their place. */
export function rootWithDigests(root: Json, digests: readonly string[]): Json {
  if (digests.length === 0 || !isObject(root)) return root;
  const places = digests.map((digest, index): readonly [string, string] => [`r${index}`, digest]);
  const withDigests: JsonObject = { ...root, [HMAC_ROOT]: Object.fromEntries(places) };
  return withDigests;
}
