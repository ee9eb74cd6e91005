// What `listen` posts arrives, and what keeps it from arriving is told in a sentence.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { post, unreachable, type Post } from "../../../../src/cli/listen/post.ts";

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A server with a certificate that nobody has signed but itself. */
async function selfSigned(onRequest: (request: IncomingMessage) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-days", "2"];
  const form = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...form, ...subject, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  const server = createTlsServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, answer) => {
      onRequest(request);
      answer.writeHead(204).end();
    },
  );
  rmSync(folder, { recursive: true });
  return `https://localhost:${await listening(server)}/hooks?task=a&b=c`;
}

const posted = (url: string, rest: Partial<Post> = {}): Post => ({
  url,
  headers: { "content-type": "application/json", "webhook-id": "evt_1" },
  body: '{"guid":"é"}',
  isInsecure: false,
  timeout: 5_000,
  ...rest,
});

const failureOf = (one: Post): Promise<unknown> => post(one).catch((error: unknown) => error);

describe("a post", () => {
  test("keeps path, query, headers and bytes, and returns a redirect as it is", async () => {
    const seen: unknown[] = [];
    const port = await listening(
      createServer((request, answer) => {
        const { method, url, headers } = request;
        const length = headers["content-length"];
        request.setEncoding("utf8").once("data", (body: string) => {
          seen.push([method, url, headers["webhook-id"], length, body]);
          answer.writeHead(307, { location: "/elsewhere" }).end("moved");
        });
      }),
    );
    const url = `http://127.0.0.1:${port}/hooks?task=a&b=c`;
    expect(await post(posted(url))).toBe(307);
    expect(seen).toEqual([["POST", "/hooks?task=a&b=c", "evt_1", "13", '{"guid":"é"}']]);
  });

  test("ends with a TimeoutError when the body of the answer does not end", async () => {
    const port = await listening(
      createServer((_request, answer) => void answer.writeHead(200).write("begun")),
    );
    const failure = await failureOf(posted(`http://127.0.0.1:${port}/`, { timeout: 50 }));
    expect(failure).toMatchObject({ name: "TimeoutError" });
  });

  test("takes a self-signed certificate only when it is told to", async () => {
    const seen: (string | undefined)[] = [];
    const url = await selfSigned((request) => seen.push(request.url));
    expect(unreachable(url, await failureOf(posted(url)))).toBe(
      `The certificate of ${url} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT). Start again with --insecure, or set NODE_EXTRA_CA_CERTS to the file of its authority.`,
    );
    expect(await post(posted(url, { isInsecure: true }))).toBe(204);
    expect(seen).toEqual(["/hooks?task=a&b=c"]);
  });
});

describe("the reason of a silence", () => {
  test("is that nothing listens", async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    for (const host of ["127.0.0.1", "localhost"]) {
      const url = `http://${host}:${port}/`;
      expect(unreachable(url, await failureOf(posted(url)))).toBe(
        `Nothing listens at ${url}; waiting until something does.`,
      );
    }
  });

  test("is that the address speaks no TLS", async () => {
    const port = await listening(createServer());
    const url = `https://127.0.0.1:${port}/`;
    expect(unreachable(url, await failureOf(posted(url)))).toBe(
      `${url} refuses TLS. Is it an http:// address? Waiting until it takes TLS.`,
    );
  });

  test.each([
    ["ENOTFOUND", "There is no host no.example; waiting until there is."],
    ["ECONNRESET", "http://no.example/ cannot be reached (ECONNRESET); waiting until it can."],
  ])("names %s", (code, sentence) => {
    expect(unreachable("http://no.example/", Object.assign(new Error("x"), { code }))).toBe(
      sentence,
    );
  });
});
