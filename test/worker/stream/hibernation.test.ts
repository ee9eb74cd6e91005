import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { JobUpdate } from "../../../src/model/messages.ts";
import {
  account,
  ask,
  open,
  publication,
  SseReader,
  token,
  type Client,
} from "./stream-fixture.ts";

const EACH = 500;
const AT_ONCE = 50;

const job = env.JOB.getByName("email/crowd-job");
let updates = 0;
const update = (event: JobUpdate["event"]): JobUpdate => ({
  event,
  source: "email",
  provider: "emailengine",
  account: "crowd",
  guid: "crowd-job",
  key: { kind: "id", value: `crowd-${(updates += 1)}` },
  url: null,
  current: null,
  total: null,
  error: null,
  details: { guid: "crowd-job" },
  occurredAt: null,
  traceparent: "00-00000000000000000000000000000001-0000000000000001-01",
});

const CASES = [
  {
    owner: "an account",
    path: "/v1/accounts/crowd/stream",
    stub: account("crowd"),
    begin: async (): Promise<void> => undefined,
    go: async (): Promise<void> => account("crowd").publish([publication({ account: "crowd" }, 1)]),
  },
  {
    owner: "a job",
    path: "/v1/jobs/email/crowd-job/stream",
    stub: job,
    begin: async (): Promise<void> => void (await job.ingest(update("job.created"))),
    go: async (): Promise<void> => void (await job.ingest(update("job.finished"))),
  },
];

/** The blocks of an event stream until one that holds an event. */
async function readEvent(reader: SseReader): Promise<string> {
  for (;;) {
    const block = await reader.next();
    if (block === null) throw new Error("the stream ended");
    if (block["event"] === "event") return block["data"] ?? "";
  }
}

describe("with 500 WebSockets and 500 event streams open", () => {
  test.each(CASES)(
    "$owner is evicted, all stay open, and one event wakes it and reaches every one",
    async ({ path, stub, begin, go }) => {
      await begin();
      const headers = { authorization: `Bearer ${await token("crowd")}` };
      const clients: Client[] = [];
      const readers: SseReader[] = [];
      const openBoth = async (): Promise<void> => {
        clients.push(await (await open(path, headers)).until(1));
        readers.push(new SseReader(await ask(path, { ...headers, accept: "text/event-stream" })));
      };
      for (let opened = 0; opened < EACH; opened += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, openBoth));
      const before = await runInDurableObject(
        stub,
        (instance) =>
          Object.assign(instance, { before: true }) && Object.hasOwn(instance, "before"),
      );
      // An object that something pins is never evicted: then this waits for ever, and the test
      // fails.
      await evictDurableObject(stub);
      const after = await runInDurableObject(stub, (instance, state) => ({
        same: Object.hasOwn(instance, "before"),
        open: state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN)
          .length,
      }));
      expect({ before, after }).toEqual({ before: true, after: { same: false, open: 2 * EACH } });
      // Asleep again: the event itself has to wake it.
      await evictDurableObject(stub);
      await go();
      await Promise.all(clients.map((client) => client.until(2)));
      const events = new Set([
        ...clients.map(({ texts }) => texts[1]),
        ...(await Promise.all(readers.map(readEvent))),
      ]);
      expect(events.size).toBe(1);
      for (const client of clients) client.close();
      await Promise.all(readers.map((reader) => reader.cancel()));
    },
    60_000,
  );
});
