// The bindings that the Worker cannot work without: one Durable Object for each class.

import { isObject } from "../../kernel/json.ts";
import { varOf, type Vars } from "../reading.ts";

/** The name of each binding, and the class that it binds. */
export const REQUIRED_BINDINGS: Readonly<Record<string, string>> = {
  JOB: "Job",
  ACCOUNT: "Account",
  FAN: "Fan",
  SUBSCRIBER: "Subscriber",
  CORRELATION: "Correlation",
  SOURCE: "Source",
  IDEMPOTENCY: "Idempotency",
  UPSTREAM: "Upstream",
};

/**
 * Names every binding that is missing. Without one of them webhooks are refused with 503, however
 * good the rest of the configuration is.
 */
export const bindingProblems = (vars: Vars): readonly string[] =>
  Object.entries(REQUIRED_BINDINGS).flatMap(([name, className]) => {
    const binding = varOf(vars, name);
    return typeof binding === "function" || isObject(binding)
      ? []
      : [`${name}: no binding of this name, it has to bind the Durable Object ${className}`];
  });
