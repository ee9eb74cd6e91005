// The tools of agents, by the client of the official SDK.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../../support/relay.ts";
import { exportComments, sender } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";

let relay: Relay;
let receiver: Receiver;
let client: Client;

const connected = async (headers: Record<string, string>): Promise<Client> => {
  const made = new Client({ name: "test", version: "1.0.0" });
  const url = new URL(`${relay.url}/mcp`);
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
  await made.connect(transport);
  return made;
};

beforeAll(async () => {
  receiver = await startReceiver();
  relay = await startRelay({
    vars: { SUBSCRIBERS: [{ id: "crm", url: receiver.url, secrets: ["SUBSCRIBER_SECRET"] }] },
  });
  const source = { provider: "exportcomments", source: "comments" } as const;
  const job = { guid: "mcp-1", page: "https://example.com/video", total: 10 };
  const send = sender(relay.url, { ...source, secret: SOURCE_SECRETS.exportcomments });
  await send(exportComments.created(job));
  await send(exportComments.finished(job));
  await sender(relay.url, { ...source, secret: "wrong" })(exportComments.created(job));
  client = await connected({ authorization: `Bearer ${ADMIN_TOKEN}` });
});
afterAll(async () => {
  await client.close();
  await relay.stop();
  await receiver.close();
});

const call = async (name: string, given: Record<string, unknown> = {}) => {
  const { isError, structuredContent } = await client.callTool({ name, arguments: given });
  return { isError, structuredContent };
};

describe("an agent", () => {
  test("is told who the relay is, and which tools it has", async () => {
    expect(client.getServerVersion()).toMatchObject({ name: "jobrelay" });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "list_jobs",
      "get_job",
      "job_events",
      "list_subscribers",
      "list_deliveries",
      "explain_refusal",
      "simulate_rule",
      "replay",
      "get_subscriber",
      "get_delivery",
      "retry_delivery",
      "replay_deliveries",
      "pause_subscriber",
      "resume_subscriber",
      "test_subscriber",
      "list_sources",
      "retry_refused",
      "watch_export",
      "list_presets",
      "wake",
    ]);
    await client.ping();
  });

  test("reads jobs, events, subscribers and deliveries", async () => {
    const job = { source: "comments", guid: "mcp-1" };
    const shown = expect.objectContaining({ ...job, status: "done" });
    await until(
      async () =>
        JSON.stringify((await call("list_jobs", { account: "acme" })).structuredContent).includes(
          "mcp-1",
        ),
      { what: "the index" },
    );
    expect(await call("list_jobs", { q: "mcp", limit: 5 })).toMatchObject({
      isError: false,
      structuredContent: { items: [shown] },
    });
    expect(await call("get_job", job)).toMatchObject({ structuredContent: shown });
    expect(await call("job_events", { ...job, include: "recorded" })).toMatchObject({
      structuredContent: { items: [{ event: { event: "job.created" } }, {}], recorded: [] },
    });
    expect(await call("list_subscribers")).toMatchObject({
      structuredContent: { items: [{ id: "crm" }] },
    });
    expect(await call("list_deliveries", { id: "crm" })).toMatchObject({
      structuredContent: { items: [{ subscriber: "crm" }, {}] },
    });
  });

  test("is told why a webhook was refused, and what to do", async () => {
    await until(
      async () =>
        JSON.stringify(await call("explain_refusal", { id: "comments" })).includes("advice"),
      { what: "the refusal" },
    );
    expect(await call("explain_refusal", { id: "comments" })).toMatchObject({
      structuredContent: {
        items: [
          {
            reason: "wrong-secret",
            explanation: "No secret of this source confirms the signature.",
            advice: expect.stringContaining("Copy the signing secret from the provider again"),
          },
        ],
      },
    });
  });

  test("simulates rules and replays a job", async () => {
    expect(await call("simulate_rule", { event: { event: "job.failed" } })).toMatchObject({
      structuredContent: { deliveries: [{ subscriber: "crm" }] },
    });
    expect(await call("replay", { source: "comments", guid: "mcp-1", since: 1 })).toMatchObject({
      structuredContent: { deliveries: 1 },
    });
  });

  test("pauses, tests and resumes a subscriber, and starts its deliveries over", async () => {
    expect(await call("pause_subscriber", { id: "crm" })).toMatchObject({
      structuredContent: { id: "crm", state: "paused" },
    });
    expect(await call("resume_subscriber", { id: "crm" })).toMatchObject({
      structuredContent: { state: "active" },
    });
    const { structuredContent } = await call("test_subscriber", { id: "crm" });
    const { delivery } = structuredContent as { readonly delivery: string };
    const one = { id: "crm", delivery };
    await until(
      async () =>
        JSON.stringify((await call("get_delivery", one)).structuredContent).includes("delivered"),
      { what: "the test event" },
    );
    expect(await call("retry_delivery", one)).toMatchObject({ isError: false });
    expect(await call("replay_deliveries", { id: "crm" })).toMatchObject({
      structuredContent: { count: 0 },
    });
    expect(await call("retry_refused", { id: "comments", n: 9_999 })).toMatchObject({
      isError: true,
    });
    for (const name of ["list_sources", "list_presets", "wake"])
      expect(await call(name)).toMatchObject({ isError: false });
  });

  test("is told what is wrong with a call", async () => {
    expect(await call("get_job", { source: "comments", guid: "nobody" })).toMatchObject({
      isError: true,
      structuredContent: { status: 404 },
    });
    expect(await client.callTool({ name: "get_job", arguments: {} })).toMatchObject({
      isError: true,
      content: [{ type: "text", text: "source: is required" }],
    });
    await expect(client.callTool({ name: "nothing", arguments: {} })).rejects.toThrow(/-32602/);
  });

  test("needs the admin token", async () => {
    await expect(connected({ authorization: "Bearer wrong" })).rejects.toThrow(
      /401|[Uu]nauthorized/,
    );
  });
});

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${relay.url}/mcp`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
    body,
  });

describe("POST /mcp", () => {
  const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

  test.each([
    ["a page of another origin", { origin: "https://evil.example" }, 403],
    ["an unknown protocol version", { "mcp-protocol-version": "1999-01-01" }, 400],
    ["a client that takes no JSON", { accept: "text/event-stream" }, 406],
    ["a known protocol version", { "mcp-protocol-version": "2025-06-18" }, 200],
    ["a page of the relay", {}, 200],
  ])("from %s is answered %s %d", async (_, headers, status) => {
    expect((await post(PING, headers)).status).toBe(status);
  });

  test("of a batch answers what asks for an answer", async () => {
    const batch = `[${PING},{"jsonrpc":"2.0","method":"notifications/initialized"}]`;
    expect(await (await post(batch)).json()).toEqual([{ jsonrpc: "2.0", id: 1, result: {} }]);
  });

  test.each([
    ["no JSON", "{", 400, -32_700],
    ["an empty batch", "[]", 400, -32_600],
    ["too many messages", `[${Array.from({ length: 21 }, () => PING).join(",")}]`, 400, -32_600],
    ["no message", "5", 200, -32_600],
  ])("of %s is an error of JSON-RPC", async (_, body, status, code) => {
    const answer = await post(body);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  test("of a notification has no body, and other methods are refused", async () => {
    const answer = await post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    expect([answer.status, await answer.text()]).toEqual([202, ""]);
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, accept: "text/event-stream" };
    expect((await fetch(`${relay.url}/mcp`, { headers })).status).toBe(405);
  });
});
