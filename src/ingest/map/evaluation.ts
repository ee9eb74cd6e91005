// What the parts of an expression are made of and what they become.

import type { compile } from "#jmespath";
import type { Json, JsonObject } from "../../kernel/json.ts";
import { ExpressionFailure, type Budget } from "./budget.ts";

/** A node of the parser's syntax tree. */
export type Node = ReturnType<typeof compile>;

/** What an expression reads besides the value it stands at. */
export interface Scope {
  /** What `$` names: the whole body. */
  readonly root: Json;
  /** By lower-case name. */
  readonly headers: JsonObject;
  readonly query: JsonObject;
  readonly budget: Budget;
}

/** A part of an expression; throws an `ExpressionFailure` where JMESPath says that it fails. */
export type Evaluation = (value: Json, scope: Scope) => Json;

/** An expression that may be run: it is null where it fails, and never throws. */
export type Expression = Evaluation;

/** Makes null of a failure; every other exception is a bug and stays one. */
export const nullOnFailure =
  (evaluation: Evaluation): Expression =>
  (value, scope) => {
    try {
      return evaluation(value, scope);
    } catch (error) {
      if (error instanceof ExpressionFailure) return null;
      throw error;
    }
  };
