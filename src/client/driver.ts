// Drives a machine: feeds it the clock, chance and what happens, and does what it says with real
// timers and transports.

import {
  BROKEN,
  isOpen,
  machine,
  step,
  TOKEN_LATER,
  TOKEN_REFUSED,
  UPGRADE,
  type Input,
  type Machine,
  type Transport,
} from "./machine.ts";
import { page } from "./page.ts";
import { OPEN, type Connection } from "./transport.ts";
import type { Frame } from "./view.ts";

/**
 * `connect`: for a new connection, any valid token will do. `expired`: the one before has ended.
 */
export type TokenReason = "connect" | "expired";

/** How a stream is reached. */
export interface Route {
  /**
   * The stream's addresses, best first, queries begun. The last is the account's: only that one
   * shows the state to a poll.
   */
  readonly places: readonly string[];
  readonly transports: readonly Transport[];
  /** Resolves with a token for a new connection. */
  readonly token: (reason: TokenReason) => Promise<string>;
}

/** Where the index of the transport that works is remembered for the tab's next page. */
const MEMORY = "jobrelay:via";

/**
 * Reads that memory, or writes it first. Storage may be full, forbidden or absent: then the next
 * page finds out again.
 */
function memory(value?: number): number {
  try {
    const { sessionStorage: storage } = page;
    if (value !== undefined) storage[MEMORY] = `${value}`;
    return Number(storage[MEMORY]);
  } catch {
    return 0;
  }
}

/**
 * Makes the machine and returns how to feed it; nothing happens before the first input. `cursor`
 * says where to go on, `told` gets every frame in order, `moved` every state of the machine.
 */
export function drive(
  { places, transports, token }: Route,
  cursor: () => string,
  told: (frame: Frame) => void,
  moved: (machine: Machine) => void,
): (input: Input) => void {
  const known = memory();
  let m = machine(
    transports,
    places.length - 1,
    transports[known] ? known : 0,
    Date.now() + UPGRADE,
  );
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const run = (input: Input): void => {
    const now = Date.now();
    const [next, effect] = step(m, input, now, Math.random());
    m = next;
    clearTimeout(timer);
    if (isOpen(m) || m.kind === "waiting") timer = setTimeout(run, m.due - now, { kind: "tick" });
    moved(m);
    if (effect === "open") open(m);
    else if (effect) connection?.[effect]?.();
  };

  /**
   * Opens connection `id` once there is a token. A frame of an older one is no harm: it is either
   * next, or known.
   */
  const open = ({ id, spare, via: way, expired }: Machine): void => {
    const close = (code: number, retryAfter = 0): void =>
      run({ kind: "closed", id, code, retryAfter });
    const heard = (): void => run({ kind: "heard", id });
    const frame = (received: Frame): void => {
      if (id !== m.id) return;
      if (received.type === "hello") {
        run({ kind: "hello", id });
        memory(m.via);
      } else heard();
      told(received);
    };
    const start = (secret: string): void => {
      run({ kind: "dialed", id });
      if (id !== m.id || m.kind !== "connecting") return;
      const transport = transports[way] as Transport;
      const url = places.at(transport === "poll" ? -1 : -1 - spare) as string;
      connection = OPEN[transport](
        { url, token: secret, cursor: cursor() },
        { frame, heard, close },
      );
    };
    token(expired ? "expired" : "connect")
      // A `TypeError` is what `fetch` rejects with when there is no network; everything else is an
      // answer.
      .then(start, (error: unknown) =>
        close(error instanceof TypeError ? TOKEN_LATER : TOKEN_REFUSED),
      )
      // The platform has no such transport, or the token does not fit into it.
      .catch(() => close(BROKEN));
  };
  return run;
}
