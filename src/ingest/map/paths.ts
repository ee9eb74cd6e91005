// The parts of an expression that find values: fields, elements, slices and projections.

import { isObject, type Json } from "../../kernel/json.ts";
import { ExpressionFailure, spend, STEPS_PER_MEMBER, type Budget } from "./budget.ts";
import type { Evaluation } from "./evaluation.ts";
import { isText } from "../../kernel/json/exact-number.ts";
import { isFalse } from "./values.ts";

/** The member of an object, or one of the two reserved roots, which mean the request everywhere. */
export function field(name: string): Evaluation {
  if (name === "$headers") return (_, { headers }) => headers;
  if (name === "$query") return (_, { query }) => query;
  return (value) => (isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null);
}

/** The element of a list; a negative place counts from its end. */
export const index =
  (place: number): Evaluation =>
  (value) =>
    Array.isArray(value) ? ((value.at(place) as Json | undefined) ?? null) : null;

/** `left.right`: nothing is below null. */
export const below =
  (left: Evaluation, right: Evaluation): Evaluation =>
  (value, scope) => {
    const found = left(value, scope);
    return found === null ? null : right(found, scope);
  };

/** `left | right`, and an element of what `left` finds. */
export const pipe =
  (left: Evaluation, right: Evaluation): Evaluation =>
  (value, scope) =>
    right(left(value, scope), scope);

/** `[]`: the elements of the lists in a list, one level up. */
export const flatten =
  (child: Evaluation): Evaluation =>
  (value, scope) => {
    const list = child(value, scope);
    if (!Array.isArray(list)) return null;
    return list.flatMap((element: Json) => {
      spend(scope.budget, Array.isArray(element) ? element.length + 1 : 1);
      return element;
    });
  };

/** `[*]`: what `right` makes of each element, null left out; a sliced text is one value. */
export const project =
  (left: Evaluation, right: Evaluation, takesText: boolean): Evaluation =>
  (value, scope) => {
    const found = left(value, scope);
    if (takesText && isText(found)) return right(found, scope);
    return Array.isArray(found)
      ? present(found, (element) => right(element, scope), scope.budget)
      : null;
  };

/** `*`: what `right` makes of the value of each member, null left out. */
export const projectValues =
  (left: Evaluation, right: Evaluation): Evaluation =>
  (value, scope) => {
    const found = left(value, scope);
    if (!isObject(found)) return null;
    const { budget } = scope;
    return present(valuesOf(found, budget), (member) => right(member, scope), budget);
  };

/** `[?condition]`: what `right` makes of each element that meets the condition, null left out. */
export const filter =
  (left: Evaluation, right: Evaluation, condition: Evaluation): Evaluation =>
  (value, scope) => {
    const list = left(value, scope);
    if (!Array.isArray(list)) return null;
    const keep = (element: Json): Json =>
      isFalse(condition(element, scope)) ? null : right(element, scope);
    return present(list, keep, scope.budget);
  };

/** `[a, b]`. */
export const selectList =
  (children: readonly Evaluation[]): Evaluation =>
  (value, scope) => {
    spend(scope.budget, children.length);
    return children.map((child) => child(value, scope));
  };

/** `{name: a}`. */
export const selectObject =
  (children: readonly (readonly [string, Evaluation])[]): Evaluation =>
  (value, scope) => {
    spend(scope.budget, children.length * STEPS_PER_MEMBER);
    return Object.fromEntries(children.map(([name, child]) => [name, child(value, scope)]));
  };

function present(
  list: readonly Json[],
  change: (element: Json) => Json,
  budget: Budget,
): readonly Json[] {
  spend(budget, list.length);
  return list.map(change).filter((value) => value !== null);
}

function valuesOf(object: { readonly [name: string]: Json }, budget: Budget): readonly Json[] {
  const values = Object.values(object);
  spend(budget, values.length * STEPS_PER_MEMBER);
  return values;
}

/** Where a slice begins and ends, as in `[start:stop:step]`. */
interface SliceBounds {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;
}

/** Some elements of a list, or some characters of a text. */
export const slice =
  ({ start, stop, step }: SliceBounds): Evaluation =>
  (value, { budget }) => {
    if (!isText(value) && !Array.isArray(value)) return null;
    if (step === 0) throw new ExpressionFailure();
    spend(budget, value.length);
    const bounds = { start, stop, step };
    return isText(value)
      ? elementsOf(Array.from(value), bounds).join("")
      : elementsOf(value, bounds);
  };

function elementsOf<T extends Json>(
  list: readonly T[],
  { start, stop, step }: SliceBounds,
): readonly T[] {
  const by = step ?? 1;
  const first = start === null ? (by < 0 ? list.length - 1 : 0) : capped(start, list.length, by);
  const end = stop === null ? (by < 0 ? -1 : list.length) : capped(stop, list.length, by);
  const found: T[] = [];
  for (let at = first; by > 0 ? at < end : at > end; at += by) {
    found.push(list[at] as T);
  }
  return found;
}

function capped(place: number, length: number, step: number): number {
  if (place < 0) return Math.max(place + length, step < 0 ? -1 : 0);
  return Math.min(place, step < 0 ? length - 1 : length);
}
