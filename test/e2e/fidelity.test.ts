// What a sender sent is what everybody reads: numbers digit for digit, text well-formed, ids
// usable.

import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ADMIN_TOKEN,
  SOURCE_SECRETS,
  startRelay,
  STREAM_SECRET,
  SUBSCRIBER_SECRET,
  type Relay,
} from "../support/relay.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { until } from "../support/wait.ts";

const FORMATS = ["envelope", "cloudevents", "cloudevents-binary"] as const;

let relay: Relay;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  relay = await startRelay({
    vars: {
      SOURCES: [
        { id: "comments", provider: "exportcomments", secrets: ["COMMENTS_SECRET"], throttle: 0 },
        { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"] },
        {
          id: "redacting",
          provider: "exportcomments",
          secrets: ["COMMENTS_SECRET"],
          throttle: 0,
          redact: ["error", "total", "totalExported", "download_link"],
        },
      ],
      COMMENTS_SECRET: ` ${SOURCE_SECRETS.exportcomments}\t`,
      SUBSCRIBERS: FORMATS.map((format) => ({
        id: format,
        url: `${receiver.url}/${format}`,
        secrets: ["SUBSCRIBER_SECRET"],
        format,
      })),
      RULES: [
        { id: "all", match: { event: "*" }, to: FORMATS },
        {
          id: "numbers",
          where: { "details.video_id": { $gt: 7_000_000_000_000_000_000 } },
          to: ["envelope"],
        },
      ],
    },
  });
});
afterAll(async () => {
  await relay.stop();
  await receiver.close();
});

const post = (body: string | Buffer<ArrayBuffer>, source = "comments"): Promise<Response> =>
  fetch(`${relay.url}/hooks/${source}`, {
    method: "POST",
    headers: {
      "content-type": "application/json; charset=us-ascii",
      "x-signature": createHmac("sha256", SOURCE_SECRETS.exportcomments).update(body).digest("hex"),
    },
    body,
  });

const api = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(relay.url + path, { ...init, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });

/** The text of an SSE stream or a WebSocket until it holds `wanted`. */
async function streamed(path: string, kind: "sse" | "websocket", wanted: string): Promise<string> {
  let text = "";
  if (kind === "websocket") {
    const url = `${relay.url.replace("http", "ws")}${path}`;
    const socket = new WebSocket(url, ["jobrelay.v1", ADMIN_TOKEN]);
    socket.addEventListener("message", ({ data }) => {
      text += String(data);
    });
    await until(() => text.includes(wanted), { what: `${wanted} in ${path}` });
    socket.close();
    return text;
  }
  const controller = new AbortController();
  const answer = await fetch(relay.url + path, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: "text/event-stream" },
    signal: controller.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes(wanted)) {
    const read = await reader?.read();
    if (read === undefined || read.done) break;
    text += read.value;
  }
  controller.abort();
  return text;
}

