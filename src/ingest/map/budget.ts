// Counts the work that maps may do for one request, so that no body and no expression runs long.

/**
 * Steps for one request, once for what names its events and once for everything else. A step is a
 * visited node, an element of a list or a piece of text: enough for a filter over every element of
 * an ordinary body of 1 MiB. So many take 5 to 25 ms on one core of a small server.
 */
export const MAX_STEPS = 300_000;

/** Steps that each member of an object costs: making or listing one is slow. */
export const STEPS_PER_MEMBER = 8;

/** Characters of text that count as one step, because the engine copies and compares them fast. */
const CHARACTERS_PER_STEP = 16;

/** Longest text that an expression may build, in UTF-16 units: as long as the largest body. */
const MAX_BUILT_TEXT = 1_048_576;

/** What is left to spend; shared by all expressions of a request and changed in place. */
export interface Budget {
  left: number;
}

/**
 * Ends the evaluation of one expression, which is null then. It is thrown and caught inside this
 * folder alone: JMESPath lets an expression fail as a whole, from any depth. It has no message,
 * because nobody is told more than that nothing was found.
 */
export class ExpressionFailure extends Error {}

/** Takes steps off the budget; fails the expression when nothing is left. */
export function spend(budget: Budget, steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) throw new ExpressionFailure();
}

/** The steps that reading or copying a text of this length takes. */
export const stepsOfText = (length: number): number => Math.ceil(length / CHARACTERS_PER_STEP);

/** Spends what a text that is about to be built costs; fails the expression when it is too long. */
export function spendOnText(budget: Budget, length: number): void {
  if (length > MAX_BUILT_TEXT) throw new ExpressionFailure();
  spend(budget, stepsOfText(length));
}
