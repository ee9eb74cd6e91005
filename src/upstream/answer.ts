// What an upstream server answered a request, and what an answer that is none of ours means.

import { passing, type Failure } from "./record.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";

/** An answer, or why there is none. */
export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** The wait that the server asked for; 0 for none. */
      readonly retryAfter: Millis;
      readonly text: string;
    }
  | { readonly kind: "none"; readonly reason: string };

/** An answer that came. */
export type Answered = Extract<Answer, { kind: "answer" }>;

/** Statuses below 500 that pass by themselves: 408 Timeout, 425 Too Early, 429. */
const PASSING_BELOW_500: ReadonlySet<number> = new Set([408, 425, 429]);

/** An answer of one of these statuses; everything else is a failure of the request to `what`. */
export const answered = (
  answer: Answer,
  what: string,
  statuses: readonly number[],
): Result<Answered, Failure> =>
  answer.kind === "answer" && statuses.includes(answer.status)
    ? ok(answer)
    : fault(failureOf(answer, what));

/** What an answer that is none of the expected means. */
export function failureOf(answer: Answer, what: string): Failure {
  if (answer.kind === "none") return passing(`${what}: ${answer.reason}`);
  const { status, retryAfter } = answer;
  const refused = status < 500 && !PASSING_BELOW_500.has(status);
  return { error: `${what} answered ${status}`, refused, retryAfter };
}
