// The table from a provider's event names to ours.

import type { ProviderJobEvent } from "../../model/event.ts";

/** A table that is ready; null for a name that it does not have. */
export type EventTable = (name: string) => ProviderJobEvent | null;

/** Builds a table: an exact name wins, then the first glob that matches as written, then `*`. */
export function eventTable(entries: readonly (readonly [string, ProviderJobEvent])[]): EventTable {
  const exact = new Map(entries.filter(([name]) => !name.includes("*")));
  const globs = entries.filter(([name]) => name.includes("*") && !isAny(name));
  const any = entries.find(([name]) => isAny(name))?.[1] ?? null;
  return (name) =>
    exact.get(name) ?? globs.find(([glob]) => globMatches(glob.split("*"), name))?.[1] ?? any;
}

const isAny = (name: string): boolean => /^\*+$/.test(name);

/** Takes each piece at the first place where it fits, which is always right: nothing is retried. */
function globMatches(pieces: readonly string[], text: string): boolean {
  const [first = "", ...others] = pieces;
  const last = others.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of others.slice(0, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  // The ends may not overlap: `ab*ba` does not match `aba`.
  return at <= text.length - last.length;
}
