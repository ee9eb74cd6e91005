// An account by any name that is accepted: in paths, channels, tokens, lists and every stream.

import { Centrifuge } from "centrifuge";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN_TOKEN, startRelay, type Relay } from "../support/relay.ts";
import { BOUND_MS, until } from "../support/wait.ts";

let relay: Relay;

beforeAll(async () => {
  relay = await startRelay({
    vars: {
      SOURCES: [{ id: "ci", provider: "gitlab", secrets: ["CI_SECRET"] }],
      CI_SECRET: "gitlab-token-of-the-test",
    },
  });
});
afterAll(() => relay.stop());

const api = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(relay.url + path, { ...init, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });

/** A pipeline of GitLab, whose account is the path of its project. */
const pipeline = (id: number, project: string): Promise<Response> =>
  fetch(`${relay.url}/hooks/ci`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-gitlab-token": "gitlab-token-of-the-test" },
    body: JSON.stringify({
      object_kind: "pipeline",
      object_attributes: { id, status: "running" },
      project: { path_with_namespace: project },
    }),
  });

async function tokenFor(account: string, channels?: readonly string[]): Promise<string> {
  const answer = await api("/v1/tokens", {
    method: "POST",
    body: JSON.stringify({ account, channels, expiresIn: 600 }),
  });
  return ((await answer.json()) as { readonly token: string }).token;
}

/** The first frames of a WebSocket stream until one holds `wanted`, or the code that closed it. */
async function watched(path: string, token: string, wanted: string): Promise<string | number> {
  const socket = new WebSocket(relay.url.replace("http", "ws") + path, ["jobrelay.v1", token]);
  let text = "";
  let code = 0;
  socket.addEventListener("message", ({ data }) => {
    text += String(data);
  });
  socket.addEventListener("close", (event) => {
    code = event.code;
  });
  await until(() => code !== 0 || text.includes(wanted), { what: `${wanted} in ${path}` });
  socket.close();
  return code === 0 ? text : code;
}

/** What the official SDK is subscribed to and finds in the history of the account's exports. */
async function official(
  account: string,
  token: string,
): Promise<readonly [readonly string[], string]> {
  const url = `${relay.url.replace("http", "ws")}/v1/accounts/${encodeURIComponent(account)}/connection/websocket`;
  const client = new Centrifuge(url, { token, websocket: WebSocket });
  const subscribed: string[] = [];
  client.on("subscribed", ({ channel }) => subscribed.push(channel));
  client.connect();
  await client.ready(BOUND_MS);
  const { publications } = await client.history(`exports:${account}`, { limit: 10 });
  client.disconnect();
  return [subscribed, JSON.stringify(publications)];
}

const NAMES = [
  "acme/app",
  "acme/group/app",
  "a//b/",
  "/",
  "a,b",
  "a, b",
  "exports:x,user:y",
  "*",
  "acme*",
  "a b",
  " ",
  "%2F",
  "100%",
  "+",
  "a?b=c#d",
  "a:b",
  "é",
  "日本語",
  "😀",
  "__proto__",
  "x".repeat(255),
];

test.each(NAMES.map((name, index) => [name, index + 1] as const))(
  "the account %j is listed, streamed, polled and watched by SDKs",
  async (account, id) => {
    expect((await pipeline(id, account)).status).toBe(202);
    const path = `/v1/accounts/${encodeURIComponent(account)}`;
    const guid = `"guid":"${id}"`;
    const list = await api(`/v1/jobs?account=${encodeURIComponent(account)}`);
    expect(await list.json()).toMatchObject({ items: [{ guid: String(id), account }] });
    const channel = `exports:${account}`;
    for (const token of [await tokenFor(account), await tokenFor(account, [channel])]) {
      const named = `${path}/stream?channels=${encodeURIComponent(channel)}`;
      for (const stream of [`${path}/stream`, named])
        expect(await watched(stream, token, guid)).toContain(JSON.stringify(account));
      const [subscribed, history] = await official(account, token);
      expect(subscribed).toContain(channel);
      expect(history).toContain(`"event":"job.started",${guid}`);
    }
    const reader = await tokenFor(account);
    const since = `${path}/events?token=${reader}&channels=${encodeURIComponent(channel)}`;
    const { cursor } = (await (await fetch(relay.url + since)).json()) as { cursor: string };
    expect((await pipeline(id + 1_000, account)).status).toBe(202);
    const polled = await until(
      async () => {
        const page = await (await fetch(`${relay.url}${since}&since=${cursor}`)).text();
        return page.includes(String(id + 1_000)) && page;
      },
      { what: "the event in a poll" },
    );
    expect(polled).toContain(JSON.stringify(channel));
  },
);

test.each([
  ["acme/app", "acme"],
  ["acme", "acme/app"],
  ["acme*", "acme-other"],
  ["*", "acme/app"],
  ["acme%2Fapp", "acme/app"],
])("a token of %j opens nothing of %j", async (account, other) => {
  const token = await tokenFor(account);
  const path = `/v1/accounts/${encodeURIComponent(other)}`;
  expect((await fetch(`${relay.url}${path}/events?token=${token}`)).status).toBe(404);
  expect(await watched(`${path}/stream`, token, "hello")).toBe(4_507);
});
