// Takes named paths out of a document before anything is stored or forwarded.

import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";

/**
 * Removes what the dotted `paths` name: `emails`, `options.token`, `users.*.email`. A `*` stands for any member or
 * element, a number for an element. A path that leads nowhere removes nothing.
 */
export function redact(document: JsonObject, paths: readonly string[]): JsonObject {
  if (paths.length === 0) return document;
  return prune(
    document,
    paths.map((path) => path.split(".")),
  ) as JsonObject;
}

function prune(value: Json, paths: readonly (readonly string[])[]): Json {
  if (paths.length === 0) return value;
  if (Array.isArray(value)) {
    return value.flatMap((element: Json, index) => {
      const inner = below(paths, String(index));
      return inner === null ? [] : [prune(element, inner)];
    });
  }
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, member]) => {
    const inner = below(paths, name);
    return inner === null ? [] : [[name, prune(member, inner)] as const];
  });
  return Object.fromEntries(kept);
}

/** The paths that go on below a member; `null` when one of them ends there, so that it is to be removed. */
function below(
  paths: readonly (readonly string[])[],
  name: string,
): readonly (readonly string[])[] | null {
  const matching = paths.filter(([head]) => head === name || head === "*");
  return matching.some((path) => path.length === 1) ? null : matching.map((path) => path.slice(1));
}
