// One structured line per unit of work, as JSON on the console: Workers Logs indexes its fields.

import type { Json } from "./json.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Writes one line when `level` is at or above `threshold`. Never pass secrets, tokens, signatures or bodies. */
export function log(
  threshold: LogLevel,
  level: LogLevel,
  event: string,
  fields: Readonly<Record<string, Json>> = {},
): void {
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
  console[level](JSON.stringify({ event, ...fields }));
}
