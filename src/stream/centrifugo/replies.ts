// What a command leads to: replies in the protocol's own members, and the next session.

import type { HistoryResult, PublicationLog, SubscribeResult } from "./history.ts";
import type { Millis } from "../../kernel/time.ts";
import type { Disconnect, ProtocolError, UNSUBSCRIBED } from "./protocol.ts";
import type { Session, TokenCheck } from "./session.ts";

/**
 * When a connection ends by itself. `ttl`, in seconds: when the client has to bring a new token.
 */
export interface Lifetime {
  readonly expires?: true;
  readonly ttl?: number;
}

/** What the replies to `connect` and `refresh` begin with. */
interface ConnectionInfo extends Lifetime {
  readonly client: string;
  readonly version: string;
}

/** `{}`: done. */
interface Empty {
  readonly [member: string]: never;
}

/** What is written in answer to a command. */
export type Reply =
  | { readonly id: number; readonly error: ProtocolError }
  | {
      readonly id: number;
      readonly connect: ConnectionInfo & {
        readonly session: string;
        /** Seconds between two pings of the server, which the client has to answer. */
        readonly ping: number;
        readonly pong: true;
        readonly subs: Readonly<Record<string, SubscribeResult>>;
      };
    }
  | { readonly id: number; readonly refresh: ConnectionInfo }
  | { readonly id: number; readonly subscribe: SubscribeResult }
  | { readonly id: number; readonly unsubscribe: Empty }
  | { readonly id: number; readonly history: HistoryResult }
  | { readonly id: number; readonly ping: Empty }
  | { readonly push: { readonly channel: string; readonly subscribe: SubscribeResult } }
  | { readonly push: { readonly channel: string; readonly unsubscribe: typeof UNSUBSCRIBED } };

/** Everything that a decision needs beside the session and the command. */
export interface CommandContext {
  readonly account: string;
  readonly now: Millis;
  /** An id for the connection, should it begin now. */
  readonly client: string;
  readonly log: PublicationLog;
  /** What the command's token opens; `null` for a command without a token. */
  readonly token: TokenCheck | null;
  /** Characters of publications and snapshots that the commands of this frame may still fetch. */
  readonly budget: number;
}

/** The next session, what is written, whether the connection ends then, and the budget left. */
export interface CommandOutcome {
  readonly session: Session;
  readonly replies: readonly Reply[];
  readonly close: Disconnect | null;
  readonly budget: number;
}

/** Leaves the session as it is and writes `replies`. */
export const replyWith = (
  session: Session,
  { budget }: Pick<CommandContext, "budget">,
  ...replies: readonly Reply[]
): CommandOutcome => ({ session, replies, close: null, budget });

/** Leaves the session as it is and ends the connection. */
export const closeWith = (
  session: Session,
  { budget }: Pick<CommandContext, "budget">,
  close: Disconnect,
): CommandOutcome => ({ session, replies: [], close, budget });
