// Builds what the tests of recipes need: compiled recipes, requests, and a small expression
// language.

import { checkUrl } from "../../../../src/config/url-policy.ts";
import {
  compileRecipe,
  type CompileOptions,
} from "../../../../src/ingest/recipe/compile/compile.ts";
import { jwksStore, type JwksDeps } from "../../../../src/ingest/recipe/keys/jwks.io.ts";
import { readyRecipe } from "../../../../src/ingest/recipe/ready.ts";
import type { Expression, RecipeRequest } from "../../../../src/ingest/recipe/recipe.ts";
import type { CompiledRecipe } from "../../../../src/ingest/recipe/scheme.ts";
import { verifyRecipe, type VerifyOptions } from "../../../../src/ingest/recipe/verify.io.ts";
import { reasonOf } from "../../../../src/ingest/recipe/faults.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { isObject, type Json } from "../../../../src/kernel/json.ts";
import { fault, ok, type Result } from "../../../../src/kernel/result.ts";

const publicUrl = (url: string): Result<URL, string> => checkUrl(url, { allowPrivate: false });

/** Paths, `path == 'text'` and `{key: path}`: as much of JMESPath as the ready handshakes need. */
export function compileExpression(text: string): Result<Expression, string> {
  const trimmed = text.trim();
  const object = /^\{(.*)\}$/.exec(trimmed)?.[1];
  if (object !== undefined) return objectExpression(object);
  const [, left, right] = /^(.+?)\s*==\s*'([^']*)'$/.exec(trimmed) ?? [];
  if (left !== undefined) {
    const path = compileExpression(left);
    return path.ok ? ok((root) => path.value(root) === right) : path;
  }
  if (!/^(?:\w+|"[^"]+")(?:\.(?:\w+|"[^"]+"))*$/.test(trimmed)) return fault("is no expression");
  const keys = [...trimmed.matchAll(/"([^"]+)"|(\w+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  return ok((root) => keys.reduce<Json | null>((value, key) => member(value, key), root));
}

const member = (value: Json | null, key: string): Json | null =>
  isObject(value) && Object.hasOwn(value, key) ? (value[key] ?? null) : null;

function objectExpression(text: string): Result<Expression, string> {
  const members: (readonly [string, Expression])[] = [];
  for (const pair of text.split(",")) {
    const [key = "", path = ""] = pair.split(":");
    const expression = compileExpression(path);
    if (!expression.ok) return expression;
    members.push([key.trim(), expression.value]);
  }
  return ok((root) => Object.fromEntries(members.map(([key, path]) => [key, path(root)])));
}

export const OPTIONS: CompileOptions = {
  named: readyRecipe,
  checkUrl: publicUrl,
  compileExpression,
};

/** A recipe that has to be right. */
export function compiled(data: unknown): CompiledRecipe {
  const recipe = compileRecipe(data, OPTIONS);
  if (!recipe.ok) throw new Error(JSON.stringify(recipe.fault));
  return recipe.value;
}

/** The mistakes of a recipe as `path: message`. */
export function mistakesOf(data: unknown): readonly string[] {
  const recipe = compileRecipe(data, OPTIONS);
  return recipe.ok ? [] : recipe.fault.map(({ path, message }) => `${path}: ${message}`);
}

/** A posted request. */
export interface Posted {
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly method?: string;
}

export function posted({ body = "", headers = {}, url, method }: Posted): RecipeRequest {
  return {
    method: method ?? "POST",
    url: url ?? "https://relay.example.com/hooks/test",
    headers: new Headers(headers),
    body: typeof body === "string" ? utf8(body) : body,
  };
}

/** A world in which nobody answers. */
export const NO_NETWORK: JwksDeps = {
  fetch: () => Promise.reject(new Error("no network in this test")),
  checkUrl: publicUrl,
};

export interface Checked extends Posted, Partial<VerifyOptions> {
  readonly secret?: string;
}

export const MINUTES_5 = 300_000;

/** Verifies and says in one word what came of it: `verified`, or the reason. */
export async function check(data: unknown, given: Checked): Promise<string> {
  const { secret, ...options } = given;
  const verified = await verifyRecipe(compiled(data), posted(given), {
    secrets: secret === undefined ? [] : [secret],
    tolerance: null,
    defaultTolerance: MINUTES_5,
    now: 0,
    jwks: jwksStore(NO_NETWORK),
    ...options,
  });
  return verified.ok ? "verified" : reasonOf(verified.fault);
}
