// One structured line per unit of work, as JSON on the console: Workers Logs indexes its fields.

import type { Json } from "./json.ts";

/** How important a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** All levels, the least important first. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** What a line says beside its name. `event` is the name of the line itself and no field of it. */
export type LogFields = Readonly<Record<string, Json>> & { readonly event?: never };

/**
 * Writes one line when `level` is at or above `threshold`. `event` is its name, in snake case after
 * a room (`delivery.attempted`). Never pass secrets, tokens, signatures or bodies.
 */
export function log(
  threshold: LogLevel,
  level: LogLevel,
  event: string,
  fields: LogFields = {},
): void {
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
  console[level](JSON.stringify({ event, ...fields }));
}

/** Writes a line about an error that nobody expected; whatever `LOG_LEVEL` says, it is written. */
export function logError(event: string, error: unknown, fields: LogFields = {}): void {
  log("error", "error", event, { ...fields, error: errorText(error) });
}

/** The name and message of whatever was thrown, without addresses: those may carry a token. */
export function errorText(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return maskUrls(text);
}

/** Replaces every URL in a text by `<url>`: whoever knows one may often read what it names. */
export const maskUrls = (text: string): string =>
  text.replaceAll(/[a-z][a-z0-9+.-]{0,30}:\/\/\S+/gi, "<url>");
