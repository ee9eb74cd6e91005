// The SQL that a store's file holds, and whether tests have had SQLite carry it out.

import { readFileSync } from "node:fs";

/** A string or template literal. What a template inserts has no backtick of its own here. */
const LITERAL = /`((?:[^`\\]|\\.)*)`|"((?:[^"\\\n]|\\.)*)"/g;

const IS_STATEMENT = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/;

const squeezed = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** One statement: the texts between what is inserted into it, in their order. */
export type Statement = readonly string[];

/** The statements of a file. */
export function statementsIn(path: string): readonly Statement[] {
  const source = readFileSync(path, "utf8").replaceAll(/^\s*\/\/.*$|\/\*[\s\S]*?\*\//gm, "");
  return [...source.matchAll(LITERAL)]
    .map(([, template, text]) => template ?? text ?? "")
    .filter((literal) => IS_STATEMENT.test(literal))
    .map((literal) => literal.split(/\$\{[^}]*\}/).map(squeezed));
}

/** Whether a query that was carried out is this statement. */
export function isMadeOf(query: string, statement: Statement): boolean {
  const whole = squeezed(query);
  let at = 0;
  for (const text of statement) {
    const found = whole.indexOf(text, at);
    if (found === -1) return false;
    at = found + text.length;
  }
  return true;
}

/** The lines of a plan that read a whole table or index, or sort in a table of their own. */
export const costly = (plan: readonly string[]): readonly string[] =>
  plan.filter(
    (line) =>
      line.includes("TEMP B-TREE") ||
      (line.startsWith("SCAN ") && !/VIRTUAL TABLE|CONSTANT ROW|^SCAN \(/.test(line)),
  );
