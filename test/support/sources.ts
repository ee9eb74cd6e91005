// Reads the sources of src and test, and what they import and export, for the architecture test.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

/** One source file. */
export interface Source {
  /** Path from its folder: `job/decide.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /** The code without what stands between quotes. */
  readonly bare: string;
}

/** One import. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The imported file for a relative specifier, seen from `src`. */
  readonly to: string | null;
  readonly typeOnly: boolean;
}

/**
 * Matches one comment, quoted text, template or regular expression, whichever begins first; the
 * order of alternatives is that of precedence.
 */
const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<quoted>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?<template>`(?:\\.|[^`\\])*`)|(?<=[(,=:[!&|?{};\n>]\s*|return\s+)(?<regex>\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*)/g;

/** Replaces each comment by a space. */
export const withoutComments = (text: string): string =>
  text.replace(TOKEN, (token, comment: string | undefined) =>
    comment === undefined ? token : " ",
  );

/** Leaves of a template what stands in its `${}`, for that is code. */
const inTemplate = (template: string): string =>
  [...template.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => code ?? "").join(" ; ");

/** Replaces each quoted text and regular expression by `""`. */
export const withoutText = (code: string): string =>
  code.replace(TOKEN, (token) => (token.startsWith("`") ? ` ${inTemplate(token)} ` : '""'));

/** Reads the TypeScript files of a folder, sorted by path; generated types are left out. */
export function sourcesOf(folder: string): readonly Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes("node_modules"),
    )
    .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, folder).length + 1))
    .filter((path) => path !== "env.d.ts")
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(ROOT, folder, path), "utf8");
      const code = withoutComments(text);
      return { path, text, code, bare: withoutText(code) };
    });
}

const IMPORT =
  /\b(?:import|export)\s+(?<type>type\s)?(?:[\w*{},$\s]*?\sfrom\s+)?"(?<named>[^"]+)"|\bimport\(\s*"(?<called>[^"]+)"\s*\)/g;

/** Lists the imports and re-exports of a file. */
export function importsOf({ path, code }: Source): readonly Import[] {
  return [...code.matchAll(IMPORT)].map(({ groups = {} }) => {
    const specifier = groups["named"] ?? groups["called"] ?? "";
    const to = specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : null;
    return { from: path, specifier, to, typeOnly: groups["type"] !== undefined };
  });
}

const DECLARED =
  /\bexport\s+(?:async\s+)?(?:const|function\*?|class|interface|type)\s+(?<name>[\w$]+)/g;
const LISTED = /\bexport\s+(?:type\s+)?\{(?<list>[^}]*)\}/g;
const BOUND =
  /\b(?:import|export)\s+(?:type\s+)?(?:(?<all>\*\s+as\s+[\w$]+|\*)|[\w$]*,?\s*\{(?<list>[^}]*)\})\s+from\s+"(?<from>\.[^"]+)"/g;

/**
 * The names in `{ a, type B as C }`: as the exporting file has them, or as the other file sees
 * them.
 */
const namesIn = (list: string, side: "outer" | "inner"): readonly string[] =>
  list
    .split(",")
    .map((part) => part.trim().replace(/^type\s+/, ""))
    .filter((part) => part !== "")
    .map((part) => part.split(/\s+as\s+/))
    .map((names) => (side === "outer" ? names.at(-1) : names[0]) ?? "");

/** Lists the names that a file exports for others: all but types of its own signatures. */
export function exportsOf({ bare }: Source): readonly string[] {
  const declared = [...bare.matchAll(DECLARED)].map(({ groups = {} }) => groups["name"] ?? "");
  const listed = [...bare.matchAll(LISTED)].flatMap(({ groups = {} }) =>
    namesIn(groups["list"] ?? "", "outer"),
  );
  const inSignature = (name: string): boolean =>
    new RegExp(`\\bexport\\s+(?:interface|type)\\s+${name}\\b`).test(bare) &&
    [...bare.matchAll(new RegExp(`\\b${name}\\b`, "g"))].length > 1;
  return [...declared.filter((name) => !inSignature(name)), ...listed];
}

/** Lists what a file uses of others: `{file}#{name}`, or `{file}#*` for all of a file. */
export function usesOf(source: Source): readonly string[] {
  const { path, code } = source;
  const bound = [...code.matchAll(BOUND)].flatMap(({ groups = {} }) => {
    const file = normalize(join(dirname(path), groups["from"] ?? ""));
    if (groups["all"] !== undefined) return [`${file}#*`];
    return namesIn(groups["list"] ?? "", "inner").map((name) => `${file}#${name}`);
  });
  const called = [...code.matchAll(/\bimport\(\s*"(?<from>\.[^"]+)"/g)].map(
    ({ groups = {} }) => `${normalize(join(dirname(path), groups["from"] ?? ""))}#*`,
  );
  return [...bound, ...called];
}

/** Finds the circles of imports: each group of files that all reach each other. */
export function circlesOf(imports: readonly Import[]): readonly (readonly string[])[] {
  const next = new Map<string, readonly string[]>();
  for (const { from, to } of imports) {
    if (to !== null) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: (readonly string[])[] = [];
  // Tarjan's algorithm: a file whose lowest reachable number is its own closes a group.
  const visit = (file: string): void => {
    const number = order.size;
    order.set(file, number);
    low.set(file, number);
    stack.push(file);
    for (const other of next.get(file) ?? []) {
      if (!order.has(other)) visit(other);
      else if (!stack.includes(other)) continue;
      low.set(file, Math.min(low.get(file) ?? number, low.get(other) ?? number));
    }
    if (low.get(file) !== number) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || (next.get(file) ?? []).includes(file)) circles.push(group.toSorted());
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return circles;
}
