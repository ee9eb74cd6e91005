// What `provider`, `verify` and `map` of a source say: how requests are proved, what bodies mean.

import { compileMap } from "../../ingest/map/compile.ts";
import { MAX_STEPS } from "../../ingest/map/budget.ts";
import { compileExpression } from "../../ingest/map/expression.ts";
import type { Preset } from "../../ingest/presets/preset.ts";
import { PRESETS, presetNamed } from "../../ingest/presets/registry.ts";
import { compileRecipe } from "../../ingest/recipe/compile/compile.ts";
import { READY_RECIPES, readyRecipe } from "../../ingest/recipe/ready.ts";
import type { CompileExpression, VerifyData } from "../../ingest/recipe/recipe.ts";
import type { CompiledRecipe } from "../../ingest/recipe/scheme.ts";
import { ok } from "../../kernel/result.ts";
import { quote, step } from "../../kernel/json/path.ts";
import { nearest } from "./nearest.ts";
import { report, type Reading } from "../reading.ts";
import { READERS, type Meaning, type ReaderName } from "../settings.ts";
import { checkUrl } from "../url-policy.ts";

/** How each provider that is read by code of its own proves its requests. */
const READER_RECIPES: Readonly<Record<ReaderName, VerifyData>> = {
  exportcomments: "exportcomments",
  emailengine: "emailengine",
  betterez: "betterez",
  "standard-webhooks": "standard-webhooks",
  cloudevents: ["standard-webhooks", "bearer"],
  generic: "generic",
};

/** Every name that `provider` takes. */
export const PROVIDER_NAMES: readonly string[] = [...READERS, ...PRESETS.map(({ name }) => name)];

const RECIPE_NAMES: readonly string[] = [
  ...new Set([...READY_RECIPES, ...PRESETS.map(({ name }) => name)]),
];

/** A provider as its name gives it. */
export type Sender =
  | { readonly kind: "reader"; readonly name: ReaderName }
  | { readonly kind: "preset"; readonly preset: Preset };

/** The provider of a name; reports an unknown one at `path`, with the name that is nearest. */
export function senderNamed(name: string, path: string, reading: Reading): Sender | null {
  const reader = READERS.find((one) => one === name);
  if (reader !== undefined) return { kind: "reader", name: reader };
  const preset = presetNamed(name);
  if (preset !== undefined) return { kind: "preset", preset };
  report(reading, path, `unknown provider ${quote(name)}${providerMeant(name)}`);
  return null;
}

/** The end of a sentence about an unknown provider: a recipe, a part of a name, or a mistake. */
function providerMeant(name: string): string {
  const parts = PROVIDER_NAMES.filter((known) => known.startsWith(`${name}-`));
  const also = parts.length === 0 ? "" : `, is ${parts.map(quote).join(" or ")} meant?`;
  if (READY_RECIPES.includes(name)) return `: it is a recipe, for \`verify\`${also}`;
  const known = `${READERS.join(", ")} or a preset (docs/presets.md)`;
  return also === "" ? meant(name, PROVIDER_NAMES, known) : also;
}

/** The end of a sentence about an unknown name. */
function meant(name: string, names: readonly string[], known: string): string {
  const near = nearest(name, names);
  return near === null ? `, it is one of ${known}` : `, is ${quote(near)} meant?`;
}

/** Where a source stands, and which addresses the relay may call. */
export interface SenderPlace {
  /** The path of the source. */
  readonly path: string;
  readonly allowPrivate: boolean;
}

/**
 * Compiles `verify`, else the provider's own recipe. `given` is what the source has there,
 * `undefined` when it has nothing; mistakes are reported and give `null`.
 */
export function readRecipe(
  given: unknown,
  sender: Sender,
  { path, allowPrivate }: SenderPlace,
  reading: Reading,
): CompiledRecipe | null {
  const own = sender.kind === "reader" ? READER_RECIPES[sender.name] : sender.preset.verify;
  const compiled = compileRecipe(given ?? own, {
    named: (name) => readyRecipe(name) ?? presetNamed(name)?.verify,
    checkUrl: (url) => checkUrl(url, { allowPrivate }),
    compileExpression: handshakeExpression,
  });
  if (compiled.ok) return compiled.value;
  for (const mistake of compiled.fault) {
    const unknown = mistake.path === "verify" && typeof given === "string" ? given : null;
    const known = `${quote("none")}, ${READY_RECIPES.join(", ")} or a preset`;
    report(
      reading,
      `${path}.${mistake.path}`,
      unknown === null
        ? mistake.message
        : `unknown recipe ${quote(unknown)}${meant(unknown, RECIPE_NAMES, known)}`,
    );
  }
  return null;
}

/** Questions of a handshake are asked of the body alone. */
const handshakeExpression: CompileExpression = (text) => {
  const compiled = compileExpression(text);
  if (!compiled.ok) return compiled;
  const expression = compiled.value;
  return ok((root) =>
    expression(root, { root, headers: {}, query: {}, budget: { left: MAX_STEPS } }),
  );
};

/** Compiles `map`, else takes what the provider has; mistakes are reported and give `null`. */
export function readMeaning(
  given: unknown,
  sender: Sender,
  path: string,
  reading: Reading,
): Meaning | null {
  if (given === undefined && sender.kind === "reader")
    return { kind: "reader", reader: sender.name };
  const at = step(path, "map");
  const data = given ?? (sender.kind === "preset" ? sender.preset.map : undefined);
  const named = typeof data === "string" ? presetNamed(data)?.map : data;
  if (typeof data === "string" && named === undefined) {
    const names = PRESETS.map(({ name }) => name);
    report(reading, at, `unknown map ${quote(data)}${meant(data, names, names.join(", "))}`);
    return null;
  }
  const compiled = compileMap(named, at);
  if (compiled.ok) return { kind: "map", map: compiled.value };
  for (const mistake of compiled.fault) report(reading, mistake.path, mistake.message);
  return null;
}
