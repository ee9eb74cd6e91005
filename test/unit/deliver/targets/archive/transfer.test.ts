import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkUrl } from "../../../../../src/config/url-policy.ts";
import type { JobEnvelope } from "../../../../../src/model/event.ts";
import { fault } from "../../../../../src/kernel/result.ts";
import {
  transferFile,
  type TransferDeps,
  type TransferOptions,
} from "../../../../../src/deliver/targets/archive/transfer.io.ts";
import { PART_BYTES } from "../../../../../src/deliver/targets/archive/bucket.io.ts";

const MIB = 1_024 * 1_024;

/** Streams whose length the platform knows. */
const announced = new WeakSet<ReadableStream>();

/** Workers' FixedLengthStream: fails when there are more or fewer bytes than announced. */
class FixedLength extends TransformStream<Uint8Array, Uint8Array> {
  constructor(expected: number) {
    let seen = 0;
    super({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen > expected)
          throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
        controller.enqueue(chunk);
      },
      flush() {
        if (seen < expected)
          throw new TypeError("FixedLengthStream did not see all expected bytes before close().");
      },
    });
    announced.add(this.readable);
  }
}

interface Stored {
  readonly key: string;
  readonly body: Buffer;
  readonly options: R2PutOptions | undefined;
}

/** The platform's bucket in memory, as far as an archive uses it, with R2's rules for parts. */
class MemoryBucket {
  readonly objects = new Map<string, Stored>();
  readonly calls: string[] = [];
  onPart: (number: number) => void = () => {};
  failPart: number | null = null;

  #save(key: string, body: Buffer, options: R2PutOptions | undefined): R2Object {
    this.objects.set(key, { key, body, options });
    return this.#object(key) as R2Object;
  }

  #object(key: string): R2Object | null {
    const stored = this.objects.get(key);
    if (stored === undefined) return null;
    const { body, options } = stored;
    return {
      key,
      size: body.byteLength,
      etag: `etag-${body.byteLength}`,
      customMetadata: options?.customMetadata,
    } as R2Object;
  }

  head = async (key: string): Promise<R2Object | null> => {
    this.calls.push("head");
    return this.#object(key);
  };

  put = async (key: string, value: unknown, options?: R2PutOptions): Promise<R2Object> => {
    this.calls.push("put");
    if (value instanceof ReadableStream && !announced.has(value))
      throw new TypeError("Provided readable stream must have a known length");
    const body =
      value instanceof Uint8Array
        ? Buffer.from(value)
        : await collected(value as ReadableStream<Uint8Array>);
    return this.#save(key, body, options);
  };

  createMultipartUpload = async (
    key: string,
    options?: R2MultipartOptions,
  ): Promise<R2MultipartUpload> => {
    this.calls.push("create");
    const parts = new Map<number, Buffer>();
    return {
      key,
      uploadId: "upload",
      uploadPart: async (partNumber, value) => {
        this.calls.push(`part ${partNumber}`);
        if (partNumber === this.failPart) throw new Error("uploadPart: internal error (10001)");
        parts.set(partNumber, Buffer.from(value as Uint8Array));
        this.onPart(partNumber);
        return { partNumber, etag: `part-${partNumber}` };
      },
      abort: async () => {
        this.calls.push("abort");
      },
      complete: async (uploaded) => {
        this.calls.push("complete");
        const bodies = uploaded.map(({ partNumber }) => parts.get(partNumber) ?? Buffer.alloc(0));
        const sizes = new Set(bodies.slice(0, -1).map((body) => body.byteLength));
        if (sizes.size > 1 || [...sizes].some((size) => size < 5 * MIB))
          throw new Error("complete: parts must have equal size (10048)");
        return this.#save(key, Buffer.concat(bodies), options);
      },
    };
  };
}

