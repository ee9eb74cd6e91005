// Turns the syntax tree of a JMESPath expression into a function whose work is counted.
// The parser's own interpreter cannot be stopped: with it a short expression could run for minutes.

import { spend } from "./budget.ts";
import type { Evaluation, Node } from "./evaluation.ts";
import { FUNCTIONS } from "./functions.ts";
import * as operators from "./operators.ts";
import * as paths from "./paths.ts";
import { cutText } from "../../kernel/json/text.ts";

/** Nodes of one expression, and how deep they nest: several times what a person writes. */
export const MAX_NODES = 256;
const MAX_NODE_DEPTH = 48;

/** A mistake in an expression; `near` finds the piece of it to point at. */
export interface NodeMistake {
  readonly message: string;
  readonly near?: RegExp;
}

/** Collects the mistakes of one expression while it is built. */
export interface Building {
  readonly mistakes: NodeMistake[];
  nodes: number;
}

/** Stands in for a part with a mistake; an expression with mistakes never runs. */
const NOTHING: Evaluation = () => null;

/** Builds the function of a node; `depth` counts from 1. */
export function build(node: Node, building: Building, depth: number): Evaluation {
  building.nodes += 1;
  if (building.nodes > MAX_NODES || depth > MAX_NODE_DEPTH) {
    const message =
      building.nodes > MAX_NODES ? `has more than ${MAX_NODES} parts` : "nests too deep";
    building.mistakes.push({ message });
    return NOTHING;
  }
  const run = buildKind(node, building, (child) => build(child, building, depth + 1));
  return (value, scope) => {
    spend(scope.budget, 1);
    return run(value, scope);
  };
}

type Inner = (child: Node) => Evaluation;

function buildKind(node: Node, building: Building, inner: Inner): Evaluation {
  switch (node.type) {
    case "Identity":
    case "Current":
      return (value) => value;
    case "Root":
      return (_, { root }) => root;
    case "Literal":
      return () => node.value;
    case "Field":
      return paths.field(node.name);
    case "Index":
      return paths.index(node.value);
    case "Slice":
      return paths.slice(node);
    case "Subexpression":
      return paths.below(inner(node.left), inner(node.right));
    case "IndexExpression":
    case "Pipe":
      return paths.pipe(inner(node.left), inner(node.right));
    case "Flatten":
      return paths.flatten(inner(node.child));
    case "Projection":
      return paths.project(inner(node.left), inner(node.right), isSlice(node.left));
    case "ValueProjection":
      return paths.projectValues(inner(node.left), inner(node.right));
    case "FilterProjection":
      return paths.filter(inner(node.left), inner(node.right), inner(node.condition));
    case "MultiSelectList":
      return paths.selectList(node.children.map(inner));
    case "MultiSelectHash":
      return paths.selectObject(node.children.map(({ name, value }) => [name, inner(value)]));
    case "Function":
      return buildFunction(node, building, inner);
    case "AndExpression":
      return operators.and(inner(node.left), inner(node.right));
    case "OrExpression":
      return operators.or(inner(node.left), inner(node.right));
    case "NotExpression":
      return operators.not(inner(node.child));
    case "Ternary":
      return operators.choose(inner(node.condition), inner(node.trueExpr), inner(node.falseExpr));
    case "Comparator":
      return operators.compare(node.name, inner(node.left), inner(node.right));
    case "Arithmetic":
      return operators.calculate(node.operator, inner(node.left), inner(node.right));
    case "Unary":
      return operators.sign(node.operator, inner(node.operand));
    case "ExpressionReference":
    case "Variable":
    case "LetExpression":
    case "Binding":
      return refuse(node, building);
  }
}

function refuse(node: Node, { mistakes }: Building): Evaluation {
  if (node.type === "ExpressionReference")
    mistakes.push({
      message: "& stands only where a function takes an expression",
      near: /(?<!&)&(?!&)/,
    });
  else if (node.type === "Variable") mistakes.push(variableMistake(node.name));
  else mistakes.push({ message: "variables (let … in) are not available" });
  return NOTHING;
}

function variableMistake(name: string): NodeMistake {
  const isReserved = name === "headers" || name === "query";
  const message = isReserved
    ? `"$${name}" needs its double quotes`
    : `variable $${name} is not available`;
  return { message, near: new RegExp(`\\$${name}`) };
}

const isSlice = (node: Node): boolean =>
  node.type === "IndexExpression" && node.right.type === "Slice";

function buildFunction(
  { name, children }: Extract<Node, { type: "Function" }>,
  { mistakes }: Building,
  inner: Inner,
): Evaluation {
  const rule = FUNCTIONS.get(name);
  const near = new RegExp(`\\b${name}\\s*\\(`);
  if (rule === undefined) {
    mistakes.push({ message: `unknown function ${cutText(name, 48)}()`, near });
    return NOTHING;
  }
  const { least, most, reference, run } = rule;
  if (children.length < least || children.length > most) {
    const count = least === most ? `${least}` : `${least} to ${most}`;
    mistakes.push({
      message: `${name}() takes ${count} ${most === 1 ? "argument" : "arguments"}`,
      near,
    });
    return NOTHING;
  }
  const referred = reference === undefined ? undefined : children[reference];
  if (referred !== undefined && referred.type !== "ExpressionReference") {
    const place = reference === 0 ? "first" : "second";
    mistakes.push({ message: `${name}() takes an &expression as its ${place} argument`, near });
    return NOTHING;
  }
  const applied = referred === undefined ? NOTHING : inner(referred.child);
  const args = children.map((child, index) => (index === reference ? NOTHING : inner(child)));
  return (value, scope) =>
    run({
      args: args.map((argument) => argument(value, scope)),
      apply: (element) => applied(element, scope),
      budget: scope.budget,
    });
}
