// Removes named paths from a document before anything of it is stored or forwarded.

import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";

/**
 * Removes what the dotted `paths` name: `emails`, `options.token`, `users.*.email`. A `*` stands
 * for any member or element, a number for an element. A path to nothing removes nothing.
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
      const inner = pathsBelow(paths, String(index));
      return inner === null ? [] : [prune(element, inner)];
    });
  }
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, member]) => {
    const inner = pathsBelow(paths, name);
    return inner === null ? [] : [[name, prune(member, inner)] as const];
  });
  return Object.fromEntries(kept);
}

/** The rest of the paths that lead into a member; `null` when one ends there and removes it. */
function pathsBelow(
  paths: readonly (readonly string[])[],
  name: string,
): readonly (readonly string[])[] | null {
  const matching = paths.filter(([head]) => head === name || head === "*");
  return matching.some((path) => path.length === 1) ? null : matching.map((path) => path.slice(1));
}
