// One story, watched over every transport: the same events in the same order, resumable anywhere.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../support/relay.ts";
import { sender } from "../support/senders.ts";
import { openRawSocket } from "../support/raw-socket.ts";
import { begunInTime, until } from "../support/wait.ts";
import {
  eventsIn,
  opened,
  lastCursor,
  watchCentrifugo,
  watchPolls,
  watchSse,
  watchWebSocket,
  type Watcher,
} from "../support/watchers.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay({
    vars: {
      SOURCES: [
        {
          id: "comments",
          provider: "exportcomments",
          secrets: ["COMMENTS_SECRET"],
          account: "acme",
          throttle: 1,
        },
      ],
      ALLOWED_ORIGINS: ["https://app.example.com"],
    },
  });
});
afterAll(() => relay.stop());

const TRANSPORTS = [
  ["WebSocket", watchWebSocket],
  ["SSE", watchSse],
  ["polling", watchPolls],
] as const;

const STORY = [
  "job.created",
  "job.progress",
  "job.failed",
  "job.requeued",
  "job.finished",
] as const;

async function tell(guid: string, events: readonly string[] = STORY): Promise<void> {
  const send = sender(relay.url, {
    provider: "exportcomments",
    source: "comments",
    secret: SOURCE_SECRETS.exportcomments,
  });
  for (const event of events) {
    const answer = await send({
      event,
      guid,
      status: "any",
      url: null,
      ...(event === "job.progress" ? { current: 1, total: 2 } : {}),
    });
    expect(answer.status).toBe(202);
  }
}

