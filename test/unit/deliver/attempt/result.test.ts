import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { failureReason, failureText } from "../../../../src/deliver/attempt/result.ts";

const coded = (message: string, code: string): Error =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });

/** What a request to a port on loopback throws. */
const thrownBy = (port: number, limit = 5_000): Promise<unknown> =>
  fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(limit) }).catch(
    (error: unknown) => error,
  );

describe("what a fetch threw", () => {
  test.each([
    ["timeout", new DOMException("The operation was aborted due to timeout", "TimeoutError")],
    ["timeout", coded("Connect Timeout Error", "UND_ERR_CONNECT_TIMEOUT")],
    ["refused", coded("connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED")],
    ["reset", coded("read ECONNRESET", "ECONNRESET")],
    ["reset", coded("other side closed", "UND_ERR_SOCKET")],
    ["reset", new Error("Network connection lost.")],
    ["dns", coded("getaddrinfo ENOTFOUND nope.invalid", "ENOTFOUND")],
    ["tls", coded("unable to verify the first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")],
    ["tls", new Error("TLS handshake failed")],
    ["unknown", new Error("internal error; reference = veekdc0g1ipt0o9ilvbu83jj")],
    ["unknown", "a string"],
    ["unknown", undefined],
  ] as const)("is %s: %s", (reason, thrown) => {
    expect(failureReason(thrown)).toBe(reason);
  });

  test("is told without the runtime's own reference numbers", () => {
    expect(failureText("Error: internal error; reference = i62d1tso1kqjoor7cp50o10j")).toBe(
      "no connection: the runtime does not say whether name, certificate or network is wrong",
    );
    expect(failureText("Error: Network connection lost.")).toBe("Error: Network connection lost.");
  });

  test("is sorted for real sockets: closed, reset and silent", async () => {
    const dropping = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await Promise.all([once(dropping, "listening"), once(silent, "listening")]);
    const port = (server: typeof dropping): number => (server.address() as AddressInfo).port;
    const [dropped, timedOut] = [await thrownBy(port(dropping)), await thrownBy(port(silent), 50)];
    const closed = port(dropping);
    await new Promise((done) => dropping.close(done));
    silent.close();
    expect([dropped, timedOut, await thrownBy(closed)].map(failureReason)).toEqual([
      "reset",
      "timeout",
      "refused",
    ]);
  });
});
