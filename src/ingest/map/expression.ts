// Reads a JMESPath expression once, and says where a mistake in it stands.

import { compile, tokenize } from "#jmespath";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { nullOnFailure, type Expression, type Node } from "./evaluation.ts";
import { build, type Building } from "./nodes.ts";
import { cutText } from "../../kernel/json/text.ts";

/** Longest expression in characters; the longest one of the presets has less than 400. */
export const MAX_EXPRESSION_LENGTH = 1_024;

/** Reads an expression; the fault says what is wrong and at which character, counted from 1. */
export function compileExpression(text: string): Result<Expression, string> {
  if (text.trim() === "") return fault("is empty");
  if (text.length > MAX_EXPRESSION_LENGTH)
    return fault(`must have at most ${MAX_EXPRESSION_LENGTH} characters`);
  const unclosed = unclosedQuote(text);
  if (unclosed !== null) return fault(`a quote is not closed, ${at(unclosed)}`);
  const node = parse(text);
  if (!node.ok) return fault(syntaxMistake(text));
  const building: Building = { mistakes: [], nodes: 0 };
  const evaluation = build(node.value, building, 1);
  const [mistake] = building.mistakes;
  if (mistake === undefined) return ok(nullOnFailure(evaluation));
  const place = mistake.near === undefined ? -1 : text.search(mistake.near);
  return fault(place === -1 ? mistake.message : `${mistake.message}, ${at(place)}`);
}

const at = (place: number): string => `at character ${place + 1}`;

/** The parser throws on every mistake; what it throws is text. */
function parse(text: string): Result<Node, string> {
  try {
    return ok(compile(text));
  } catch (error) {
    return fault(error instanceof Error ? error.message : "");
  }
}

/** Where a quote opens that nothing closes. The tokenizer itself takes such text up to its end. */
function unclosedQuote(text: string): number | null {
  let open: number | null = null;
  for (let place = 0; place < text.length; place += 1) {
    const character = text[place];
    if (open === null) {
      if (character === "'" || character === '"' || character === "`") open = place;
    } else if (character === "\\") place += 1;
    else if (character === text[open]) open = null;
  }
  return open;
}

/**
 * Says where a text stops being an expression. The parser names no place, so its beginnings are
 * tried, one token more each time: the first that fails for another reason than its end is it.
 */
function syntaxMistake(text: string): string {
  const tokens = tokensOf(text);
  if (tokens === null) return unreadable(text);
  for (const [index, { start }] of tokens.entries()) {
    const next = tokens[index + 1]?.start ?? text.length;
    const beginning = parse(text.slice(0, next));
    if (!beginning.ok && !/EOF|undefined/.test(beginning.fault))
      return `unexpected ${shown(text.slice(start, next))}, ${at(start)}`;
  }
  return "ends too early";
}

const shown = (token: string): string => JSON.stringify(cutText(token.trim(), 24));

function tokensOf(text: string): readonly { readonly start: number }[] | null {
  try {
    return tokenize(text);
  } catch {
    return null;
  }
}

/** The place behind the longest part that can be read: a strange character or a broken literal. */
function unreadable(text: string): string {
  let end = text.length;
  while (tokensOf(text.slice(0, end)) === null) end -= 1;
  return `cannot be read, ${at(end)}`;
}
