// Changes of recipes that survive because nothing that the code promises depends on them.

import type { Explanation } from "./report.ts";

const CLAIMS = "src/ingest/recipe/claims.ts";
const COMPILE = "src/ingest/recipe/compile/compile.ts";
const HANDSHAKE = "src/ingest/recipe/handshake.ts";
const JWT = "src/ingest/recipe/jwt.ts";
const MATERIAL = "src/ingest/recipe/keys/material.ts";
const LAYOUT = "src/ingest/recipe/layout.ts";
const BASE = "src/ingest/recipe/base.ts";
const PROOF = "src/ingest/recipe/compile/proof.ts";

const NARROWS = "only tells the compiler what is always so";
const IS_REFUSED = "with a mistake the recipe is refused as a whole";
const BEHIND_THE_END = "behind the end of a text there is nothing to read";

export const EXPLAINED_OF_RECIPES: readonly Explanation[] = [
  {
    file: CLAIMS,
    code: 'if (place === "header") return sha256Readings(request.headers.get(name) ?? "");',
    to: ['"Stryker was here!"'],
    why: "a text that is no hash is refused as none is",
  },
  {
    file: CLAIMS,
    code: "const all = (slot: Slot) => scanned.flatMap((one: Scanned | null) => one?.[slot] ?? []);",
    to: ['["Stryker was here"]', "one[slot]"],
    why: NARROWS,
  },
  {
    file: CLAIMS,
    code: "const timestamp = t.text === null ? null : instantOf(t.text);",
    to: ["false"],
    why: "no text is no instant either",
  },
  {
    file: CLAIMS,
    code: "const idText = id.text === null || ID.test(id.text) ? id.text : strangeId;",
    to: ["false"],
    why: "no text stays none either way",
  },
  {
    file: CLAIMS,
    code: 'const text = name === null ? "" : (headers.get(name)?.trim() ?? "");',
    to: ["false"],
    why: NARROWS,
  },
  {
    file: CLAIMS,
    code: "const values = URL.parse(request.url)?.searchParams.getAll(name) ?? [];",
    to: ['["Stryker was here"]'],
    why: "one value that is no hash is refused as none is",
  },
  {
    file: CLAIMS,
    code: 'return values.length === 1 ? sha256Readings(values[0] ?? "") : [];',
    to: ['"Stryker was here!"'],
    why: NARROWS,
  },
  {
    file: COMPILE,
    code: "if (mistakes.length > 0 || first === undefined) return fault(mistakes);",
    to: ["false"],
    why: NARROWS,
  },
  { file: COMPILE, code: "return [];", to: ['["Stryker was here"]'], why: IS_REFUSED },
  {
    file: COMPILE,
    code: "return scheme === null ? [] : [scheme];",
    to: ["false", '["Stryker was here"]'],
    why: IS_REFUSED,
  },
  {
    file: COMPILE,
    code: "if (place.mistakes.length > before || compiled === null) return null;",
    to: ["false", "place.mistakes.length > before && compiled === null"],
    why: IS_REFUSED,
  },
  {
    file: COMPILE,
    code: 'const WHOLE_HEADER: Layout = { form: "whole", item: { slot: "sig", prefix: "", suffix: "" } };',
    why: "with a mistake in the layout only the form of this one is read",
  },
  {
    file: COMPILE,
    code: "return name === null ? [] : [name];",
    to: ["false", '["Stryker was here"]'],
    why: IS_REFUSED,
  },
  {
    file: COMPILE,
    code: 'const [before = "", after, ...more] = text.toLowerCase().split("*", 3);',
    to: ['"Stryker was here!"'],
    why: NARROWS,
  },
  {
    file: COMPILE,
    code: "const [, where, name] = BODY_HASH.exec(text) ?? [];",
    to: ['["Stryker was here"]'],
    why: NARROWS,
  },
  {
    file: COMPILE,
    code: "if (where !== undefined && name !== undefined)",
    to: ["true", "where !== undefined || name !== undefined"],
    why: NARROWS,
  },
  {
    file: HANDSHAKE,
    code: "while (at < text.length) {",
    to: ["at <= text.length"],
    why: BEHIND_THE_END,
  },
  {
    file: HANDSHAKE,
    code: "for (let index = at + 1; index < text.length; index += 1) {",
    to: ["index <= text.length"],
    why: BEHIND_THE_END,
  },
  {
    file: HANDSHAKE,
    code: 'if (close === null || argument === "") return fault("must have one expression in hmac(…)");',
    to: ["false"],
    why: NARROWS,
  },
  { file: JWT, code: 'const [head = "", payload = "", mac = ""] = parts;', why: NARROWS },
  {
    file: JWT,
    code: "if (begins !== null && now < begins - tolerance)",
    to: ["true"],
    why: "no instant is before the one that null counts as",
  },
  {
    file: JWT,
    code: 'return number !== null && Number.isFinite(number) ? number * SECOND : "unreadable";',
    to: ["true"],
    why: NARROWS,
  },
  { file: MATERIAL, code: 'utf8: "is empty",', why: "every text has bytes in UTF-8" },
  {
    file: LAYOUT,
    code: 'const item = { slot: slots[0] ?? "sig", prefix: literals[0] ?? "", suffix: literals[1] ?? "" };',
    to: ['"Stryker was here!"', '""'],
    why: NARROWS,
  },
  {
    file: LAYOUT,
    code: 'layout.form === "list" && layout.items[0] !== undefined && layout.items.length === 1',
    to: ["true"],
    why: NARROWS,
  },
  { file: LAYOUT, code: 'const before = literals[index] ?? "";', why: NARROWS },
  { file: LAYOUT, code: 'const after = literals[index + 1] ?? "";', why: NARROWS },
  {
    file: LAYOUT,
    code: "if (at < value.length && !separators.includes(char)) continue;",
    to: ["true", "at <= value.length"],
    why: "the end is taken for a separator in any case",
  },
  {
    file: LAYOUT,
    code: "const longer = best === null || item.prefix.length > best.prefix.length;",
    to: ["item.prefix.length >= best.prefix.length"],
    why: "of two prefixes of one length at most one fits",
  },
  {
    file: LAYOUT,
    code: "return best === null || text === null ? [] : [[best.slot, text]];",
    to: ["false", "best === null && text === null"],
    why: NARROWS,
  },
  { file: LAYOUT, code: 'const first = literals[0] ?? "";', why: NARROWS },
  { file: LAYOUT, code: 'const last = literals.at(-1) ?? "";', why: NARROWS },
  { file: LAYOUT, code: 'const next = literals[index + 1] ?? "";', why: NARROWS },
  {
    file: BASE,
    code: "const [, digest, encoding] = BODY_DIGEST.exec(name) ?? [];",
    to: ['["Stryker was here"]'],
    why: NARROWS,
  },
  {
    file: BASE,
    code: "if (digest !== undefined && encoding !== undefined)",
    to: ["true", "digest !== undefined || encoding !== undefined"],
    why: NARROWS,
  },
  {
    file: BASE,
    code: 'return utf8(texts.filter((text, index) => text !== texts[index - 1]).join(""));',
    to: ["index + 1"],
    why: "equal ones stand together, and one of them is left",
  },
  {
    file: BASE,
    code: "const order = (left: string, right: string): number => (left < right ? -1 : Number(left > right));",
    why: "sorting asks only which of two is smaller, and equal pairs count once",
  },
  { file: BASE, code: "if (!parsed.ok) return null;", to: ["false"], why: NARROWS },
  {
    file: BASE,
    code: 'const port = DEFAULT_PORT[parsed?.protocol ?? ""];',
    to: ['"Stryker was here!"'],
    why: NARROWS,
  },
  {
    file: PROOF,
    code: "return place.mistakes.length > before ? null : compiled;",
    to: ["false"],
    why: IS_REFUSED,
  },
  {
    file: PROOF,
    code: 'const all = given(place, "base") === undefined ? [{ key: "base", text: "{body}" }] : texts;',
    to: ['""'],
    why: "{body} has no mistake whose place would be told",
  },
  {
    file: PROOF,
    code: "return source.ok ? [source.value] : [];",
    to: ['["Stryker was here"]'],
    why: IS_REFUSED,
  },
  {
    file: PROOF,
    code: 'keys: alg === "HS256" ? [] : keysOf(place, JWT_KEYS[alg], checkUrl),',
    to: ["false", '""'],
    why: "keys are refused with HS256, so there are none",
  },
  {
    file: "src/ingest/recipe/scheme.ts",
    code: 'case "token":',
    why: "a token has no claim that could be absent, so the next case answers the same",
  },
];
