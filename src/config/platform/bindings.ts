// The bindings that the Worker cannot work without: one Durable Object for each class.

import { isObject } from "../../kernel/json.ts";
import { varOf, type Vars } from "../reading.ts";

/** The name of each binding of `wrangler.toml`, and the class that it binds. */
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
 * Bindings that a relay of an earlier version lacks and does without: keys of repeated requests are
 * then answered 503, and a connector needs its own.
 */
const LATER: ReadonlySet<string> = new Set(["IDEMPOTENCY", "UPSTREAM"]);

/**
 * Names every binding that is missing and needed. Without one of them webhooks are refused with
 * 503, however good the rest of the configuration is. `connects`: some source has a connector.
 */
export const bindingProblems = (vars: Vars, connects: boolean): readonly string[] =>
  Object.entries(REQUIRED_BINDINGS).flatMap(([name, className]) => {
    const isNeeded = !LATER.has(name) || (name === "UPSTREAM" && connects);
    const binding = varOf(vars, name);
    return !isNeeded || typeof binding === "function" || isObject(binding)
      ? []
      : [`${name}: no binding of this name, it has to bind the Durable Object ${className}`];
  });
