// The streams of a relay's accounts are followed without a gap, whatever happens to the relay, to
// the disk and to the code that takes their frames.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { followAccounts } from "../../../../src/cli/accounts.ts";
import { Unavailable } from "../../../../src/cli/command.ts";
import { eventsOf } from "../../../../src/cli/listen/events.ts";
import { positionsOf } from "../../../../src/cli/listen/positions.ts";
import { relayApi, type RelayApi } from "../../../../src/cli/relay-api.ts";
import { openStream } from "../../../../src/cli/stream-client.ts";
import { until } from "../../../support/wait.ts";

interface Job {
  readonly account: string;
  readonly createdAt: string;
}

/** A relay that lists jobs, shows logs and opens streams; `opened` has the accounts of these. */
interface Stage {
  readonly api: RelayApi;
  readonly jobs: Job[];
  readonly opened: readonly string[];
  readonly lists: readonly string[];
  /** The next requests, of whatever kind, are answered with this status. */
  refuse(status: number): void;
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.unstubAllEnvs();
});

const EVENTS = 2_300;

async function stage(): Promise<Stage> {
  const jobs: Job[] = [];
  const opened: string[] = [];
  const lists: string[] = [];
  const refusal = { status: 0 };
  const server = createServer((request, answer) => {
    if (refusal.status > 0) return void answer.writeHead(refusal.status).end("{}");
    const { pathname, searchParams } = new URL(request.url ?? "", "http://relay");
    const begin = Number(searchParams.get("cursor") ?? searchParams.get("since"));
    const limit = Number(searchParams.get("limit"));
    if (pathname === "/v1/jobs") {
      lists.push(request.url ?? "");
      const end = begin + limit;
      const cursor = end < jobs.length ? String(end) : null;
      return void answer.end(JSON.stringify({ items: jobs.slice(begin, end), cursor }));
    }
    if (pathname.endsWith("/events")) {
      const size = Math.max(0, Math.min(limit, EVENTS - begin));
      const items = Array.from({ length: size }, (_, index) => frameOf(begin + index + 1));
      return void answer.end(JSON.stringify({ items, cursor: String(begin + size) }));
    }
    opened.push(decodeURIComponent(pathname.split("/")[3] ?? ""));
    stream(answer, begin);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const refuse = (status: number): void => {
    refusal.status = status;
    server.closeAllConnections();
  };
  return { api: relayApi({ url, token: "t" }), jobs, opened, lists, refuse };
}

const frameOf = (seq: number) => ({ type: "event", cursor: String(seq), event: { seq } });

/** Sends a hello and three events, those after the cursor, and stays open. */
function stream(answer: ServerResponse, since: number): void {
  const hello = { type: "hello", cursor: String(since), recovered: since > 0 };
  const frames = [hello, ...[1, 2, 3].filter((seq) => seq > since).map(frameOf)];
  answer.writeHead(200, { "content-type": "text/event-stream" });
  answer.write(frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(""));
}

const jobAt = (account: string, second: number): Job => ({
  account,
  createdAt: new Date(Date.UTC(2026, 10, 29, 7, 0, second)).toISOString(),
});

const jobsOf = (account: string, count: number, second: number): Job[] =>
  Array.from({ length: count }, () => jobAt(account, second));

describe("accounts", () => {
  test("are looked for again when the relay goes away between two pages, and refused at once", async () => {
    const { api, jobs, opened, lists, refuse } = await stage();
    expect(
      await followAccounts(relayApi({ url: "http://127.0.0.1:1", token: "t" }), {
        account: null,
        channels: () => null,
        onFrame: () => undefined,
      }).catch((error: unknown) => error),
    ).toBeInstanceOf(Unavailable);
    jobs.push(...jobsOf("busy", 100, 500), jobAt("quiet", 0));
    const pages = {
      ...api,
      get: <T>(path: string): Promise<T> => {
        if (path.includes("cursor=") && lists.length === 1)
          return Promise.reject(new Unavailable("the relay cannot be reached"));
        return api.get<T>(path);
      },
    };
    const run = followAccounts(pages, {
      account: null,
      channels: () => null,
      onFrame: () => undefined,
    }).catch((error: unknown) => error);
    await until(() => opened.includes("busy"));
    expect(opened).toEqual(["busy"]);
    await until(() => opened.includes("quiet"));
    refuse(401);
    expect(await run).toMatchObject({ message: expect.stringMatching(/^the stream was refused/) });
  });

  test("are followed whose jobs are older than a hundred others, also when these came at once", async () => {
    const { api, jobs, opened, lists, refuse } = await stage();
    jobs.push(jobAt("busy", 500), ...jobsOf("busy", 249, 100), jobAt("quiet", 0));
    const run = followAccounts(api, {
      account: null,
      channels: () => null,
      onFrame: () => undefined,
    }).catch((error: unknown) => error);
    await until(() => opened.includes("quiet"));
    expect(opened).toHaveLength(2);
    expect(lists).toHaveLength(3);
    jobs.unshift(...jobsOf("busy", 150, 1_000), jobAt("late", 999));
    await until(() => opened.includes("late"));
    // Only what was created since the last look, or just before it, is read again.
    expect(lists.filter((path) => path.includes("cursor=200"))).toHaveLength(1);
    expect(opened.toSorted()).toEqual(["busy", "late", "quiet"]);
    refuse(401);
    expect(await run).toMatchObject({ message: expect.stringMatching(/^the stream was refused/) });
  });
});

const open = (api: RelayApi, onFrame: (seq: number) => void) =>
  openStream({
    url: api.url,
    path: "/v1/accounts/acme/stream",
    token: () => api.token,
    onFrame: (frame) => {
      if (frame.type === "event") onFrame(Number(frame.cursor));
    },
  });

describe("a stream", () => {
  test("ends with the error of whoever takes its frames", async () => {
    const { api, opened } = await stage();
    const { ended } = open(api, () => {
      throw new TypeError("no such member");
    });
    await expect(ended).rejects.toThrow("no such member");
    expect(opened).toHaveLength(1);
  });

  test("brings a frame again that was not taken because the relay was away", async () => {
    const { api, opened } = await stage();
    const seen: number[] = [];
    const handle = open(api, (seq) => {
      seen.push(seq);
      if (seen.length === 2) throw new Unavailable("the relay cannot be reached");
    });
    await until(() => seen.length === 4);
    expect(seen).toEqual([1, 2, 2, 3]);
    expect(opened).toHaveLength(2);
    handle.close();
    await handle.ended;
  });
});

test("a job's log is read to its end", async () => {
  const { api } = await stage();
  const events = await eventsOf(api, "comments", "a/b");
  expect(events).toEqual(Array.from({ length: EVENTS }, (_, at) => ({ seq: at + 1 })));
});

test.each([
  [503, Unavailable],
  [404, Error],
])("an answer %i of the relay is a failure of its kind", async (status, kind) => {
  const { api, refuse } = await stage();
  refuse(status);
  const failure: unknown = await api.get("/v1/jobs").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(kind);
  expect(failure instanceof Unavailable).toBe(status >= 500);
});

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "positions-"));
  ends.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe("positions", () => {
  test("are read by the next run, and nothing else is left beside their file", () => {
    const directory = emptyDirectory();
    vi.stubEnv("XDG_STATE_HOME", directory);
    const told: string[] = [];
    const options = { isFresh: false, onUnwritable: (reason: string) => void told.push(reason) };
    positionsOf(["a"], options).keep("acme", "c1");
    expect(positionsOf(["a"], options).cursorOf("acme")).toBe("c1");
    expect(positionsOf(["b"], options).cursorOf("acme")).toBeNull();
    expect(readdirSync(join(directory, "jobrelay"))).toHaveLength(1);
    expect(told).toEqual([]);
  });

  test("that cannot be written are told once, and hold for this run", () => {
    const directory = join(emptyDirectory(), "file");
    writeFileSync(directory, "");
    vi.stubEnv("XDG_STATE_HOME", directory);
    const told: string[] = [];
    const positions = positionsOf(["a"], {
      isFresh: false,
      onUnwritable: (reason) => void told.push(reason),
    });
    positions.keep("acme", "c1");
    positions.keep("acme", "c2");
    expect(positions.cursorOf("acme")).toBe("c2");
    expect(told).toEqual([expect.stringMatching(/^E[A-Z]+: /)]);
  });
});
