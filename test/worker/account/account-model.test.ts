import { evictDurableObject } from "cloudflare:test";
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
import type { JobEnvelope } from "../../../src/model/event.ts";
import { account, attempt, openAccount, run, type Client } from "../stream/stream-fixture.ts";

type Step =
  | {
      readonly kind: "publish";
      readonly guid: string;
      readonly more: number;
      readonly again: number;
    }
  | { readonly kind: "evict" | "reconnect" | "restart" }
  | { readonly kind: "forget"; readonly guid: string };

const GUIDS = ["a", "b", "c"] as const;
const step: Arbitrary<Step> = oneof(
  {
    weight: 6,
    arbitrary: record({
      kind: constant("publish" as const),
      guid: constantFrom(...GUIDS),
      more: integer({ min: 0, max: 4 }),
      again: integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: record({
      kind: constantFrom("evict" as const, "reconnect" as const, "restart" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: record({ kind: constant("forget" as const), guid: constantFrom(...GUIDS) }),
  },
);

/**
 * What a client believes: the newest `seq` of each job, kept as a browser would. A gap or a repeat
 * throws.
 */
class Believer {
  readonly known = new Map<string, number>();
  cursor = "";
  #client: Client | null = null;
  #read = 0;

  async connect(name: string, resume: boolean): Promise<void> {
    this.#client?.close();
    this.#client = await openAccount(name, resume ? { since: this.cursor } : {});
    this.#read = 0;
  }

  /** Reads until the marker event has come. */
  async until(marker: string): Promise<void> {
    const client = this.#client;
    if (client === null) throw new Error("not connected");
    while (!client.frames.some((frame) => frame.type === "event" && frame.event.id === marker))
      await client.until(client.texts.length + 1);
    for (const frame of client.frames.slice(this.#read)) {
      this.cursor = frame.cursor;
      if (frame.type === "event") {
        // Delivery attempts have no `seq`.
        if ("seq" in frame.event) this.#take(frame.event as JobEnvelope);
      } else if (!frame.recovered)
        this.#start(
          frame.snapshot as unknown as {
            readonly jobs: readonly { readonly guid: string; readonly seq: number }[];
          },
        );
    }
    this.#read = client.frames.length;
  }

  #start({
    jobs,
  }: {
    readonly jobs: readonly { readonly guid: string; readonly seq: number }[];
  }): void {
    this.known.clear();
    for (const { guid, seq } of jobs) this.known.set(guid, seq);
  }

  #take({ guid, seq }: JobEnvelope): void {
    if (seq !== (this.known.get(guid) ?? 0) + 1)
      throw new Error(`${guid}: ${seq} after ${this.known.get(guid) ?? 0}`);
    this.known.set(guid, seq);
  }

  close(): void {
    this.#client?.close();
  }
}

let story = 0;

test("a client that resumes after any sequence of publications, repeats, evictions and erasures has no gap and no repeat, or starts over", async () => {
  await assert(
    asyncProperty(array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const name = `model-${(story += 1)}`;
      const stub = account(name);
      const truth = new Map<string, number>();
      const believer = new Believer();
      let markers = 0;
      /**
       * Everything that was published before the marker has reached whoever has seen the marker.
       */
      const settle = async (): Promise<void> => {
        markers += 1;
        await stub.publish(run({ account: name, guid: "marker" }, markers, markers));
        truth.set("marker", markers);
        await believer.until(`evt_comments_marker_${markers}`);
      };
      await believer.connect(name, false);
      await settle();
      for (const each of steps) {
        switch (each.kind) {
          case "publish": {
            const before = truth.get(each.guid) ?? 0;
            const from = Math.max(1, before + 1 - each.again);
            // As a job sends them: progress after progress is minor, and what is new comes first
            // at most once. Attempts of before share the row of the first event.
            const publications = run({ account: name, guid: each.guid }, from, before + each.more);
            await stub.publish(
              publications.map((one) => ({
                ...one,
                minor: one.event.seq > 1,
                first: each.again === 0,
              })),
              before === 0 ? [] : [attempt(name, `evt_attempt_${before}_${from}`, each.guid)],
            );
            if (each.more > 0) truth.set(each.guid, before + each.more);
            break;
          }
          case "evict":
            // Only an object that runs can be evicted.
            await stub.publish([]);
            await evictDurableObject(stub);
            break;
          case "reconnect":
            await believer.connect(name, true);
            await settle();
            break;
          case "restart":
            await stub.publish([]);
            await evictDurableObject(stub, { webSockets: "close" });
            await believer.connect(name, true);
            await settle();
            break;
          case "forget":
            // A live client has seen the events and forgets the job by itself; here it is told by
            // hand.
            await settle();
            await stub.forget("comments", each.guid);
            truth.delete(each.guid);
            believer.known.delete(each.guid);
            break;
        }
      }
      await settle();
      believer.close();
      expect(Object.fromEntries(believer.known)).toEqual(Object.fromEntries(truth));
    }),
    { numRuns: 40 },
  );
}, 60_000);
