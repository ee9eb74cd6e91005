// Targets that are no URLs: another Worker by service binding, a queue and its consumer, and a
// bucket for the finished files.

import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { SIGNING_SECRET, startPairs, type Pairs } from "../support/relay-fixture.ts";
import {
  isSignedBy,
  jsonOf,
  startReceiver,
  type ReceivedRequest,
  type Receiver,
} from "../support/receiver.ts";
import { exportComments } from "../support/senders.ts";
import { until } from "../support/wait.ts";

const WORKER = join(import.meta.dirname, "..", "support", "targets", "worker.ts");
const signed = { secrets: ["SUBSCRIBER_SECRET"] } as const;
const filed = { archive: "FILES", headers: { authorization: "Bearer ${FILE_TOKEN}" } } as const;

const PAIRS = {
  service: { subscriber: { service: "TARGET", ...signed, retry: [0.2] } },
  queue: { subscriber: { queue: "EVENTS", ...signed } },
  "queue-raw": { subscriber: { queue: "EVENTS", ...signed, format: "raw" } },
  "queue-large": { subscriber: { queue: "EVENTS", ...signed, retry: [] } },
  archive: { subscriber: filed, also: ["told"] },
  told: {},
  "archive-retry": { subscriber: { ...filed, retry: [0.2, 0.2] } },
  "archive-gone": { subscriber: { ...filed, retry: [0.2, 0.2] } },
  "archive-none": { subscriber: filed },
  "archive-moved": { subscriber: { ...filed, retry: [0.2] } },
} as const;

/** The finished files, by path. */
const FILES = new Map([
  ["/plain/export.csv", Buffer.from('id,comment\n1,"hé 😀"\n')],
  ["/big/export.bin", randomBytes(12 * 1024 * 1024)],
]);
const md5 = (path: string): string =>
  createHash("md5")
    .update(FILES.get(path) ?? "")
    .digest("hex");

interface Download {
  readonly path: string;
  readonly authorization: string | undefined;
}
const downloads: Download[] = [];
let failures = 1;

function serve(request: IncomingMessage, answer: ServerResponse): void {
  const path = request.url ?? "";
  downloads.push({ path, authorization: request.headers.authorization });
  if (path === "/gone/export.csv") return void answer.writeHead(410).end();
  if (path.startsWith("/moved"))
    return void answer
      .writeHead(302, { location: `http://localhost:${port()}/plain/export.csv` })
      .end();
  if (path === "/flaky/export.csv" && failures > 0) {
    failures -= 1;
    return void answer.writeHead(503).end("not yet");
  }
  const body = FILES.get(path.replace("/flaky", "/plain"));
  if (body === undefined) return void answer.writeHead(404).end();
  answer
    .writeHead(200, { "content-type": "text/csv", "content-length": body.byteLength })
    .end(body);
}
const files = createServer(serve);
const port = (): number => (files.address() as AddressInfo).port;
const fileUrl = (path: string): string => `http://127.0.0.1:${port()}${path}`;

let pairs: Pairs<keyof typeof PAIRS>;
let behind: Receiver;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "jobrelay-target-"));
  behind = await startReceiver();
  await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
  const config = join(directory, "wrangler.json");
  await writeFile(
    config,
    JSON.stringify({
      name: "target",
      main: WORKER,
      compatibility_date: "2026-10-20",
      vars: { RECEIVER: behind.url },
      queues: { consumers: [{ queue: "events", max_batch_timeout: 0, max_retries: 3 }] },
    }),
  );
  pairs = await startPairs(PAIRS, {
    vars: { FILE_TOKEN: "file-t0ken" },
    bindings: {
      services: [{ binding: "TARGET", service: "target" }],
      queues: { producers: [{ binding: "EVENTS", queue: "events" }] },
      r2_buckets: [{ binding: "FILES", bucket_name: "files" }],
    },
    alongside: [config],
  });
});
afterAll(async () => {
  await pairs.stop();
  await behind.close();
  files.closeAllConnections();
  files.close();
  await rm(directory, { recursive: true, force: true });
});

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});
const finishedWith = (guid: string, path: string): JsonObject => ({
  ...exportComments.finished(job(guid)),
  url: fileUrl(path),
});

/** A queue message as the consumer saw it, as if it had been a request. */
function asRequest(message: ReceivedRequest): ReceivedRequest {
  const { headers, body, bodyBase64 } = jsonOf(message) as {
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly bodyBase64?: string;
  };
  return {
    ...message,
    headers,
    body:
      bodyBase64 === undefined
        ? Buffer.from(JSON.stringify(body))
        : Buffer.from(bodyBase64, "base64"),
  };
}
const fromQueue = async (subscriber: string): Promise<ReceivedRequest> => {
  const fits = (request: ReceivedRequest): boolean =>
    request.path.endsWith("by=queue") &&
    asRequest(request).headers["x-jobrelay-subscriber"] === subscriber;
  return asRequest(await behind.waitFor(fits));
};

