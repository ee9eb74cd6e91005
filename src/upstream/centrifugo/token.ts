// The connection token in the answer of the token address.

import { isObject, parseText } from "../../kernel/json.ts";
import { isText } from "../../kernel/json/exact-number.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { answered, type Answer } from "../answer.ts";
import { passing, type Failure } from "../record.ts";

const WHAT = "the token address";

/** Reads the token, or what is wrong. A page in its place may be maintenance, which passes. */
export function tokenOf(answer: Answer): Result<string, Failure> {
  const read = answered(answer, WHAT, [200, 201]);
  if (!read.ok) return read;
  const json = parseText(read.value.text);
  const token = json.ok && isObject(json.value) ? json.value["token"] : null;
  return isText(token) && token !== ""
    ? ok(token)
    : fault(passing(`${WHAT} answered without a token`));
}
