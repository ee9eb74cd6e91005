// Cloudflare Access beside the admin token: a team's keys on a server of this test.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey as JoseKey } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_TOKEN, startRelay, type Relay } from "../../support/relay.ts";

const AUD = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";
const HEADER = "cf-access-jwt-assertion";

let relay: Relay;
let team: Server;
let issuer = "";
let key: JoseKey;
let stranger: JoseKey;

beforeAll(async () => {
  const pair = await generateKeyPair("RS256");
  key = pair.privateKey;
  stranger = (await generateKeyPair("RS256")).privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  team = createServer((request, response) => {
    const found = request.url === "/cdn-cgi/access/certs";
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => {
    team.listen(0, "127.0.0.1", resolve);
  });
  issuer = `http://127.0.0.1:${(team.address() as AddressInfo).port}`;
  relay = await startRelay({
    vars: { ACCESS_TEAM_DOMAIN: issuer, ACCESS_AUD: `${AUD}, other-app` },
  });
});
afterAll(async () => {
  await relay.stop();
  team.close();
});

interface Claims {
  readonly iss?: string;
  readonly aud?: string | string[];
  readonly exp?: number | null;
  readonly signer?: JoseKey;
}

const NOW = Math.floor(Date.now() / 1_000);

function assertion({ iss = issuer, aud = [AUD], exp = NOW + 600, signer = key }: Claims = {}) {
  const made = new SignJWT({ email: "op@example.com" })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuer(iss)
    .setAudience(aud);
  return (exp === null ? made : made.setExpirationTime(exp)).sign(signer);
}

const ask = (path: string, headers: Record<string, string>, method = "GET"): Promise<Response> =>
  fetch(relay.url + path, { method, headers });

const unsigned = (alg: string): string =>
  [
    { alg, kid: "k1" },
    { iss: issuer, aud: [AUD], exp: NOW + 600 },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");

describe("an assertion of Cloudflare Access", () => {
  test("opens the API, the events of a job, and tools", async () => {
    const headers = { [HEADER]: await assertion() };
    expect((await ask("/v1/jobs", headers)).status).toBe(200);
    expect((await ask("/v1/accounts/acme/events", headers)).status).toBe(200);
    const answer = await fetch(`${relay.url}/mcp`, {
      method: "POST",
      headers,
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "list_jobs", arguments: {} },
      }),
    });
    expect(await answer.json()).toMatchObject({ result: { isError: false } });
  });

  test("for a second application opens it as well", async () => {
    expect(
      (await ask("/v1/jobs", { [HEADER]: await assertion({ aud: "other-app" }) })).status,
    ).toBe(200);
  });

  test.each<readonly [string, () => Promise<string>]>([
    ["of another team", () => assertion({ iss: "https://evil.cloudflareaccess.com" })],
    ["for another application", () => assertion({ aud: ["foreign"] })],
    ["that has ended", () => assertion({ exp: NOW - 120 })],
    ["without an end", () => assertion({ exp: null })],
    ["by another key", () => assertion({ signer: stranger })],
    ["without a signature", () => Promise.resolve(`${unsigned("none")}.`)],
    ["by a shared key", () => Promise.resolve(`${unsigned("HS256")}.c2ln`)],
    ["that is none", () => Promise.resolve("op@example.com")],
    ["of 20,000 characters", () => Promise.resolve("a".repeat(20_000))],
  ])("%s opens nothing", async (_, make) => {
    const answer = await ask("/v1/jobs", { [HEADER]: await make() });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer realm="jobrelay"',
    ]);
  });

  test("changes something only from the relay's own page", async () => {
    const headers = { [HEADER]: await assertion() };
    const wake = (more: Record<string, string>) =>
      ask("/v1/wake", { ...headers, ...more }, "POST").then(({ status }) => status);
    expect([
      await wake({ origin: new URL(relay.url).origin }),
      await wake({ origin: "https://evil.example" }),
      await wake({ "sec-fetch-site": "cross-site" }),
      await wake({ origin: "https://evil.example", authorization: `Bearer ${ADMIN_TOKEN}` }),
    ]).toEqual([200, 403, 403, 200]);
  });

  test("does not stand in for a wrong token", async () => {
    const headers = { [HEADER]: await assertion(), authorization: "Bearer wrong" };
    expect((await ask("/v1/jobs", headers)).status).toBe(401);
  });
});

test("the admin token opens the API as before", async () => {
  expect((await ask("/v1/jobs", { authorization: `Bearer ${ADMIN_TOKEN}` })).status).toBe(200);
  expect((await ask("/v1/jobs", {})).status).toBe(401);
});
