// The program that a pattern is compiled to.

import type { CharacterSet } from "./character-set.ts";

/** One step of a matching program; `first` is tried before `second`. */
export type Instruction =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "split"; first: number; second: number }
  | { readonly kind: "jump"; to: number }
  | { readonly kind: "save"; readonly slot: number }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "match" };

/** Conditions on a place: the start or end of the text or of a line, and the border of a word. */
export type Assertion = "start" | "end" | "line-start" | "line-end" | "border" | "no-border";

/** A compiled pattern; `groups` counts the capturing groups. */
export interface Pattern {
  readonly program: readonly Instruction[];
  readonly groups: number;
}
