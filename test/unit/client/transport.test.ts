import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { OPEN, type Connection } from "../../../src/client/transport.ts";
import type { Frame } from "../../../src/client/view.ts";
import { until } from "../../support/wait.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A relay of one answer after the other; the last one is given again and again. */
async function serve(
  ...answers: readonly Answer[]
): Promise<{ readonly url: string; readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request);
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/v1/accounts/acme/stream?channels=`,
    requests,
  };
}

let server: Server | undefined;
let connection: Connection | undefined;
afterEach(() => {
  connection?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Opens a connection and notes what it reports until `enough`. */
function listen(
  way: "sse" | "poll" | "ws",
  url: string,
  enough: (report: readonly unknown[]) => boolean,
  cursor = "",
): Promise<readonly unknown[]> {
  return new Promise((resolve) => {
    const report: unknown[] = [];
    const note = (line: unknown): void => {
      report.push(line);
      if (enough(report)) resolve(report);
    };
    connection = OPEN[way](
      { url, token: "t0k", cursor },
      {
        onFrame: (frame: Frame) => note(frame),
        alive: () => undefined,
        close: (code, retryAfter) => note(["close", code, retryAfter ?? 0]),
      },
    );
  });
}

const closedIn = (report: readonly unknown[]): boolean =>
  report.some((line) => Array.isArray(line));

const hello = { type: "hello", cursor: "c0", recovered: true } as const;
const event = (seq: number): object => ({
  type: "event",
  channel: "exports:acme",
  cursor: `c${seq}`,
  event: { id: `evt_${seq}`, guid: "g", seq },
});
const sseText = (
  ...frames: readonly { readonly type?: string; readonly cursor?: string }[]
): string =>
  frames
    .map((frame) => `id: ${frame.cursor}\nevent: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`)
    .join("");

describe("what an HTTP status means", () => {
  test.each([
    [400, {}, ["close", 4507, 0]],
    [401, {}, ["close", 4500, 0]],
    [403, {}, ["close", 4507, 0]],
    [404, {}, ["close", 4507, 0]],
    [408, {}, ["close", 1006, 0]],
    [429, { "retry-after": "7" }, ["close", 1006, 7_000]],
    [500, {}, ["close", 1006, 0]],
    [503, { "retry-after": "30" }, ["close", 1006, 30_000]],
    [503, { "retry-after": "Sat, 21 Nov 2026 19:00:00 GMT" }, ["close", 1006, 0]],
  ] as const)("%i with %j", async (status, headers, line) => {
    const { url } = await serve((_, response) =>
      response.writeHead(status, headers).end('{"title":"no"}'),
    );
    expect(await listen("sse", url, closedIn)).toEqual([line]);
    expect(await listen("poll", url, closedIn)).toEqual([line]);
  });

  test("nobody there is a broken connection", async () => {
    expect(await listen("sse", "http://127.0.0.1:9/stream?", closedIn)).toEqual([
      ["close", 1006, 0],
    ]);
    expect(await listen("ws", "http://127.0.0.1:9/stream?", closedIn)).toEqual([
      ["close", 1006, 0],
    ]);
  });
});

/** The text of one masked frame of at most 125 bytes (RFC 6455, 5.2). */
const textOf = (frame: Buffer): string => {
  const mask = frame.subarray(2, 6);
  return frame
    .subarray(6)
    .map((byte, index) => byte ^ (mask[index % 4] ?? 0))
    .toString();
};

/** An unmasked text frame of at most 125 bytes. */
const frameOf = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

describe("a WebSocket", () => {
  test("is pinged as soon as it is open, and sends every probe back as it is", async () => {
    const { url } = await serve();
    const got: string[] = [];
    const asked = Promise.withResolvers<string>();
    const answered = Promise.withResolvers<void>();
    server?.once("upgrade", (request: IncomingMessage, socket) => {
      asked.resolve(request.url ?? "");
      const accept = createHash("sha1")
        .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest("base64");
      socket.on("data", (frame: Buffer) => {
        got.push(textOf(frame));
        if (got.length === 1)
          for (const text of ["pong", "probe 3f2b9c01"]) socket.write(frameOf(text));
        else answered.resolve();
      });
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
          `sec-websocket-accept: ${accept}\r\nsec-websocket-protocol: jobrelay.v1\r\n\r\n`,
      );
    });
    void listen("ws", url, closedIn);
    await answered.promise;
    expect(got).toEqual(["ping", "probe 3f2b9c01"]);
    expect(await asked.promise).toMatch(/&probes=1&since=$/);
  });
});

describe("server-sent events", () => {
  test("the token is in a header, the cursor in the address", async () => {
    const { url, requests } = await serve((_, response) => response.end(sseText(hello)));
    await listen("sse", url, closedIn, "c9");
    expect(requests[0]?.url).toBe("/v1/accounts/acme/stream?channels=&since=c9");
    expect(requests[0]?.headers).toMatchObject({
      authorization: "Bearer t0k",
      accept: "text/event-stream",
    });
  });

  test("frames are read however the bytes are cut, characters of several bytes included", async () => {
    const accented = { ...event(1), cursor: "åçmé–☃" };
    const bytes = Buffer.from(`retry: 1000\n\n:\n\n${sseText(hello, accented, event(2))}`);
    const { url } = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const drip = (at: number): void => {
        if (at >= bytes.length) return void response.end();
        response.write(bytes.subarray(at, at + 3), () => setImmediate(drip, at + 3));
      };
      drip(0);
    });
    expect(await listen("sse", url, closedIn)).toEqual([
      hello,
      accented,
      event(2),
      ["close", 1006, 0],
    ]);
  });

  test("a frame that was cut off is not told", async () => {
    const { url } = await serve((_, response) =>
      response.end(`${sseText(hello)}data: {"type":"ev`),
    );
    expect(await listen("sse", url, closedIn)).toEqual([hello, ["close", 1006, 0]]);
  });

  test("closing it ends the request and reports nothing", async () => {
    const left = Promise.withResolvers<void>();
    const { url } = await serve((request, response) => {
      request.once("close", () => left.resolve());
      response.write(sseText(hello));
    });
    const report = await listen("sse", url, (lines) => lines.length > 0);
    connection?.close();
    await left.promise;
    expect(report).toEqual([hello]);
  });
});

