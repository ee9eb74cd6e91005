import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  type Arbitrary,
} from "fast-check";
import { expect, test } from "vitest";
import type { JobEnvelope, JobSnapshot } from "../../../src/model/event.ts";
import type { Frame } from "../../../src/stream/frames.ts";
import { OPEN_HEADER, writeStreamOpen } from "../../../src/stream/stream.ts";
import { account, eventually, run } from "../stream/stream-fixture.ts";

const PLACES = ["home", "fan-0", "fan-1"] as const;
type Place = (typeof PLACES)[number];
const GUIDS = ["a", "b"] as const;

type Step =
  | {
      readonly kind: "publish";
      readonly guid: string;
      readonly more: number;
      readonly again: number;
    }
  /** An event of which the fans are not told, as when the account dies right after its commit. */
  | { readonly kind: "untold"; readonly guid: string }
  | { readonly kind: "sleep" | "restart"; readonly place: Place }
  | { readonly kind: "move"; readonly reader: number; readonly place: Place }
  /**
   * Everything at once: events, a reader that moves, and an object that goes to sleep as soon as it
   * may.
   */
  | {
      readonly kind: "storm";
      readonly reader: number;
      readonly place: Place;
      readonly sleeper: Place;
    };

const place = constantFrom(...PLACES);
const reader = integer({ min: 0, max: 2 });
const step: Arbitrary<Step> = oneof(
  {
    weight: 6,
    arbitrary: record({
      kind: constant("publish" as const),
      guid: constantFrom(...GUIDS),
      more: integer({ min: 0, max: 3 }),
      again: integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: record({ kind: constant("untold" as const), guid: constantFrom(...GUIDS) }),
  },
  {
    weight: 4,
    arbitrary: record({ kind: constantFrom("sleep" as const, "restart" as const), place }),
  },
  { weight: 3, arbitrary: record({ kind: constant("move" as const), reader, place }) },
  {
    weight: 3,
    arbitrary: record({ kind: constant("storm" as const), reader, place, sleeper: place }),
  },
);

const stubOf = (name: string, at: Place): DurableObjectStub =>
  at === "home" ? account(name) : env.FAN.getByName(`${at.at(-1)}/${name}`);

/**
 * A reader that keeps what it was shown, and comes back by cursor whenever its socket closes. A gap
 * or a repeat is kept as a problem.
 */
class Reader {
  readonly known = new Map<string, number>();
  readonly problems: string[] = [];
  readonly #name: string;
  #place: Place = "home";
  #cursor: string | null = null;
  #socket: WebSocket | null = null;
  #connects = 0;
  #gone = false;

  constructor(name: string) {
    this.#name = name;
  }

  async move(to: Place): Promise<void> {
    this.#place = to;
    await this.#connect();
  }

  leave(): void {
    this.#gone = true;
    this.#socket?.close(1000);
  }

  async #connect(): Promise<void> {
    const before = this.#socket;
    this.#connects += 1;
    const mine = this.#connects;
    const open = {
      grant: { kind: "admin" },
      channels: [`exports:${this.#name}`],
      since: this.#cursor,
      protocol: null,
    } as const;
    // What the old socket still brings belongs to nobody.
    this.#socket = null;
    before?.close(1000);
    const headers = { upgrade: "websocket", [OPEN_HEADER]: writeStreamOpen(open) };
    const ask = (): Promise<Response | null> =>
      stubOf(this.#name, this.#place)
        .fetch("https://object/stream", { headers })
        .catch(() => null);
    // An object that goes away while it is asked is asked again.
    let response = await ask();
    while (response?.webSocket === null || response === null) response = await ask();
    const socket = response.webSocket;
    if (this.#connects !== mine) {
      // Another one was begun meanwhile, from the same cursor.
      socket.accept();
      socket.close(1000);
      return;
    }
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket) this.#take(JSON.parse(String(data)) as Frame);
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket && !this.#gone) void this.#connect();
    });
    socket.accept();
  }

  #take(frame: Frame): void {
    if (frame.type === "event") {
      const { guid, seq } = frame.event as JobEnvelope;
      const before = this.known.get(guid) ?? 0;
      if (seq !== before + 1)
        this.problems.push(`${guid}: ${seq} after ${before} at ${this.#place}`);
      this.known.set(guid, seq);
    } else if (!frame.recovered) {
      if (this.#cursor !== null) this.problems.push(`was told to start over at ${this.#place}`);
      for (const { guid, seq } of (
        frame.snapshot as unknown as { readonly jobs: readonly JobSnapshot[] }
      ).jobs)
        this.known.set(guid, seq);
    }
    this.#cursor = frame.cursor;
  }
}

