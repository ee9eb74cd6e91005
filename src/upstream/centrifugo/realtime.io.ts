// The connector of a realtime server: one resuming connection, held in memory, watched by an alarm.

import { withoutTexts } from "../../config/reading.ts";
import { earliest } from "../../durable/alarm.ts";
import { now as clock } from "../../kernel/clock.io.ts";
import { log, logError } from "../../kernel/log.io.ts";
import { randomFraction } from "../../kernel/random.io.ts";
import { MINUTE, SECOND, type Millis } from "../../kernel/time.ts";
import type { ConnectorView } from "../../model/connector.ts";
import type { Connector, ConnectorDeps } from "../connector.ts";
import {
  connected,
  counted,
  failed,
  passing,
  viewOf,
  withError,
  withStatus,
  type ConnectorRecord,
  type Failure,
  type Position,
} from "../record.ts";
import type { Action } from "./action.ts";
import { closeAction, NORMAL } from "./closing.ts";
import { IntakeQueue, type Taken } from "./intake-queue.io.ts";
import { BINARY } from "./messages.ts";
import { fetchToken, openConnection, type RealtimeSettings } from "./open.io.ts";
import { afterEntries, recoverable, waitsTooMuch, type Entry } from "./queue.ts";
import { openSession, receiveFrame, type Session, type Step } from "./session.ts";
import { passTime, refresh, refreshLater, sessionDue } from "./timing.ts";

/** Publications and time after which positions are written: what a crash repeats is known. */
const SAVE_AFTER = 50;
const SAVE_INTERVAL: Millis = 10 * SECOND;

/** When opening a connection is looked after again: its own limits have passed by then. */
const OPENING_LIMIT: Millis = MINUTE;

/** A connection with its socket. */
interface Open {
  readonly socket: WebSocket;
  session: Session;
}

/** Keeps the connection and takes in what it brings. */
export class RealtimeConnector implements Connector {
  readonly #deps: ConnectorDeps;
  readonly #settings: RealtimeSettings;
  #record: ConnectorRecord;
  #open: Open | null = null;
  #isOpening = false;
  readonly #intake: IntakeQueue;
  /** How far each channel was received; what waits is behind it. */
  #received: ReadonlyMap<string, Position>;
  #unsaved = 0;
  #savedAt: Millis = 0;

  constructor(deps: ConnectorDeps, settings: RealtimeSettings, record: ConnectorRecord) {
    this.#deps = deps;
    this.#settings = settings;
    this.#intake = new IntakeQueue(deps, (taken) => this.#onTaken(taken));
    // Of an earlier instance: its socket is gone.
    this.#record =
      record.status === "connected" ? withStatus(record, "connecting", clock()) : record;
    this.#received = new Map(Object.entries(record.positions));
  }

