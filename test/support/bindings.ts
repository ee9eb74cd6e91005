// The bindings that every configuration needs, where nothing is called through them.

import { REQUIRED_BINDINGS } from "../../src/config/platform/bindings.ts";

/** Each required binding, bound to nothing. */
export const BINDINGS: Readonly<Record<string, object>> = Object.fromEntries(
  Object.keys(REQUIRED_BINDINGS).map((name) => [name, {}]),
);