/** Accounts whose fans hear nothing, with the names of the fans that were called in vain. */
const deaf = new Map<string, Set<string>>();

/**
 * Makes such fans take calls without doing anything, as if the calls were lost on the way without a
 * trace.
 */
const deafen = (): Promise<void> =>
  runInDurableObject(env.FAN.getByName("0/deaf"), (instance) => {
    const methods = Object.getPrototypeOf(instance) as { show: (news: unknown) => Promise<number> };
    const { show } = methods;
    methods.show = async function showUnlessDeaf(
      this: { readonly ctx: DurableObjectState },
      news: unknown,
    ): Promise<number> {
      const name = this.ctx.id.name ?? "";
      const called = deaf.get(name.slice(2));
      if (called === undefined) return show.call(this, news);
      called.add(name);
      return 1;
    };
  });

/** The fans that an account calls, by name. */
const fansOf = (name: string): Promise<readonly string[]> =>
  runInDurableObject(account(name), (_, state) =>
    state.storage.sql
      .exec<{ fan: number }>("SELECT fan FROM fan")
      .toArray()
      .map((row) => `${row.fan}/${name}`),
  );

/** Does something of which no fan is told, and lets the account forget that. */
async function untold(name: string, act: () => Promise<void>): Promise<void> {
  const called = new Set<string>();
  deaf.set(name, called);
  await act();
  await eventually(async () => (await fansOf(name)).every((fan) => called.has(fan)));
  deaf.delete(name);
  await evictDurableObject(account(name));
}

let story = 0;

test("readers that move between an account and its fans, whichever of these sleeps, restarts or misses a call, get every event once", async () => {
  await deafen();
  await assert(
    asyncProperty(array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      const name = `fan-model-${(story += 1)}`;
      const stub = account(name);
      const truth = new Map<string, number>();
      const publish = async (guid: string, more: number, again = 0): Promise<void> => {
        const before = truth.get(guid) ?? 0;
        if (more > 0) truth.set(guid, before + more);
        await stub.publish(
          run({ account: name, guid }, Math.max(1, before + 1 - again), before + more),
        );
      };
      const readers = [new Reader(name), new Reader(name), new Reader(name)];
      await Promise.all(readers.map((each, index) => each.move(PLACES[index] ?? "home")));
      const settled = (): Promise<void> =>
        eventually(async () =>
          readers.every(({ known }) =>
            [...truth].every(([guid, seq]) => (known.get(guid) ?? 0) >= seq),
          ),
        );
      for (const each of steps) {
        switch (each.kind) {
          case "publish":
            await publish(each.guid, each.more, each.again);
            break;
          case "untold":
            await untold(name, () => publish(each.guid, 1));
            break;
          case "sleep":
            // Only an object that runs can be evicted.
            await runInDurableObject(stubOf(name, each.place), () => undefined);
            await evictDurableObject(stubOf(name, each.place));
            break;
          case "restart":
            await runInDurableObject(stubOf(name, each.place), () => undefined);
            await evictDurableObject(stubOf(name, each.place), { webSockets: "close" });
            break;
          case "move":
            await readers[each.reader]?.move(each.place);
            break;
          case "storm":
            await Promise.all([
              publish("a", 3),
              readers[each.reader]?.move(each.place),
              runInDurableObject(stubOf(name, each.sleeper), () => undefined).then(() =>
                evictDurableObject(stubOf(name, each.sleeper)),
              ),
              publish("b", 2),
            ]);
            break;
        }
      }
      // A last event finds out whoever was not told of one before.
      await publish("marker", 1);
      await settled();
      for (const each of readers) each.leave();
      expect(
        readers.map(({ problems, known }) => ({ problems, known: Object.fromEntries(known) })),
      ).toEqual(readers.map(() => ({ problems: [], known: Object.fromEntries(truth) })));
    }),
    { numRuns: 40 },
  );
}, 120_000);
