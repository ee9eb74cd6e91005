// What a connection asks its owner to do.

import type { Json } from "../../kernel/json.ts";
import { passing, type Failure, type Position } from "../record.ts";

/** One thing to do. */
export type Action =
  | { readonly kind: "send"; readonly text: string }
  /** The server has answered: the connection stands. */
  | { readonly kind: "live" }
  | {
      readonly kind: "take";
      readonly channel: string;
      /** Where the channel is once this is taken in; `null` without history. */
      readonly position: Position | null;
      readonly data: Json;
    }
  /** A channel begins, or goes on, at a position without what came before; `null` forgets it. */
  | { readonly kind: "place"; readonly channel: string; readonly position: Position | null }
  /** What a channel missed is gone. */
  | { readonly kind: "gap"; readonly channel: string }
  | { readonly kind: "refresh" }
  /** `forget`: nothing that was missed is asked for again. */
  | { readonly kind: "close"; readonly failure: Failure; readonly forget?: true };

/** Ends the connection because of an error that passes by itself. */
export const closed = (error: string): readonly Action[] => [
  { kind: "close", failure: passing(error) },
];
