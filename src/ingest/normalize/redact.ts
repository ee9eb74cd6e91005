// Removes named paths from a document before anything of it is stored or forwarded.

import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { setMember, type Members } from "../../kernel/json/members.ts";

/** A dotted path in its steps. */
type Steps = readonly string[];

/** Members of a body that become `details`: paths begin there as well. */
const CONTENTS: ReadonlySet<string> = new Set(["details", "data"]);

const stepsOf = (paths: readonly string[]): readonly Steps[] =>
  paths.map((path) => path.split("."));

/**
 * Removes what the dotted `paths` name: `emails`, `options.token`, `users.*.email`. A `*` stands
 * for any member or element, a number for an element. A path to nothing removes nothing.
 */
export const redact = (document: JsonObject, paths: readonly string[]): JsonObject =>
  paths.length === 0 ? document : pruneMembers(document, stepsOf(paths), pruneAt);

/**
 * Removes the paths from a body, and from those of its members that become `details`, in one pass:
 * a number names an element by its place in what was sent.
 */
export const redactBody = (body: Json, paths: readonly string[]): Json =>
  pruneBody(body, stepsOf(paths), []);

/**
 * Removes the paths once more where members may have got other names. A number names no element
 * here, because the one at this place is another when one before it is removed.
 */
export const redactAgain = (document: JsonObject, paths: readonly string[]): JsonObject =>
  paths.length === 0 ? document : pruneMembers(document, stepsOf(paths), pruneAnywhere);

/** Removes what paths name below a value. */
type Prune = (value: Json, paths: readonly Steps[], name: string) => Json;

const pruneAt: Prune = (value, paths) => prune(value, paths, String);

/** No path has an empty step, so that only `*` stands for an element. */
const pruneAnywhere: Prune = (value, paths) => prune(value, paths, () => "");

/** `roots` begin at the body; `inherited` are the rests of paths that lead into it. */
function pruneBody(body: Json, roots: readonly Steps[], inherited: readonly Steps[]): Json {
  if (Array.isArray(body)) return body.map((one: Json) => pruneBody(one, roots, inherited));
  if (!isObject(body)) return body;
  return pruneMembers(body, [...roots, ...inherited], (member, inner, name) =>
    CONTENTS.has(name) && isObject(member)
      ? pruneBody(member, roots, inner)
      : pruneAt(member, inner, name),
  );
}

function pruneMembers(value: JsonObject, paths: readonly Steps[], pruneMember: Prune): JsonObject {
  const kept: Members = {};
  for (const name of Object.keys(value)) {
    const inner = pathsBelow(paths, name);
    if (inner !== null) setMember(kept, name, pruneMember(value[name] as Json, inner, name));
  }
  return kept;
}

/** `stepTo` gives the step that names the element at an index. */
function prune(value: Json, paths: readonly Steps[], stepTo: (index: number) => string): Json {
  if (paths.length === 0) return value;
  if (Array.isArray(value)) {
    return value.flatMap((element: Json, index) => {
      const inner = pathsBelow(paths, stepTo(index));
      return inner === null ? [] : [prune(element, inner, stepTo)];
    });
  }
  if (!isObject(value)) return value;
  return pruneMembers(value, paths, (member, inner) => prune(member, inner, stepTo));
}

const NONE: readonly Steps[] = [];

/** The rest of the paths that lead into a member; `null` when one ends there and removes it. */
function pathsBelow(paths: readonly Steps[], name: string): readonly Steps[] | null {
  const leads = ([head]: Steps): boolean => head === name || head === "*";
  if (!paths.some(leads)) return NONE;
  const matching = paths.filter(leads);
  return matching.some((path) => path.length === 1) ? null : matching.map((path) => path.slice(1));
}
