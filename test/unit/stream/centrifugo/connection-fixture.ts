// A Centrifugo connection without a socket: frames in, frames out, one session after another.

import { fault, ok } from "../../../../src/kernel/result.ts";
import { parseFrame } from "../../../../src/stream/centrifugo/encoding/json.ts";
import type { Command } from "../../../../src/stream/centrifugo/protocol.ts";
import { respond } from "../../../../src/stream/centrifugo/commands.ts";
import type { CommandContext } from "../../../../src/stream/centrifugo/replies.ts";
import type { Session, TokenCheck } from "../../../../src/stream/centrifugo/session.ts";
import type { PublicationLog } from "../../../../src/stream/centrifugo/history.ts";
import type { Grant } from "../../../../src/stream/auth/tokens.ts";
import { logOf } from "../log-fixture.ts";

/** A log that can be read backwards as well. */
export function bothWays(first: number, last: number, epoch = "0a1b"): PublicationLog {
  const log = logOf(first, last, epoch);
  return {
    ...log,
    readBack: (before, limit, channels) =>
      log
        .read(0, Number.POSITIVE_INFINITY, channels)
        .filter(({ offset }) => offset < before)
        .toReversed()
        .slice(0, limit),
  };
}

export const NOW = 1_000_000;

/** What a stream token of `acme` opens; it ends 100 s after `NOW`. */
export const grant = (
  channels: readonly string[] | null = null,
  expires = NOW + 100_000,
): Grant => ({
  kind: "account",
  account: "acme",
  channels,
  expires,
});

/** What tokens open, by their text. */
export const TOKENS: Readonly<Record<string, TokenCheck>> = {
  good: ok(grant()),
  later: ok(grant(null, NOW + 1_000_000)),
  narrow: ok(grant(["export.g1.job"])),
  wider: ok(grant(["export.g1.job", "webhooks:acme"])),
  pattern: ok(grant(["export*"])),
  webhooks: ok(grant(["webhooks:acme"])),
  admin: ok({ kind: "admin" }),
  foreign: ok({ kind: "account", account: "other", channels: null, expires: NOW + 100_000 }),
  old: fault("expired"),
  forged: fault("signature"),
  broken: fault("configuration"),
};

const checkOf = (command: Command): TokenCheck | null => {
  const token = command.kind === "connect" || command.kind === "refresh" ? command.token : null;
  return token === null ? null : (TOKENS[token] ?? fault("malformed"));
};

export const waiting: Session = { phase: "waiting", grant: grant() };

export const connected = (channels: readonly string[], given: Grant = grant()): Session => ({
  phase: "connected",
  client: "c1",
  grant: given,
  channels,
});

export interface Played {
  readonly session: Session;
  readonly replies: readonly unknown[];
  readonly close: number | null;
}

/** Plays a frame, as the object does. */
export function play(session: Session, frame: string, given: Partial<CommandContext> = {}): Played {
  const parsed = parseFrame(frame);
  if (!parsed.ok) return { session, replies: [], close: parsed.fault.code };
  let state = session;
  let budget = given.budget ?? 1_000_000;
  const replies: unknown[] = [];
  for (const command of parsed.value) {
    const context: CommandContext = {
      account: "acme",
      now: NOW,
      client: "c1",
      log: bothWays(1, 0),
      token: checkOf(command),
      ...given,
      budget,
    };
    const outcome = respond(state, command, context);
    state = outcome.session;
    budget = outcome.budget;
    replies.push(...(JSON.parse(JSON.stringify(outcome.replies)) as unknown[]));
    if (outcome.close !== null) return { session: state, replies, close: outcome.close.code };
  }
  return { session: state, replies, close: null };
}