async function tokenFor(
  request: {
    readonly account?: string;
    readonly channels?: readonly string[];
    readonly expiresIn?: number;
  } = {},
): Promise<string> {
  const answer = await fetch(`${relay.url}/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ account: "acme", expiresIn: 600, ...request }),
  });
  return ((await answer.json()) as { token: string }).token;
}

const namesIn = (watcher: Watcher, guid: string): readonly (string | undefined)[] =>
  eventsIn(watcher.frames)
    .filter(({ event }) => event.guid === guid)
    .map(({ event }) => event.event);

// The Centrifugo protocol knows accounts, not jobs' own paths.
describe.each([...TRANSPORTS, ["the Centrifugo protocol", watchCentrifugo] as const])(
  "over %s",
  (name, watch) => {
    test("an account's stream shows every event in order", async () => {
      const guid = `story-${name}`;
      const watcher = watch(relay.url, {
        path: "/v1/accounts/acme/stream",
        token: await tokenFor(),
      });
      await opened(watcher);
      await tell(guid);
      await until(() => namesIn(watcher, guid).length >= STORY.length, { what: "the story" });
      watcher.close();
      expect(namesIn(watcher, guid)).toEqual(STORY);
    });
  },
);

describe.each(TRANSPORTS)("over %s", (name, watch) => {
  test("a job's stream that is closed and resumed has no gap and no repeat", async () => {
    const guid = `resumed-${name}`;
    const path = `/v1/jobs/comments/${guid}/stream`;
    const token = await tokenFor();
    await tell(guid, ["job.created"]);
    const first = watch(relay.url, { path, token });
    await opened(first);
    await tell(guid, ["job.failed"]);
    await until(() => namesIn(first, guid).includes("job.failed"), { what: "the failure" });
    first.close();
    await tell(guid, ["job.requeued", "job.finished"]);
    const second = watch(relay.url, { path, token, since: lastCursor(first.frames) });
    await until(() => namesIn(second, guid).length >= 2, { what: "what was missed" });
    second.close();
    expect({ hello: second.frames[0], events: namesIn(second, guid) }).toMatchObject({
      hello: { type: "hello", recovered: true },
      events: ["job.requeued", "job.finished"],
    });
  });

  test("a stream of a job's channel may be opened before the job exists", async () => {
    const guid = `early-${name}`;
    const token = await tokenFor({ channels: [`export.${guid}.job`] });
    const watcher = watch(relay.url, {
      path: `/v1/accounts/acme/stream?channels=export.${guid}.job`,
      token,
    });
    await opened(watcher);
    await tell(guid, ["job.created"]);
    await tell(`other-${name}`, ["job.created"]);
    await until(() => eventsIn(watcher.frames).length > 0, { what: "the first event" });
    watcher.close();
    expect(
      eventsIn(watcher.frames).map(({ channel, event }) => ({ channel, guid: event.guid })),
    ).toEqual([{ channel: `export.${guid}.job`, guid }]);
  });
});

describe("without permission", () => {
  test.each<{ name: string; path: string; token: () => Promise<string>; code: number }>([
    {
      name: "no token at all",
      path: "/v1/accounts/acme/stream",
      token: async () => "",
      code: 4500,
    },
    {
      name: "a token that is none",
      path: "/v1/accounts/acme/stream",
      token: async () => "nope",
      code: 4500,
    },
    {
      name: "another account's token",
      path: "/v1/accounts/acme/stream",
      token: () => tokenFor({ account: "globex" }),
      code: 4507,
    },
    {
      name: "a token for another job",
      path: "/v1/jobs/comments/secret/stream",
      token: () => tokenFor({ channels: ["export.other.job"] }),
      code: 4507,
    },
    {
      name: "a job that does not exist",
      path: "/v1/jobs/comments/nobody/stream",
      token: () => tokenFor(),
      code: 4507,
    },
    {
      name: "another account's job",
      path: "/v1/jobs/comments/secret/stream",
      token: () => tokenFor({ account: "globex" }),
      code: 4507,
    },
  ])("$name: the socket is closed with $code", async ({ path, token, code }) => {
    await tell("secret", ["job.created"]);
    const value = await token();
    const socket = new WebSocket(
      relay.url.replace("http", "ws") + path + (value === "" ? "" : `?token=${value}`),
    );
    const closed = await new Promise<number>((resolve) => {
      socket.addEventListener("close", (event) => resolve(event.code));
    });
    expect(closed).toBe(code);
  });

  test("a foreign job and a job that does not exist are answered alike over HTTP", async () => {
    await tell("secret-2", ["job.created"]);
    const token = await tokenFor({ account: "globex" });
    const answers = await Promise.all(
      ["secret-2", "nobody-2"].map(async (guid) => {
        const answer = await fetch(`${relay.url}/v1/jobs/comments/${guid}/events`, {
          headers: { authorization: `Bearer ${token}` },
        });
        return { status: answer.status, body: await answer.text() };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(404);
  });
});

test("a token that expires closes its socket with 4005", async () => {
  const socket = await begunInTime(async (life) => {
    const token = await tokenFor({ expiresIn: life });
    const one = await openRawSocket(`${relay.url}/v1/accounts/acme/stream?token=${token}`);
    await until(() => one.has('"hello"') || one.closeCode() !== null, { what: "a stream" });
    return one.has('"hello"') ? one : null;
  });
  // Its frame: the connection itself is closed ten seconds later by `wrangler dev`.
  await until(() => socket.closeCode() !== null, { what: "the end of the token" });
  expect(socket.closeCode()).toBe(4005);
  socket.destroy();
});

test("a stream path without a transport answers 406 with a hint", async () => {
  const answer = await fetch(`${relay.url}/v1/accounts/acme/stream`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: "text/html" },
  });
  expect({ status: answer.status, type: answer.headers.get("content-type") }).toEqual({
    status: 406,
    type: "application/problem+json",
  });
});

test.each([
  ["an allowed origin", "https://app.example.com", 200, "https://app.example.com"],
  ["a foreign origin", "https://evil.example.com", 403, null],
])("a browser of %s", async (_, origin, status, allowed) => {
  const answer = await fetch(`${relay.url}/v1/accounts/acme/events`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, origin },
  });
  expect({
    status: answer.status,
    allowed: answer.headers.get("access-control-allow-origin"),
  }).toEqual({ status, allowed });
});
