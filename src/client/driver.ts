// Runs the state machine of a connection with the real clock, timers and transports.

import { BROKEN, TOKEN_LATER, TOKEN_REFUSED, UPGRADE } from "./loss.ts";
import { step, type Effect, type Input } from "./machine.ts";
import { isOpen, machine, type Machine, type Transport } from "./state.ts";
import { page } from "./page.ts";
import { OPEN, type Connection } from "./transport.ts";
import type { Frame } from "./view.ts";

/** `connect`: any valid token will do. `expired`: the last token has ended. */
export type TokenReason = "connect" | "expired";

/** How a stream is reached. */
export interface Route {
  /**
   * The stream's addresses, best first, each with the `?` of its query. The last one is on the
   * account's path: a poll gets the state there only.
   */
  readonly places: readonly string[];
  readonly ways: readonly Transport[];
  /** Resolves with a token for a new connection. */
  readonly token: (reason: TokenReason) => Promise<string>;
}

/** Statuses of a token service that refuses; all others, and errors without a status, may pass. */
const REFUSAL = /^4(?!08|29)/;

/** The key in the session storage for the index of the transport that worked. */
const MEMORY = "jobrelay:via";

/**
 * Remembers a transport for the tab's next page, and returns the remembered one. Without storage it
 * returns the first.
 */
function memory(value?: number): number {
  try {
    const { sessionStorage: storage } = page;
    return Number((storage[MEMORY] = value ?? storage[MEMORY] ?? 0));
  } catch {
    return 0;
  }
}

/**
 * Makes the machine and returns the function that takes its inputs, and
 * the one that returns its state. `cursor` returns where to
 * resume, `onReceived` gets every frame in order, `onState` every state of the machine.
 */
export function drive(
  { places, ways, token }: Route,
  cursor: () => string,
  onReceived: (frame: Frame) => void,
  onState: (kind: Machine["kind"]) => void,
): readonly [run: (input: Input) => void, current: () => Machine] {
  const known = memory();
  let m = machine(ways, places.length - 1, ways[known] ? known : 0, Date.now() + UPGRADE);
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const run = (input: Input): void => {
    const now = Date.now();
    let effect: Effect | undefined;
    [m, effect] = step(m, input, now, Math.random());
    clearTimeout(timer);
    if (isOpen(m) || m.kind === "waiting") timer = setTimeout(run, m.due - now, { kind: "tick" });
    onState(m.kind);
    if (effect === "open") open(m);
    else if (effect) connection?.[effect]?.();
  };

  /** Opens connection `id` once there is a token. Frames of an older connection are ignored. */
  const open = ({ id, spare, via: way, expired }: Machine): void => {
    const close = (code: number, retryAfter = 0, cause?: unknown): void =>
      run({ kind: "closed", id, code, retryAfter, cause });
    const alive = (): void => run({ kind: "alive", id });
    const onFrame = (received: Frame): void => {
      if (id !== m.id) return;
      if (received.type === "hello") {
        run({ kind: "hello", id });
        memory(m.via);
      } else alive();
      onReceived(received);
    };
    const start = (secret: string): void => {
      run({ kind: "dialed", id });
      if (id !== m.id || m.kind !== "connecting") return;
      const transport = ways[way] as Transport;
      const url = places.at(transport === "poll" ? -1 : -1 - spare) as string;
      connection = OPEN[transport](
        { url, token: secret, cursor: cursor() },
        { onFrame, alive, close },
      );
    };
    token(expired ? "expired" : "connect")
      .then(start, (cause: { readonly status?: string } | undefined) =>
        close(REFUSAL.test(cause?.status as string) ? TOKEN_REFUSED : TOKEN_LATER, 0, cause),
      )
      // The platform lacks the transport, or the token has characters that it cannot send.
      .catch(() => close(BROKEN));
  };
  return [run, () => m];
}