/** What a Centrifugo client reads of an account's history. */
async function centrifugoHistory(account: string): Promise<string> {
  const minted = await fetch(`${relay.url}/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ account, expiresIn: 60 }),
  });
  const { token } = (await minted.json()) as { readonly token: string };
  const path = `/v1/accounts/${account}/connection/websocket`;
  const socket = new WebSocket(relay.url.replace("http", "ws") + path);
  const commands = [
    { id: 1, connect: { token } },
    { id: 2, history: { channel: `exports:${account}`, limit: 100 } },
  ];
  let text = "";
  socket.addEventListener("message", ({ data }) => {
    text += String(data);
  });
  socket.addEventListener("open", () => {
    socket.send(commands.map((command) => JSON.stringify(command)).join("\n"));
  });
  await until(() => text.includes('"history"'), { what: "the history" });
  socket.close();
  return text;
}

const NUMBERS =
  '"video_id":7301122334455667788,"likes":1.0,"huge":1e400,"zero":-0,"rate":0.10,"short":1E5,"pi":3.141592653589793238462643383279';

const bodyOf = (event: string, guid: string, details: string): string =>
  `{"version":"v3-beta","event":"${event}","guid":${JSON.stringify(guid)},"status":"x","url":null,"details":{${details}}}`;

describe("numbers", () => {
  test("are the same digits in deliveries, streams, polls, lists, snapshots and replays", async () => {
    const guid = "exact";
    const path = `/v1/jobs/comments/${guid}`;
    const details = `"totalExported":500.0,"total":1500.0,${NUMBERS}`;
    expect((await post(bodyOf("job.created", guid, NUMBERS))).status).toBe(202);
    expect((await post(bodyOf("job.progress", guid, details))).status).toBe(202);
    expect((await post(bodyOf("job.finished", guid, NUMBERS))).status).toBe(202);

    for (const format of FORMATS) {
      const { body } = await receiver.waitFor(
        ({ path: to, body: sent }) => to.endsWith(`/${format}`) && sent.includes("job.finished"),
      );
      expect(body.toString()).toContain(NUMBERS);
    }
    const texts = await Promise.all([
      api(path).then((answer) => answer.text()),
      api("/v1/jobs?source=comments").then((answer) => answer.text()),
      api("/v1/jobs?account=comments").then((answer) => answer.text()),
      api(`${path}/events`).then((answer) => answer.text()),
      api(`${path}/events?include=recorded`).then((answer) => answer.text()),
      streamed(`${path}/stream`, "sse", "7301122334455667"),
      streamed(`${path}/stream`, "websocket", "7301122334455667"),
      streamed("/v1/accounts/comments/stream", "websocket", "7301122334455667"),
      centrifugoHistory("comments"),
    ]);
    for (const text of texts) {
      expect(text).toContain(NUMBERS);
      expect(text).not.toContain("ud800");
    }
    const events = texts[3] ?? "";
    expect(events).toContain('"current":500,"total":1500');
    const before = receiver.requests.length;
    expect((await api(`${path}/replay`, { method: "POST", body: '{"since":0}' })).status).toBe(202);
    const again = await receiver.waitForCount(before + 3 * FORMATS.length);
    expect(again.slice(before).every(({ body }) => body.includes(NUMBERS))).toBe(true);
  });

  test("too large for a count are passed on and not used", async () => {
    const details = '"totalExported":9007199254740993,"total":18014398509481985';
    await post(bodyOf("job.created", "large", ""));
    expect((await post(bodyOf("job.progress", "large", details))).status).toBe(202);
    const text = await (await api("/v1/jobs/comments/large")).text();
    expect(text).toContain(details);
    expect(text).toContain('"current":null,"total":null');
  });
});

test("text with half a surrogate pair leaves as well-formed text", async () => {
  const body = bodyOf("job.created", "halves", '"a\\ud800":"x\\udc00y","pair":"\\ud83d\\ude00"');
  const bytes = Buffer.concat([
    Buffer.from(body.slice(0, -2)),
    Buffer.from(',"bytes":"'),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('"}}'),
  ]);
  expect((await post(bytes)).status).toBe(202);
  const { body: delivered } = await receiver.waitFor((request) => request.body.includes("halves"));
  const text = new TextDecoder("utf-8", { fatal: true }).decode(delivered);
  expect(text).toContain('"a\ufffd":"x\ufffdy","pair":"😀","bytes":"\ufffd"');
  expect(text).not.toContain("\\ud");
});

describe("ids", () => {
  test.each([".", ".."])("%s is refused for a job, because no path can name it", async (guid) => {
    const answer = await post(bodyOf("job.created", guid, ""));
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ issues: [{ path: "guid" }] });
  });

  test.each([
    "...",
    "%",
    "%2e",
    "%2E%2e",
    "%2F",
    "%25",
    "a/b",
    "a//b/",
    "/",
    "a b",
    " ",
    "+",
    "a?b=c",
    "a#b",
    "a,b",
    "a;b",
    "a:b@c",
    "*",
    "\\",
    "..\\..",
    "é",
    "e\u0301",
    "日本語",
    "😀",
    "\u200b",
    "__proto__",
    "null",
    '"',
    "<b>",
    "x".repeat(255),
  ])("the job %j can be read, listed, replayed and erased", async (guid) => {
    const path = `/v1/jobs/comments/${encodeURIComponent(guid)}`;
    expect((await post(bodyOf("job.created", guid, ""))).status).toBe(202);
    const statuses = async (): Promise<readonly unknown[]> => {
      const answers = [await api(path), await api(`${path}/events`)];
      return Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]));
    };
    const named = expect.stringContaining(`"guid":${JSON.stringify(guid)}`);
    expect(await statuses()).toEqual([
      [200, named],
      [200, named],
    ]);
    expect(await (await api("/v1/jobs?source=comments&limit=100")).text()).toEqual(named);
    const replay = await api(`${path}/replay`, { method: "POST", body: '{"since":0}' });
    expect([replay.status, await replay.json()]).toEqual([202, { deliveries: FORMATS.length }]);
    expect((await api(path, { method: "DELETE" })).status).toBe(204);
    expect((await api(path)).status).toBe(404);
  });

  test.each([".", ".."])(
    "%s is refused for an account, because no path can name it",
    async (id) => {
      const body = JSON.stringify({
        event: "exportCompleted",
        account: id,
        data: { exportId: "exp" },
      });
      const answer = await fetch(`${relay.url}/hooks/email`, {
        method: "POST",
        headers: {
          "content-type": "text/json",
          "x-ee-wh-signature": createHmac("sha256", SOURCE_SECRETS.emailengine)
            .update(body)
            .digest("base64url"),
        },
        body,
      });
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ issues: [{ path: "account" }] });
    },
  );
});

test("what is redacted is in no copy: not in the end, the snapshot, the list or a delivery", async () => {
  const guid = "redacted";
  const secret = "s3cret";
  const numbers = '"totalExported":6789,"total":15432';
  const details = `${numbers},"error":"${secret}","download_link":"https://a.example/${secret}"`;
  for (const event of ["job.created", "job.progress", "job.failed", "job.finished"])
    expect((await post(bodyOf(event, guid, details), "redacting")).status).toBe(202);
  const path = `/v1/jobs/redacting/${guid}`;
  const texts = await Promise.all([
    api(path).then((answer) => answer.text()),
    api(`${path}/events?include=recorded`).then((answer) => answer.text()),
    api("/v1/jobs?source=redacting").then((answer) => answer.text()),
    streamed(`${path}/stream`, "sse", "job.finished"),
  ]);
  const isLast = ({ body }: { readonly body: Buffer }): boolean =>
    body.includes(guid) && body.includes("job.finished");
  await receiver.waitFor(isLast);
  const delivered = receiver.requests
    .filter(({ body }) => body.includes(guid))
    .map(({ body }) => body.toString());
  for (const text of [...texts, ...delivered]) {
    expect(text).toContain(guid);
    expect(text).not.toMatch(/s3cret|6789|15432/);
  }
});

test("an instant in the future counts as now", async () => {
  const body = JSON.stringify({
    event: "export.created",
    guid: "future",
    created_at: "2099-01-01T00:00:00.000Z",
  });
  expect((await post(body)).status).toBe(202);
  const events = await (await api("/v1/jobs/comments/future/events")).text();
  expect(events).toContain('"occurredAt":"2');
  const [, occurredAt = ""] = /"occurredAt":"([^"]+)"/.exec(events) ?? [];
  expect(Date.parse(occurredAt)).toBeLessThanOrEqual(Date.now());
});

test("the inspector shows no secret of the configuration and no signature", async () => {
  const body = JSON.stringify({
    token: ADMIN_TOKEN,
    stream: STREAM_SECRET,
    key: SUBSCRIBER_SECRET,
  });
  const digest = createHmac("sha256", "another").update(body).digest("hex");
  const answer = await fetch(`${relay.url}/hooks/comments`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-signature": digest,
      "x-hash": digest.slice(0, 8),
      "x-custom": `v1=${digest}`,
      "x-note": ADMIN_TOKEN,
    },
    body,
  });
  expect(answer.status).toBe(401);
  const shown = await until(
    async () => {
      const text = await (await api("/v1/sources/comments/rejected")).text();
      return text.includes('"status":401') && text;
    },
    { what: "the refused request" },
  );
  expect(shown).toMatch(/"x-custom":"[*]{3}".*"x-hash":"[*]{3}".*"x-note":"[*]{3}"/);
  for (const secret of [ADMIN_TOKEN, STREAM_SECRET, SUBSCRIBER_SECRET, digest.slice(0, 8)])
    expect(shown).not.toContain(secret);
});
