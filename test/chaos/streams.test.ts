// A reader that comes back with its cursor misses nothing and sees nothing twice, however often and
// however rudely it is cut off.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { dice } from "../prove/parts/dice.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../support/relay.ts";
import { sender } from "../support/senders.ts";
import { until } from "../support/wait.ts";
import type { EventFrame, Frame } from "../support/watchers.ts";
import { GOODBYES, openSession, TRANSPORTS, type Goodbye, type Transport } from "./streams-wire.ts";

/** Forced disconnects in all; `JOBRELAY_DISCONNECTS=1000` is the full run. */
const DISCONNECTS = Number(process.env["JOBRELAY_DISCONNECTS"] ?? 60);
/** How often the runtime is killed meanwhile: each takes seconds to start again. */
const KILLS = Math.max(2, Math.floor(DISCONNECTS / 100));
const GUIDS = ["chaos-a", "chaos-b", "chaos-c"] as const;
/** Events of a job that a reader reads in one session, at most. */
const MOST_PER_SESSION = 6;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/**
 * What is shared by everybody: the relay that is up at the moment, what happened to readers so far.
 */
class Scene {
  readonly counts: Record<Goodbye | "killed", number> = { close: 0, fin: 0, reset: 0, killed: 0 };
  relay: Relay | null = null;
  /** True once the jobs are over: readers stay until they have seen that. */
  over = false;
  readonly #ending = Promise.withResolvers<void>();
  /** Resolves when the jobs are over. */
  readonly ending = this.#ending.promise;

  end(): void {
    this.over = true;
    this.#ending.resolve();
  }

  disconnects(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
}

/** A reader as a browser would be one: a cursor, and what it was shown. */
class Reader {
  readonly name: string;
  readonly seen: EventFrame[] = [];
  readonly problems: string[] = [];
  readonly #transport: Transport;
  readonly #path: string;
  readonly #known = new Map<string, number>();
  #cursor: string | null;

  constructor(transport: Transport, path: string, since: string | null) {
    this.name = `${transport} ${path}`;
    this.#transport = transport;
    this.#path = path;
    this.#cursor = since;
  }

  /** Reads until everything is over, leaving and coming back all the time. */
  async read(scene: Scene, chance: () => number): Promise<void> {
    while (!this.#done(scene)) {
      const { relay } = scene;
      if (relay === null) await pause(20);
      else await this.#session(scene, relay.port, chance);
    }
  }

  async #session(scene: Scene, port: number, chance: () => number): Promise<void> {
    let left = Math.floor(chance() * (MOST_PER_SESSION + 1));
    let greeted = false;
    const since = this.#cursor;
    const how = GOODBYES[Math.floor(chance() * GOODBYES.length)] ?? "close";
    const session = openSession(this.#transport, {
      port,
      path: this.#path,
      token: ADMIN_TOKEN,
      since,
      onFrame: (frame) => {
        this.#take(frame, since !== null);
        greeted = true;
        left -= frame.type === "event" ? 1 : 0;
        if (scene.over ? this.#done(scene) : left < 0 && scene.disconnects() < DISCONNECTS)
          session.leave(how);
      },
    });
    // Some leave before they have heard anything at all.
    if (left === 0 && since !== null && !scene.over)
      setTimeout(() => session.leave(how), chance() * 20);
    const leaveAtTheEnd = async (): Promise<void> => {
      await scene.ending;
      if (this.#done(scene)) session.leave(how);
    };
    void leaveAtTheEnd();
    const ended = await session.ended;
    if (typeof ended === "number" && ended < 500) this.problems.push(`refused with ${ended}`);
    if (ended === "left") scene.counts[how] += 1;
    else if (greeted) scene.counts.killed += 1;
    else await pause(20);
  }

  #take(frame: Frame, resumed: boolean): void {
    if (frame.type === "hello") {
      if (resumed && !frame.recovered) this.problems.push(`could not resume at ${frame.cursor}`);
      this.#cursor ??= frame.cursor;
      return;
    }
    const { guid = "", seq = 0 } = frame.event;
    const before = this.#known.get(guid) ?? 0;
    if (seq !== before + 1) this.problems.push(`${guid}: ${seq} after ${before}`);
    this.#known.set(guid, seq);
    this.#cursor = frame.cursor;
    this.seen.push(frame);
  }

  /** The ids of what it was shown of a job. */
  ids(guid: string): readonly string[] {
    return this.seen.filter(({ event }) => event.guid === guid).map(({ event }) => event.id);
  }

  #done(scene: Scene): boolean {
    const guids = this.#path.includes("/accounts/")
      ? GUIDS
      : GUIDS.filter((guid) => this.#path.includes(`/${guid}/`));
    return (
      scene.over &&
      guids.every((guid) =>
        this.seen.some(({ event }) => event.guid === guid && event.event === "job.finished"),
      )
    );
  }
}

/**
 * Tells a job's story until it is to end, and keeps trying what was not answered. Answers the ids
 * that were acknowledged.
 */
