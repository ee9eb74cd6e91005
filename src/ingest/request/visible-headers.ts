// The headers of a request that a map may read: none that proves who sent it.

import type { CompiledRecipe, HeaderName } from "../recipe/scheme.ts";

/** Headers that carry credentials, whatever the recipe says. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
]);

/** The headers by lower-case name, without credentials and without the recipe's proof. */
export function visibleHeaders(
  headers: Iterable<readonly [name: string, value: string]>,
  recipe: CompiledRecipe | null,
): Readonly<Record<string, string>> {
  const proofs = recipe?.schemes.flatMap((scheme) => scheme.headers) ?? [];
  return Object.fromEntries(
    [...headers].filter(
      ([name]) => !CREDENTIALS.has(name) && !proofs.some((proof) => isNamed(name, proof)),
    ),
  );
}

const isNamed = (name: string, proof: HeaderName): boolean =>
  proof.kind === "name"
    ? name === proof.name
    : name.startsWith(proof.before) && name.endsWith(proof.after);
