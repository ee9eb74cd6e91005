// Subscribers that break: connections refused, dropped or silent, bodies that never end or are far
// too long.

import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AttemptView, DeliveryView } from "../../../src/deliver/view.ts";
import { freePort } from "../../../src/cli/local/relay-process.ts";
import { startPairs, type Pairs } from "../../support/relay-fixture.ts";
import { jsonOf, startReceiver } from "../../support/receiver.ts";
import { exportComments } from "../../support/senders.ts";

/** An answer's body far over what is kept of it, in pieces of `PIECE` bytes. */
const PIECES = 1_000;
const PIECE = 65_536;
/** What is kept of an answer, in bytes. */
const KEPT = 1_024;

const patient = { subscriber: { retry: [0.3, 0.3, 0.3] } } as const;
// Later than a busy runtime has noticed that its connection is gone: it would take it up again.
const dropped = { subscriber: { retry: [1, 1, 1] } } as const;
const PAIRS = {
  reset: dropped,
  "always-reset": dropped,
  // Longer than a busy machine takes for a good answer.
  silent: { subscriber: { retry: [0.3, 0.3, 0.3], timeout: 3 } },
  headers: patient,
  "failing-headers": patient,
  cut: patient,
  trickle: { subscriber: { retry: [0.3] } },
  nonsense: patient,
  odd: { subscriber: { retry: [0.1, 0.1] } },
  // Slower than any test: whoever waits for it is not in time.
  stuck: { subscriber: { timeout: 60 } },
  neighbour: {},
} as const;
type Name = keyof typeof PAIRS | "refused" | "huge";

/** Pieces of the huge answer that were asked for. */
let sent = 0;
function* pieces(): Generator<Buffer> {
  // Three bytes a character, so that 1,024 bytes end within one.
  const piece = Buffer.from("€".repeat(Math.ceil(PIECE / 3)));
  for (let count = 0; count < PIECES; count += 1) {
    sent += 1;
    yield piece;
  }
}
const flood = createHttpServer(
  (_, answer) => void pipeline(Readable.from(pieces()), answer).catch(() => undefined),
);

let pairs: Pairs<Name>;
let port: number;
beforeAll(async () => {
  port = await freePort();
  await new Promise<void>((resolve) => flood.listen(0, "127.0.0.1", resolve));
  const huge = {
    subscriber: {
      url: `http://127.0.0.1:${(flood.address() as AddressInfo).port}/`,
      secrets: ["SUBSCRIBER_SECRET"],
    },
  };
  const refused = {
    subscriber: {
      url: `http://127.0.0.1:${port}/hook`,
      secrets: ["SUBSCRIBER_SECRET"],
      // Soon at first, and long enough for a test that is slow to listen.
      retry: [0.5, 0.5, 0.5, 1, 2, 4, 8, 16],
    },
  };
  pairs = await startPairs({ ...PAIRS, refused, huge });
});
afterAll(async () => {
  await pairs.stop();
  flood.closeAllConnections();
  flood.close();
});

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});
const delivered = ({ state }: DeliveryView): boolean => state === "delivered";
const brief = ({ status, error, answer }: AttemptView): object => ({ status, error, answer });

describe.concurrent("a connection", () => {
  test("that is dropped is retried", async () => {
    const { send, receiver, until } = pairs.pair("reset");
    receiver.next({ kind: "reset" }, { kind: "reset" });
    await send(exportComments.created(job("reset")));
    const { attempts } = await until(delivered);
    const lost = { status: null, error: expect.stringMatching(/./), answer: null };
    expect(attempts.map(brief)).toEqual([lost, lost, { status: 204, error: null, answer: "" }]);
  });

  test("that is always dropped is dead after the schedule and an immediate retry", async () => {
    const { send, receiver, until } = pairs.pair("always-reset");
    receiver.script({ kind: "reset" });
    await send(exportComments.created(job("always-reset")));
    const delivery = await until(({ state }) => state === "dead");
    expect({
      next: delivery.nextAttemptAt,
      statuses: delivery.attempts.map(({ status }) => status),
    }).toEqual({
      next: null,
      statuses: [null, null, null, null, null],
    });
    expect(delivery.attempts).toHaveLength(receiver.requests.length);
  });

  test("that is refused is retried until somebody listens", async () => {
    const { send, until } = pairs.pair("refused");
    await send(exportComments.created(job("refused")));
    const failing = await until(({ attempts }) => attempts.length > 0);
    expect(failing.attempts[0]).toMatchObject({
      status: null,
      error: expect.stringMatching(/./),
      trigger: "initial",
    });
    const late = await startReceiver({ port });
    try {
      await late.waitFor((request) => jsonOf(request)["guid"] === "refused");
      await until(delivered);
    } finally {
      await late.close();
    }
  });

  test("that is accepted and then silent ends with the timeout, and is retried", async () => {
    const { send, receiver, until } = pairs.pair("silent");
    receiver.next({ kind: "hang" });
    await send(exportComments.created(job("silent")));
    const { attempts } = await until(delivered);
    expect(attempts.map(brief)).toEqual([
      { status: null, error: expect.stringMatching(/timeout/i), answer: null },
      { status: 204, error: null, answer: "" },
    ]);
    expect(attempts[0]?.ms).toBeGreaterThanOrEqual(2_990);
    expect(attempts[0]?.ms).toBeLessThan(15_000);
  });

  test("that speaks something else than HTTP is retried", async () => {
    const { send, receiver, until } = pairs.pair("nonsense");
    receiver.next({ kind: "text", text: "220 mail.example.com ESMTP\r\n" });
    await send(exportComments.created(job("nonsense")));
    const { attempts } = await until(delivered);
    expect(attempts.at(-1)?.status).toBe(204);
    expect(attempts[0]).toMatchObject({ status: null, error: expect.stringMatching(/./) });
  });
});