async function tell(guid: string, scene: Scene): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  let told = 0;
  const say = async (event: string, current?: number): Promise<void> => {
    told += 1;
    const body = {
      event,
      guid,
      status: "any",
      url: null,
      message_id: `${guid}-${told}`,
      ...(current === undefined ? {} : { current, total: 1e9 }),
    };
    await until(
      async () => {
        if (scene.relay === null) return false;
        const send = sender(scene.relay.url, {
          provider: "exportcomments",
          source: "comments",
          secret: SOURCE_SECRETS.exportcomments,
        });
        const answer = await send(body);
        acknowledged.push(...(answer.body.events ?? []));
        return answer.status === 202;
      },
      { what: `${event} of ${guid} to be taken` },
    );
  };
  await say("job.created");
  while (scene.disconnects() < DISCONNECTS) {
    for (let current = 1; current <= 8; current += 1) await say("job.progress", current);
    await say("job.failed");
    await say("job.requeued");
  }
  await say("job.finished");
  return acknowledged;
}

const api = async <T>(relay: Relay, path: string): Promise<T> =>
  (await (
    await fetch(relay.url + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  ).json()) as T;

/** The ids of all events of a job, as the job itself tells them. */
async function truth(relay: Relay, guid: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let since = "0"; ;) {
    const page = await api<{ items: readonly EventFrame[]; cursor: string }>(
      relay,
      `/v1/jobs/comments/${guid}/events?since=${since}&limit=1000`,
    );
    if (page.items.length === 0) return ids;
    ids.push(...page.items.map(({ event }) => event.id));
    since = page.cursor;
  }
}

test(
  `readers over every transport survive ${DISCONNECTS} disconnects and ${KILLS} kills of the runtime without a gap or a repeat`,
  async () => {
    const began = performance.now();
    const persistTo = await mkdtemp(join(tmpdir(), "jobrelay-streams-"));
    cleanups.push(() => rm(persistTo, { recursive: true, force: true }));
    const scene = new Scene();
    cleanups.push(async () => scene.relay?.stop());
    const start = async (port?: number): Promise<Relay> =>
      startRelay({
        persistTo,
        ...(port === undefined ? {} : { port }),
        vars: {
          SOURCES: [
            {
              id: "comments",
              provider: "exportcomments",
              secrets: ["COMMENTS_SECRET"],
              account: "acme",
              throttle: 0,
            },
          ],
        },
      });
    const relay = await start();
    // Everything begins at a cursor, so that every event has to be shown to every reader.
    const { cursor } = await api<{ cursor: string }>(relay, "/v1/accounts/acme/events");
    scene.relay = relay;
    const stories = Promise.all(GUIDS.map((guid) => tell(guid, scene)));
    const [first] = GUIDS;
    await until(
      async () =>
        (
          await fetch(`${relay.url}/v1/jobs/comments/${first}`, {
            headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
          })
        ).ok,
    );
    const readers = TRANSPORTS.flatMap((transport) => [
      new Reader(transport, "/v1/accounts/acme/stream", cursor),
      new Reader(transport, `/v1/jobs/comments/${first}/stream`, "0"),
    ]);
    const reading = Promise.all(
      readers.map((reader, index) => reader.read(scene, dice(index + 1))),
    );
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await until(() => scene.disconnects() >= (kill * DISCONNECTS) / (KILLS + 1), {
        timeout: 300_000,
        what: `kill ${kill}`,
      });
      const { relay: doomed } = scene;
      scene.relay = null;
      await doomed?.kill("SIGKILL");
      scene.relay = await start(relay.port);
    }
    const acknowledged = (await stories).flat();
    scene.end();
    await reading;

    expect(Object.fromEntries(readers.map(({ name, problems }) => [name, problems]))).toEqual(
      Object.fromEntries(readers.map(({ name }) => [name, []])),
    );
    const ids = await Promise.all(
      GUIDS.map(async (guid) => [guid, await truth(relay, guid)] as const),
    );
    const shown = (reader: Reader): readonly (typeof ids)[number][] =>
      ids.filter(([guid]) => guid === first || reader.name.includes("/accounts/"));
    for (const reader of readers)
      expect(shown(reader).map(([guid]) => [guid, reader.ids(guid)])).toEqual(shown(reader));
    const known = new Set(ids.flatMap(([, all]) => all));
    expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
    for (const [guid, all] of ids)
      expect(await api(relay, `/v1/jobs/comments/${guid}`)).toMatchObject({
        guid,
        seq: all.length,
        status: "done",
        event: "job.finished",
      });
    expect(scene.disconnects()).toBeGreaterThanOrEqual(DISCONNECTS);
    if (process.env["JOBRELAY_DISCONNECTS"] !== undefined)
      console.info({
        ...scene.counts,
        kills: KILLS,
        events: known.size,
        seconds: Math.round((performance.now() - began) / 1_000),
      });
  },
  Math.max(120_000, DISCONNECTS * 1_000),
);
