// Members of objects, copied one by one: a body of a megabyte may have 75,000, and a spread of so
// many takes four times as long (V8, 2026-11).

import type { Json, JsonObject } from "../json.ts";

/** An object that is being made. */
export type Members = Record<string, Json>;

/** Sets a member as `JSON.parse` does: one called `__proto__` is a member like any other. */
export function setMember(target: Members, name: string, value: Json): void {
  if (name === "__proto__")
    Object.defineProperty(target, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  else target[name] = value;
}

/** Sets the members that `members` has and `keeps` does not leave out. */
export function addMembers(
  target: Members,
  members: JsonObject,
  keeps: (name: string, value: Json) => boolean = () => true,
): Members {
  for (const name of Object.keys(members)) {
    const value = members[name] as Json;
    if (keeps(name, value)) setMember(target, name, value);
  }
  return target;
}

/** The members with `changes`; the object itself where it has them already. */
export function withMembers(members: JsonObject, changes: JsonObject): JsonObject {
  const has = (name: string): boolean =>
    Object.hasOwn(members, name) && members[name] === changes[name];
  return Object.keys(changes).every(has) ? members : addMembers(addMembers({}, members), changes);
}
