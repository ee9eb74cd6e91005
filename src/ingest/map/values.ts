// What JMESPath says about values, whatever expression they come from: kind, truth and equality.

import {
  canonicalNumber,
  isExactNumber,
  isText,
  numberText,
} from "../../kernel/json/exact-number.ts";
import { isObject, type Json } from "../../kernel/json.ts";
import { spend, STEPS_PER_MEMBER, stepsOfText, type Budget } from "./budget.ts";

/** True for `null`, `false` and everything empty: text, lists and objects. */
export function isFalse(value: Json): boolean {
  if (value === null || value === false || value === "") return true;
  if (typeof value !== "object") return false;
  return Array.isArray(value) ? value.length === 0 : !hasMembers(value);
}

/** Stops at the first member, so that a large object costs nothing. */
function hasMembers(value: object): boolean {
  for (const name in value) if (Object.hasOwn(value, name)) return true;
  return false;
}

/** True when two values are the same JSON; the order of members does not count. */
export function isEqual(left: Json, right: Json, budget: Budget): boolean {
  spend(budget, 1);
  if (isText(left) && isText(right)) {
    if (left.length === right.length) spend(budget, stepsOfText(left.length));
    return left === right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length &&
      left.every((element: Json, index) => isEqual(element, right[index] as Json, budget))
    );
  }
  if (!isObject(left) || !isObject(right)) return left === right || isSameNumber(left, right);
  const names = Object.keys(left);
  spend(budget, names.length * STEPS_PER_MEMBER);
  if (names.length !== Object.keys(right).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(right, name) && isEqual(left[name] as Json, right[name] as Json, budget),
  );
}

/** True when both are numbers of the same value, however they are written. */
function isSameNumber(left: Json, right: Json): boolean {
  const texts = [left, right].flatMap((value) =>
    typeof value === "number" || isExactNumber(value) ? [canonicalNumber(numberText(value))] : [],
  );
  return texts.length === 2 && texts[0] === texts[1];
}