test.concurrent("a service gets the request of a URL, and its answers mean the same", async () => {
  const pair = pairs.pair("service");
  behind.script((request) => ({
    status:
      request.headers["x-jobrelay-attempt"] === "1" && request.path.endsWith("service") ? 503 : 200,
    body: "thanks",
  }));
  const { body } = await pair.send(exportComments.created(job("service")));
  const delivery = await pair.until(({ state }) => state === "delivered");
  expect(delivery.attempts.map(({ status, answer, error }) => ({ status, answer, error }))).toEqual(
    [
      { status: 503, answer: "thanks", error: null },
      { status: 200, answer: "thanks", error: null },
    ],
  );
  const requests = behind.requests.filter(({ path }) => path.endsWith("service"));
  expect(
    requests.map((request) => ({
      id: request.headers["webhook-id"],
      signed: isSignedBy(request, SIGNING_SECRET),
      event: jsonOf(request)["event"],
    })),
  ).toEqual(
    Array.from({ length: 2 }, () => ({ id: body.events?.[0], signed: true, event: "job.created" })),
  );
  expect(requests[0]?.headers["x-address"]).toContain("service");
});

describe.concurrent("a queue", () => {
  test("gets a message with the headers and the event, whose signature holds", async () => {
    const pair = pairs.pair("queue");
    const { body } = await pair.send(exportComments.created(job("queue")));
    const message = await fromQueue("queue");
    expect({
      id: message.headers["webhook-id"],
      event: jsonOf(message)["event"],
      signed: isSignedBy(message, SIGNING_SECRET),
    }).toEqual({
      id: body.events?.[0],
      event: "job.created",
      signed: true,
    });
    await pair.until(({ state }) => state === "delivered");
  });

  test("gets the provider's bytes with the format raw", async () => {
    const pair = pairs.pair("queue-raw");
    const body = exportComments.created(job("queue-raw"));
    await pair.send(body);
    const message = await fromQueue("queue-raw");
    expect({ body: message.body.toString(), signed: isSignedBy(message, SIGNING_SECRET) }).toEqual({
      body: JSON.stringify(body),
      signed: true,
    });
  });

  test("never gets a message over its limit, which is dead at once and says why", async () => {
    const pair = pairs.pair("queue-large");
    await pair.send({ ...exportComments.created(job("queue-large")), filler: "x".repeat(128_000) });
    const delivery = await pair.until(({ state }) => state === "dead");
    expect(delivery.attempts).toMatchObject([
      { status: null, error: expect.stringMatching(/bytes/) },
    ]);
    expect((await pair.state()).state).toBe("active");
  });
});

/** The job's `job.archived`, from its log. */
const archived = (source: string, guid: string): Promise<JsonObject> =>
  until(
    async () => {
      const { body } = await pairs.api<{ items: readonly { event: JsonObject }[] }>(
        "GET",
        `/v1/jobs/${source}/${guid}/events`,
      );
      return body.items.map(({ event }) => event).find(({ event }) => event === "job.archived");
    },
    { what: `job.archived of ${guid}`, every: 100 },
  );

