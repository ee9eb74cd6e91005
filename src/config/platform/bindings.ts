// The bindings that the Worker cannot work without: one Durable Object for each class.

import { isObject } from "../../kernel/json.ts";
import { listItems } from "../lists.ts";
import { varOf, type Item, type Vars } from "../reading.ts";

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

/** What connectors run in: needed where a source has one. */
const CONNECTOR_BINDING = { UPSTREAM: "Upstream" } as const;

const hasConnector = ({ value }: Item): boolean =>
  isObject(value) && (Object.hasOwn(value, "connect") || Object.hasOwn(value, "poll"));

/**
 * Names every binding that is missing. Without one of them webhooks are refused with 503, however
 * good the rest of the configuration is.
 */
export function bindingProblems(vars: Vars): readonly string[] {
  const connects = listItems("SOURCES", { vars, problems: [] }).some(hasConnector);
  const required = { ...REQUIRED_BINDINGS, ...(connects ? CONNECTOR_BINDING : {}) };
  return Object.entries(required).flatMap(([name, className]) => {
    const binding = varOf(vars, name);
    return typeof binding === "function" || isObject(binding)
      ? []
      : [`${name}: no binding of this name, it has to bind the Durable Object ${className}`];
  });
}
