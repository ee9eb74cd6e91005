// Viewers that do not read, strangers, and frames that are too large, on the runtime itself.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRawSocket, type RawSocket } from "../support/raw-socket.ts";
import { ADMIN_TOKEN, BASE_VARS } from "../support/relay.ts";
import { bundleRelay, startStored, type StoredRelay } from "../support/stored-relay.ts";
import { until } from "../support/wait.ts";

/** A source for each account, which has its id. */
const SOURCES = ["warm", "frames", "commands"].map((id) => ({
  id,
  provider: "exportcomments",
  secrets: ["COMMENTS_SECRET"],
  account: id,
}));

const bundle = bundleRelay();
let directory = "";
let relay: StoredRelay;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jobrelay-unread-"));
  const vars = { ...BASE_VARS, SOURCES };
  relay = await startStored({ bundle, vars, storage: directory });
  // The runtime grows for the webhooks themselves as well, which is not measured here.
  await sendLarge("warm");
});

afterAll(async () => {
  await relay.stop();
  bundle.remove();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

const SOCKETS = 10;
const EVENTS = 34;
const MEGABYTE = 1_000_000;

/** Sends events of 0.9 MB each, 30 MB together. */
async function sendLarge(source: string): Promise<void> {
  for (let index = 0; index < EVENTS; index += 1) {
    const guid = `${source}-${index}`;
    const body = { event: "job.created", guid, status: "any", note: "x".repeat(900_000) };
    const webhook = { source, provider: "exportcomments", headers: {} } as const;
    const { status } = await relay.send({ ...webhook, body: JSON.stringify(body) });
    expect(status).toBe(202);
  }
}

const connectWith = (token: string): string => JSON.stringify({ id: 1, connect: { token } });
const framesOf = (account: string): string => `/v1/accounts/${account}/stream?token=${ADMIN_TOKEN}`;
const commandsOf = (account: string): string => `/v1/accounts/${account}/connection/websocket`;

async function openCommands(): Promise<RawSocket> {
  const socket = await openRawSocket(relay.url + commandsOf("commands"));
  socket.send(connectWith(ADMIN_TOKEN));
  await until(() => socket.has('"connect"'), { what: "a connection" });
  return socket;
}

async function openFrames(): Promise<RawSocket> {
  const socket = await openRawSocket(relay.url + framesOf("frames"));
  await until(() => socket.has('"hello"'), { what: "the first frame" });
  return socket;
}

/** A viewer that reads everything, and answers pings and probes. */
function readAll(
  path: string,
  begin: string | null,
): { readonly texts: string[]; readonly closed: number[]; close(): void } {
  const socket = new WebSocket(relay.url.replace("http", "ws") + path);
  const texts: string[] = [];
  const closed: number[] = [];
  socket.addEventListener("open", () => {
    if (begin !== null) socket.send(begin);
  });
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    if (text === "{}" || text.startsWith("probe ")) socket.send(text);
    else texts.push(text);
  });
  socket.addEventListener("close", ({ code }) => closed.push(code));
  return { texts, closed, close: () => socket.close() };
}

describe("ten viewers that do not read 30 MB", () => {
  // Before, 330 MB stayed in the process.
  test.each([
    {
      account: "frames",
      open: openFrames,
      code: 4008,
      path: `${framesOf("frames")}&probes=1`,
      begin: null,
    },
    {
      account: "commands",
      open: openCommands,
      code: 3008,
      path: commandsOf("commands"),
      begin: connectWith(ADMIN_TOKEN),
    },
  ])(
    "of an account's $account cost less than 220 MB and are closed, and one that reads gets everything",
    async ({ account, open, code, path, begin }) => {
      const unread = await Promise.all(Array.from({ length: SOCKETS }, () => open()));
      const reader = readAll(path, begin);
      await until(() => reader.texts.length > 0, { what: "a reader" });
      for (const socket of unread) socket.pause();
      const before = relay.memory() ?? 0;
      await sendLarge(account);
      const grown = ((relay.memory() ?? 0) - before) / MEGABYTE;
      expect(grown).toBeLessThan(220);
      for (const socket of unread) socket.resume();
      await until(() => unread.every((socket) => socket.closeCode() !== null), { what: "a close" });
      expect(new Set(unread.map((socket) => socket.closeCode()))).toEqual(new Set([code]));
      for (let index = 0; index < EVENTS; index += 1) {
        const guid = `"guid":"${account}-${index}"`;
        await until(() => reader.texts.some((text) => text.includes(guid)), { what: guid });
      }
      expect(reader.closed).toEqual([]);
      reader.close();
      for (const socket of unread) socket.destroy();
    },
  );
});

describe("a flood of sockets that show no token", () => {
  test("lets good logins through, and is bounded in memory", async () => {
    const strangers: RawSocket[] = [];
    const flooding = new Set(["until the logins are done"]);
    const flood = async (): Promise<void> => {
      while (flooding.size > 0)
        strangers.push(await openRawSocket(relay.url + commandsOf("quiet")));
    };
    const floods = Array.from({ length: 8 }, flood);
    await until(() => strangers.length > 1_500, { what: "a flood" });
    const before = relay.memory() ?? 0;
    let good = 0;
    for (let login = 0; login < 30; login += 1) {
      const socket = await openRawSocket(relay.url + commandsOf("quiet"));
      socket.send(connectWith(ADMIN_TOKEN));
      await until(() => socket.has('"connect"') || socket.closeCode() !== null, {
        what: "a login",
      });
      if (socket.has('"connect"')) good += 1;
      socket.destroy();
    }
    flooding.clear();
    await Promise.all(floods);
    const codes = strangers.map((socket) => socket.closeCode());
    expect(good).toBeGreaterThanOrEqual(28);
    // A socket that shows no token took 65 KB, and 1,000 of them are held.
    expect((relay.memory() ?? 0) - before).toBeLessThan(200 * MEGABYTE);
    expect(codes[0]).toBe(3013);
    for (const socket of strangers) socket.destroy();
  });
});

describe("a frame of 40 MB", () => {
  test.each([
    ["the relay's frames", framesOf("quiet")],
    ["the Centrifugo protocol", `${commandsOf("quiet")}?token=${ADMIN_TOKEN}`],
  ] as const)("of %s is refused with 1009 before it has come", async (_, path) => {
    const socket = await openRawSocket(relay.url + path);
    const head = Buffer.alloc(14);
    head[0] = 0x81;
    head[1] = 0xff;
    head.writeBigUInt64BE(40_000_000n, 2);
    socket.write(head);
    // Before its connect command, a client of the Centrifugo protocol loses its connection at once.
    await until(() => socket.closeCode() !== null || socket.ended(), { what: "a close" });
    expect([1009, null]).toContain(socket.closeCode());
    socket.destroy();
  });
});