describe.concurrent("an archive", () => {
  test("stores a job's file, and tells where, how large and which", async () => {
    const [pair, told] = [pairs.pair("archive"), pairs.pair("told")];
    await pair.send(exportComments.created(job("plain")));
    await pair.send(finishedWith("plain", "/plain/export.csv"));
    const event = await archived("archive", "plain");
    const size = FILES.get("/plain/export.csv")?.byteLength;
    expect(event).toMatchObject({
      event: "job.archived",
      status: "done",
      guid: "plain",
      seq: 3,
      details: {
        guid: "plain",
        status: "done",
        key: "archive/plain/export.csv",
        size,
        etag: expect.stringContaining(md5("/plain/export.csv")),
      },
    });
    expect(downloads.find(({ path }) => path === "/plain/export.csv")).toEqual({
      path: "/plain/export.csv",
      authorization: "Bearer file-t0ken",
    });
    // It is an event like any other, for the other subscribers of the job.
    await told.receiver.waitFor(
      (request) =>
        jsonOf(request)["event"] === "job.archived" && jsonOf(request)["guid"] === "plain",
    );
    const ofPlain = told.receiver.requests
      .map((request) => jsonOf(request))
      .filter(({ guid }) => guid === "plain");
    expect(ofPlain.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test("stores a large file in parts", async () => {
    const pair = pairs.pair("archive");
    await pair.send(finishedWith("big", "/big/export.bin"));
    expect(await archived("archive", "big")).toMatchObject({
      details: { key: "archive/big/export.bin", size: FILES.get("/big/export.bin")?.byteLength },
    });
  });

  test("asks again when the file is not there yet", async () => {
    const pair = pairs.pair("archive-retry");
    await pair.send(finishedWith("flaky", "/flaky/export.csv"));
    const { attempts } = await pair.until(
      ({ event, state }) => event.event === "job.finished" && state === "delivered",
    );
    expect(attempts.map(({ status, answer }) => [status, answer])).toEqual([
      [503, "not yet"],
      [200, ""],
    ]);
    expect((await archived("archive-retry", "flaky"))["details"]).toMatchObject({
      key: "archive-retry/flaky/export.csv",
    });
  });

  test("does not ask again when the file is gone", async () => {
    const pair = pairs.pair("archive-gone");
    await pair.send(finishedWith("gone", "/gone/export.csv"));
    const { attempts } = await pair.until(({ state }) => state === "dead");
    expect({
      attempts: attempts.length,
      asked: downloads.filter(({ path }) => path.startsWith("/gone")).length,
    }).toEqual({
      attempts: 1,
      asked: 1,
    });
    expect(attempts[0]?.error).toMatch(/gone/);
  });

  test("cancels an end without a file, counts neither success nor failure, and is sent nothing else", async () => {
    const pair = pairs.pair("archive-none");
    await pair.send(exportComments.created(job("none")));
    await pair.send({
      ...exportComments.finished(job("none")),
      url: null,
      details: { totalExported: 10, total: 10 },
    });
    await pair.until(({ event, state }) => event.event === "job.finished" && state === "cancelled");
    const shown = (await pair.deliveries()).map(({ event, state, attempts }) => ({
      event: event.event,
      state,
      attempts: attempts.map(({ status, error }) => ({ status, error })),
    }));
    const attempts = [{ status: null, error: "no file" }];
    expect(shown).toEqual([{ event: "job.finished", state: "cancelled", attempts }]);
    expect(await pair.state()).toMatchObject({
      state: "active",
      delivered: 0,
      dead: 0,
      successRate: null,
      p50: null,
      lastFailure: null,
    });
  });

  test("stores the file that only a second webhook of the same end names", async () => {
    const [pair, told] = [pairs.pair("archive"), pairs.pair("told")];
    const reduced = { ...exportComments.finished(job("late-link")), url: null, details: {} };
    expect((await pair.send(reduced)).body).toMatchObject({ result: "accepted" });
    await pair.until(({ event, state }) => event.guid === "late-link" && state === "cancelled");
    const full = await pair.send(finishedWith("late-link", "/plain/export.csv"));
    expect({ status: full.status, body: full.body }).toMatchObject({
      status: 202,
      body: { result: "accepted", events: [] },
    });
    expect(await archived("archive", "late-link")).toMatchObject({
      seq: 2,
      details: { key: "archive/late-link/export.csv" },
    });
    // The end is the same event as before, and other subscribers get it once.
    const url = fileUrl("/plain/export.csv");
    const log = await pairs.api<{ items: readonly { event: JsonObject }[] }>(
      "GET",
      "/v1/jobs/archive/late-link/events?include=recorded",
    );
    expect(log.body).toMatchObject({
      items: [{ event: { event: "job.finished", seq: 1, url } }, { event: { seq: 2 } }],
      recorded: [{ event: "job.finished", reason: "amended" }],
    });
    expect((await pairs.api("GET", "/v1/jobs/archive/late-link")).body).toMatchObject({ url });
    await until(async () => {
      const { body } = await pairs.api<{ items: readonly JsonObject[] }>("GET", "/v1/jobs");
      return body.items.some(({ guid, url: shown }) => guid === "late-link" && shown === url);
    });
    const atOther = (): readonly Readonly<Record<string, unknown>>[] =>
      told.receiver.requests
        .map((request) => jsonOf(request))
        .filter(({ guid }) => guid === "late-link");
    await until(() => Promise.resolve(atOther().length === 2));
    expect(atOther().map(({ event, seq }) => [event, seq])).toEqual([
      ["job.finished", 1],
      ["job.archived", 2],
    ]);
  });

  test("never takes its token to another origin", async () => {
    const pair = pairs.pair("archive-moved");
    await pair.send(finishedWith("moved", "/moved/export.csv"));
    await pair.until(({ event, state }) => event.event === "job.finished" && state === "delivered");
    const index = downloads.findIndex(({ path }) => path.startsWith("/moved"));
    expect(downloads[index]?.authorization).toBe("Bearer file-t0ken");
    expect(
      downloads
        .slice(index + 1)
        .some(
          ({ path, authorization }) => path === "/plain/export.csv" && authorization === undefined,
        ),
    ).toBe(true);
  });
});
