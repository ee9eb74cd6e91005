// What can be pressed, typed into and followed in the console, read from its source text.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A control: where it stands, and what it says. */
export interface Control {
  /** The folder of `src/console`. */
  readonly room: string;
  readonly file: string;
  /** What it may say: one text, or several where an expression chooses. */
  readonly labels: readonly string[];
}

/** Stands for a value that is known at run time alone. */
export const VALUE = "1";

const CONSOLE = join(import.meta.dirname, "..", "..", "..", "src", "console");

/** Elements that are pressed or followed: their label is their content. */
const PRESSED = new Set(["button", "a", "Copy"]);

/** Components whose label is an attribute. */
const NAMED: Readonly<Record<string, string>> = {
  Question: "action",
  Choice: "name",
  Search: "name",
  Field: "name",
  Payload: "name",
};

/** The index after the `>` that ends the tag which begins at `from`. */
function endOfTag(text: string, from: number): number {
  let depth = 0;
  for (let index = from; index < text.length; index += 1) {
    const letter = text[index];
    if (letter === "{") depth += 1;
    else if (letter === "}") depth -= 1;
    else if (letter === ">" && depth === 0) return index + 1;
  }
  return text.length;
}

/** The texts that an expression may give: its string literals, else a value. */
function textsOf(expression: string): readonly string[] {
  const literals = [...expression.matchAll(/"([^"]*)"|`([^`]*)`|>([^<>{}]+)</g)]
    .map(([, quoted, template, inner]) => quoted ?? template ?? inner ?? "")
    .map((text) => text.replaceAll(/\$\{[^}]*\}/g, VALUE).trim())
    .filter((text) => text !== "" && text !== " ");
  return literals.length === 0 ? [VALUE] : literals;
}

/** The labels of some content; each expression in it may give several texts. */
function labelsOf(content: string): readonly string[] {
  const plain = content.replaceAll(/<\/?[\w.]+(?:\s[^<>]*)?>/g, " ");
  let labels: readonly string[] = [""];
  let rest = plain;
  while (rest !== "") {
    const begin = rest.indexOf("{");
    const before = begin < 0 ? rest : rest.slice(0, begin);
    labels = labels.map((label) => label + before);
    if (begin < 0) break;
    let [depth, end] = [0, begin];
    for (; end < rest.length; end += 1) {
      if (rest[end] === "{") depth += 1;
      if (rest[end] === "}") depth -= 1;
      if (depth === 0) break;
    }
    const texts = textsOf(rest.slice(begin + 1, end));
    labels = labels.flatMap((label) => texts.map((text) => label + text));
    rest = rest.slice(end + 1);
  }
  return labels.map((label) => label.replaceAll(/\s+/g, " ").trim());
}

function controlsIn(room: string, file: string): readonly Control[] {
  const text = readFileSync(join(CONSOLE, room, file), "utf8");
  const found: Control[] = [];
  for (const match of text.matchAll(/<(\w+)(?=[\s>])/g)) {
    const [, element = ""] = match;
    const end = endOfTag(text, match.index);
    const tag = text.slice(match.index, end);
    const attribute = NAMED[element];
    if (attribute !== undefined) {
      const [, quoted, expression] =
        new RegExp(`\\s${attribute}=(?:"([^"]*)"|\\{([^}]*(?:\\{[^}]*\\}[^}]*)*)\\})`).exec(tag) ??
        [];
      found.push({
        room,
        file,
        labels: quoted === undefined ? textsOf(expression ?? "") : [quoted],
      });
    } else if (PRESSED.has(element)) {
      const named = /\saria-label="([^"]*)"/.exec(tag)?.[1];
      const close = text.indexOf(`</${element}>`, end);
      const labels = tag.endsWith("/>") ? ["Copy"] : labelsOf(text.slice(end, close));
      found.push({ room, file, labels: named === undefined ? labels : [named] });
    }
  }
  return found;
}

/** Every control of the console that has a text of its own. */
export const controls = (): readonly Control[] =>
  readdirSync(CONSOLE, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: room }) =>
      readdirSync(join(CONSOLE, room))
        .filter((file) => file.endsWith(".tsx"))
        .flatMap((file) => controlsIn(room, file)),
    )
    .filter(({ labels }) => labels.some((label) => /\p{L}/u.test(label)));
