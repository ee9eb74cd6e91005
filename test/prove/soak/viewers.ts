// Two hundred viewers: WebSocket, SSE and polls, some that come and go, some that hardly read.

import { setTimeout as pause } from "node:timers/promises";
import { between, oneOf, type Dice } from "../parts/dice.ts";
import type { EventFrame, Frame } from "../../support/watchers.ts";
import { GOODBYES, openSession, type Transport } from "../../chaos/streams-wire.ts";
import { Sequence } from "../parts/judge.ts";
import type { SoakRelay } from "./relay.ts";
import { ACCOUNTS } from "./world.ts";

/** What viewers have in common. */
export interface Audience {
  readonly relay: SoakRelay;
  readonly chance: Dice;
  readonly isOver: () => boolean;
  /** Called with every event that an account's viewer is shown. */
  readonly onEvent: (frame: EventFrame) => void;
  readonly onFault: (fault: string) => void;
  readonly counts: {
    frames: number;
    reconnects: number;
    refusals: number;
    resets: number;
  };
}

/** How a viewer behaves. */
interface Habit {
  readonly transport: Transport;
  /** Seconds that it stays, at least and at most. */
  readonly stays: readonly [number, number];
  /** It reads for a moment, and then not at all for a while. */
  readonly isSlow: boolean;
}

const STAYS_LONG = [600, 840] as const;
const COMES_AND_GOES = [5, 60] as const;

/** How many viewers of accounts have which habit: 160 in all; 40 more view single jobs. */
const HABITS: readonly (readonly [number, Habit])[] = [
  [80, { transport: "websocket", stays: STAYS_LONG, isSlow: false }],
  [32, { transport: "sse", stays: STAYS_LONG, isSlow: false }],
  [16, { transport: "poll", stays: STAYS_LONG, isSlow: false }],
  [16, { transport: "websocket", stays: COMES_AND_GOES, isSlow: false }],
  [8, { transport: "sse", stays: COMES_AND_GOES, isSlow: false }],
  [8, { transport: "websocket", stays: STAYS_LONG, isSlow: true }],
];
const JOB_VIEWERS = 40;

/** Seconds that a token of a viewer lasts. */
const TOKEN_SECONDS = 900;

/** One viewer of an account over its sessions. */
class AccountViewer {
  readonly #account: string;
  readonly #sequence: Sequence;
  readonly #habit: Habit;
  readonly #audience: Audience;
  #cursor: string;
  /** Where it stands in the account's order; `null` after a snapshot, until it is known again. */
  #place: number | null = -1;

  constructor(
    account: { readonly id: string; readonly cursor: string; readonly sequence: Sequence },
    habit: Habit,
    audience: Audience,
  ) {
    this.#account = account.id;
    this.#cursor = account.cursor;
    this.#sequence = account.sequence;
    this.#habit = habit;
    this.#audience = audience;
  }

  get isAtTheEnd(): boolean {
    return this.#place === null || this.#place === this.#sequence.last;
  }

  async view(): Promise<void> {
    const { relay, isOver, counts } = this.#audience;
    while (!isOver()) {
      const token = await relay.token(this.#account, TOKEN_SECONDS).catch(() => null);
      if (token === null) await pause(1_000);
      else await this.#session(token);
      counts.reconnects += 1;
    }
  }

  async #session(token: string): Promise<void> {
    const { relay, chance, counts, isOver } = this.#audience;
    const session = openSession(this.#habit.transport, {
      port: relay.port,
      path: `/v1/accounts/${this.#account}/stream`,
      token,
      since: this.#cursor,
      pollEvery: 2_000,
      onFrame: (frame) => this.#take(frame),
    });
    const until = performance.now() + between(chance, ...this.#habit.stays) * 1_000;
    while (!isOver() && performance.now() < until) {
      if (this.#habit.isSlow) session.read(Math.floor(performance.now() / 1_000) % 30 === 0);
      if ((await Promise.race([session.ended, pause(1_000, null)])) !== null) break;
    }
    session.leave(oneOf(chance, GOODBYES));
    const ended = await session.ended;
    if (typeof ended === "number") {
      counts.refusals += 1;
      await pause(1_000);
    }
  }

  #take(frame: Frame): void {
    this.#cursor = frame.cursor;
    const { counts, onFault, onEvent } = this.#audience;
    counts.frames += 1;
    if (frame.type === "hello") {
      if (frame.recovered) return;
      counts.resets += 1;
      this.#place = null;
      return;
    }
    onEvent(frame);
    const { id } = frame.event;
    if (this.#place === null) {
      const place = this.#sequence.placeOf(id);
      if (place >= 0) this.#place = place;
      return;
    }
    const next = this.#sequence.take(this.#place, id);
    if (typeof next === "number") this.#place = next;
    else {
      onFault(`${this.#habit.transport} of ${this.#account}: ${next}`);
      this.#place = null;
    }
  }
}

/** A job that a viewer may follow, and where it writes what it was shown. */
export interface Followed {
  readonly source: string;
  readonly guid: string;
  readonly shown: string[];
  readonly isOver: () => boolean;
}

/** Follows one job after the other, each from its beginning to its end. */
async function followJobs(audience: Audience, nextJob: () => Followed | null): Promise<void> {
  const { relay, chance, isOver } = audience;
  while (!isOver()) {
    const job = nextJob();
    if (job === null) {
      await pause(500);
      continue;
    }
    let cursor = "0";
    while (!isOver() && !job.isOver()) {
      const session = openSession(oneOf(chance, ["websocket", "sse"]), {
        port: relay.port,
        path: `/v1/jobs/${job.source}/${job.guid}/stream`,
        token: relay.adminToken,
        since: cursor,
        onFrame: (frame) => {
          ({ cursor } = frame);
          audience.counts.frames += 1;
          if (frame.type === "event") job.shown.push(frame.event.id);
          else if (!frame.recovered) audience.onFault(`${job.guid} could not be resumed`);
        },
      });
      const until = performance.now() + between(chance, 10, 120) * 1_000;
      while (!job.isOver() && !isOver() && performance.now() < until)
        if ((await Promise.race([session.ended, pause(500, null)])) !== null) break;
      session.leave(oneOf(chance, GOODBYES));
      audience.counts.reconnects += 1;
      if (typeof (await session.ended) === "number") await pause(1_000);
    }
  }
}

/** The running viewers. */
export interface Viewers {
  /** True once every viewer of an account has been shown all that any other one was. */
  readonly areAtTheEnd: () => boolean;
  /** Events of all accounts so far. */
  readonly events: () => number;
  /** Resolves once all have left. */
  readonly left: Promise<unknown>;
}

/** Opens all viewers at the accounts' present ends. */
export async function startViewers(
  audience: Audience,
  nextJob: () => Followed | null,
): Promise<Viewers> {
  const accounts = await Promise.all(
    ACCOUNTS.map(async (id) => ({
      id,
      cursor: await audience.relay.cursorOf(id),
      sequence: new Sequence(),
    })),
  );
  const viewers = HABITS.flatMap(([count, habit]) =>
    Array.from({ length: count }, (_, index) => {
      const account = accounts[index % accounts.length];
      if (account === undefined) throw new Error("there is no account");
      return new AccountViewer(account, habit, audience);
    }),
  );
  const followers = Array.from({ length: JOB_VIEWERS }, () => followJobs(audience, nextJob));
  return {
    areAtTheEnd: () => viewers.every((viewer) => viewer.isAtTheEnd),
    events: () => accounts.reduce((sum, { sequence }) => sum + sequence.last + 1, 0),
    left: Promise.all([...viewers.map((viewer) => viewer.view()), ...followers]),
  };
}
