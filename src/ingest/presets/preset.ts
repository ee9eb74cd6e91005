// What a preset has: everything the relay knows about one provider, as data.

import type { MapData } from "../map/compile.ts";
import type { VerifyData } from "../recipe/recipe.ts";

/**
 * What becomes of a delivery that fails. `none`: it is lost, or nothing is known, or a retry comes
 * too soon to help. `some`: a few attempts. `many`: attempts over hours or days.
 */
export type RetryLevel = "none" | "some" | "many";

/** Everything about one provider. Texts are for people: `{url}` stands for the source's address. */
export interface Preset {
  /** What `provider`, `verify` and `map` name. */
  readonly name: string;
  readonly title: string;
  readonly verify: VerifyData;
  readonly map: MapData;
  /** Defaults of the source's own fields, in their units. */
  readonly fields?: {
    readonly throttle?: number;
    readonly stallAfter?: number;
    readonly redact?: readonly string[];
  };
  /** What to do in the provider's dashboard or API, in order. */
  readonly setup: readonly string[];
  readonly retries: { readonly level: RetryLevel; readonly sentence: string };
  /** What this provider does not give, and what to know before relying on it. */
  readonly lacks: readonly string[];
}