const page =
  (items: readonly object[], cursor: string, more: object = {}): Answer =>
  (_, response) =>
    void response.end(JSON.stringify({ items, cursor, reset: false, ...more }));

describe("polling", () => {
  test("without a cursor it asks for the state, then waits for what follows it", async () => {
    const snapshot = { account: "acme", jobs: [] };
    const { url, requests } = await serve(
      page([], "c0", { reset: true, snapshot }),
      page([event(1)], "c1"),
      () => undefined,
    );
    const report = await listen("poll", url, (lines) => lines.length === 2);
    expect(report).toEqual([{ type: "hello", cursor: "c0", recovered: false, snapshot }, event(1)]);
    await until(() => requests.length === 3, { what: "the third poll" });
    expect(requests.map((request) => request.url)).toEqual([
      "/v1/accounts/acme/events?channels=&since=-&wait=0",
      "/v1/accounts/acme/events?channels=&since=c0&wait=25",
      "/v1/accounts/acme/events?channels=&since=c1&wait=25",
    ]);
    expect(requests[0]?.headers.authorization).toBe("Bearer t0k");
  });

  test("with a cursor it goes on from there", async () => {
    const { url } = await serve(page([event(8)], "c8"), () => undefined);
    expect(await listen("poll", url, (lines) => lines.length === 2, "c7")).toEqual([
      { type: "hello", cursor: "c7", recovered: true, snapshot: undefined },
      event(8),
    ]);
  });

  test("a cursor that is lost on the way brings the state again", async () => {
    const snapshot = { account: "acme", jobs: [] };
    const { url } = await serve(
      page([event(8)], "c8"),
      page([], "d1", { reset: true, snapshot }),
      () => undefined,
    );
    expect(await listen("poll", url, (lines) => lines.length === 3, "c7")).toEqual([
      { type: "hello", cursor: "c7", recovered: true, snapshot: undefined },
      event(8),
      { type: "hello", cursor: "d1", recovered: false, snapshot },
    ]);
  });

  test("a failure in between ends it, with the relay's wish", async () => {
    const { url } = await serve(
      page([event(8)], "c8"),
      (_, response) => void response.writeHead(503, { "retry-after": "3" }).end(),
    );
    expect((await listen("poll", url, closedIn, "c7")).at(-1)).toEqual(["close", 1006, 3_000]);
  });

  test("an answer that is no page ends it", async () => {
    const { url } = await serve((_, response) => void response.end("<html>captive portal</html>"));
    expect(await listen("poll", url, closedIn)).toEqual([["close", 1006, 0]]);
  });
});