  view(): ConnectorView {
    return viewOf(this.#record, { kind: "centrifugo", watching: null });
  }

  due(now: Millis): Millis | null {
    if (this.#open !== null) return earliest(sessionDue(this.#open.session), this.#intake.due);
    const opens = this.#isOpening ? now + OPENING_LIMIT : (this.#record.retryAt ?? now);
    return earliest(opens, this.#intake.due);
  }

  stop(): void {
    this.#close();
  }

  async run(now: Millis): Promise<void> {
    this.#intake.run(now);
    if (this.#unsaved > 0) this.#save(now);
    if (this.#open !== null) {
      this.#apply(this.#open, passTime(this.#open.session, now));
      return;
    }
    const isDue = !this.#isOpening && (this.#record.retryAt ?? now) <= now;
    if (isDue) await this.#connect(now);
  }

  async #connect(now: Millis): Promise<void> {
    // What waits is taken in first: a server that sends faster is not asked for more.
    if (waitsTooMuch(this.#intake.size, 0.5)) {
      this.#record = { ...this.#record, retryAt: now + SECOND };
      return;
    }
    this.#isOpening = true;
    // A refusal lasts until a connection stands.
    if (this.#record.status !== "failed")
      this.#record = withStatus(this.#record, "connecting", now);
    try {
      const opened = await openConnection(this.#settings);
      if (opened.ok) this.#begin(opened.value.socket, opened.value.token);
      else this.#lose(opened.fault);
    } finally {
      this.#isOpening = false;
    }
  }

  #begin(socket: WebSocket, token: string): void {
    socket.accept();
    const first = openSession(token, this.#received, clock());
    const open: Open = { socket, session: first.session };
    this.#open = open;
    socket.addEventListener("message", ({ data }) => {
      this.#on(open, () => {
        const text = typeof data === "string" ? data : BINARY;
        this.#apply(open, receiveFrame(open.session, text, clock()), text.length);
      });
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#on(open, () => this.#act(open, closeAction(code, reason), []));
    });
    socket.addEventListener("error", () => {
      this.#on(open, () => this.#lose(passing("the connection broke")));
    });
    this.#apply(open, first);
  }

  /** Runs the handler of a socket, unless another one has taken its place. */
  #on(open: Open, handle: () => void): void {
    if (this.#open !== open) return;
    try {
      handle();
    } catch (thrown) {
      logError("upstream.failed", thrown, { source: this.#deps.feed.source.id });
      this.#lose(passing("the connector failed"));
    }
    this.#deps.changed();
  }

  #apply(open: Open, { session, actions }: Step, length = 0): void {
    open.session = session;
    this.#received = recoverable(session.positions);
    const entries: Entry[] = [];
    for (const action of actions) {
      if (this.#open !== open) break;
      this.#act(open, action, entries);
    }
    if (entries.length === 0) return;
    this.#intake.push(entries, length);
    if (waitsTooMuch(this.#intake.size) && this.#open === open)
      this.#lose(passing("more came than could be taken in"));
  }

  #act(open: Open, action: Action, entries: Entry[]): void {
    const now = clock();
    switch (action.kind) {
      case "send":
        return open.socket.send(action.text);
      case "live":
        this.#record = connected(this.#record, now);
        this.#log("info", "upstream.connected");
        return this.#save(now);
      case "take": {
        const { channel, position, data } = action;
        return void entries.push({ channel, position, data, failures: 0 });
      }
      case "place": {
        const { channel, position } = action;
        return void entries.push({ channel, position, data: undefined, failures: 0 });
      }
      case "gap":
        this.#record = { ...this.#record, gaps: this.#record.gaps + 1 };
        return this.#log("warn", "upstream.gap");
      case "refresh":
        return void this.#refresh(open);
      case "close":
        if (action.forget === true) this.#forget();
        return this.#lose(action.failure);
    }
  }

  async #refresh(open: Open): Promise<void> {
    const token = await fetchToken(this.#settings);
    this.#on(open, () => {
      if (token.ok) return this.#apply(open, refresh(open.session, token.value));
      const now = clock();
      open.session = refreshLater(open.session, now, token.fault.retryAfter);
      this.#record = withError(this.#record, this.#masked(token.fault.error), now);
    });
  }

  /** Nothing that was missed is asked for again: it is more than can be taken. */
  #forget(): void {
    this.#received = new Map();
    this.#record = { ...this.#record, positions: {}, gaps: this.#record.gaps + 1 };
  }

  #lose(given: Failure): void {
    const now = clock();
    const failure = { ...given, error: this.#masked(given.error) };
    this.#close();
    this.#record = failed(this.#record, failure, now, randomFraction());
    this.#log("warn", "upstream.disconnected", { error: failure.error });
    this.#save(now);
  }

  /** A server may repeat what it was sent. */
  #masked(error: string): string {
    return withoutTexts(error, [this.#settings.token]);
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    try {
      open?.socket.close(NORMAL);
    } catch {
      // It is closed already.
    }
  }

  /** Counts what was taken in; positions are written some time after they are durable. */
  #onTaken({ outcomes, entries }: Taken): void {
    const now = clock();
    for (const outcome of outcomes) this.#record = counted(this.#record, outcome, now);
    const positions = afterEntries(this.#record.positions, entries);
    this.#record = { ...this.#record, positions };
    this.#unsaved += entries.length;
    // Without its first position a channel could not go on after a crash.
    const isFirst = entries.some(({ data }) => data === undefined);
    const isDue = this.#unsaved >= SAVE_AFTER || now - this.#savedAt >= SAVE_INTERVAL;
    if (isFirst || isDue) this.#save(now);
  }

  #save(now: Millis): void {
    this.#deps.store.save(this.#record);
    this.#unsaved = 0;
    this.#savedAt = now;
  }

  #log(level: "info" | "warn", event: string, fields: Readonly<Record<string, string>> = {}): void {
    const { settings, source } = this.#deps.feed;
    log(settings.logLevel, level, event, { source: source.id, ...fields });
  }
}
