// Viewers of the account over every transport, who leave and come back all the time.

import { setTimeout as pause } from "node:timers/promises";
import { Sequence } from "../../prove/parts/judge.ts";
import { between, oneOf, type Dice } from "../../prove/parts/dice.ts";
import { ADMIN_TOKEN } from "../../support/relay.ts";
import { until } from "../../support/wait.ts";
import type { Frame } from "../../support/watchers.ts";
import { GOODBYES, openSession, TRANSPORTS, type Transport } from "../streams-wire.ts";
import { ACCOUNT, type ChaosRelay } from "./relay.ts";

interface Audience {
  readonly relay: ChaosRelay;
  readonly chance: Dice;
  readonly isOver: () => boolean;
  readonly onFault: (fault: string) => void;
}

/** One viewer. */
class Viewer {
  place = -1;
  sessions = 0;
  readonly #transport: Transport;
  readonly #audience: Audience;
  readonly #sequence: Sequence;
  #cursor: string;

  constructor(transport: Transport, cursor: string, audience: Audience, sequence: Sequence) {
    this.#transport = transport;
    this.#cursor = cursor;
    this.#audience = audience;
    this.#sequence = sequence;
  }

  async view(): Promise<void> {
    const { relay, isOver, chance, onFault } = this.#audience;
    while (!isOver()) {
      const { server } = relay;
      if (server === null) {
        await pause(20);
        continue;
      }
      this.sessions += 1;
      const session = openSession(this.#transport, {
        port: server.port,
        path: `/v1/accounts/${ACCOUNT}/stream`,
        token: ADMIN_TOKEN,
        since: this.#cursor,
        onFrame: (frame) => this.#take(frame),
      });
      await Promise.race([session.ended, pause(between(chance, 30, 1_500))]);
      session.leave(oneOf(chance, GOODBYES));
      const ended = await session.ended;
      if (ended === "lost" || typeof ended === "number") await pause(50);
      // 503 is answered under a broken configuration, and by an object whose disk is full.
      if (typeof ended === "number" && ended < 500) onFault(`a viewer was refused with ${ended}`);
    }
  }

  #take(frame: Frame): void {
    const { onFault } = this.#audience;
    if (frame.type === "hello") {
      if (!frame.recovered) onFault(`${this.#transport} could not be resumed at ${this.#cursor}`);
      return;
    }
    this.#cursor = frame.cursor;
    const next = this.#sequence.take(this.place, frame.event.id);
    if (typeof next === "number") this.place = next;
    else onFault(`${this.#transport}: ${next}`);
  }
}

/** The running viewers. */
export interface ChaosViewers {
  readonly sequence: Sequence;
  readonly sessions: () => number;
  /** How far each was shown the sequence. */
  readonly places: () => readonly number[];
  /** True once each was shown everything that any was. */
  readonly areAtTheEnd: () => boolean;
  readonly left: Promise<unknown>;
}

/** Two of each transport, from the account's present end on. */
export async function startChaosViewers(audience: Audience, cursor: string): Promise<ChaosViewers> {
  const sequence = new Sequence();
  const viewers = [...TRANSPORTS, ...TRANSPORTS].map(
    (transport) => new Viewer(transport, cursor, audience, sequence),
  );
  const left = Promise.all(viewers.map((viewer) => viewer.view()));
  await until(() => viewers.every(({ sessions }) => sessions > 0), { what: "viewers" });
  return {
    sequence,
    left,
    sessions: () => viewers.reduce((sum, { sessions }) => sum + sessions, 0),
    places: () => viewers.map(({ place }) => place),
    areAtTheEnd: () => viewers.every(({ place }) => place === sequence.last),
  };
}