async function collected(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const event = (url: string, id = "evt_1"): JobEnvelope => ({
  version: "v3-beta",
  event: "job.finished",
  guid: "g1",
  status: "done",
  url,
  details: {},
  id,
  seq: 3,
  attempt: 1,
  source: "email",
  account: "acme",
  time: "2026-11-21T19:00:00.000Z",
});

const OPTIONS: TransferOptions = {
  headers: { Authorization: "Bearer secret-token", "x-team": "a" },
  timeout: 5_000,
  maxArchive: 20 * MIB,
};

const depsFor = (bucket: MemoryBucket, more: Partial<TransferDeps> = {}): TransferDeps => ({
  bucket,
  fetch: (url, init) => fetch(url, init),
  checkUrl: (url) => checkUrl(url, { allowPrivate: true }),
  ...more,
});

const ms = expect.any(Number) as number;
const servers: Server[] = [];

/** A real server on loopback that keeps the headers of each request. */
async function serve(
  listener: RequestListener,
): Promise<{ readonly url: string; readonly seen: (readonly [string, IncomingHttpHeaders])[] }> {
  const seen: (readonly [string, IncomingHttpHeaders])[] = [];
  const server = createServer((request, response) => {
    seen.push([request.url ?? "", request.headers]);
    listener(request, response);
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((done) => server.once("listening", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Runs one archive of one file from a server that answers everything with `listener`. */
async function archived(listener: RequestListener, bucket = new MemoryBucket()) {
  const { url, seen } = await serve(listener);
  return { ...(await transferFile(depsFor(bucket), OPTIONS, event(`${url}/f.csv`))), bucket, seen };
}

/** Sends four bytes and says so. */
const fourBytes: RequestListener = (_, response) =>
  response.setHeader("content-length", 4).end("data");

/** Archives `size` bytes whose number nobody announces. */
const sized = (size: number) =>
  archived((_, response) => {
    response.write(Buffer.alloc(Math.ceil(size / 2), 1));
    response.end(Buffer.alloc(Math.floor(size / 2), 2));
  });

beforeAll(() => {
  vi.stubGlobal("FixedLengthStream", FixedLength);
});

afterAll(() => {
  vi.unstubAllGlobals();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

describe("archiving a file of known size", () => {
  test("stores it in one request, with the event that announced it", async () => {
    const { attempt, file, bucket, seen } = await archived((_, response) => {
      response
        .setHeader("content-disposition", 'attachment; filename="named.csv"')
        .setHeader("content-type", "text/csv");
      response.setHeader("content-length", 8).end("a,b\n1,2\n");
    });
    expect(attempt).toEqual({ kind: "answer", status: 200, headers: {}, answer: "", ms });
    expect(file).toEqual({ key: "email/g1/named.csv", size: 8, etag: "etag-8" });
    expect(bucket.calls).toEqual(["head", "put"]);
    expect([...bucket.objects.values()]).toEqual([
      {
        key: "email/g1/named.csv",
        body: Buffer.from("a,b\n1,2\n"),
        options: {
          customMetadata: { "event-id": "evt_1", event: "job.finished" },
          httpMetadata: { contentType: "text/csv", contentDisposition: "attachment" },
        },
      },
    ]);
    expect(
      seen.map(([, headers]) => [
        headers.authorization,
        headers["x-team"],
        headers["user-agent"],
        headers["accept-encoding"],
      ]),
    ).toEqual([["Bearer secret-token", "a", "jobrelay/0.1.0", "identity"]]);
  });

  test("streams: the first bytes are stored before the last ones have been sent", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const bucket = new MemoryBucket();
    const put = bucket.put;
    bucket.put = async (key, value, options) => {
      const reading = (value as ReadableStream<Uint8Array>).pipeThrough(
        new TransformStream({
          transform(chunk: Uint8Array, controller) {
            arrive();
            controller.enqueue(chunk);
          },
        }),
      );
      announced.add(reading);
      return put(key, reading, options);
    };
    const { file } = await archived((_, response) => {
      response.setHeader("content-length", 10).write("first");
      void arrived.then(() => response.end("final"));
    }, bucket);
    expect([file, String(bucket.objects.get("email/g1/f.csv")?.body)]).toEqual([
      { key: "email/g1/f.csv", size: 10, etag: "etag-10" },
      "firstfinal",
    ]);
  });

  test("stores an empty one", async () => {
    const { file } = await archived((_, response) => response.setHeader("content-length", 0).end());
    expect(file).toEqual({ key: "email/g1/f.csv", size: 0, etag: "etag-0" });
  });

  test("stores nothing and fails when the connection breaks before the end", async () => {
    const { attempt, file, bucket } = await archived((request, response) => {
      response.setHeader("content-length", 100).write("only this", () => request.socket.destroy());
    });
    expect([attempt, file, bucket.objects.size]).toEqual([
      { kind: "failure", reason: "reset", error: expect.any(String), ms, healthSignal: "none" },
      null,
      0,
    ]);
  });
});

describe("an announced size that is wrong", () => {
  test.each([
    ["more", 7, "data-and-more"],
    ["fewer", 7, "data"],
  ])("fails when %s bytes come, and stores nothing", async (_, size, body) => {
    const bucket = new MemoryBucket();
    const deps = depsFor(bucket, {
      fetch: async () =>
        new Response(new Blob([body]).stream(), { headers: { "content-length": String(size) } }),
    });
    const { attempt, file } = await transferFile(deps, OPTIONS, event("http://127.0.0.1/f.csv"));
    expect([attempt.kind, file, bucket.objects.size]).toEqual(["failure", null, 0]);
  });
});

describe("archiving a file of unknown size", () => {
  test.each([
    ["smaller than a part is put at once", 1_000, ["head", "put"]],
    ["one byte smaller than a part is put at once", PART_BYTES - 1, ["head", "put"]],
    ["of exactly one part is one part", PART_BYTES, ["head", "create", "part 1", "complete"]],
    [
      "one byte larger than a part is two parts",
      PART_BYTES + 1,
      ["head", "create", "part 1", "part 2", "complete"],
    ],
    [
      "of exactly two parts is two parts",
      2 * PART_BYTES,
      ["head", "create", "part 1", "part 2", "complete"],
    ],
    [
      "of two and a half parts is three parts",
      2.5 * PART_BYTES,
      ["head", "create", "part 1", "part 2", "part 3", "complete"],
    ],
  ])("%s", async (_, size, calls) => {
    const { attempt, file, bucket } = await sized(size);
    expect([attempt.kind, file, bucket.calls]).toEqual([
      "answer",
      { key: "email/g1/f.csv", size, etag: `etag-${size}` },
      calls,
    ]);
    const expected = Buffer.concat([
      Buffer.alloc(Math.ceil(size / 2), 1),
      Buffer.alloc(Math.floor(size / 2), 2),
    ]);
    expect(bucket.objects.get("email/g1/f.csv")?.body.equals(expected)).toBe(true);
    expect(bucket.objects.get("email/g1/f.csv")?.options?.customMetadata).toEqual({
      "event-id": "evt_1",
      event: "job.finished",
    });
  });

  test("stores an empty one", async () => {
    const { file, bucket } = await archived((_, response) => {
      response.setHeader("transfer-encoding", "chunked").end();
    });
    expect([file, bucket.calls]).toEqual([
      { key: "email/g1/f.csv", size: 0, etag: "etag-0" },
      ["head", "put"],
    ]);
  });

  test("leaves nothing behind when it turns out larger than the limit", async () => {
    const { attempt, file, bucket } = await archived((_, response) => {
      response.writeHead(200);
      const send = (left: number): void =>
        void (left === 0
          ? response.end()
          : response.write(Buffer.alloc(MIB), () => send(left - 1)));
      send(40);
    });
    expect([attempt, file, bucket.objects.size]).toEqual([
      { kind: "nothing", error: `the file has more than ${20 * MIB} bytes, see maxArchive`, ms },
      null,
      0,
    ]);
    expect(bucket.calls.at(-1)).toBe("abort");
  });

  test("is not read when its announced size is over the limit", async () => {
    const { attempt, bucket } = await archived((_, response) => {
      response.writeHead(200, { "content-length": String(21 * MIB) });
      response.write("begin");
    });
    expect(attempt).toMatchObject({
      kind: "nothing",
      error: `the file has more than ${20 * MIB} bytes (it has ${21 * MIB}), see maxArchive`,
    });
    expect([bucket.objects.size, bucket.calls]).toEqual([0, ["head"]]);
  });

  test("uploads each part before the next is sent, so one part at most is held", async () => {
    const bucket = new MemoryBucket();
    const uploaded = [1, 2].map(() => Promise.withResolvers<void>());
    bucket.onPart = (number) => uploaded[number - 1]?.resolve();
    const { file } = await archived((_, response) => {
      const send = async (): Promise<void> => {
        for (const part of uploaded) {
          response.write(Buffer.alloc(PART_BYTES, 1));
          await part.promise;
        }
        response.end("end");
      };
      void send();
    }, bucket);
    expect(file?.size).toBe(2 * PART_BYTES + 3);
  });

  test("aborts the upload and fails when the connection breaks", async () => {
    const { attempt, file, bucket } = await archived((request, response) => {
      response.write(Buffer.alloc(PART_BYTES + 5, 1), () => request.socket.destroy());
    });
    expect([attempt.kind, file, bucket.objects.size]).toEqual(["failure", null, 0]);
    expect(bucket.calls.includes("complete")).toBe(false);
    expect(bucket.calls.includes("create")).toBe(bucket.calls.at(-1) === "abort");
  });

  test("aborts the upload, stops reading and fails when the bucket does", async () => {
    const bucket = new MemoryBucket();
    bucket.failPart = 2;
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const { attempt, file } = await archived((request, response) => {
      request.socket.once("close", close);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(MIB, 1)));
        response.once("drain", more);
      };
      more();
    }, bucket);
    await closed;
    expect([attempt, file]).toEqual([
      { kind: "failure", reason: "unknown", error: "uploadPart: internal error (10001)", ms },
      null,
    ]);
    expect(bucket.calls).toEqual(["head", "create", "part 1", "part 2", "abort"]);
  });

  test("does not trust the length of an encoded body", async () => {
    const zipped = gzipSync("x".repeat(10_000));
    const { file } = await archived((_, response) => {
      response
        .setHeader("content-encoding", "gzip")
        .setHeader("content-length", zipped.byteLength)
        .end(zipped);
    });
    expect(file?.size).toBe(10_000);
  });
});

describe("archiving again", () => {
  test("finds the stored file and does not read the download", async () => {
    const bucket = new MemoryBucket();
    const first = await archived(fourBytes, bucket);
    const again = await archived(fourBytes, bucket);
    expect([again.attempt.kind, again.file]).toEqual(["answer", first.file]);
    expect(bucket.calls).toEqual(["head", "put", "head"]);
  });

  test("finds it when the size is unknown", async () => {
    const bucket = new MemoryBucket();
    await archived((_, response) => response.write("data") && response.end(), bucket);
    await archived((_, response) => response.write("data") && response.end(), bucket);
    expect(bucket.calls).toEqual(["head", "put", "head"]);
  });

  test("stores again when the size differs", async () => {
    const bucket = new MemoryBucket();
    await archived(fourBytes, bucket);
    const { file } = await archived(
      (_, response) => response.setHeader("content-length", 5).end("data!"),
      bucket,
    );
    expect([file?.size, bucket.calls]).toEqual([5, ["head", "put", "head", "put"]]);
  });

  test("stores again for another event: the latest file has the name", async () => {
    const bucket = new MemoryBucket();
    const { url } = await serve(fourBytes);
    await transferFile(depsFor(bucket), OPTIONS, event(`${url}/f.csv`, "evt_1"));
    await transferFile(depsFor(bucket), OPTIONS, event(`${url}/f.csv`, "evt_2"));
    expect(bucket.calls).toEqual(["head", "put", "head", "put"]);
    expect(bucket.objects.get("email/g1/f.csv")?.options?.customMetadata?.["event-id"]).toBe(
      "evt_2",
    );
  });
});

describe("an answer that is no file", () => {
  test.each([404, 410])("%i makes the delivery impossible: the file is gone", async (status) => {
    const { attempt, file, bucket } = await archived((_, response) =>
      response.writeHead(status).end("gone"),
    );
    expect([attempt, file, bucket.calls]).toEqual([
      { kind: "impossible", error: `the file is gone: the download answered ${status}`, ms },
      null,
      [],
    ]);
  });

  test.each([202, 204, 206])("%i is a failure, not a success without a file", async (status) => {
    const { attempt, bucket } = await archived((_, response) => response.writeHead(status).end());
    expect([attempt, bucket.calls]).toEqual([
      {
        kind: "failure",
        reason: "unknown",
        error: `the download answered ${status} without a whole file`,
        ms,
        healthSignal: "none",
      },
      [],
    ]);
  });

  test("is kept with its beginning and with Retry-After, and with no other header", async () => {
    const { attempt } = await archived((_, response) => {
      response
        .writeHead(503, { "retry-after": "120", "webhook-delivery": "disable" })
        .end("é".repeat(2_000));
    });
    expect(attempt).toEqual({
      kind: "answer",
      status: 503,
      headers: { "retry-after": "120" },
      answer: "é".repeat(512),
      ms,
      healthSignal: "none",
    });
  });

  test("is handed on when it has no body", async () => {
    const { attempt } = await archived((_, response) => response.writeHead(401).end());
    expect(attempt).toEqual({
      kind: "answer",
      status: 401,
      headers: {},
      answer: "",
      ms,
      healthSignal: "none",
    });
  });

  test("stands with what came of it when the rest never comes", async () => {
    const { url } = await serve((_, response) =>
      response.writeHead(503, { "retry-after": "7" }).write("busy"),
    );
    const { attempt } = await transferFile(
      depsFor(new MemoryBucket()),
      { ...OPTIONS, timeout: 400 },
      event(`${url}/f.csv`),
    );
    expect(attempt).toEqual({
      kind: "answer",
      status: 503,
      headers: { "retry-after": "7" },
      answer: "busy",
      ms,
      healthSignal: "none",
    });
  });

  test("never shows the URL, which may be the key to the file", async () => {
    const deps = depsFor(new MemoryBucket(), {
      fetch: () =>
        Promise.reject(
          new TypeError("Fetch API cannot load: https://files.example.com/f.csv?sig=secret"),
        ),
    });
    const { attempt } = await transferFile(
      deps,
      OPTIONS,
      event("https://files.example.com/f.csv?sig=secret"),
    );
    expect(attempt).toEqual({
      kind: "failure",
      reason: "unknown",
      error: "Fetch API cannot load: <url>",
      ms,
      healthSignal: "none",
    });
  });

  test("that never comes is a timeout", async () => {
    const { url } = await serve(() => {});
    const bucket = new MemoryBucket();
    const { attempt } = await transferFile(
      depsFor(bucket),
      { ...OPTIONS, timeout: 50 },
      event(`${url}/f.csv`),
    );
    expect(attempt).toEqual({
      kind: "failure",
      reason: "timeout",
      error: "no end after 50 ms",
      ms,
      healthSignal: "none",
    });
  });

  test("of a server that is not there is a failure", async () => {
    const { attempt, file } = await transferFile(
      depsFor(new MemoryBucket()),
      OPTIONS,
      event("http://127.0.0.1:1/f.csv"),
    );
    expect([attempt, file]).toEqual([expect.objectContaining({ kind: "failure" }), null]);
  });
});

describe("a redirected download", () => {
  test("is followed on its origin with the headers, and named after the first URL", async () => {
    const { file, seen } = await archived((request, response) => {
      if (request.url === "/f.csv") response.writeHead(302, { location: "/real/8f3a.bin" }).end();
      else response.end("data");
    });
    expect(file?.key).toBe("email/g1/f.csv");
    expect(seen.map(([path, headers]) => [path, headers.authorization])).toEqual([
      ["/f.csv", "Bearer secret-token"],
      ["/real/8f3a.bin", "Bearer secret-token"],
    ]);
  });

  test("never takes the configured headers to another origin, nor back again", async () => {
    const home = await serve((request, response) => {
      if (request.url === "/f.csv") response.writeHead(307, { location: `${away.url}/x` }).end();
      else response.end("data");
    });
    const away = await serve((_, response) =>
      response.writeHead(307, { location: `${home.url}/y` }).end(),
    );
    const { file } = await transferFile(
      depsFor(new MemoryBucket()),
      OPTIONS,
      event(`${home.url}/f.csv`),
    );
    expect(file?.size).toBe(4);
    expect(
      [...home.seen, ...away.seen].map(([path, headers]) => [
        path,
        headers.authorization,
        headers["x-team"],
      ]),
    ).toEqual([
      ["/f.csv", "Bearer secret-token", "a"],
      ["/y", undefined, undefined],
      ["/x", undefined, undefined],
    ]);
  });

  test.each([
    [3, "answer", 4],
    [4, "failure", 4],
  ])("of %i redirects ends as %s", async (redirects, kind, requests) => {
    const { attempt, seen } = await archived((request, response) => {
      const hop = Number(request.url?.match(/\d+/)?.[0] ?? 0);
      if (hop < redirects) response.writeHead(302, { location: `/${hop + 1}` }).end();
      else response.end("data");
    });
    expect([attempt.kind, seen.length]).toEqual([kind, requests]);
  });

  test("is refused when the policy refuses the target, and the target is never asked", async () => {
    const target = await serve((_, response) => response.end("secrets of the network"));
    const home = await serve((_, response) =>
      response.writeHead(302, { location: `${target.url}/meta-data` }).end(),
    );
    const bucket = new MemoryBucket();
    const guarded = depsFor(bucket, {
      checkUrl: (url) =>
        url.startsWith(home.url)
          ? checkUrl(url, { allowPrivate: true })
          : fault("must name a public host"),
    });
    const { attempt } = await transferFile(guarded, OPTIONS, event(`${home.url}/f.csv`));
    expect(attempt).toEqual({
      kind: "impossible",
      error: "the redirect URL must name a public host",
      ms,
    });
    expect([target.seen, bucket.calls]).toEqual([[], []]);
  });

  test("without a target is an answer like any other", async () => {
    const { attempt } = await archived((_, response) => response.writeHead(302).end());
    expect(attempt).toMatchObject({ kind: "answer", status: 302 });
  });
});

describe("a download URL", () => {
  test.each([
    ["/relative/f.csv", "the download URL must be an absolute URL"],
    ["not a url", "the download URL must be an absolute URL"],
    ["ftp://files.example.com/f.csv", "the download URL must be https"],
    ["http://files.example.com/f.csv", "the download URL must be https"],
    [
      "https://169.254.169.254/latest/meta-data",
      "the download URL must name a host, not an IP address",
    ],
    ["https://localhost/f.csv", "the download URL must name a public host"],
  ])("%s is refused before anything is asked", async (url, error) => {
    const asked: string[] = [];
    const deps = depsFor(new MemoryBucket(), {
      checkUrl: (text) => checkUrl(text, { allowPrivate: false }),
      fetch: async (text) => {
        asked.push(text);
        return new Response("data");
      },
    });
    const { attempt, file } = await transferFile(deps, OPTIONS, event(url));
    expect([attempt, file, asked]).toEqual([{ kind: "impossible", error, ms }, null, []]);
  });

  test("loses its fragment", async () => {
    const { url, seen } = await serve((_, response) => response.end("data"));
    await transferFile(depsFor(new MemoryBucket()), OPTIONS, event(`${url}/f.csv?a#b`));
    expect(seen.map(([path]) => path)).toEqual(["/f.csv?a"]);
  });

  test.each([
    ["an event that never has one", { event: "job.progress" }],
    ["an end without a URL", { url: null }],
    ["an end with an empty URL", { url: "" }],
  ] as const)("is missing: %s leaves nothing to store, and is no success", async (_, over) => {
    const bucket = new MemoryBucket();
    const given: JobEnvelope = { ...event("https://files.example.com/f"), ...over };
    expect(await transferFile(depsFor(bucket), OPTIONS, given)).toEqual({
      attempt: { kind: "nothing", error: "no file", ms: 0 },
      file: null,
    });
    expect(bucket.calls).toEqual([]);
  });

  test("whose guid is too long for a key is impossible", async () => {
    const { url } = await serve((_, response) => response.end("data"));
    const long: JobEnvelope = { ...event(`${url}/f.csv`), guid: "g".repeat(701) };
    const { attempt } = await transferFile(depsFor(new MemoryBucket()), OPTIONS, long);
    expect(attempt).toEqual({
      kind: "impossible",
      error: "the guid is too long for a key (over 700 bytes)",
      ms,
    });
  });
});
