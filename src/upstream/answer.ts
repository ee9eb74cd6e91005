// What an upstream server answered a request, and what an answer that is none of ours means.

import { passing, type Failure } from "./record.ts";
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

/** Statuses below 500 that pass by themselves: 408 Timeout, 425 Too Early, 429. */
const PASSING_BELOW_500: ReadonlySet<number> = new Set([408, 425, 429]);

/** The failure of a request to `what`; `null` for an answer of the right status. */
export function failureOf(answer: Answer, what: string, expected: number): Failure | null {
  if (answer.kind === "none") return passing(`${what}: ${answer.reason}`);
  const { status, retryAfter } = answer;
  if (status === expected) return null;
  const refused = status < 500 && !PASSING_BELOW_500.has(status);
  return { error: `${what} answered ${status}`, refused, retryAfter };
}
