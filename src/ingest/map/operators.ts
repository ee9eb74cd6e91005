// The parts of an expression that compare, decide and calculate.

import { numberOf } from "../../kernel/json/exact-number.ts";
import type { Json } from "../../kernel/json.ts";
import { ExpressionFailure } from "./budget.ts";
import type { Evaluation, Node } from "./evaluation.ts";
import { isEqual, isFalse } from "./values.ts";

type ComparatorName = Extract<Node, { type: "Comparator" }>["name"];
type ArithmeticName = Extract<Node, { type: "Arithmetic" }>["operator"];
type SignName = Extract<Node, { type: "Unary" }>["operator"];

/** `left && right`: the first that is false, else the last. */
export const and =
  (left: Evaluation, right: Evaluation): Evaluation =>
  (value, scope) => {
    const first = left(value, scope);
    return isFalse(first) ? first : right(value, scope);
  };

/** `left || right`: the first that is not false, else the last. */
export const or =
  (left: Evaluation, right: Evaluation): Evaluation =>
  (value, scope) => {
    const first = left(value, scope);
    return isFalse(first) ? right(value, scope) : first;
  };

/** `!child`. */
export const not =
  (child: Evaluation): Evaluation =>
  (value, scope) =>
    isFalse(child(value, scope));

/** `condition ? yes : no`. */
export const choose =
  (condition: Evaluation, yes: Evaluation, no: Evaluation): Evaluation =>
  (value, scope) =>
    isFalse(condition(value, scope)) ? no(value, scope) : yes(value, scope);

/** `==` and `!=` take any values, the others numbers alone: anything else compares to null. */
export const compare =
  (name: ComparatorName, left: Evaluation, right: Evaluation): Evaluation =>
  (value, scope) => {
    const [first, second] = [left(value, scope), right(value, scope)];
    switch (name) {
      case "EQ":
        return isEqual(first, second, scope.budget);
      case "NE":
        return !isEqual(first, second, scope.budget);
      case "GT":
        return inOrder(first, second, (a, b) => a > b);
      case "GTE":
        return inOrder(first, second, (a, b) => a >= b);
      case "LT":
        return inOrder(first, second, (a, b) => a < b);
      case "LTE":
        return inOrder(first, second, (a, b) => a <= b);
    }
  };

const inOrder = (
  left: Json,
  right: Json,
  test: (a: number, b: number) => boolean,
): boolean | null => {
  const [first, second] = [numberOf(left), numberOf(right)];
  return first === null || second === null ? null : test(first, second);
};

const CALCULATIONS: Readonly<Record<string, (left: number, right: number) => number>> = {
  Plus: (left, right) => left + right,
  Minus: (left, right) => left - right,
  Multiply: (left, right) => left * right,
  Star: (left, right) => left * right,
  Divide: (left, right) => left / right,
  Modulo: (left, right) => left % right,
  Div: (left, right) => Math.floor(left / right),
};

/** `+ - * / % //` of two numbers; no number, or a division by zero, fails. */
export function calculate(name: ArithmeticName, left: Evaluation, right: Evaluation): Evaluation {
  const run = CALCULATIONS[name];
  return (value, scope) => {
    const [first, second] = [numberOf(left(value, scope)), numberOf(right(value, scope))];
    if (first === null || second === null || run === undefined) throw new ExpressionFailure();
    return finite(run(first, second));
  };
}

/** `-child` and `+child`. */
export const sign =
  (name: SignName, child: Evaluation): Evaluation =>
  (value, scope) => {
    const number = numberOf(child(value, scope));
    if (number === null) throw new ExpressionFailure();
    return name === "Minus" ? -number : number;
  };

/** JSON has no infinite numbers. */
function finite(number: number): number {
  if (!Number.isFinite(number)) throw new ExpressionFailure();
  return number;
}