/** What a server that never read RFC 9110 may say. `ok`: it is success all the same. */
const ODD: readonly { readonly name: string; readonly text: string; readonly ok: boolean }[] = [
  { name: "a status of 999", text: "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", ok: false },
  { name: "a status of 600", text: "HTTP/1.1 600 Odd\r\ncontent-length: 0\r\n\r\n", ok: false },
  { name: "a status of 99", text: "HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n", ok: false },
  {
    name: "an upgrade nobody asked for",
    text: "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n",
    ok: false,
  },
  {
    name: "a redirect to nowhere",
    text: "HTTP/1.1 302 Found\r\nlocation: :::\r\ncontent-length: 0\r\n\r\n",
    ok: false,
  },
  {
    name: "a redirect without a place",
    text: "HTTP/1.1 308 Moved\r\ncontent-length: 0\r\n\r\n",
    ok: false,
  },
  { name: "nothing at all", text: "", ok: false },
  { name: "half a head", text: "HTTP/1.1 200 OK\r\ncontent-le", ok: false },
  {
    name: "a body that is no gzip",
    text: "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope",
    ok: true,
  },
  {
    name: "a chunk that is none",
    text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nnope",
    ok: true,
  },
  {
    name: "bytes that are no UTF-8",
    text: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\u00ff\u00fe",
    ok: true,
  },
  {
    name: "a Retry-After beyond all time",
    text: "HTTP/1.1 500 Oops\r\nretry-after: 99999999999999999999\r\ncontent-length: 0\r\n\r\n",
    ok: false,
  },
];

test.concurrent("answers that are odd are judged by their status, and stop nothing", async () => {
  const { send, receiver, until, state } = pairs.pair("odd");
  for (const { name, text, ok } of ODD) {
    receiver.next({ kind: "text", text });
    await send(exportComments.created(job(name)));
    const { attempts } = await until(
      ({ event, state: its }) => event.guid === name && its === "delivered",
    );
    expect({ name, ok: attempts.length === 1 }).toEqual({ name, ok });
  }
  expect(await state()).toMatchObject({
    state: "active",
    pending: 0,
    dead: 0,
    delivered: ODD.length,
  });
});

describe.concurrent("an answer", () => {
  test("whose body never comes counts by its status", async () => {
    const { send, receiver, until } = pairs.pair("headers");
    receiver.next({ kind: "partial", next: "hang", body: "so far" });
    await send(exportComments.created(job("headers")));
    expect((await until(delivered)).attempts.map(brief)).toEqual([
      { status: 200, error: null, answer: "so far" },
    ]);
  });

  test("of failure whose body never comes is retried", async () => {
    const { send, receiver, until } = pairs.pair("failing-headers");
    receiver.next({ kind: "partial", next: "hang", status: 500 });
    await send(exportComments.created(job("failing-headers")));
    expect((await until(delivered)).attempts.map(({ status }) => status)).toEqual([500, 204]);
  });

  test("that breaks off within its body counts by its status", async () => {
    const { send, receiver, until } = pairs.pair("cut");
    receiver.next({ kind: "partial", next: "reset", body: "so far" });
    await send(exportComments.created(job("cut")));
    expect((await until(delivered)).attempts.map(({ status }) => status)).toEqual([200]);
  });

  test("that comes slowly is not waited for, nor does the job's next event wait", async () => {
    const { send, receiver, until } = pairs.pair("trickle");
    receiver.next({ kind: "trickle", every: 100, bytes: 300 });
    await send(exportComments.created(job("trickle")));
    await send(exportComments.finished(job("trickle")));
    await until(({ event, state }) => event.event === "job.finished" && state === "delivered");
    const first = await until(({ event }) => event.event === "job.created");
    expect(first).toMatchObject({
      state: "delivered",
      attempts: [{ status: 200, answer: expect.stringMatching(/^\.{1,60}$/) }],
    });
  });

  test("of 65 MB is read to its first KB and no further", async () => {
    const { send, until } = pairs.pair("huge");
    await send(exportComments.created(job("huge")));
    const { attempts } = await until(delivered);
    const answer = attempts[0]?.answer ?? "";
    expect({
      status: attempts[0]?.status,
      begins: answer.startsWith("€".repeat(341)),
      bytes: Buffer.byteLength(answer) <= KEPT + 3,
    }).toEqual({
      status: 200,
      begins: true,
      bytes: true,
    });
    // The rest stays with the sender, but for what the buffers between the two hold.
    expect(sent).toBeLessThan(PIECES / 2);
  });
});

test("no subscriber that breaks delays another one", async () => {
  const { send, receiver } = pairs.pair("neighbour");
  const stuck = pairs.pair("stuck");
  stuck.receiver.script({ kind: "hang" });
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      stuck.send(exportComments.created(job(`stuck-${index}`))),
    ),
  );
  await stuck.receiver.waitForCount(1);
  await send(exportComments.created(job("neighbour")));
  await receiver.waitFor(() => true);
  const waiting = await stuck.deliveries("limit=100");
  expect(waiting.flatMap(({ attempts }) => attempts)).toEqual([]);
});
